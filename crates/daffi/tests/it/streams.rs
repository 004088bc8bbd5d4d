//! Streams between Rust programs: order, one failure that ends all, and a receiver that holds the producer back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use daffi::{Arguments, CallError, CallbackError, Global, Value};
use parking_lot::Mutex;

use crate::support::{EVERY_WAY, Gate, Over, Place, SOON, eventually, pair, sees};

type Taken = Arc<Mutex<Vec<i64>>>;

/// Offers `take`, which keeps what it gets.
fn taking(worker: &Global) -> Taken {
    let taken = Taken::default();
    let kept = Arc::clone(&taken);
    let take = move |arguments: Arguments| {
        let (item,): (i64,) = arguments.try_into()?;
        kept.lock().push(item);
        Ok(Value::Nil)
    };
    worker.callback("take", take).expect("take is new");
    taken
}

#[test]
fn a_stream_arrives_whole_and_in_order() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let taken = taking(&worker);
        sees(&caller, "take");
        let streamed = caller.stream("take", (0..20_000).map(Value::from), None);
        streamed.expect("it is taken");
        assert!(taken.lock().iter().copied().eq(0..20_000), "{over:?}");
        worker.stop(SOON);
        caller.stop(SOON);
    }
}

#[test]
fn large_items_pass_one_by_one() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let bytes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&bytes);
    let count = move |arguments: Arguments| {
        let (item,): (Vec<u8>,) = arguments.try_into()?;
        counted.fetch_add(item.len(), Ordering::Relaxed);
        Ok(Value::Nil)
    };
    worker.callback("count", count).expect("count is new");
    sees(&caller, "count");
    let items = (0..10).map(|_| Value::Bytes(vec![1; 300_000]));
    caller.stream("count", items, None).expect("they are taken");
    assert_eq!(bytes.load(Ordering::Relaxed), 3_000_000);
}

#[test]
fn the_first_failure_ends_the_stream() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let fail = |arguments: Arguments| {
        let (item,): (i64,) = arguments.try_into()?;
        match item {
            3 => Err(CallbackError::new("not three")),
            _ => Ok(Value::Nil),
        }
    };
    worker.callback("not_three", fail).expect("it is new");
    sees(&caller, "not_three");
    // Endless, if it were not ended.
    let ended = caller.stream("not_three", (0_i64..).map(Value::from), None);
    assert!(matches!(ended, Err(CallError::Raised { .. })), "{ended:?}");
}

#[test]
fn a_receiver_that_takes_nothing_holds_the_producer_back() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let gate = Arc::new(Gate::default());
    let closed = Arc::clone(&gate);
    let wait = move |_: Arguments| {
        closed.wait();
        Ok(Value::Nil)
    };
    worker.callback("wait", wait).expect("wait is new");
    sees(&caller, "wait");
    let produced = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&produced);
    let items = (0_i64..2_000).map(move |item| {
        counted.fetch_add(1, Ordering::Relaxed);
        Value::from(item)
    });
    let streaming = thread::spawn(move || caller.stream("wait", items, None));
    // 64 KiB hold about a thousand items of 64 bytes and a little each.
    eventually("the window is full", || {
        produced.load(Ordering::Relaxed) > 900
    });
    gate.open();
    let streamed = streaming.join().expect("it does not panic");
    streamed.expect("they are taken");
    assert_eq!(produced.load(Ordering::Relaxed), 2_000);
}

#[test]
fn a_stream_has_one_time_limit() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let gate = Arc::new(Gate::default());
    let closed = Arc::clone(&gate);
    let wait = move |_: Arguments| {
        closed.wait();
        Ok(Value::Nil)
    };
    worker.callback("wait", wait).expect("wait is new");
    sees(&caller, "wait");
    let limit = Some(Duration::from_millis(200));
    let ended = caller.stream("wait", (0_i64..).map(Value::from), limit);
    assert!(matches!(ended, Err(CallError::TimedOut)), "{ended:?}");
    gate.open();
}

#[test]
fn a_stream_to_nobody_says_so() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = pair(&mut place);
    let ended = caller.stream("nobody", [Value::Nil], None);
    assert!(
        matches!(ended, Err(CallError::UnknownCallback { .. })),
        "{ended:?}"
    );
}
