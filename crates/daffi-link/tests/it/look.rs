//! Looks at a call by a thread that must not wait.

use std::sync::Arc;
use std::thread;

use daffi_link::{CallerLink, Lost, Outcome};
use rustix::event::{PollFd, PollFlags, poll};

use crate::support::*;

/// Until the kernel has something for the caller.
fn until_readable(link: &Arc<CallerLink>) {
    let mut watched = [PollFd::new(&**link, PollFlags::IN)];
    assert_eq!(poll(&mut watched, None).unwrap(), 1);
}

#[test]
fn a_look_finds_what_has_come() {
    let (group, _gate) = group();
    let link = connect(&group);
    let call = begin(&link, ADD, vec![1, 2]);
    until_readable(&link);
    assert!(call.look());
    assert_eq!(value(&call).payload, [3]);
    assert!(call.look(), "what has ended has ended");
}

#[test]
fn a_look_at_what_has_not_come_does_not_wait() {
    let (group, gate) = group();
    let link = connect(&group);
    let call = begin(&link, GATE, vec![1]);
    gate.entered.recv_timeout(LONG).unwrap();
    for _ in 0..300 {
        assert!(!call.look());
    }
    gate.open.send(()).unwrap();
    until_readable(&link);
    assert!(call.look());
}

#[test]
fn a_look_finds_that_the_peer_has_gone() {
    let (group, gate) = group();
    let link = connect(&group);
    let call = begin(&link, GATE, vec![1]);
    gate.entered.recv_timeout(LONG).unwrap();
    drop(gate);
    group.stop(LONG);
    drop(group);
    until_readable(&link);
    while !call.look() {}
    assert!(matches!(
        finish(&call),
        Outcome::Lost(Lost::HungUp) | Outcome::Reply { .. }
    ));
}

#[test]
fn those_who_look_and_those_who_wait_share_a_link() {
    let (group, _gate) = group();
    let link = connect(&group);
    let threads: Vec<_> = (0..8u8)
        .map(|me| {
            let link = link.clone();
            thread::spawn(move || {
                for _ in 0..500 {
                    let call = begin(&link, ADD, vec![me, 1]);
                    // Half of them never look again, as a loop does that leaves the rest to others.
                    while me % 2 == 0 && !call.look() {
                        thread::yield_now();
                    }
                    assert_eq!(value(&call).payload, [me + 1]);
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(link.in_flight(), 0);
}
