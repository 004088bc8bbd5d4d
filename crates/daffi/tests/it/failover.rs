//! Calls that return at once and are refused before they begin: they go elsewhere by themselves, and run once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use daffi::{
    Answer, Arguments, Body, CallError, CallOptions, Elsewhere, Global, NotBegun, PendingCall,
    Shape, Target, Value,
};

use crate::support::{
    EVERY_WAY, Gate, LONG, Over, Place, SOON, eventually, later, offer_basics, sees, start,
};

/// A caller that has met two processes, and the first of them stops: it takes no calls, and waits for one that runs.
struct Stopping {
    caller: Global,
    first: Global,
    second: Global,
    /// Its callback `where` at the first.
    target: Target,
    /// Lets the first end.
    leave: Gate,
    stop: thread::JoinHandle<()>,
    _controller: Global,
}

impl Stopping {
    /// `room` is for the arguments that the caller keeps, where it is not the usual one.
    fn new(place: &mut Place, room: Option<u64>) -> Self {
        let controller = place.bare_controller();
        let caller = place.builder("caller");
        let caller = start(match room {
            Some(bytes) => caller.max_waiting_bytes(bytes),
            None => caller,
        });
        let (first, second) = (place.node("first"), place.node("second"));
        let (entered, leave) = (Gate::default(), Gate::default());
        let (inside, go) = (entered.clone(), leave.clone());
        let slow = move |_| {
            inside.open();
            Ok(go.wait().into())
        };
        first.callback("slow", slow).expect("slow is new");
        for node in [&first, &second] {
            offer_basics(node);
            let name = node.process_name().as_str().to_owned();
            eventually("they meet", || {
                let options = CallOptions::default();
                caller
                    .call_with("name", Some(&name), ().into(), options)
                    .is_ok()
            });
        }
        sees(&caller, "slow");
        let held = caller.send("slow", None, ().into(), later());
        drop(held.expect("it is sent"));
        assert!(entered.wait());
        let target = caller.target("name", Some("first"));
        let target = target.expect("it is there");
        let itself = first.clone();
        let stop = thread::spawn(move || itself.stop(LONG));
        eventually("it takes no new calls", || !first.is_running());
        Self {
            caller,
            first,
            second,
            target,
            leave,
            stop,
            _controller: controller,
        }
    }

    /// Makes a call to the first, which refuses it.
    fn dispatch(&self, body: Body, options: CallOptions) -> PendingCall {
        let shape = Shape::default();
        let elsewhere = Elsewhere::new("name".to_owned(), None, shape);
        let target = self.target.clone();
        let call = self.caller.dispatch(target, body, options, Some(elsewhere));
        call.expect("there is room for it")
    }

    fn end(self) {
        self.leave.open();
        self.stop.join().expect("it does not panic");
        drop(self.first);
    }
}

fn nothing() -> Body {
    Arguments::from(()).into_body().expect("nothing can travel")
}

fn outcome(call: &PendingCall) -> Result<Value, CallError> {
    call.wait(Some(Instant::now() + LONG), &mut || false);
    let outcome = call.take().expect("it has ended");
    outcome.map(|value| Value::from_received(value).expect("it is readable"))
}

#[test]
fn a_call_that_a_process_refuses_as_it_stops_goes_elsewhere_however_it_is_looked_at() {
    // Only a thread that waited for its call looked for another process: all others ended in errors.
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let stopping = Stopping::new(&mut place, None);
        let made = || stopping.dispatch(nothing(), later());
        let second = || Ok::<_, CallError>(Value::from("second"));

        let waited_for = made();
        assert_eq!(outcome(&waited_for).ok(), second().ok(), "{over:?}");
        assert_eq!(waited_for.process().as_str(), "second");
        assert!(waited_for.take().is_none(), "once");

        let looked_at = made();
        eventually("a look sees the end", || looked_at.look());
        assert_eq!(outcome(&looked_at).ok(), second().ok(), "{over:?}");

        let asked = made();
        eventually("it is done", || asked.is_done());
        assert_eq!(outcome(&asked).ok(), second().ok(), "{over:?}");

        let told = Arc::new(made());
        let (end, ended) = mpsc::channel();
        let itself = Arc::clone(&told);
        told.on_done(move || {
            let taken = itself.take().expect("it has ended");
            let value = taken.map(|value| Value::from_received(value).expect("it is readable"));
            end.send(value).expect("the test waits");
        });
        let told = ended.recv_timeout(LONG).expect("it is told of");
        assert_eq!(told.ok(), second().ok(), "{over:?}");
        stopping.end();
    }
}

