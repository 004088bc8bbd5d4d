//! What only happens between two steps of a call: other threads act on it there.

use std::io::Read;
use std::os::unix::net::UnixStream;

use daffi_proto::{CallbackNumber, FrameKind, Head};

use super::*;
use crate::message::HeapAllocator;

#[test]
fn a_call_that_ends_at_its_deadline_while_it_is_sent_is_cancelled_after_it() {
    // The callee heard of the end before it had the request, and ran it for nobody for as long as it took.
    let (here, mut there) = UnixStream::pair().expect("descriptors");
    let limits = Limits::default();
    let link = CallerLink::new(
        Wire::new(here.into(), WireKind::Unix).expect("a socket"),
        LinkOptions {
            allocator: Arc::new(HeapAllocator),
            limits: limits.clone(),
            on_lost: Box::new(|_| {}),
            on_leaving: Box::new(|| {}),
            shows_life: true,
        },
    );
    let request = Request {
        wanted: Wanted::Outcome,
        chain: None,
        target: None,
        callback: CallbackNumber(1),
        time_left: None,
        delay: Duration::ZERO,
    };
    let now = Instant::now();
    let pending = link.try_enter(Some(now)).expect("an open link");
    let pending = pending.expect("there is room");
    link.expire(now);
    let sent = link.send_entered(&request, &mut vec![1].into(), &pending);
    assert!(sent.is_ok());
    link.close(Lost::Closed);
    let mut kinds = Vec::new();
    let mut bytes = [0; Head::SIZE];
    while there.read_exact(&mut bytes).is_ok() {
        let head = Head::parse(bytes, &limits).expect("a frame");
        let mut body = vec![0; head.length as usize];
        there.read_exact(&mut body).expect("its body");
        assert_eq!(head.call, pending.id);
        kinds.push(head.kind);
    }
    let after = [FrameKind::Request, FrameKind::Cancel];
    assert_eq!(kinds[kinds.len() - 2..], after.map(|kind| kind as u8));
}
