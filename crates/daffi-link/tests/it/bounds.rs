//! What a link keeps is bounded, whatever the peer does, and every wait on it ends.

use std::any::Any;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use daffi_link::{
    Allocator, CallerLink, Landing, LinkOptions, OutOfMemory, SendError, WaitEnd, Wire, WireKind,
};
use daffi_proto::{
    BlobInfo, BlobKind, CallId, FrameKind, Head, Limits, ReplyStatus, write_blob_table,
};
use parking_lot::Mutex;

use crate::support::*;

#[test]
fn calls_that_end_before_they_are_sent_do_not_pile_up() {
    // Each left its frame behind: a caller that tried again and again filled its memory while the peer stood still.
    let (here, mut there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let mut refused = 0;
    for _ in 0..100 {
        let deadline = Instant::now() + Duration::from_millis(1);
        match link.call(
            &request(ADD),
            &mut vec![1; 200_000].into(),
            Some(deadline),
            &mut never,
        ) {
            Ok(call) => drop(finish(&call)),
            Err(error) => {
                assert_eq!(error, SendError::TimedOut);
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "{refused} of 100 calls were refused");
    // Nothing is wrong with the link: when the peer reads again, calls go out again.
    let reader = thread::spawn(move || {
        let (mut bytes, mut buffer) = (0, vec![0; 1 << 20]);
        while let Ok(read @ 1..) = there.read(&mut buffer) {
            bytes += read;
        }
        bytes
    });
    let call = link
        .call(&request(ADD), &mut vec![1].into(), None, &mut never)
        .unwrap();
    call.cancel();
    link.close(daffi_link::Lost::Closed);
    assert!(reader.join().unwrap() < 8 << 20);
}

#[test]
fn interrupt_is_asked_though_a_follower_is_woken_all_the_time() {
    // Every wake-up began a new slice, so that one thread among many that call never heard Ctrl+C.
    let (here, there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let (leads, follows) = (begin(&link, ADD, vec![1]), begin(&link, ADD, vec![2]));
    let (asked, is_asked) = channel();
    let leader = thread::spawn(move || {
        leads.wait(None, &mut || {
            let _ = asked.send(());
            false
        })
    });
    // Asked for the first time, it has led for a slice, and goes on.
    is_asked.recv_timeout(LONG).unwrap();
    let (ended, has_ended) = channel();
    let follower = thread::spawn(move || {
        let until = Instant::now() + LONG;
        ended.send(follows.wait(Some(until), &mut || true)).unwrap();
    });
    let mut woken = 0;
    let end = loop {
        follower.thread().unpark();
        woken += 1;
        if let Ok(end) = has_ended.recv_timeout(Duration::from_millis(5)) {
            break end;
        }
    };
    assert_eq!(end, WaitEnd::Interrupted);
    // 20 make a slice; the rest is a busy machine.
    assert!(woken < 150, "asked after {woken} wake-ups");
    drop(there);
    assert_eq!(leader.join().unwrap(), WaitEnd::Done);
    follower.join().unwrap();
}

/// Gives memory at once only, and has the peer send the next chunk whenever one is about to be read.
struct Feeding(Arc<Peer>);

struct Fed(Vec<u8>, Arc<Peer>);

/// The end that sends, and a copy of the one that reads.
struct Peer(Mutex<UnixStream>, UnixStream);

const CHUNK: usize = 4096;

impl Peer {
    /// Sends a chunk unless one is there already.
    fn feed(&self) {
        if rustix::io::ioctl_fionread(&self.1).unwrap() > CHUNK as u64 {
            return;
        }
        let mut chunk = vec![1; Head::SIZE + CHUNK];
        let head = Head::new(FrameKind::Chunk, 0, CallId(1), CHUNK as u32);
        chunk[..Head::SIZE].copy_from_slice(&head.to_bytes());
        self.0.lock().write_all(&chunk).unwrap();
    }
}

impl Landing for Fed {
    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
    fn bytes(&self) -> &[u8] {
        // Asked for with every chunk that begins or ends.
        self.1.feed();
        &self.0
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Allocator for Feeding {
    fn allocate(&self, _: BlobKind, _: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        panic!("a house-keeper must not wait for memory");
    }
    fn allocate_at_once(
        &self,
        _: BlobKind,
        length: usize,
    ) -> Result<Box<dyn Landing>, OutOfMemory> {
        Ok(Box::new(Fed(vec![0; length], self.0.clone())))
    }
}

#[test]
fn a_peer_that_never_stops_sending_does_not_hold_a_house_keeper() {
    // It read until there was nothing left, and waited for the memory of the language around: no heartbeat meanwhile.
    let (here, there) = UnixStream::pair().unwrap();
    let peer = Arc::new(Peer(Mutex::new(there), here.try_clone().unwrap()));
    let options = LinkOptions {
        allocator: Arc::new(Feeding(peer.clone())),
        limits: Limits::default(),
        on_lost: Box::new(|_| {}),
        on_leaving: Box::new(|| {}),
        shows_life: true,
    };
    let link = CallerLink::new(Wire::new(here.into(), WireKind::Unix).unwrap(), options);
    let call = begin(&link, ADD, vec![1]);
    let mut table = Vec::new();
    let length = 64 << 20;
    let kind = BlobKind::Fixed;
    write_blob_table(&mut table, [BlobInfo { kind, length }].into_iter());
    let flags = ReplyStatus::Value.flags() | ReplyStatus::BLOBS;
    let head = Head::new(FrameKind::Reply, flags, CallId(1), table.len() as u32).to_bytes();
    peer.0
        .lock()
        .write_all(&[&head[..], &table].concat())
        .unwrap();
    peer.feed();
    link.pump();
    assert!(link.is_open());
    assert!(!call.is_done(), "all was read in one go");
}