#[test]
fn a_call_that_nobody_looks_at_goes_elsewhere_and_runs_once() {
    let mut place = Place::new(Over::Unix);
    let stopping = Stopping::new(&mut place, None);
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let note = move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(Value::Nil)
    };
    stopping.second.callback("note", note).expect("note is new");
    sees(&stopping.caller, "note");
    let made = [Answer::Later, Answer::Failure].map(|answer| {
        let options = CallOptions {
            answer,
            ..CallOptions::default()
        };
        let elsewhere = Elsewhere::new("note".to_owned(), None, Shape::default());
        let target = stopping.target.clone();
        let call = stopping
            .caller
            .dispatch(target, nothing(), options, Some(elsewhere));
        call.expect("there is room for it")
    });
    eventually("both run", || runs.load(Ordering::SeqCst) == 2);
    eventually("both end", || made.iter().all(PendingCall::is_done));
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    stopping.end();
}

#[test]
fn a_call_that_goes_elsewhere_keeps_its_deadline_and_can_be_cancelled() {
    let mut place = Place::new(Over::Unix);
    let stopping = Stopping::new(&mut place, None);
    let limited = stopping.dispatch(
        nothing(),
        CallOptions {
            timeout: Some(Duration::from_millis(50)),
            ..later()
        },
    );
    // It ran, or was late: in no case did it end with the first.
    let ended = outcome(&limited);
    assert!(
        matches!(ended, Ok(_) | Err(CallError::TimedOut)),
        "{ended:?}"
    );
    let call = stopping.dispatch(
        nothing(),
        CallOptions {
            delay: Duration::from_secs(3600),
            ..later()
        },
    );
    eventually("it moves", || call.process().as_str() == "second");
    assert!(!call.is_done(), "it still waits for its time");
    assert!(call.cancel());
    assert!(!call.cancel());
    assert!(matches!(outcome(&call), Err(CallError::Cancelled)));
    stopping.end();
}

#[test]
fn a_delayed_call_outlives_the_process_where_it_waits_for_its_time() {
    let mut place = Place::new(Over::Unix);
    let _controller = place.bare_controller();
    let caller = place.node("caller");
    let (first, second) = (place.node("first"), place.node("second"));
    offer_basics(&first);
    sees(&caller, "panic");
    let target = caller.target("name", Some("first")).expect("it is there");
    let delay = Duration::from_secs(3600);
    let options = CallOptions { delay, ..later() };
    let elsewhere = Elsewhere::new("name".to_owned(), None, Shape::default());
    let call = caller.dispatch(target, nothing(), options, Some(elsewhere));
    let call = call.expect("there is room for it");
    offer_basics(&second);
    eventually("both are seen", || caller.registered_callbacks().len() == 2);
    // What came on the link before is read when this is answered.
    let options = CallOptions::default();
    let asked = caller.call_with("name", Some("first"), ().into(), options);
    assert!(asked.is_ok());
    first.stop(SOON);
    eventually("it moves", || call.process().as_str() == "second");
    assert!(!call.is_done());
    assert!(call.cancel());
}

