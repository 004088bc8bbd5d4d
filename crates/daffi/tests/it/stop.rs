//! Stopping: in mid-call, from inside a callback, twice, and what is left after it.

use std::thread;
use std::time::{Duration, Instant};

use daffi::{CallError, CallbackError, Value, WaitError};

use crate::support::{
    EVERY_WAY, Gate, LONG, Over, Place, SOON, add, eventually, offer_basics, pair, sees, start,
};

#[test]
fn a_stop_in_mid_call_ends_every_wait() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let (entered, leave) = (Gate::default(), Gate::default());
        let (inside, go) = (entered.clone(), leave.clone());
        let stuck = move |_| {
            inside.open();
            Ok(go.wait().into())
        };
        worker.callback("stuck", stuck).expect("stuck is new");
        sees(&caller, "stuck");
        thread::scope(|scope| {
            let call = scope.spawn(|| caller.call("stuck", ()));
            let wait = scope.spawn(|| caller.wait_process("nobody", None, &mut || false));
            let join = scope.spawn(|| caller.wait_stopped(None, &mut || false));
            assert!(entered.wait());
            caller.stop(SOON);
            let ended = call.join().expect("it does not panic");
            assert!(
                matches!(ended, Err(CallError::Stopped)),
                "{over:?}: {ended:?}"
            );
            let waited = wait.join().expect("it does not panic");
            assert_eq!(waited, Err(WaitError::Stopped));
            assert!(join.join().expect("it does not panic"));
        });
        assert!(matches!(
            caller.call("add", (1, 2)),
            Err(CallError::Stopped)
        ));
        leave.open();
    }
}

#[test]
fn a_running_callback_may_answer_before_its_process_stops() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let (entered, leave) = (Gate::default(), Gate::default());
        let (inside, go) = (entered.clone(), leave.clone());
        let slow = move |_| {
            inside.open();
            Ok(go.wait().into())
        };
        worker.callback("slow", slow).expect("slow is new");
        sees(&caller, "slow");
        thread::scope(|scope| {
            let call = scope.spawn(|| caller.call("slow", ()));
            assert!(entered.wait());
            let stop = scope.spawn(|| worker.stop(LONG));
            eventually("it takes no new calls", || !worker.is_running());
            leave.open();
            let ended = call.join().expect("it does not panic");
            assert_eq!(ended.expect("it answers"), Value::Bool(true), "{over:?}");
            stop.join().expect("it does not panic");
        });
    }
}

#[test]
fn a_callback_that_finishes_during_a_stop_may_call_others() {
    // It was told that its process had stopped, with its work half done.
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let (entered, leave) = (Gate::default(), Gate::default());
        let (inside, go, own) = (entered.clone(), leave.clone(), worker.clone());
        let asks = move |_| {
            inside.open();
            go.wait();
            own.call("note", (1, 2))
                .map_err(|error| CallbackError::new(error.to_string()))
        };
        worker.callback("asks", asks).expect("asks is new");
        caller.callback("note", add).expect("note is new");
        sees(&caller, "asks");
        sees(&worker, "note");
        thread::scope(|scope| {
            let call = scope.spawn(|| caller.call("asks", ()));
            assert!(entered.wait());
            let stop = scope.spawn(|| worker.stop(LONG));
            eventually("it takes no new calls", || !worker.is_running());
            leave.open();
            let ended = call.join().expect("it does not panic");
            assert_eq!(ended.expect("it answers"), Value::Integer(3), "{over:?}");
            stop.join().expect("it does not panic");
        });
        assert!(matches!(
            worker.call("note", (1, 2)),
            Err(CallError::Stopped)
        ));
    }
}

#[test]
fn a_callback_that_waits_for_another_process_does_not_hold_up_a_stop() {
    // It waited until the bound of the stop was over, and its caller heard that it may have run.
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let (entered, own) = (Gate::default(), worker.clone());
    let inside = entered.clone();
    let waits = move |_| {
        inside.open();
        let waited = own.wait_process("nobody", None, &mut || false);
        waited.map_err(|error| CallbackError::new(error.to_string()))?;
        Ok(Value::Nil)
    };
    worker.callback("waits", waits).expect("waits is new");
    sees(&caller, "waits");
    thread::scope(|scope| {
        let call = scope.spawn(|| caller.call("waits", ()));
        assert!(entered.wait());
        worker.stop(LONG);
        let ended = call.join().expect("it does not panic");
        assert!(matches!(ended, Err(CallError::Raised { .. })), "{ended:?}");
    });
}

