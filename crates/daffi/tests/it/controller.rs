//! What a controller does for its nodes: it tells them of each other, comes back after a restart, and stops them.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use daffi::{CallError, KillError, WaitError};
use daffi_proto::FrameKind;

use crate::scripted::Scripted;
use crate::support::{
    Child, EVERY_WAY, LONG, Over, Place, SOON, add, eventually, integer, offer_basics, sees,
};

#[test]
fn nodes_come_back_to_a_restarted_controller() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let controller = place.bare_controller();
        let (caller, worker) = (place.node("caller"), place.node("worker"));
        offer_basics(&worker);
        sees(&caller, "panic");
        assert_eq!(integer(caller.call("add", (1, 2))), 3);
        controller.stop(SOON);
        let again = place.bare_controller();
        let late = place.node("late");
        late.callback("late_add", add).expect("late_add is new");
        sees(&late, "panic");
        sees(&caller, "late_add");
        assert_eq!(integer(late.call("add", (3, 4))), 7, "{over:?}");
        assert_eq!(integer(caller.call("late_add", (5, 6))), 11, "{over:?}");
        eventually("the two see each other again", || {
            caller.call("add", (1, 2)).is_ok()
        });
        drop(again);
    }
}

#[test]
fn direct_calls_go_on_while_the_controller_restarts() {
    let mut place = Place::new(Over::Unix);
    let controller = place.bare_controller();
    let (caller, worker) = (place.node("caller"), place.node("worker"));
    offer_basics(&worker);
    sees(&caller, "add");
    assert_eq!(integer(caller.call("add", (0, 0))), 0);
    let over = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let mut made = 0;
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                assert_eq!(integer(caller.call("add", (made, 1))), made + 1);
                made += 1;
            }
            made
        });
        controller.stop(SOON);
        let _again = place.bare_controller();
        let late = place.node("late");
        sees(&late, "panic");
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(calls.join().expect("no call fails") > 0);
    });
}

#[test]
fn a_wait_for_a_process_is_woken_when_it_comes() {
    let mut place = Place::new(Over::Unix);
    let first = place.controller("first");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| first.wait_process("second", Some(LONG), &mut || false));
        let second = place.node("second");
        assert_eq!(waiting.join().expect("it does not panic"), Ok(()));
        drop(second);
    });
    let short = Some(Duration::from_millis(50));
    let never = first.wait_process("third", short, &mut || false);
    let Err(WaitError::TimedOut { seen }) = never else {
        panic!("it is not there: {never:?}");
    };
    assert_eq!(seen, "no other process is here");
    let interrupted = first.wait_function("third", None, &mut || true);
    assert_eq!(interrupted, Err(WaitError::Interrupted));
}

#[test]
fn a_callback_registered_late_is_seen_and_a_node_that_left_is_not() {
    let mut place = Place::new(Over::Unix);
    let caller = place.controller("caller");
    let worker = place.node("worker");
    worker.callback("early", add).expect("early is new");
    sees(&caller, "early");
    worker.callback("late", add).expect("late is new");
    sees(&caller, "late");
    let listed = caller.registered_callbacks();
    let shown = format!("{listed:?}");
    assert_eq!(shown, r#"[("worker", ["early", "late"])]"#);
    worker.stop(SOON);
    eventually("it is gone", || caller.registered_callbacks().is_empty());
}

#[test]
fn kill_all_stops_every_other_node_and_names_those_that_do_not() {
    let mut place = Place::new(Over::Unix);
    let boss = place.controller("boss");
    let node = place.node("obedient");
    let _silent = Scripted::join(&place, "stubborn");
    eventually("all are there", || boss.registered_callbacks().len() == 2);
    thread::scope(|scope| {
        let obedient = scope.spawn(|| {
            assert!(node.wait_stopped(Some(LONG), &mut || false));
            node.stop(SOON);
        });
        let remaining = boss.kill_all(Duration::from_secs(2), &mut || false);
        let remaining = remaining.expect("the boss may");
        assert_eq!(format!("{remaining:?}"), r#"["stubborn"]"#);
        obedient.join().expect("it does not panic");
    });
    assert!(!boss.stop_requested(), "the boss itself goes on");
    assert_eq!(
        node.kill_all(SOON, &mut || false),
        Err(KillError::NoController)
    );
}

#[test]
fn a_killed_controller_is_replaced_while_direct_calls_go_on() {
    let mut place = Place::new(Over::Unix);
    let mut killed = Child::controller(&place);
    let (caller, worker) = (place.node("caller"), place.node("worker"));
    offer_basics(&worker);
    sees(&caller, "panic");
    assert_eq!(integer(caller.call("add", (1, 2))), 3);
    killed.kill();
    assert_eq!(integer(caller.call("add", (3, 4))), 7);
    let _next = place.bare_controller();
    let late = place.node("late");
    sees(&late, "panic");
    assert_eq!(integer(late.call("add", (5, 6))), 11);
    assert_eq!(integer(caller.call("add", (7, 8))), 15);
}

#[test]
fn a_relayed_call_waits_for_a_node_that_the_controller_loses_as_it_comes_back() {
    // Nodes come back one after the other. It went over the lane to a controller that did not know its node, and failed.
    let mut place = Place::new(Over::Relay);
    let controller = place.bare_controller();
    let caller = place.node("caller");
    controller.stop(SOON);
    let _again = place.bare_controller();
    let mut callee = Scripted::join(&place, "callee");
    callee.offer("half");
    sees(&caller, "half");
    thread::scope(|scope| {
        let call = scope.spawn(|| caller.call("half", ()));
        let mut lane = callee.opens_lane(&place);
        assert_eq!(lane.kind(), Some(FrameKind::Request));
        drop((callee, lane));
        let ended = call.join().expect("it does not panic");
        assert!(
            matches!(ended, Err(CallError::NodeGone { .. })),
            "{ended:?}"
        );
        let (too_early, early) = mpsc::sync_channel(64);
        let caller = &caller;
        let call = scope.spawn(move || {
            loop {
                match caller.call("half", ()) {
                    // It was made before the caller heard that the node is lost.
                    Err(CallError::Vanished { .. }) => too_early.send(()).expect("it is read"),
                    ended => return ended,
                }
            }
        });
        while early.recv_timeout(Duration::from_millis(500)).is_ok() {}
        let mut callee = Scripted::join(&place, "callee");
        callee.offer("half");
        let mut lane = callee.opens_lane(&place);
        assert_eq!(lane.kind(), Some(FrameKind::Request));
        drop((callee, lane));
        let ended = call.join().expect("it does not panic");
        assert!(
            matches!(ended, Err(CallError::NodeGone { .. })),
            "{ended:?}"
        );
    });
}
