//! Processes that are stopped where they are, and links of which one end has gone unseen: every call to them ends.

use std::thread;

use daffi::{Answer, CallError, CallOptions, Global, NotBegun, Value};
use daffi_proto::{CallId, FrameKind, Head, Purpose};

use crate::scripted::{Raw, Scripted, request};
use crate::support::{Child, EVERY_WAY, Gate, Over, Place, definition, eventually, integer, sees};

/// Calls this callback on a thread of its own, and says when it runs there.
fn hang_in<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    caller: &'scope Global,
    callback: &'static str,
) -> thread::ScopedJoinHandle<'scope, Result<Value, CallError>> {
    let call = scope.spawn(move || caller.call(callback, ()));
    eventually("the callback runs", || {
        integer(caller.call("hanging", ())) == 1
    });
    call
}

#[test]
fn calls_to_a_process_that_is_stopped_where_it_is_end() {
    // Nothing hangs up, so they waited for as long as it was stopped.
    for over in [Over::Unix, Over::Tcp] {
        let mut place = Place::lively(over);
        let caller = place.controller("caller");
        let child = Child::worker(&place, "frozen");
        sees(&caller, "hang");
        thread::scope(|scope| {
            let call = hang_in(scope, &caller, "hang");
            child.freeze();
            let large = scope.spawn(|| caller.call("add", (Value::Bytes(vec![1; 16 << 20]), 2)));
            let later = CallOptions {
                answer: Answer::Later,
                ..CallOptions::default()
            };
            let later = caller.send("add", None, (1, 2).into(), later);
            let ended = call.join().expect("it does not panic");
            assert!(
                matches!(&ended, Err(CallError::NodeSilent { process, .. }) if process.as_str() == "frozen"),
                "{over:?}: {ended:?}"
            );
            // It was not sent in whole, and its error said that it may have run.
            let ended = large.join().expect("it does not panic");
            assert!(
                matches!(&ended, Err(CallError::Vanished { process, why: NotBegun::Silent(_) }) if process.as_str() == "frozen"),
                "{over:?}: {ended:?}"
            );
            let later = later.expect("it is sent").expect("an answer is wanted");
            eventually("the call that nobody waits for ends", || later.is_done());
            let ended = later.take().expect("it has ended");
            assert!(
                matches!(ended, Err(CallError::NodeSilent { .. })),
                "{ended:?}"
            );
        });
        // Nobody meets it any more: those that come later end before they are sent.
        let ended = caller.call("add", (1, 2));
        assert!(
            matches!(
                ended,
                Err(CallError::Vanished { .. } | CallError::UnknownCallback { .. })
            ),
            "{ended:?}"
        );
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long the process is stopped is what is tested"
)]
fn a_process_that_is_stopped_for_a_while_loses_nothing() {
    for over in EVERY_WAY {
        let mut place = Place::lively(over);
        let caller = place.controller("caller");
        let child = Child::worker(&place, "paused");
        sees(&caller, "hang");
        thread::scope(|scope| {
            assert_eq!(integer(caller.call("add", (0, 0))), 0);
            child.freeze();
            let call = scope.spawn(|| caller.call("add", (1, 2)));
            // A heartbeat, of the three that it has.
            thread::sleep(place.heartbeat);
            child.thaw();
            let ended = call.join().expect("it does not panic");
            assert_eq!(integer(ended), 3, "{over:?}");
        });
    }
}

#[test]
fn a_callback_that_runs_for_long_shows_life() {
    let mut place = Place::lively(Over::Unix);
    let worker = place.controller("worker");
    let leave = Gate::default();
    let go = leave.clone();
    let long = definition("long", move |_| Ok(go.wait().into()));
    worker.register(long).expect("long is new");
    let mut scripted = Scripted::join(&place, "stranger");
    let mut link = scripted.direct("worker");
    link.write(&request(None, 1));
    for _ in 0..4 {
        assert_eq!(link.kind(), Some(FrameKind::Alive));
    }
    leave.open();
    while link.kind().expect("it answers") != FrameKind::Reply {}
}

#[test]
fn a_controller_shows_life_while_it_relays() {
    let mut place = Place::lively(Over::Relay);
    let _controller = place.bare_controller();
    let (mut caller, callee) = (
        Scripted::join(&place, "caller"),
        Scripted::join(&place, "the callee"),
    );
    let target = caller.find("the callee");
    let open = |purpose| {
        let mut lane = Raw::dial(&place);
        lane.hello(purpose);
        assert_eq!(lane.kind(), Some(FrameKind::Welcome));
        lane
    };
    let (node, session) = (callee.id, callee.session);
    let mut serves = open(Purpose::ServeLane { node, session });
    let (node, session) = (caller.id, caller.session);
    let mut calls = open(Purpose::CallLane { node, session });
    calls.write(&request(Some(target), 1));
    assert_eq!(serves.kind(), Some(FrameKind::Request));
    let alive = Head::new(FrameKind::Alive, 0, CallId::NONE, 0).to_bytes();
    for _ in 0..4 {
        serves.write(&alive);
        assert_eq!(calls.kind(), Some(FrameKind::Alive));
    }
}

#[test]
fn relayed_calls_say_that_their_controller_is_silent() {
    let place = Place::lively(Over::Relay);
    let controller = Child::controller(&place);
    let (caller, worker) = (place.node("caller"), place.node("worker"));
    let (entered, leave) = (Gate::default(), Gate::default());
    let (inside, go) = (entered.clone(), leave.clone());
    let waits = definition("waits", move |_| {
        inside.open();
        Ok(go.wait().into())
    });
    worker.register(waits).expect("waits is new");
    sees(&caller, "waits");
    thread::scope(|scope| {
        let call = scope.spawn(|| caller.call("waits", ()));
        assert!(entered.wait());
        controller.freeze();
        let ended = call.join().expect("it does not panic");
        assert!(
            matches!(ended, Err(CallError::RelayGone { .. })),
            "{ended:?}"
        );
        leave.open();
    });
}

#[test]
fn a_serve_lane_whose_node_shows_no_life_is_replaced() {
    let mut place = Place::lively(Over::Relay);
    let caller = place.controller("caller");
    let mut scripted = Scripted::join(&place, "half");
    scripted.offer("half");
    sees(&caller, "half");
    thread::scope(|scope| {
        for _ in 0..2 {
            let call = scope.spawn(|| caller.call("half", ()));
            let mut lane = scripted.opens_lane(&place);
            assert_eq!(lane.kind(), Some(FrameKind::Request));
            // It answers on its control connection, but not on this lane.
            lane.hung_up();
            let ended = call.join().expect("it does not panic");
            assert!(
                matches!(ended, Err(CallError::NodeGone { .. })),
                "{ended:?}"
            );
        }
    });
}
