//! Calls that are made without waiting: to nodes that are frozen, not met, or die, and in a process that stops.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use daffi::{
    Answer, Arguments, Body, CallError, CallOptions, Definition, Elsewhere, Global, PendingCall,
    Received, Shape, Value,
};

use crate::support::{
    Child, EVERY_WAY, Gate, LONG, Over, Place, SOON, definition, eventually, later, offer_basics,
    sees, start,
};

fn body_of(arguments: impl Into<Arguments>) -> Body {
    arguments.into().into_body().expect("integers can travel")
}

/// Makes a call to one process, without waiting.
fn dispatch(
    caller: &Global,
    node: &str,
    name: &str,
    body: Body,
    options: CallOptions,
) -> Result<PendingCall, CallError> {
    let target = caller.target(name, Some(node)).expect("it is on offer");
    caller.dispatch(target, body, options, None)
}

fn add(caller: &Global, node: &str, number: i64) -> PendingCall {
    let made = dispatch(caller, node, "add", body_of((number, 1)), later());
    made.expect("there is room for it")
}

fn outcome(call: &PendingCall) -> Result<Received, CallError> {
    call.wait(Some(Instant::now() + LONG), &mut || false);
    call.take().expect("it has ended")
}

fn value(call: &PendingCall) -> Value {
    Value::from_received(outcome(call).expect("it gives a value")).expect("it is readable")
}

/// A caller with the controller, and a worker in a process of its own that is frozen before the two have met.
fn frozen(place: &mut Place) -> (Global, Child) {
    let caller = place.controller("caller");
    let worker = Child::worker(place, "worker");
    sees(&caller, "hang");
    worker.freeze();
    (caller, worker)
}

#[test]
fn calls_to_a_frozen_node_are_made_at_once_and_run_when_it_wakes() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = frozen(&mut place);
        // Each of these waited for the node to be met.
        let calls: Vec<_> = (0..10).map(|n| add(&caller, "worker", n)).collect();
        assert!(calls.iter().all(|call| !call.is_done()), "{over:?}");
        worker.thaw();
        for (number, call) in (0..).zip(&calls) {
            assert_eq!(value(call), Value::from(number + 1), "{over:?}");
        }
    }
}

#[test]
fn a_large_argument_that_a_frozen_node_does_not_take_holds_up_nobody() {
    for over in [Over::Unix, Over::Tcp] {
        let mut place = Place::new(over);
        let (caller, worker) = frozen(&mut place);
        worker.thaw();
        assert_eq!(value(&add(&caller, "worker", 0)), Value::from(1));
        worker.freeze();
        let large = Value::from(vec![7_u8; 32 << 20]);
        let call = dispatch(&caller, "worker", "add", body_of((large, 1)), later());
        let call = call.expect("there is room for it");
        let behind = add(&caller, "worker", 1);
        worker.thaw();
        // It arrives, and is no number.
        assert!(
            matches!(outcome(&call), Err(CallError::Raised { .. })),
            "{over:?}"
        );
        assert_eq!(value(&behind), Value::from(2), "{over:?}");
    }
}

#[test]
fn what_waits_to_be_sent_is_bounded_in_bytes() {
    let place = Place::new(Over::Unix);
    let bound = 1 << 20;
    let builder = place.builder("caller").controller(true);
    let caller = start(builder.max_waiting_bytes(bound));
    let worker = Child::worker(&place, "worker");
    sees(&caller, "hang");
    worker.freeze();
    let part = || Body::from(vec![0; 400 << 10]);
    let send = |body| dispatch(&caller, "worker", "add", body, later());
    // Alone, one may be larger than all that may wait.
    let alone = send(Body::from(vec![0; 2 << 20])).expect("nothing waits");
    assert!(matches!(
        send(part()),
        Err(CallError::Backlog { calls: 1, .. })
    ));
    assert!(alone.cancel());
    let waiting = [send(part()), send(part())].map(|call| call.expect("there is room"));
    assert!(matches!(
        send(part()),
        Err(CallError::Backlog { calls: 2, .. })
    ));
    worker.thaw();
    for call in &waiting {
        assert!(outcome(call).is_err(), "zeros are no arguments");
    }
    assert_eq!(value(&add(&caller, "worker", 1)), Value::from(2));
}

