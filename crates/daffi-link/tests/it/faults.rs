//! Peers that die, send garbage, stop in mid-frame or never answer; deadlines, interrupts, limits.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use daffi_link::{Body, Lost, Outcome, SendError, WaitEnd, Wire, WireKind};
use daffi_proto::{CallId, FrameKind, Head, Limits};

use crate::support::*;

#[test]
fn a_peer_that_hangs_up_ends_every_call() {
    let (here, there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let first = begin(&link, ADD, vec![0]);
    let others: Vec<_> = (1..10).map(|a| begin(&link, ADD, vec![a])).collect();
    let waiting = thread::spawn(move || finish(&first));
    drop(there);
    assert!(matches!(
        waiting.join().unwrap(),
        Outcome::Lost(Lost::HungUp)
    ));
    for call in &others {
        assert!(matches!(finish(call), Outcome::Lost(Lost::HungUp)));
    }
    assert!(!link.is_open());
    assert!(matches!(
        send_error(link.call(&request(ADD), &mut vec![1].into(), None, &mut never)),
        SendError::Lost(_)
    ));
}

#[test]
fn garbage_ends_its_own_link_only() {
    let (group, _gate) = group();
    let good = connect(&group);
    let nonsense: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &[0xff; 64],
        // A reply on the side that serves.
        &Head::new(FrameKind::Reply, 0, CallId(1), 0).to_bytes(),
        // A request too short for its fixed part.
        &Head::new(FrameKind::Request, 0, CallId(1), 0).to_bytes(),
        // A control frame.
        &Head::new(FrameKind::Ping, 0, CallId(0), 0).to_bytes(),
    ];
    for bytes in nonsense {
        let (mut here, there) = UnixStream::pair().unwrap();
        group.add(Wire::new(there.into(), WireKind::Unix).unwrap(), None);
        here.write_all(bytes).unwrap();
        let mut rest = Vec::new();
        // Ends when the group hangs up.
        assert!(matches!(here.read_to_end(&mut rest), Ok(0) | Err(_)));
        assert_eq!(add(&good, 1, 2), 3);
    }
}

