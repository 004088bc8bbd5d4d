//! Callbacks that take long or block: others go on, and the group is whole again after.

use std::thread;
use std::time::{Duration, Instant};

use daffi_link::{Lost, Outcome, SendError, ServeOptions};
use daffi_proto::{Failure, FailureCode, ReplyStatus};

use crate::support::*;

#[test]
fn a_slow_callback_does_not_hold_up_a_fast_one() {
    let (group, gate) = group();
    let (slow, fast) = (connect(&group), connect(&group));
    let call = begin(&slow, GATE, vec![40, 2]);
    gate.entered.recv_timeout(LONG).unwrap();
    // On the same link and on another; both would hang without takeover.
    for _ in 0..100 {
        assert_eq!(add(&slow, 1, 2), 3);
        assert_eq!(add(&fast, 1, 2), 3);
    }
    assert!(!call.is_done());
    gate.open.send(()).unwrap();
    assert_eq!(value(&call).payload, [42]);
}

#[test]
fn requests_read_together_with_a_slow_one_are_served() {
    let (group, gate) = group();
    let link = connect(&group);
    let slow = begin(&link, GATE, vec![1]);
    let behind: Vec<_> = (0..50).map(|a| begin(&link, ADD, vec![a])).collect();
    for (a, call) in behind.iter().enumerate() {
        assert_eq!(value(call).payload, [a as u8]);
    }
    gate.open.send(()).unwrap();
    assert_eq!(value(&slow).payload, [1]);
}

#[test]
fn many_blocked_callbacks_leave_the_group_responsive() {
    for callback in [GATE, POLITE_GATE] {
        let (group, gate) = group();
        let link = connect(&group);
        let calls: Vec<_> = (0..20).map(|a| begin(&link, callback, vec![a])).collect();
        for _ in 0..20 {
            gate.entered.recv_timeout(LONG).unwrap();
        }
        assert_eq!(add(&link, 1, 2), 3);
        for _ in 0..20 {
            gate.open.send(()).unwrap();
        }
        let mut answers: Vec<u8> = calls.iter().map(|call| value(call).payload[0]).collect();
        answers.sort_unstable();
        assert!(answers.into_iter().eq(0..20));
        assert_eq!(add(&link, 1, 2), 3);
    }
}

#[test]
fn with_no_thread_left_calls_wait_and_then_go_on() {
    let (group, gate) = group_with(3);
    let link = connect(&group);
    let slow: Vec<_> = (0..2).map(|a| begin(&link, GATE, vec![a])).collect();
    gate.entered.recv_timeout(LONG).unwrap();
    gate.entered.recv_timeout(LONG).unwrap();
    let fast = begin(&link, ADD, vec![7]);
    gate.open.send(()).unwrap();
    gate.open.send(()).unwrap();
    assert_eq!(value(&fast).payload, [7]);
    slow.iter().for_each(|call| drop(value(call)));
}

#[test]
fn with_all_threads_taken_one_goes_on_reading() {
    // The last one ran a callback, too: no cancel, no end of a link and no answer of the group's own went on from there.
    let (group, gate) = group_with(2);
    let (link, other) = (connect(&group), connect(&group));
    let runs = begin(&link, GATE, vec![1]);
    gate.entered.recv_timeout(LONG).unwrap();
    let waits = begin(&link, GATE, vec![2]);
    let cancelled = begin(&link, GATE, vec![3]);
    assert_eq!(value(&begin(&link, QUICK, vec![4])).payload, [4]);
    assert_eq!(value(&begin(&other, QUICK, vec![5])).payload, [5]);
    until("three requests", || group.unanswered() == 3);
    assert!(cancelled.cancel());
    until("the cancel", || group.unanswered() == 2);
    other.close(Lost::Closed);
    until("the end of a link", || {
        format!("{group:?}") == "ServeGroup(1 links)"
    });
    gate.open.send(()).unwrap();
    gate.open.send(()).unwrap();
    assert_eq!(value(&runs).payload, [1]);
    assert_eq!(value(&waits).payload, [2]);
}

#[test]
fn requests_for_which_no_thread_becomes_free_are_refused() {
    let (group, gate) = group_under(ServeOptions {
        threads: 2,
        patience: Duration::from_millis(50),
        ..options()
    });
    let link = connect(&group);
    let runs = begin(&link, GATE, vec![1]);
    gate.entered.recv_timeout(LONG).unwrap();
    for _ in 0..3 {
        let refused = failure(&begin(&link, ADD, vec![1]));
        assert_eq!(refused.code, FailureCode::Overloaded);
        assert!(refused.text.contains("threads="), "{refused:?}");
    }
    gate.open.send(()).unwrap();
    assert_eq!(value(&runs).payload, [1]);
    // Its thread is on its way back.
    until("a thread", || {
        matches!(
            finish(&begin(&link, ADD, vec![1])),
            Outcome::Reply {
                status: ReplyStatus::Value,
                ..
            }
        )
    });
}

#[test]
fn slow_and_fast_calls_from_many_threads_all_end_right() {
    let (group, gate) = group();
    let link = connect(&group);
    let threads: Vec<_> = (0..8u8)
        .map(|me| {
            let (link, open) = (link.clone(), gate.open.clone());
            thread::spawn(move || {
                for round in 0..200u8 {
                    if round % 20 == me {
                        let call = begin(
                            &link,
                            if me % 2 == 0 { GATE } else { POLITE_GATE },
                            vec![me, round],
                        );
                        assert_eq!(add(&link, me, 1), me + 1);
                        open.send(()).unwrap();
                        assert_eq!(value(&call).payload, [me + round]);
                    } else {
                        assert_eq!(add(&link, me, round / 2), me + round / 2);
                    }
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(group.unanswered(), 0);
    assert!(group.stop(LONG));
}

#[test]
fn stopping_lets_a_running_callback_answer() {
    let (group, gate) = group();
    let link = connect(&group);
    let call = begin(&link, GATE, vec![9]);
    gate.entered.recv_timeout(LONG).unwrap();
    let stopper = thread::spawn(move || group.stop(LONG));
    gate.open.send(()).unwrap();
    assert_eq!(value(&call).payload, [9]);
    assert!(stopper.join().unwrap());
    // The link has ended: the next call is refused, or lost if it was written before that was seen. It knows that it did not
    // run.
    match link.call(&request(ADD), &mut vec![1].into(), None, &mut never) {
        Err(error) => assert_eq!(error, SendError::Lost(Lost::Left)),
        Ok(call) => assert!(matches!(finish(&call), Outcome::Lost(Lost::Left))),
    }
}

#[test]
fn stopping_ends_in_time_though_a_callback_does_not() {
    let (group, gate) = group();
    let link = connect(&group);
    let call = begin(&link, GATE, vec![9]);
    gate.entered.recv_timeout(LONG).unwrap();
    let start = Instant::now();
    assert!(!group.stop(Duration::from_millis(50)));
    assert!(start.elapsed() < LONG);
    assert!(matches!(finish(&call), Outcome::Lost(_)));
    gate.open.send(()).unwrap();
}

#[test]
fn a_panic_and_a_dropped_responder_end_their_call_alone() {
    let (group, _gate) = group();
    let link = connect(&group);
    for callback in [PANIC, DROP] {
        let Outcome::Reply {
            status: ReplyStatus::Failed,
            body,
        } = finish(&begin(&link, callback, vec![1]))
        else {
            panic!("not told")
        };
        assert_eq!(
            Failure::from_payload(&body.payload).code,
            FailureCode::Dropped
        );
        assert_eq!(add(&link, 1, 2), 3);
    }
}
