//! Calls that go well: small, large, many, from many threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use daffi_link::{Body, Outcome};
use daffi_proto::ReplyStatus;

use crate::support::*;

#[test]
fn a_call_gives_its_value() {
    let (group, _gate) = group();
    let link = connect(&group);
    for round in 0..100 {
        assert_eq!(add(&link, round, 2), round + 2);
    }
    assert_eq!(link.in_flight(), 0);
    assert!(group.stop(LONG));
}

#[test]
fn replies_may_be_asked_for_in_any_order() {
    let (group, _gate) = group();
    let link = connect(&group);
    let calls: Vec<_> = (0..64)
        .map(|a| (a, begin(&link, ADD, vec![a, 1])))
        .collect();
    for (a, call) in calls.iter().rev() {
        assert_eq!(value(call).payload, [a + 1]);
    }
}

#[test]
fn sixteen_threads_share_a_link() {
    let (group, _gate) = group();
    let link = connect(&group);
    let threads: Vec<_> = (0..16u8)
        .map(|me| {
            let link = link.clone();
            thread::spawn(move || {
                for round in 0..500u16 {
                    let b = (round % 100) as u8;
                    assert_eq!(add(&link, me, b), me + b);
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(link.in_flight(), 0);
}

#[test]
fn large_values_arrive_whole_in_both_directions() {
    let (group, _gate) = group();
    let link = connect(&group);
    for length in [1, 255, 70_000, 256 << 10, (256 << 10) + 1, 5 << 20] {
        let bytes: Vec<u8> = (0..length).map(|at| (at * 7 % 251) as u8).collect();
        let body = Body {
            payload: b"head".to_vec(),
            blobs: vec![blob_of(bytes.clone()), blob_of(vec![9; 3])],
        };
        let echo = value(&begin(&link, ECHO, body));
        assert_eq!(echo.payload, b"head");
        assert!(
            echo.blobs[0].bytes() == bytes,
            "{length} bytes came back changed"
        );
        assert_eq!(echo.blobs[1].bytes(), [9; 3]);
    }
}

#[test]
fn a_payload_too_long_for_a_frame_arrives_whole() {
    let (group, _gate) = group();
    let link = connect(&group);
    for length in [60_000, 70_000, 512 << 10, (512 << 10) + 1, 3 << 20] {
        let payload: Vec<u8> = (0..length).map(|at| (at * 13 % 241) as u8).collect();
        assert!(
            value(&begin(&link, ECHO, payload.clone())).payload == payload,
            "{length} bytes came back changed"
        );
    }
}

#[test]
fn small_calls_pass_between_the_chunks_of_large_ones() {
    let (group, _gate) = group();
    let link = connect(&group);
    let large = {
        let link = link.clone();
        thread::spawn(move || {
            for _ in 0..4 {
                let body = Body {
                    payload: Vec::new(),
                    blobs: vec![blob_of(vec![1; 16 << 20])],
                };
                assert_eq!(
                    value(&begin(&link, SIZE, body)).payload,
                    (16u64 << 20).to_le_bytes()
                );
            }
        })
    };
    let small = Arc::new(AtomicUsize::new(0));
    while !large.is_finished() {
        assert_eq!(add(&link, 1, 2), 3);
        small.fetch_add(1, Ordering::Relaxed);
    }
    large.join().unwrap();
    assert!(
        small.load(Ordering::Relaxed) > 4,
        "small calls waited for large ones"
    );
}

#[test]
fn both_sides_sending_more_than_the_socket_holds_does_not_block_them() {
    let (group, _gate) = group();
    let link = connect(&group);
    let calls: Vec<_> = (0..200)
        .map(|_| {
            begin(
                &link,
                ECHO,
                Body {
                    payload: vec![5; 20_000],
                    blobs: vec![blob_of(vec![6; 100_000])],
                },
            )
        })
        .collect();
    for call in &calls {
        assert_eq!(value(call).blobs[0].bytes().len(), 100_000);
    }
}

#[test]
fn a_caller_that_does_not_read_holds_up_nobody_else() {
    let (group, _gate) = group();
    let (lazy, busy) = (connect(&group), connect(&group));
    let calls: Vec<_> = (0..100)
        .map(|_| {
            begin(
                &lazy,
                ECHO,
                Body {
                    payload: Vec::new(),
                    blobs: vec![blob_of(vec![6; 1_000_000])],
                },
            )
        })
        .collect();
    for _ in 0..1000 {
        assert_eq!(add(&busy, 3, 4), 7);
    }
    for call in &calls {
        assert_eq!(value(call).blobs[0].bytes().len(), 1_000_000);
    }
}

#[test]
fn many_links_are_served_by_one_group() {
    let (group, _gate) = group();
    let links: Vec<_> = (0..40).map(|_| connect(&group)).collect();
    for round in 0..20 {
        for link in &links {
            assert_eq!(add(link, round, 1), round + 1);
        }
    }
}

#[test]
fn a_call_without_reply_runs() {
    let (group, gate) = group();
    let link = connect(&group);
    link.send_without_reply(&request(GATE), &mut vec![1].into(), &mut never)
        .unwrap();
    gate.entered.recv_timeout(LONG).unwrap();
    gate.open.send(()).unwrap();
    assert_eq!(link.in_flight(), 0);
    assert_eq!(add(&link, 1, 1), 2);
}

#[test]
fn on_done_is_called_once_before_or_after_the_end() {
    let (group, gate) = group();
    let link = connect(&group);
    let call = begin(&link, GATE, vec![1]);
    let count = Arc::new(AtomicUsize::new(0));
    let bump = |count: &Arc<AtomicUsize>| {
        let count = count.clone();
        Box::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        })
    };
    call.on_done(bump(&count));
    assert_eq!(count.load(Ordering::SeqCst), 0);
    gate.open.send(()).unwrap();
    let Outcome::Reply {
        status: ReplyStatus::Value,
        ..
    } = finish(&call)
    else {
        panic!("no value")
    };
    assert_eq!(count.load(Ordering::SeqCst), 1);
    call.on_done(bump(&count));
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn a_house_keeper_can_read_for_calls_that_nobody_waits_on() {
    let (group, _gate) = group();
    let link = connect(&group);
    let call = begin(&link, ADD, vec![20, 3]);
    let (done, is_done) = std::sync::mpsc::channel();
    call.on_done(Box::new(move || done.send(()).unwrap()));
    // Becomes readable with the reply; nobody else reads.
    let mut fds = [rustix::event::PollFd::new(
        &*link,
        rustix::event::PollFlags::IN,
    )];
    rustix::event::poll(&mut fds, None).unwrap();
    link.pump();
    is_done.recv_timeout(LONG).unwrap();
    assert_eq!(value(&call).payload, [23]);
}