#[test]
fn a_callback_that_never_ends_does_not_hold_up_a_stop_for_longer_than_the_bound() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let (entered, leave) = (Gate::default(), Gate::default());
    let (inside, go) = (entered.clone(), leave.clone());
    let stuck = move |_| {
        inside.open();
        Ok(go.wait().into())
    };
    worker.callback("stuck", stuck).expect("stuck is new");
    sees(&caller, "stuck");
    thread::scope(|scope| {
        let call = scope.spawn(|| caller.call("stuck", ()));
        assert!(entered.wait());
        let before = Instant::now();
        worker.stop(Duration::from_millis(200));
        assert!(before.elapsed() < SOON);
        let ended = call.join().expect("it does not panic");
        assert!(
            matches!(ended, Err(CallError::NodeGone { .. })),
            "{ended:?}"
        );
        leave.open();
    });
}

#[test]
fn a_callback_that_stops_its_process_may_answer() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let itself = worker.clone();
        let quit = move |_| -> Result<Value, CallbackError> {
            itself.stop(LONG);
            Ok(itself.is_running().into())
        };
        worker.callback("quit", quit).expect("quit is new");
        sees(&caller, "quit");
        let before = Instant::now();
        let ended = caller.call("quit", ()).expect("it answers");
        assert_eq!(ended, Value::Bool(false), "{over:?}");
        // The second stop waits for the first.
        worker.stop(LONG);
        assert!(
            before.elapsed() < SOON,
            "{over:?}: it does not wait for itself"
        );
        eventually("it has left", || caller.registered_callbacks().is_empty());
    }
}

#[test]
fn a_second_stop_waits_for_the_first_and_a_third_does_nothing() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| worker.stop(SOON));
        }
    });
    worker.stop(SOON);
    caller.stop(SOON);
}

#[test]
fn a_request_to_stop_ends_the_wait_and_nothing_else() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let short = Some(Duration::from_millis(20));
    assert!(!worker.wait_stopped(short, &mut || false));
    worker.request_stop();
    assert!(worker.wait_stopped(None, &mut || false));
    assert!(caller.call("add", (1, 2)).is_ok());
}

#[test]
fn dropping_the_last_handle_frees_the_endpoint() {
    for over in [Over::Unix, Over::Tcp] {
        let mut place = Place::new(over);
        let first = place.controller("first");
        drop(first.clone());
        assert!(first.is_running());
        drop(first);
        start(place.builder("second").controller(true)).stop(SOON);
    }
}

#[test]
fn delayed_calls_end_when_their_process_stops() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let options = daffi::CallOptions {
            delay: Duration::from_secs(3600),
            ..daffi::CallOptions::default()
        };
        let sent = caller.send("add", None, (1, 2).into(), options);
        let call = sent.expect("it is sent").expect("an answer is wanted");
        // Whatever came on the link before has been read when this is answered.
        assert!(caller.call("add", (1, 2)).is_ok());
        worker.stop(SOON);
        call.wait(None, &mut || false);
        let ended = call.take();
        let fits = matches!(
            ended,
            Some(Err(CallError::Vanished { .. } | CallError::NodeGone { .. }))
        );
        assert!(fits, "{over:?}: {ended:?}");
    }
}

#[test]
fn a_stopped_process_leaves_no_thread_behind() {
    crate::support::Child::run("threads");
}