#[test]
fn garbage_from_the_callee_ends_the_calls_of_that_link() {
    let (here, mut there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let call = begin(&link, ADD, vec![1]);
    there.write_all(&[0x21; 64]).unwrap();
    assert!(matches!(finish(&call), Outcome::Lost(Lost::Violation)));
}

#[test]
fn a_caller_that_stops_in_mid_frame_harms_nobody() {
    let (group, _gate) = group();
    let good = connect(&group);
    let (mut here, there) = UnixStream::pair().unwrap();
    group.add(Wire::new(there.into(), WireKind::Unix).unwrap(), None);
    here.write_all(&Head::new(FrameKind::Request, 0, CallId(1), 500).to_bytes()[..9])
        .unwrap();
    for _ in 0..100 {
        assert_eq!(add(&good, 1, 2), 3);
    }
    drop(here);
    assert_eq!(add(&good, 1, 2), 3);
    assert!(group.stop(LONG));
}

#[test]
fn a_callee_that_stops_in_mid_frame_is_a_timeout_not_a_hang() {
    let (here, mut there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let deadline = Instant::now() + Duration::from_millis(30);
    let call = link
        .call(
            &request(ADD),
            &mut vec![1].into(),
            Some(deadline),
            &mut never,
        )
        .unwrap();
    there
        .write_all(&Head::new(FrameKind::Reply, 0, CallId(1), 500).to_bytes())
        .unwrap();
    assert!(matches!(finish(&call), Outcome::TimedOut));
    assert_eq!(link.in_flight(), 0);
}

#[test]
fn a_late_answer_is_dropped_quietly() {
    let (group, gate) = group();
    let link = connect(&group);
    let deadline = Instant::now() + Duration::from_millis(10);
    let call = link
        .call(
            &request(GATE),
            &mut vec![1].into(),
            Some(deadline),
            &mut never,
        )
        .unwrap();
    assert!(matches!(finish(&call), Outcome::TimedOut));
    gate.open.send(()).unwrap();
    for _ in 0..10 {
        assert_eq!(add(&link, 1, 2), 3);
    }
}

#[test]
fn a_wait_that_ends_leaves_the_call_in_flight() {
    let (group, gate) = group();
    let link = connect(&group);
    let call = begin(&link, GATE, vec![8]);
    let soon = Instant::now() + Duration::from_millis(5);
    assert_eq!(call.wait(Some(soon), &mut never), WaitEnd::TimedOut);
    gate.open.send(()).unwrap();
    assert_eq!(value(&call).payload, [8]);
}

#[test]
fn interrupt_is_asked_within_a_slice_of_leader_and_follower() {
    let (group, gate) = group();
    let link = connect(&group);
    let threads: Vec<_> = (0..4u8)
        .map(|me| {
            let call = begin(&link, GATE, vec![me]);
            thread::spawn(move || {
                let start = Instant::now();
                assert_eq!(call.wait(None, &mut || true), WaitEnd::Interrupted);
                (start.elapsed(), call)
            })
        })
        .collect();
    let ended: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    // One message opens the gate for any one of the calls.
    ended.iter().for_each(|_| gate.open.send(()).unwrap());
    for (waited, call) in &ended {
        // The promise is 100 ms; the rest is a busy machine.
        assert!(*waited < Duration::from_secs(5), "asked after {waited:?}");
        value(call);
    }
}

#[test]
fn cancelling_ends_the_call_once() {
    let (group, gate) = group();
    let link = connect(&group);
    let call = begin(&link, GATE, vec![1]);
    assert!(call.cancel());
    assert!(!call.cancel());
    assert!(matches!(finish(&call), Outcome::Cancelled));
    assert!(call.take().is_none());
    gate.open.send(()).unwrap();
    assert_eq!(add(&link, 1, 2), 3);
}

#[test]
fn a_message_over_the_limit_is_refused_before_anything_is_sent() {
    let (here, mut there) = UnixStream::pair().unwrap();
    let link = caller(
        here,
        Limits {
            message_bytes: 1000,
            ..Limits::default()
        },
    );
    let mut body = Body {
        payload: vec![0; 10],
        blobs: vec![blob_of(vec![1; 1000])],
    };
    let refused = send_error(link.call(&request(ADD), &mut body, None, &mut never));
    assert_eq!(
        refused,
        SendError::TooLarge {
            length: 1010,
            limit: 1000
        }
    );
    there.set_nonblocking(true).unwrap();
    assert_eq!(
        there.read(&mut [0; 10]).unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
}

#[test]
fn a_full_table_makes_the_caller_wait_and_can_be_interrupted() {
    let (here, _there) = UnixStream::pair().unwrap();
    let link = caller(
        here,
        Limits {
            calls_in_flight: 2,
            ..Limits::default()
        },
    );
    let first = begin(&link, ADD, vec![1]);
    begin(&link, ADD, vec![1]);
    let call = || link.call(&request(ADD), &mut vec![1].into(), None, &mut || true);
    assert_eq!(send_error(call()), SendError::Interrupted);
    first.cancel();
    begin(&link, ADD, vec![1]);
}

#[test]
fn a_peer_that_takes_no_bytes_can_be_given_up() {
    let (here, _there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let large = || Body {
        payload: Vec::new(),
        blobs: vec![blob_of(vec![1; 8 << 20])],
    };
    assert_eq!(
        send_error(link.call(&request(ADD), &mut large(), None, &mut || true)),
        SendError::Interrupted
    );
    let deadline = Instant::now() + Duration::from_millis(20);
    let call = link
        .call(&request(ADD), &mut large(), Some(deadline), &mut never)
        .unwrap();
    assert!(matches!(finish(&call), Outcome::TimedOut));
}

#[test]
fn killing_links_at_random_ends_every_call() {
    let (group, _gate) = group();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..60 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let link = connect(&group);
        let (started, is_started) = channel();
        let threads: Vec<_> = (0..4)
            .map(|me: u8| {
                let (link, started) = (link.clone(), started.clone());
                thread::spawn(move || {
                    let mut ended = 0;
                    loop {
                        let mut body = Body {
                            payload: vec![me, 1],
                            blobs: vec![blob_of(vec![0; 40_000])],
                        };
                        let Ok(call) = link.call(&request(ECHO), &mut body, None, &mut never)
                        else {
                            return ended;
                        };
                        match finish(&call) {
                            Outcome::Reply { .. } => ended += 1,
                            Outcome::Lost(_) => return ended,
                            other => panic!("{other:?}"),
                        }
                        let _ = started.send(());
                    }
                })
            })
            .collect();
        for _ in 0..(random >> 60) {
            is_started.recv_timeout(LONG).unwrap();
        }
        link.close(Lost::Closed);
        threads
            .into_iter()
            .for_each(|thread| assert!(thread.join().unwrap() >= 0));
        assert_eq!(link.in_flight(), 0);
    }
    let link = connect(&group);
    assert_eq!(add(&link, 1, 2), 3);
}

#[test]
fn an_answer_that_has_come_is_given_though_the_peer_has_gone_since() {
    // The next call found the peer gone, and took the answers that nobody had read yet along.
    let (here, mut there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let call = begin(&link, ADD, vec![1]);
    let answer = [
        &Head::new(FrameKind::Reply, 0, CallId(1), 1).to_bytes()[..],
        &[42],
    ]
    .concat();
    there.write_all(&answer).unwrap();
    drop(there);
    let refused = send_error(link.call(&request(ADD), &mut vec![1].into(), None, &mut never));
    assert_eq!(refused, SendError::Lost(Lost::HungUp));
    assert_eq!(value(&call).payload, [42]);
    assert_eq!(link.in_flight(), 0);
}
