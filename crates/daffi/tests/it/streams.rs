//! Streams between Rust programs: order, one failure that ends all, and a receiver that holds the producer back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use daffi::{
    Allocator, Arguments, BlobKind, CallError, CallbackError, Global, Host, Landing, OutOfMemory,
    RustHost, Value,
};
use parking_lot::Mutex;

use crate::support::{
    EVERY_WAY, Gate, LONG, Over, Place, SOON, eventually, later, offer_basics, pair, sees, start,
};

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
fn a_stream_to_a_process_that_is_gone_says_whether_anything_has_run_there() {
    // Its error said that the call may have run.
    for has_begun in [false, true] {
        let mut place = Place::new(Over::Unix);
        let (caller, worker) = pair(&mut place);
        let taken = taking(&worker);
        sees(&caller, "take");
        let targets = caller.targets("take", None).expect("it is on offer");
        let stream = caller.stream_to(targets, None, None);
        let stream = stream.expect("it begins");
        let push = || {
            stream.push(
                Value::from(1).into_body().expect("it can travel"),
                &mut || false,
            )
        };
        if has_begun {
            push().expect("there is room");
            eventually("it is taken", || {
                stream.has_room().is_ok() && taken.lock().len() == 1
            });
        }
        worker.stop(SOON);
        let ended = push().and_then(|()| stream.finish(&mut || false));
        let Err(CallError::StreamCut {
            has_begun: began, ..
        }) = ended
        else {
            panic!("{ended:?}");
        };
        assert_eq!(began, has_begun);
    }
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

/// A language whose lock is held for as long as the gate is shut: memory for large values waits for it.
#[derive(Clone, Default)]
struct Locked {
    waits: Gate,
    free: Gate,
}

impl Allocator for Locked {
    fn allocate(&self, kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        self.waits.open();
        while !self.free.wait() {}
        RustHost.allocate(kind, length)
    }

    fn allocate_at_once(
        &self,
        kind: BlobKind,
        length: usize,
    ) -> Result<Box<dyn Landing>, OutOfMemory> {
        RustHost.allocate(kind, length)
    }
}

impl Host for Locked {}

#[test]
fn a_stream_is_let_go_at_once_though_its_thread_waits_for_the_language() {
    // The drop waited for the thread, with the lock held that the thread was waiting for.
    let mut place = Place::new(Over::Unix);
    let locked = Locked::default();
    let builder = place.builder("caller").host_hooks(Arc::new(locked.clone()));
    let controller = place.bare_controller();
    let caller = start(builder);
    let worker = place.node("worker");
    let (entered, leave) = (Gate::default(), Gate::default());
    let (inside, go) = (entered.clone(), leave.clone());
    let stuck = move |_| {
        inside.open();
        Ok(go.wait().into())
    };
    worker.callback("stuck", stuck).expect("stuck is new");
    let large = |_| Ok(Value::Bytes(vec![1; 1 << 20]));
    worker.callback("large", large).expect("large is new");
    offer_basics(&worker);
    sees(&caller, "panic");
    let targets = caller.targets("stuck", None).expect("the worker offers it");
    let sender = caller.stream_to(targets, None, None).expect("it begins");
    let item = daffi::Body::from(vec![1, 0xc0]);
    sender.push(item, &mut || false).expect("there is room");
    assert!(entered.wait());
    // The thread of the stream reads for all; the house-keeper may be quicker now and then.
    let mut sent = Vec::new();
    eventually("the thread of the stream waits for memory", || {
        sent.push(caller.send("large", None, ().into(), later()));
        locked.waits.is_open()
    });
    let dropping = thread::spawn(move || drop(sender));
    eventually("it is let go", || dropping.is_finished());
    locked.free.open();
    leave.open();
    for node in [caller, worker, controller] {
        node.stop(LONG);
    }
}

#[test]
fn a_stop_ends_streams_that_nobody_has_let_go_and_their_threads() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    taking(&worker);
    sees(&caller, "take");
    let targets = caller.targets("take", None).expect("the worker offers it");
    let sender = caller.stream_to(targets, None, None).expect("it begins");
    caller.stop(SOON);
    let item = daffi::Body::from(vec![1, 0xc0]);
    let ended = sender.push(item, &mut || false);
    assert!(matches!(ended, Err(CallError::Stopped)), "{ended:?}");
    let streams = || {
        let tasks = std::fs::read_dir("/proc/self/task").expect("the system lists them");
        let names = tasks.map(|task| task.map(|task| task.path().join("comm")));
        let names = names.filter_map(|name| std::fs::read_to_string(name.ok()?).ok());
        names
            .filter(|name| name.starts_with("daffi-stream"))
            .count()
    };
    eventually("its thread has ended", || streams() == 0);
}
