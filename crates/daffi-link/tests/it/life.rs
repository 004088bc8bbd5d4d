//! Who owes something shows that it lives, or is lost; who leaves says so. Looks are made by the tests: no clock is in it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use daffi_link::{
    CallerLink, HeapAllocator, LinkOptions, Lost, Outcome, SendError, Wire, WireKind,
};
use daffi_proto::{CallId, FrameKind, Head, Leaving, Limits};

use crate::support::*;

/// More looks than any peer is given.
const MANY: usize = 20;

fn frame(kind: FrameKind, flags: u8) -> [u8; Head::SIZE] {
    Head::new(kind, flags, CallId::NONE, 0).to_bytes()
}

fn is_silent(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Lost(Lost::Silent) | Outcome::Unsent(Lost::Silent)
    )
}

/// How often the link was looked at when it ended.
fn looks_until_lost(link: &CallerLink) -> Option<usize> {
    (1..=MANY).find(|_| {
        link.look_for_life(false);
        !link.is_open()
    })
}

#[test]
fn a_call_to_a_frozen_peer_ends() {
    // It waited for ever: a stopped process hangs up nothing.
    let (here, _there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let call = begin(&link, ADD, vec![1]);
    assert_eq!(looks_until_lost(&link), Some(7));
    assert!(is_silent(&finish(&call)));
}

#[test]
fn a_sender_whose_peer_reads_nothing_is_let_go() {
    let (here, _there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let sends = link.clone();
    let sender = thread::spawn(move || {
        sends
            .call(
                &request(SIZE),
                &mut vec![1; 8 << 20].into(),
                None,
                &mut never,
            )
            .map(|call| finish(&call))
    });
    wait_until(|| link.needs_pump());
    wait_until(|| {
        link.look_for_life(false);
        !link.is_open()
    });
    match sender.join().unwrap() {
        Ok(outcome) => assert!(is_silent(&outcome), "{outcome:?}"),
        Err(error) => assert_eq!(error, SendError::Lost(Lost::Silent)),
    }
}

#[test]
fn calls_that_are_made_meanwhile_are_no_sign_of_life() {
    let (here, _there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let mut made = vec![begin(&link, ADD, vec![1])];
    while link.is_open() {
        link.look_for_life(false);
        if let Ok(call) = link.call(&request(ADD), &mut vec![1].into(), None, &mut never) {
            made.push(call);
        }
        assert!(made.len() < MANY, "the bytes that the system took count");
    }
    assert!(made.iter().all(|call| is_silent(&finish(call))));
}

#[test]
fn a_peer_that_shows_life_is_waited_for() {
    let (here, mut there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let call = begin(&link, ADD, vec![1]);
    for look in 0..MANY {
        if look % 5 == 0 {
            there.write_all(&frame(FrameKind::Alive, 0)).unwrap();
        }
        link.look_for_life(false);
    }
    assert!(link.is_open() && !call.is_done());
}

#[test]
fn a_part_of_a_frame_is_a_sign_of_life() {
    let (here, mut there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let _call = begin(&link, ADD, vec![1]);
    let reply = Head::new(FrameKind::Reply, 0, CallId(1), 1).to_bytes();
    for byte in reply {
        there.write_all(&[byte]).unwrap();
        link.look_for_life(false);
        link.look_for_life(false);
    }
    assert!(link.is_open());
}

#[test]
fn a_look_sends_what_is_left_of_a_message() {
    // A thread that sends may wait for its language; its callee would take the process for frozen.
    let (here, mut there) = UnixStream::pair().unwrap();
    there.set_read_timeout(Some(LONG)).unwrap();
    let link = caller(here, Limits::default());
    let mut body = vec![1; 2 << 20].into();
    link.try_call(&request(SIZE), &mut body, None).unwrap();
    let mut some = vec![0; 64 << 10];
    for _ in 0..32 {
        link.look_for_life(false);
        there.read_exact(&mut some).unwrap();
    }
}

#[test]
fn a_peer_that_reads_on_after_a_while_is_alive() {
    let (here, mut there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let sends = link.clone();
    let sender = thread::spawn(move || {
        sends.call(
            &request(SIZE),
            &mut vec![1; 8 << 20].into(),
            None,
            &mut never,
        )
    });
    wait_until(|| link.needs_pump());
    let mut some = vec![0; 256 << 10];
    for _ in 0..MANY {
        // More than the system keeps: some of it is sent while this reads.
        there.read_exact(&mut some).unwrap();
        for _ in 0..3 {
            link.look_for_life(false);
        }
    }
    assert!(link.is_open());
    link.close(Lost::Closed);
    sender.join().unwrap().unwrap();
}

#[test]
fn an_idle_peer_and_one_of_an_older_version_are_not_judged() {
    let (here, _there) = UnixStream::pair().unwrap();
    let idle = caller(here, Limits::default());
    assert_eq!(looks_until_lost(&idle), None);
    let (here, _there) = UnixStream::pair().unwrap();
    let options = LinkOptions {
        allocator: Arc::new(HeapAllocator),
        limits: Limits::default(),
        on_lost: Box::new(|_| {}),
        on_leaving: Box::new(|| {}),
        shows_life: false,
    };
    let older = CallerLink::new(Wire::new(here.into(), WireKind::Unix).unwrap(), options);
    let _call = begin(&older, ADD, vec![1]);
    assert_eq!(looks_until_lost(&older), None);
}

#[test]
fn a_process_that_was_stopped_itself_blames_nobody() {
    let (here, _there) = UnixStream::pair().unwrap();
    let link = caller(here, Limits::default());
    let _call = begin(&link, ADD, vec![1]);
    for _ in 0..MANY {
        link.look_for_life(true);
    }
    assert!(link.is_open());
}

#[test]
fn a_busy_callee_shows_life_while_it_owes_and_then_no_more() {
    let (group, gate) = group();
    let link = connect(&group);
    let call = begin(&link, GATE, vec![1]);
    gate.entered.recv_timeout(LONG).unwrap();
    for _ in 0..MANY {
        assert!(group.show_life());
        link.look_for_life(false);
    }
    assert!(link.is_open());
    gate.open.send(()).unwrap();
    assert_eq!(value(&call).payload, [1]);
    wait_until(|| !group.show_life());
}

#[test]
fn a_callee_shows_life_while_a_message_has_come_in_part() {
    let (group, _gate) = group();
    let (mut here, there) = UnixStream::pair().unwrap();
    group.add(Wire::new(there.into(), WireKind::Unix).unwrap(), None);
    assert!(!group.show_life());
    here.write_all(&Head::new(FrameKind::Request, 0, CallId(1), 100).to_bytes())
        .unwrap();
    wait_until(|| group.show_life());
    let mut shown = [0; Head::SIZE];
    here.read_exact(&mut shown).unwrap();
    assert_eq!(shown, frame(FrameKind::Alive, 0));
    assert!(group.show_life());
}

#[test]
fn signs_of_life_do_not_pile_up_for_a_caller_that_reads_nothing() {
    let (group, gate) = group();
    let (mut here, there) = UnixStream::pair().unwrap();
    group.add(Wire::new(there.into(), WireKind::Unix).unwrap(), None);
    here.write_all(&request_bytes(GATE, 1)).unwrap();
    gate.entered.recv_timeout(LONG).unwrap();
    // The system's own buffer takes some thousand of them.
    for _ in 0..100_000 {
        group.show_life();
    }
    gate.open.send(()).unwrap();
    wait_until(|| group.unanswered() == 0);
    group.stop(Duration::from_millis(50));
    let mut rest = Vec::new();
    here.read_to_end(&mut rest).unwrap();
    assert!(rest.len() < 2 << 20, "{} bytes", rest.len());
}

/// A link to a peer by hand, and how often it was told that the callee leaves.
fn told_of_leaving(here: UnixStream) -> (Arc<CallerLink>, Arc<AtomicUsize>) {
    let told = Arc::new(AtomicUsize::new(0));
    let count = told.clone();
    let options = LinkOptions {
        allocator: Arc::new(HeapAllocator),
        limits: Limits::default(),
        on_lost: Box::new(|_| {}),
        on_leaving: Box::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        }),
        shows_life: true,
    };
    let wire = Wire::new(here.into(), WireKind::Unix).unwrap();
    (CallerLink::new(wire, options), told)
}

#[test]
fn a_callee_that_leaves_says_so_and_answers_what_it_has_taken() {
    let (here, mut there) = UnixStream::pair().unwrap();
    let (link, told) = told_of_leaving(here);
    let call = begin(&link, ADD, vec![1]);
    let leaves = frame(FrameKind::Leaving, Leaving::TakesNoCalls.flags());
    there.write_all(&leaves).unwrap();
    link.pump();
    assert_eq!(told.load(Ordering::SeqCst), 1);
    let answer = Head::new(FrameKind::Reply, 0, CallId(1), 1).to_bytes();
    there.write_all(&[&answer[..], &[42]].concat()).unwrap();
    assert_eq!(value(&call).payload, [42]);
}

#[test]
fn what_a_callee_has_not_answered_when_it_says_that_all_is_answered_did_not_run() {
    for (says_so, lost) in [(true, Lost::Left), (false, Lost::HungUp)] {
        let (here, mut there) = UnixStream::pair().unwrap();
        let (link, _told) = told_of_leaving(here);
        let call = begin(&link, ADD, vec![1]);
        if says_so {
            let all = frame(FrameKind::Leaving, Leaving::AllAnswered.flags());
            there.write_all(&all).unwrap();
        }
        drop(there);
        let outcome = finish(&call);
        assert!(
            matches!(outcome, Outcome::Lost(why) if why == lost),
            "{outcome:?}"
        );
        assert_eq!(
            send_error(link.call(&request(ADD), &mut vec![1].into(), None, &mut never)),
            SendError::Lost(lost)
        );
    }
}