#[test]
fn a_call_whose_arguments_are_many_ends_and_says_so() {
    let mut place = Place::new(Over::Unix);
    // Room for the arguments of one small call, and not for two of 40,000 bytes.
    let stopping = Stopping::new(&mut place, Some(50_000));
    let of = |bytes: usize| Body::from(vec![0; bytes]);
    let large = stopping.dispatch(of(70_000), later());
    let is_not_kept = |ended: Result<Value, CallError>| {
        let why = NotBegun::NotKept;
        matches!(ended, Err(CallError::Vanished { why: given, .. }) if given == why)
    };
    assert!(is_not_kept(outcome(&large)));

    // Those of another call that is under way are kept, too.
    let target = stopping.caller.target("name", Some("second"));
    let target = target.expect("it is there");
    let waits = CallOptions {
        delay: Duration::from_secs(3600),
        ..later()
    };
    let elsewhere = || Elsewhere::new("name".to_owned(), None, Shape::default());
    let fills = stopping
        .caller
        .dispatch(target, of(40_000), waits, Some(elsewhere()));
    let fills = fills.expect("there is room for it");
    let beside = stopping.dispatch(of(40_000), later());
    assert!(is_not_kept(outcome(&beside)));
    assert!(fills.cancel());
    let alone = stopping.dispatch(of(40_000), later());
    let ended = outcome(&alone);
    assert!(!is_not_kept(ended), "there is room again");
    assert_eq!(alone.process().as_str(), "second");
    stopping.end();
}

#[test]
fn with_nobody_else_a_refused_call_ends_as_one_that_finds_no_candidate() {
    let mut place = Place::new(Over::Unix);
    let stopping = Stopping::new(&mut place, None);
    stopping.second.stop(SOON);
    eventually("it has left", || {
        stopping.caller.registered_callbacks().len() < 2
    });
    let ended = outcome(&stopping.dispatch(nothing(), later()));
    assert!(
        matches!(
            ended,
            Err(CallError::Vanished {
                why: NotBegun::Away,
                ..
            })
        ),
        "{ended:?}"
    );
    stopping.end();
}

#[test]
fn no_call_fails_or_runs_twice_while_workers_are_replaced_one_after_the_other() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let _controller = place.bare_controller();
        let caller = place.node("caller");
        let runs: Arc<Mutex<Vec<i64>>> = Arc::default();
        let worker = |name: String| {
            let worker = place.node(&name);
            let noted = Arc::clone(&runs);
            let note = move |arguments: Arguments| {
                let (number,): (i64,) = arguments.try_into()?;
                noted.lock().expect("no test panics in here").push(number);
                Ok(number.into())
            };
            worker.callback("note", note).expect("note is new");
            worker
        };
        let mut old = worker("worker-0".to_owned());
        sees(&caller, "note");
        let over_now = Gate::default();
        let calls = thread::scope(|scope| {
            let load = scope.spawn(|| under_load(&caller, &over_now));
            for number in 1..=10 {
                let name = format!("worker-{number}");
                let new = worker(name.clone());
                eventually("the next one is seen", || {
                    let seen = caller.registered_callbacks();
                    let offers = |(process, names): &(daffi::Name, Vec<_>)| {
                        process.as_str() == name && !names.is_empty()
                    };
                    seen.iter().any(offers)
                });
                old.stop(LONG);
                old = new;
            }
            over_now.open();
            load.join().expect("no call fails")
        });
        let mut runs = runs.lock().expect("no test panics in here").clone();
        runs.sort_unstable();
        assert_eq!(runs, (0..calls).collect::<Vec<_>>(), "{over:?}");
    }
}

/// Makes calls without waiting, some dozens at a time, until it is over; how many.
fn under_load(caller: &Global, over_now: &Gate) -> i64 {
    let mut number = 0;
    while !over_now.is_open() {
        let calls: Vec<_> = (0..50)
            .map(|_| {
                let body = Arguments::from((number,)).into_body();
                number += 1;
                let target = caller.target("note", None).expect("one is always there");
                let shape = Shape {
                    positional: 1,
                    keywords: Vec::new(),
                };
                let elsewhere = Elsewhere::new("note".to_owned(), None, shape);
                let body = body.expect("integers can travel");
                let call = caller.dispatch(target, body, later(), Some(elsewhere));
                call.expect("there is room for it")
            })
            .collect();
        for call in &calls {
            outcome(call).expect("no call fails");
        }
    }
    number
}
