//! What counts as sent, as kept and as clogged, on real sockets.

use std::os::unix::net::UnixStream;

use super::*;
use crate::message::SharedBytes;
use crate::wire::WireKind;

/// A large value: whoever looks at it a second time, to send its first chunk, finds the peer gone.
struct PeerGoesAtChunk(Mutex<Vec<Option<UnixStream>>>);

impl AsRef<[u8]> for PeerGoesAtChunk {
    fn as_ref(&self) -> &[u8] {
        self.0.lock().pop();
        &[1; 1000]
    }
}

/// The frames go out, then the peer goes, and the chunk of `large` finds nobody.
fn send_small_behind(large: CallId, small: CallId) -> Sent {
    let (here, there) = UnixStream::pair().expect("descriptors");
    let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
    let outbound = Outbound::default();
    let reply = Announce::Reply(ReplyStatus::Value);
    let blob = Blob {
        kind: daffi_proto::BlobKind::Fixed,
        bytes: Arc::new(PeerGoesAtChunk(Mutex::new(vec![Some(there), None]))),
    };
    let body = Body {
        payload: Vec::new(),
        blobs: vec![blob],
    };
    outbound.defer(reply, large, body);
    outbound.send(&wire, reply, small, &mut vec![7].into())
}

#[test]
fn a_message_counts_as_sent_though_the_peer_goes_before_the_rest_of_another() {
    // It was taken for unsent, and the call was made again elsewhere although it may have run.
    assert_eq!(send_small_behind(CallId(1), CallId(2)), Sent::All);
}

#[test]
fn a_message_that_waits_for_its_turn_was_not_sent() {
    let (here, there) = UnixStream::pair().expect("descriptors");
    let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
    let outbound = Outbound::default();
    let reply = Announce::Reply(ReplyStatus::Value);
    let large = || Body {
        payload: Vec::new(),
        blobs: vec![Blob {
            kind: daffi_proto::BlobKind::Fixed,
            bytes: Arc::new(vec![1; 100_000]),
        }],
    };
    for call in 0..large::OPEN_MESSAGES as u64 {
        outbound.send(&wire, reply, CallId(call + 1), &mut large());
    }
    outbound.defer(reply, CallId(1000), large());
    drop(there);
    assert_eq!(
        outbound.send(&wire, reply, CallId(1001), &mut large()),
        Sent::Gone
    );
}

#[test]
fn what_was_not_sent_can_be_sent_elsewhere() {
    let reply = Announce::Reply(ReplyStatus::Value);
    for length in [10, 100_000, INLINE_PAYLOAD + 1] {
        let (here, there) = UnixStream::pair().expect("descriptors");
        let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
        drop(there);
        let mut body = Body::from(vec![7; length]);
        let sent = Outbound::default().send(&wire, reply, CallId(1), &mut body);
        assert_eq!(sent, Sent::Gone);
        assert_eq!(body.len(), length as u64);
    }
}

#[test]
fn a_value_that_its_peer_takes_as_fast_as_it_comes_does_not_keep_the_lock() {
    // Who had something small to send waited for the lock until all of the large value was with the kernel.
    let (here, mut there) = UnixStream::pair().expect("descriptors");
    let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
    let reading = std::thread::spawn(move || {
        let mut sink = std::io::sink();
        std::io::copy(&mut there, &mut sink).expect("bytes")
    });
    let outbound = Outbound::default();
    let reply = Announce::Reply(ReplyStatus::Value);
    let length = 64 * AT_ONCE;
    let mut flushes = 1;
    let mut sent = outbound.send(&wire, reply, CallId(1), &mut vec![7; length].into());
    while sent == Sent::Waiting {
        sent = outbound.flush(&wire);
        flushes += 1;
    }
    assert!(flushes >= 64, "{flushes} flushes");
    drop(wire);
    assert!(reading.join().expect("it does not panic") > length as u64);
}