#[test]
fn a_call_that_is_cancelled_while_it_waits_does_not_run() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = frozen(&mut place);
        let call = dispatch(&caller, "worker", "hang", body_of(()), later());
        let call = call.expect("there is room for it");
        assert!(call.cancel());
        assert!(!call.cancel());
        assert!(matches!(outcome(&call), Err(CallError::Cancelled)));
        worker.thaw();
        let hanging = dispatch(&caller, "worker", "hanging", body_of(()), later());
        assert_eq!(
            value(&hanging.expect("there is room")),
            Value::from(0),
            "{over:?}"
        );
    }
}

#[test]
fn a_call_that_waits_ends_at_its_deadline_though_nobody_looks() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = frozen(&mut place);
    let options = CallOptions {
        timeout: Some(Duration::from_millis(50)),
        ..later()
    };
    let call = dispatch(&caller, "worker", "add", body_of((1, 1)), options);
    let call = call.expect("there is room for it");
    let ended = Gate::default();
    let told = ended.clone();
    call.on_done(move || told.open());
    assert!(ended.wait());
    assert!(matches!(call.take(), Some(Err(CallError::TimedOut))));
}

#[test]
fn a_call_that_wants_no_answer_keeps_its_deadline_while_it_is_sent() {
    // It waited for as long as the process was taken for alive.
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = frozen(&mut place);
    worker.thaw();
    assert_eq!(value(&add(&caller, "worker", 0)), Value::from(1));
    worker.freeze();
    let options = CallOptions {
        timeout: Some(Duration::from_millis(100)),
        answer: Answer::None,
        ..CallOptions::default()
    };
    let large = Value::from(vec![7_u8; 32 << 20]);
    let ended = caller.send("add", Some("worker"), (large, 1).into(), options);
    assert!(matches!(ended, Err(CallError::TimedOut)), "{ended:?}");
}

#[test]
fn a_call_that_waits_goes_elsewhere_where_its_node_dies() {
    let mut place = Place::new(Over::Unix);
    let (caller, mut doomed) = frozen(&mut place);
    let other = place.node("other");
    offer_basics(&other);
    sees(&caller, "panic");
    let target = caller.target("add", Some("worker")).expect("it is there");
    let shape = Shape {
        positional: 2,
        keywords: Vec::new(),
    };
    let elsewhere = Elsewhere::new("add".to_owned(), None, shape);
    let body = body_of((20, 3));
    let call = caller.dispatch(target, body, later(), Some(elsewhere));
    let call = call.expect("there is room for it");
    doomed.kill();
    assert_eq!(value(&call), Value::from(23));
    assert_eq!(call.process().as_str(), "other");
}

/// A caller that has met `other`, and not `worker` before their controller was killed. `worker` offers `append`, which gives
/// all numbers that it was given so far.
struct Unmet {
    caller: Global,
    _other: Global,
    _worker: Global,
    place: Place,
}

impl Unmet {
    fn new() -> Self {
        let place = Place::new(Over::Unix);
        let mut controller = Child::controller(&place);
        let [caller, worker, other] = ["caller", "worker", "other"].map(|name| place.node(name));
        let numbers = Mutex::new(Vec::new());
        let append = definition("append", move |arguments: Arguments| {
            let (number,): (i64,) = arguments.try_into()?;
            let mut numbers = numbers.lock().expect("no test panics in here");
            numbers.push(Value::from(number));
            Ok(Value::List(numbers.clone()))
        });
        let in_order = Definition {
            at_once: NonZeroUsize::new(1),
            ..append
        };
        worker.register(in_order).expect("append is new");
        offer_basics(&worker);
        offer_basics(&other);
        for name in ["worker", "other"] {
            eventually("it is seen", || caller.target("panic", Some(name)).is_ok());
        }
        let options = CallOptions::default();
        let met = caller.call_with("name", Some("other"), ().into(), options);
        assert!(met.is_ok());
        controller.kill();
        Self {
            caller,
            _other: other,
            _worker: worker,
            place,
        }
    }

