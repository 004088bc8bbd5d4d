//! Whatever dies and comes back meanwhile: every call ends, and calls work again once all are there.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use daffi::{CallError, Global};

use crate::support::{Child, EVERY_WAY, Place, SOON, eventually, integer, offer_basics, sees};

/// Calls without a deadline from several threads while `disturb` runs; gives how many went well.
fn calls_all_end(caller: &Global, disturb: impl FnOnce()) -> usize {
    let (over, went_well) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..4_i64 {
            let (over, went_well) = (&over, &went_well);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    match caller.call("add", (thread, 1)) {
                        Ok(value) => {
                            assert_eq!(integer(Ok(value)), thread + 1);
                            went_well.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(CallError::UnknownCallback { .. }) => thread::yield_now(),
                        Err(
                            CallError::NodeGone { .. }
                            | CallError::RelayGone { .. }
                            | CallError::Vanished { .. },
                        ) => (),
                        Err(other) => panic!("{other:?}"),
                    }
                }
            });
        }
        disturb();
        over.store(true, Ordering::Relaxed);
    });
    went_well.into_inner()
}

#[test]
fn calls_end_while_their_callee_is_killed_again_and_again() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let caller = place.controller("caller");
        let went_well = calls_all_end(&caller, || {
            for round in 0..5 {
                let mut child = Child::worker(&place, "doomed");
                sees(&caller, "hang");
                eventually("a call goes through", || {
                    caller.call("add", (round, 1)).is_ok()
                });
                child.kill();
                eventually("it is noticed", || caller.registered_callbacks().is_empty());
            }
        });
        assert!(went_well > 0, "{over:?}");
    }
}

#[test]
fn calls_end_while_their_controller_restarts_again_and_again() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let mut controller = place.bare_controller();
        let (caller, worker) = (place.node("caller"), place.node("worker"));
        offer_basics(&worker);
        sees(&caller, "panic");
        calls_all_end(&caller, || {
            for round in 0..4 {
                controller.stop(SOON);
                controller = place.bare_controller();
                // A newcomer sees the worker when it has come back.
                let late = place.node(&format!("late{round}"));
                sees(&late, "panic");
                eventually("calls go through", || late.call("add", (round, 1)).is_ok());
            }
        });
        eventually("the caller is back too", || {
            caller.call("add", (1, 1)).is_ok()
        });
        drop(controller);
    }
}