#[test]
fn large_values_count_until_they_are_sent_or_cancelled() {
    // Only what stood in the buffer did: a peer that did not read had answers pile up without a bound.
    let (here, there) = UnixStream::pair().expect("descriptors");
    let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
    let (outbound, reply) = (Outbound::default(), Announce::Reply(ReplyStatus::Value));
    let large = |bytes| Body {
        payload: Vec::new(),
        blobs: vec![Blob {
            kind: daffi_proto::BlobKind::Fixed,
            bytes: Arc::new(vec![1; bytes]),
        }],
    };
    let clogged = || {
        let mut is_clogged = false;
        outbound.flush_then(&wire, |left| is_clogged = left.is_clogged);
        is_clogged
    };
    outbound.send(&wire, reply, CallId(1), &mut large(CLOGGED_BYTES + 1));
    assert!(!clogged(), "one alone goes, whatever its size");
    outbound.send(&wire, reply, CallId(2), &mut large(40_000));
    assert!(clogged());
    assert!(!outbound.is_clogged_for(Size::Small));
    assert!(!outbound.is_clogged_for(Size::Large));
    outbound.cancel(&wire, CallId(1));
    assert!(!clogged());
    for call in 3..80 {
        outbound.defer(reply, CallId(call), large(1 << 20));
    }
    assert!(outbound.is_clogged_for(Size::Large));
    assert!(!outbound.is_clogged_for(Size::Small));
    let reading = std::thread::spawn(move || {
        std::io::copy(&mut &there, &mut std::io::sink()).expect("the end of the stream");
    });
    while outbound.is_waiting() {
        outbound.flush(&wire);
    }
    assert_eq!(outbound.state.lock().large.kept_bytes, 0);
    drop(wire);
    reading.join().expect("it reads to the end");
}

#[test]
fn a_cancelled_message_lets_go_of_its_memory_at_once() {
    // A chunk that had begun kept it until the peer read: after a timeout a buffer could not be resized.
    let (here, there) = UnixStream::pair().expect("descriptors");
    let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
    let (outbound, reply) = (Outbound::default(), Announce::Reply(ReplyStatus::Value));
    let bytes: SharedBytes = Arc::new(vec![1; 2 * CLOGGED_BYTES]);
    let mut body = Body {
        payload: Vec::new(),
        blobs: vec![Blob {
            kind: daffi_proto::BlobKind::Writable,
            bytes: Arc::clone(&bytes),
        }],
    };
    outbound.send(&wire, reply, CallId(1), &mut body);
    drop(body);
    while !outbound.state.lock().blocked {
        outbound.flush(&wire);
    }
    assert!(Arc::strong_count(&bytes) > 1);
    outbound.withdraw(&wire, CallId(1));
    assert_eq!(Arc::strong_count(&bytes), 1);
    drop(there);
}

#[test]
fn a_message_of_which_a_chunk_is_missing_was_not_sent() {
    assert_eq!(send_small_behind(CallId(1), CallId(1)), Sent::Gone);
}

#[test]
fn a_message_that_was_sent_in_part_was_not_sent_whoever_finds_the_peer_gone() {
    // Only where the reading side found it first: one that was being sent was said to have been, and may have run.
    let (here, there) = UnixStream::pair().expect("descriptors");
    let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
    let outbound = Outbound::default();
    let more_than_a_socket_takes = vec![1; 8 << 20];
    let mut body = Body {
        payload: Vec::new(),
        blobs: vec![Blob {
            kind: daffi_proto::BlobKind::Fixed,
            bytes: Arc::new(more_than_a_socket_takes),
        }],
    };
    let sent = outbound.send(
        &wire,
        Announce::Reply(ReplyStatus::Value),
        CallId(1),
        &mut body,
    );
    assert_eq!(sent, Sent::Waiting);
    drop(there);
    assert_eq!(outbound.flush(&wire), Sent::Gone);
    assert_eq!(outbound.close(), [CallId(1)]);
    assert_eq!(outbound.close(), []);
}