#[test]
fn a_stop_and_a_callback_that_stops_too_do_not_wait_for_each_other() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let (entered, itself) = (Gate::default(), worker.clone());
    let inside = entered.clone();
    let quit = move |_| -> Result<Value, CallbackError> {
        inside.open();
        itself.wait_stopped(None, &mut || !itself.is_running());
        itself.stop(LONG);
        Ok("answered".into())
    };
    worker.callback("quit", quit).expect("quit is new");
    sees(&caller, "quit");
    thread::scope(|scope| {
        let call = scope.spawn(|| caller.call("quit", ()));
        assert!(entered.wait());
        let before = Instant::now();
        worker.stop(LONG);
        assert!(before.elapsed() < SOON);
        let ended = call.join().expect("it does not panic");
        assert_eq!(ended.expect("it answers"), Value::from("answered"));
    });
}

#[test]
fn an_order_to_stop_reaches_a_process_that_nobody_waits_on() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (controller, worker) = pair(&mut place);
        let left = controller.kill_all(LONG, &mut || false);
        assert_eq!(left.expect("it has the controller"), []);
        assert!(!worker.is_running());
        assert!(worker.wait_stopped(Some(LONG), &mut || false));
    }
}

#[test]
fn a_process_that_stops_while_the_controller_is_away_costs_its_callers_nothing() {
    // Its callers went on choosing it: each call took 5 s, and those on their way when it ended failed.
    for over in [Over::Unix, Over::Tcp] {
        let mut place = Place::new(over);
        let controller = place.bare_controller();
        let caller = place.node("caller");
        let (first, second) = (place.node("first"), place.node("second"));
        for node in [&first, &second] {
            offer_basics(node);
            let name = node.process_name().as_str().to_owned();
            eventually("they meet", || {
                let options = daffi::CallOptions::default();
                caller
                    .call_with("name", Some(&name), ().into(), options)
                    .is_ok()
            });
        }
        controller.stop(SOON);
        let over_now = std::sync::atomic::AtomicBool::new(false);
        thread::scope(|scope| {
            let calls: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        while !over_now.load(std::sync::atomic::Ordering::Relaxed) {
                            let named = caller.call("name", ()).expect("no call fails");
                            assert!(
                                [first.process_name(), second.process_name()]
                                    .iter()
                                    .any(|name| named == Value::from(name.as_str()))
                            );
                        }
                    })
                })
                .collect();
            first.stop(SOON);
            eventually("the caller knows", || {
                caller.registered_callbacks().len() == 1
            });
            for _ in 0..20 {
                let named = caller.call("name", ()).expect("the second is there");
                assert_eq!(named, Value::from("second"), "{over:?}");
            }
            over_now.store(true, std::sync::atomic::Ordering::Relaxed);
            for call in calls {
                call.join().expect("no call fails");
            }
        });
        second.stop(SOON);
        eventually("nobody is left", || {
            caller.registered_callbacks().is_empty()
        });
        let ended = caller.call("name", ());
        assert!(
            matches!(ended, Err(CallError::UnknownCallback { .. })),
            "{ended:?}"
        );
    }
}

#[test]
fn calls_find_others_while_a_process_that_stops_lets_its_callbacks_end() {
    let mut place = Place::new(Over::Unix);
    let controller = place.bare_controller();
    let caller = place.node("caller");
    let (first, second) = (place.node("first"), place.node("second"));
    let (entered, leave) = (Gate::default(), Gate::default());
    let (inside, go) = (entered.clone(), leave.clone());
    let slow = move |_| {
        inside.open();
        Ok(go.wait().into())
    };
    first.callback("slow", slow).expect("slow is new");
    offer_basics(&first);
    offer_basics(&second);
    sees(&caller, "slow");
    eventually("the second is seen", || {
        caller.registered_callbacks().len() == 2
    });
    thread::scope(|scope| {
        let call = scope.spawn(|| caller.call("slow", ()));
        assert!(entered.wait());
        controller.stop(SOON);
        let stop = scope.spawn(|| first.stop(LONG));
        eventually("it takes no new calls", || !first.is_running());
        // Nobody else offers it: the request crosses the news, or comes after them.
        let refused = caller.call("slow", ());
        assert!(
            matches!(
                refused,
                Err(CallError::Vanished { .. } | CallError::UnknownCallback { .. })
            ),
            "{refused:?}"
        );
        leave.open();
        let ended = call.join().expect("it does not panic");
        assert_eq!(ended.expect("it answers"), Value::Bool(true));
        stop.join().expect("it does not panic");
    });
}
