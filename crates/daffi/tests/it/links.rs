//! How two nodes meet, and what becomes of calls when one of them, or the controller, goes away.

use std::thread;
use std::time::Duration;

use daffi::{CallError, CallOptions, Direct, Value};

use crate::support::{
    Child, EVERY_WAY, Gate, Over, Place, SOON, eventually, integer, offer_basics, sees, start,
};

#[test]
fn nodes_that_have_met_go_on_without_their_controller() {
    for over in [Over::Unix, Over::Tcp] {
        let mut place = Place::new(over);
        let controller = place.bare_controller();
        let (caller, worker) = (place.node("caller"), place.node("worker"));
        offer_basics(&worker);
        sees(&caller, "add");
        assert_eq!(integer(caller.call("add", (1, 2))), 3);
        controller.stop(SOON);
        for number in 0..100 {
            assert_eq!(
                integer(caller.call("add", (number, 1))),
                number + 1,
                "{over:?}"
            );
        }
    }
}

#[test]
fn a_node_without_direct_links_is_reached_through_the_controller_both_ways() {
    let mut place = Place::new(Over::Unix);
    let controller = place.bare_controller();
    let meets = place.node("meets");
    let relayed = start(place.builder("relayed").direct(Direct::Never));
    offer_basics(&meets);
    offer_basics(&relayed);
    for (caller, callee) in [(&meets, "relayed"), (&relayed, "meets")] {
        sees(caller, "panic");
        let named = caller.call("name", ()).expect("it answers");
        assert_eq!(named, Value::from(callee));
    }
    controller.stop(SOON);
    let options = CallOptions {
        timeout: Some(Duration::from_millis(500)),
        ..CallOptions::default()
    };
    let ended = meets.call_with("name", Some("relayed"), ().into(), options);
    assert!(ended.is_err(), "there is nobody to relay");
}

#[test]
fn a_peer_killed_in_mid_call_ends_the_call() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let caller = place.controller("caller");
        let mut child = Child::worker(&place, "doomed");
        sees(&caller, "hang");
        thread::scope(|scope| {
            let call = scope.spawn(|| caller.call("hang", ()));
            assert_eq!(integer(caller.call("add", (1, 2))), 3);
            eventually("the callback runs", || {
                integer(caller.call("hanging", ())) == 1
            });
            child.kill();
            let ended = call.join().expect("it does not panic");
            let Err(CallError::NodeGone { process }) = ended else {
                panic!("the peer is gone, {over:?}: {ended:?}");
            };
            assert_eq!(process.as_str(), "doomed");
        });
        eventually("nobody offers it any more", || {
            matches!(
                caller.call("add", (1, 2)),
                Err(CallError::UnknownCallback { .. })
            )
        });
    }
}

#[test]
fn calls_to_a_peer_that_was_just_killed_end_all_the_same() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let caller = place.controller("caller");
        let mut child = Child::worker(&place, "doomed");
        sees(&caller, "hang");
        assert_eq!(integer(caller.call("add", (1, 2))), 3);
        child.kill();
        for _ in 0..20 {
            let ended = caller.call("add", (1, 2));
            let fits = matches!(
                ended,
                Err(CallError::NodeGone { .. }
                    | CallError::Vanished { .. }
                    | CallError::UnknownCallback { .. })
            );
            assert!(fits, "{over:?}: {ended:?}");
        }
    }
}

#[test]
fn a_killed_caller_cancels_what_it_called() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let worker = place.controller("worker");
        let (entered, cancelled) = (Gate::default(), Gate::default());
        let (inside, told) = (entered.clone(), cancelled.clone());
        let waits = daffi::Definition {
            run: std::sync::Arc::new(move |invocation: daffi::Invocation| {
                inside.open();
                let told = told.clone();
                let flag = invocation.cancelled.clone();
                flag.on_cancel(move || {
                    told.open();
                    drop(invocation);
                });
            }),
            ..crate::support::definition("waits", crate::support::add)
        };
        worker.register(waits).expect("waits is new");
        let mut child = Child::caller(&place, "waits");
        assert!(entered.wait());
        child.kill();
        assert!(cancelled.wait(), "{over:?}");
    }
}

#[test]
fn another_candidate_takes_over_from_one_that_left() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let caller = place.controller("caller");
        let (first, second) = (place.node("first"), place.node("second"));
        offer_basics(&first);
        offer_basics(&second);
        eventually("both offer it", || {
            let listed = caller.registered_callbacks();
            listed.iter().filter(|(_, names)| names.len() == 4).count() == 2
        });
        for node in ["first", "second"] {
            let named = caller.call_with("name", Some(node), ().into(), CallOptions::default());
            assert_eq!(named.expect("it answers"), Value::from(node));
        }
        first.stop(SOON);
        // A call on its way to the first at this moment may have run there, so it is not made again.
        eventually("the caller knows", || {
            caller.registered_callbacks().len() == 1
        });
        for _ in 0..20 {
            let named = caller.call("name", ()).expect("the second is there");
            assert_eq!(named, Value::from("second"), "{over:?}");
        }
    }
}

#[test]
fn many_threads_wait_for_one_introduction() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let caller = place.controller("caller");
        let worker = place.node("worker");
        offer_basics(&worker);
        sees(&caller, "add");
        let caller = &caller;
        thread::scope(|scope| {
            for number in 0..32 {
                scope.spawn(move || {
                    assert_eq!(integer(caller.call("add", (number, 1))), number + 1);
                });
            }
        });
    }
}
