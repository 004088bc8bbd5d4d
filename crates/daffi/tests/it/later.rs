//! Calls that end later: deadlines, delays, cancels, answers that nobody waits for, and waits that are given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use daffi::{Answer, CallError, CallOptions, Definition, Value};

use crate::support::{EVERY_WAY, Gate, Over, Place, add, definition, integer, later, pair, sees};

#[test]
fn a_call_ends_at_its_deadline_and_the_callee_is_told() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let (cancelled, ran) = (Gate::default(), Gate::default());
        let (told, running) = (cancelled.clone(), ran.clone());
        let waits = Definition {
            run: Arc::new(move |invocation: daffi::Invocation| {
                running.open();
                let told = told.clone();
                let flag = invocation.cancelled.clone();
                // Kept until then: a responder that is dropped answers.
                flag.on_cancel(move || {
                    told.open();
                    drop(invocation);
                });
            }),
            ..definition("waits", add)
        };
        worker.register(waits).expect("waits is new");
        sees(&caller, "waits");
        let options = CallOptions {
            timeout: Some(Duration::from_millis(300)),
            ..CallOptions::default()
        };
        let ended = caller.call_with("waits", None, ().into(), options);
        assert!(matches!(ended, Err(CallError::TimedOut)), "{over:?}");
        assert!(ran.wait() && cancelled.wait(), "{over:?}");
        assert_eq!(integer(caller.call("add", (1, 2))), 3);
    }
}

#[test]
fn who_is_told_of_the_end_of_a_call_does_not_wait_for_it() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, _worker) = pair(&mut place);
        for number in 0..20 {
            let sent = caller.send("add", None, (number, 1).into(), later());
            let call = sent.expect("it is sent").expect("an answer is wanted");
            let done = Gate::default();
            let told = done.clone();
            call.on_done(move || told.open());
            assert!(done.wait(), "{over:?}");
            let ended = call
                .take()
                .expect("it has ended")
                .expect("it gives a value");
            assert_eq!(Value::from_received(ended), Ok(Value::from(number + 1)));
        }
    }
}

#[test]
fn a_call_that_nobody_waits_for_ends_at_its_deadline() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let leave = Gate::default();
    let go = leave.clone();
    worker
        .callback("stuck", move |_| Ok(go.wait().into()))
        .expect("stuck is new");
    sees(&caller, "stuck");
    let options = CallOptions {
        timeout: Some(Duration::from_millis(200)),
        ..later()
    };
    let sent = caller.send("stuck", None, ().into(), options);
    let call = sent.expect("it is sent").expect("an answer is wanted");
    let done = Gate::default();
    let told = done.clone();
    call.on_done(move || told.open());
    assert!(done.wait());
    assert!(matches!(call.take(), Some(Err(CallError::TimedOut))));
    leave.open();
}

#[test]
fn a_delayed_call_runs_after_its_delay_and_its_timeout_counts_from_then() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, _worker) = pair(&mut place);
        let options = CallOptions {
            delay: Duration::from_millis(400),
            timeout: Some(Duration::from_millis(300)),
            answer: Answer::Later,
            chain: None,
        };
        let before = Instant::now();
        let sum = caller.call_with("add", None, (1, 2).into(), options);
        assert_eq!(integer(sum), 3, "{over:?}");
        assert!(before.elapsed() >= Duration::from_millis(400), "{over:?}");
    }
}

#[test]
fn a_delayed_call_that_is_cancelled_never_runs() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    worker
        .callback("count", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Value::Nil)
        })
        .expect("count is new");
    sees(&caller, "count");
    let options = CallOptions {
        delay: Duration::from_millis(200),
        ..later()
    };
    let send = || {
        let sent = caller.send("count", None, ().into(), options);
        sent.expect("it is sent").expect("an answer is wanted")
    };
    let cancelled = send();
    assert!(cancelled.cancel());
    assert!(matches!(cancelled.take(), Some(Err(CallError::Cancelled))));
    // The one after it shows that the time of both is over.
    let kept = send();
    kept.wait(None, &mut || false);
    assert!(matches!(kept.take(), Some(Ok(_))));
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}

#[test]
fn a_call_without_an_answer_arrives() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let arrived = Gate::default();
        let here = arrived.clone();
        let note = move |_| {
            here.open();
            Ok(Value::Nil)
        };
        worker.callback("note", note).expect("note is new");
        sees(&caller, "note");
        let options = CallOptions {
            answer: Answer::None,
            ..CallOptions::default()
        };
        let sent = caller.send("note", None, ().into(), options);
        assert!(sent.expect("it is sent").is_none());
        assert!(arrived.wait(), "{over:?}");
    }
}

#[test]
fn a_wait_can_be_interrupted_and_the_call_goes_on() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let leave = Gate::default();
    let go = leave.clone();
    worker
        .callback("slow", move |_| Ok(go.wait().into()))
        .expect("slow is new");
    sees(&caller, "slow");
    let sent = caller.send("slow", None, ().into(), CallOptions::default());
    let call = sent.expect("it is sent").expect("an answer is wanted");
    let before = Instant::now();
    assert_eq!(call.wait(None, &mut || true), daffi::WaitEnd::Interrupted);
    assert!(before.elapsed() < Duration::from_secs(2));
    leave.open();
    assert_eq!(call.wait(None, &mut || false), daffi::WaitEnd::Done);
    assert!(matches!(call.take(), Some(Ok(_))));
}