    fn append(&self, number: i64, options: CallOptions) -> PendingCall {
        let made = dispatch(
            &self.caller,
            "worker",
            "append",
            body_of((number,)),
            options,
        );
        made.expect("there is room for it")
    }

    /// [`Self::append`] for which nobody waits, with more time than a test has.
    fn forget(&self, number: i64) -> PendingCall {
        let options = CallOptions {
            timeout: Some(Duration::from_secs(3600)),
            answer: Answer::Failure,
            ..CallOptions::default()
        };
        self.append(number, options)
    }
}

#[test]
fn only_calls_that_nobody_waits_for_wait_longer_for_a_node_that_cannot_be_met() {
    // One of them held up all calls to its node for as long as it was tried.
    let mut unmet = Unmet::new();
    let mut forgotten: Vec<_> = (1..50).map(|number| unmet.forget(number)).collect();
    let waited_for = unmet.append(0, later());
    forgotten.push(unmet.forget(50));
    let ended = outcome(&waited_for);
    assert!(
        matches!(ended, Err(CallError::Vanished { .. })),
        "{ended:?}"
    );
    // One that comes while they are tried again.
    forgotten.push(unmet.forget(51));
    let options = CallOptions::default();
    let ended = unmet
        .caller
        .call_with("append", Some("worker"), (0,).into(), options);
    assert!(
        matches!(ended, Err(CallError::Vanished { .. })),
        "{ended:?}"
    );
    assert!(forgotten.iter().all(|call| !call.is_done()));
    let _controller = unmet.place.bare_controller();
    // There was a pause between any two of them.
    for call in &forgotten {
        assert!(outcome(call).is_ok());
    }
    let numbers = value(&unmet.append(52, later()));
    let all = (1..=52).map(Value::from).collect();
    assert_eq!(numbers, Value::List(all));
}

#[test]
fn a_call_behind_one_that_nobody_waits_for_goes_elsewhere() {
    let unmet = Unmet::new();
    let forgotten = unmet.forget(1);
    let target = unmet.caller.target("name", Some("worker"));
    let elsewhere = Elsewhere::new("name".to_owned(), None, Shape::default());
    let call = unmet.caller.dispatch(
        target.expect("it is there"),
        body_of(()),
        later(),
        Some(elsewhere),
    );
    let call = call.expect("there is room for it");
    assert_eq!(value(&call), Value::from("other"));
    assert!(!forgotten.is_done());
}

#[test]
fn a_call_that_waits_ends_with_the_stop_of_its_process() {
    let mut place = Place::new(Over::Unix);
    let controller = place.bare_controller();
    let caller = place.node("caller");
    let worker = Child::worker(&place, "worker");
    sees(&caller, "hang");
    worker.freeze();
    let call = add(&caller, "worker", 1);
    caller.stop(SOON);
    assert!(matches!(call.take(), Some(Err(CallError::Stopped))));
    drop(controller);
}

#[test]
fn what_nobody_waits_for_runs_though_its_caller_stops_at_once() {
    for over in [Over::Unix, Over::Tcp] {
        let mut place = Place::new(over);
        let worker = place.controller("worker");
        let runs = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&runs);
        let note = move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(Value::Nil)
        };
        worker.callback("note", note).expect("note is new");
        for round in 1..=20 {
            let caller = place.node("caller");
            sees(&caller, "note");
            let options = CallOptions {
                answer: Answer::Failure,
                ..CallOptions::default()
            };
            for _ in 0..100 {
                let body = body_of((Value::from(vec![0_u8; 10_000]),));
                let sent = dispatch(&caller, "worker", "note", body, options);
                drop(sent.expect("there is room for it"));
            }
            caller.stop(SOON);
            drop(caller);
            eventually("all of them run", || {
                runs.load(Ordering::SeqCst) >= 100 * round
            });
        }
    }
}
