//! What only happens between two steps of a call: other threads act on it there.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use daffi_proto::{CallbackNumber, FrameKind, Head};

use super::*;
use crate::message::HeapAllocator;

/// A link to a peer that reads nothing of itself.
fn link(on_lost: impl Fn(Lost) + Send + Sync + 'static) -> (Arc<CallerLink>, UnixStream) {
    let (here, there) = UnixStream::pair().expect("descriptors");
    let link = CallerLink::new(
        Wire::new(here.into(), WireKind::Unix).expect("a socket"),
        LinkOptions {
            allocator: Arc::new(HeapAllocator),
            limits: Limits::default(),
            on_lost: Box::new(on_lost),
            on_leaving: Box::new(|| {}),
            shows_life: true,
        },
    );
    (link, there)
}

const REQUEST: Request = Request {
    wanted: Wanted::Outcome,
    chain: None,
    target: None,
    callback: CallbackNumber(1),
    time_left: None,
    delay: Duration::ZERO,
};

#[test]
fn a_call_in_flight_keeps_no_link_that_nobody_holds_any_more() {
    // Each call in flight held its link, which held the call: both leaked, and the callee saw no hang-up.
    let (held, dropped) = (Arc::new(()), Arc::new(AtomicUsize::new(0)));
    let held_by_link = held.clone();
    let (link, mut there) = link(move |_| drop(held_by_link.clone()));
    let calls = [(); 3].map(|()| {
        let call = link.call(&REQUEST, &mut vec![1].into(), None, &mut || false);
        let (call, counted) = (call.expect("an open link"), Counted(dropped.clone()));
        call.on_done(Box::new(move || drop(counted)));
        call
    });
    drop(link);
    assert_eq!(Arc::strong_count(&held), 2, "its calls hold the link");
    drop(calls);
    assert_eq!(Arc::strong_count(&held), 1, "the link is dropped");
    assert_eq!(dropped.load(Ordering::Relaxed), 3, "so is each call");
    let mut sent = Vec::new();
    there.read_to_end(&mut sent).expect("a hang-up");
}

/// Counts when it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_call_that_ends_at_its_deadline_while_it_is_sent_is_cancelled_after_it() {
    // The callee heard of the end before it had the request, and ran it for nobody for as long as it took.
    let (link, mut there) = link(|_| {});
    let now = Instant::now();
    let pending = link.try_enter(Some(now)).expect("an open link");
    let pending = pending.expect("there is room");
    link.expire(now);
    let sent = link.send_entered(&REQUEST, &mut vec![1].into(), &pending);
    assert!(sent.is_ok());
    link.close(Lost::Closed);
    let mut kinds = Vec::new();
    let mut bytes = [0; Head::SIZE];
    while there.read_exact(&mut bytes).is_ok() {
        let head = Head::parse(bytes, &Limits::default()).expect("a frame");
        let mut body = vec![0; head.length as usize];
        there.read_exact(&mut body).expect("its body");
        assert_eq!(head.call, pending.id);
        kinds.push(head.kind);
    }
    let after = [FrameKind::Request, FrameKind::Cancel];
    assert_eq!(kinds[kinds.len() - 2..], after.map(|kind| kind as u8));
}
