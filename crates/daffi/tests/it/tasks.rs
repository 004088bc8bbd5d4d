//! Scheduled tasks between Rust processes, over every way two nodes meet.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use daffi::{
    Allocator, Arguments, BlobKind, Body, CallError, CancelTask, FailedRun, Global, Host, Landing,
    NewTask, OutOfMemory, RustHost, TaskId, Timing, Value,
};
use parking_lot::Mutex;

use crate::support::{EVERY_WAY, LONG, Over, Place, integer, pair, sees, start};

const SOON: Duration = Duration::from_millis(20);

fn arguments(values: Vec<Value>) -> Body {
    let arguments = Arguments::new(values);
    arguments.into_body().expect("the arguments can travel")
}

fn schedule(caller: &Global, name: &str, values: Vec<Value>, timing: Timing) -> TaskId {
    let id = fresh_id();
    let target = caller.target(name, None).expect("it is on offer");
    let since = Instant::now();
    let task = NewTask { id, timing, since };
    caller
        .schedule(&target, arguments(values), task, &mut || false)
        .expect("it is scheduled");
    id
}

/// Unlike those of other tasks of this test run.
fn fresh_id() -> TaskId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    TaskId(u128::from(next).to_le_bytes())
}

fn list(caller: &Global) -> Vec<(TaskId, Option<u32>)> {
    let tasks = caller.scheduled_tasks("worker", &mut || false);
    let tasks = tasks.expect("the worker answers").into_iter();
    tasks.map(|task| (task.id, task.left)).collect()
}

/// Offers `tick`, which sends its first argument.
fn offer_tick(worker: &Global, caller: &Global, ticks: Sender<Value>) {
    let ticks = Mutex::new(ticks);
    let tick = move |mut arguments: Arguments| {
        let _ = ticks.lock().send(arguments.positional.remove(0));
        Ok(Value::Nil)
    };
    worker.callback("tick", tick).expect("tick is new");
    sees(caller, "tick");
}

#[test]
fn a_task_runs_with_its_arguments_until_it_is_cancelled() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let (ticks, ticked) = channel();
        offer_tick(&worker, &caller, ticks);
        // As large as to travel beside the payload.
        let large = Value::Bytes(vec![7; 100_000]);
        let task = schedule(&caller, "tick", vec![large.clone()], Timing::Every(SOON));
        for _ in 0..3 {
            assert_eq!(ticked.recv_timeout(LONG).as_ref(), Ok(&large), "{over:?}");
        }
        assert_eq!(list(&caller), [(task, None)]);
        let cancel = |task| {
            caller
                .cancel_task("worker", task, &mut || false)
                .expect("the worker answers")
        };
        assert_eq!(cancel(task), CancelTask::Cancelled);
        assert_eq!(cancel(task), CancelTask::WasOver);
        assert_eq!(cancel(TaskId([255; 16])), CancelTask::Unknown);
        assert_eq!(list(&caller), []);
    }
}

#[test]
fn a_list_of_times_is_over_with_its_last() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let (ticks, ticked) = channel();
    offer_tick(&worker, &caller, ticks);
    let times = Timing::After(vec![SOON, Duration::ZERO, LONG]);
    let task = schedule(&caller, "tick", vec![1.into()], times);
    for _ in 0..2 {
        assert_eq!(ticked.recv_timeout(LONG), Ok(Value::from(1)));
    }
    assert_eq!(list(&caller), [(task, Some(1))]);
}

#[test]
fn a_task_that_cannot_be_kept_is_refused() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = pair(&mut place);
    let target = caller.target("add", None).expect("it is on offer");
    let timing = Timing::Every(LONG);
    let id = schedule(&caller, "add", Vec::new(), timing.clone());
    let since = Instant::now();
    let again = NewTask { id, timing, since };
    let ended = caller.schedule(&target, Body::default(), again, &mut || false);
    assert!(matches!(ended, Err(CallError::Failed { .. })), "{ended:?}");
    let nobody = caller.scheduled_tasks("nobody", &mut || false);
    assert!(matches!(nobody, Err(CallError::UnknownProcess { .. })));
    let own = caller.scheduled_tasks("caller", &mut || false);
    assert!(matches!(own, Err(CallError::UnknownProcess { .. })));
}

#[test]
fn a_node_of_rust_refuses_functions_of_others() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = pair(&mut place);
    let sent = caller.transfer("worker", Body::default(), Default::default());
    let call = sent.expect("it is sent");
    call.wait(None, &mut || false);
    let ended = call.take().expect("it has ended");
    assert!(matches!(ended, Err(CallError::Failed { .. })), "{ended:?}");
    assert_eq!(integer(caller.call("add", (1, 2))), 3);
}

/// A host that sends what it is told of failed runs.
struct Listening(Mutex<Sender<FailedRun>>);

impl Allocator for Listening {
    fn allocate(&self, kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        RustHost.allocate(kind, length)
    }
}

impl Host for Listening {
    fn run_failed(&self, failed: FailedRun) {
        let _ = self.0.lock().send(failed);
    }
}

#[test]
fn a_failed_run_is_told_at_both_ends_and_the_next_one_comes() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let worker = place.controller("worker");
        crate::support::offer_basics(&worker);
        let (failures, failed) = channel();
        let host = Arc::new(Listening(Mutex::new(failures)));
        let caller = start(place.builder("caller").host_hooks(host));
        sees(&caller, "panic");
        let task = schedule(&caller, "fail", Vec::new(), Timing::Every(SOON));
        for _ in 0..2 {
            let run = failed.recv_timeout(LONG).expect("the caller is told");
            assert_eq!((run.task, run.callback.as_str()), (task, "fail"));
            let CallError::Raised { process, record } = run.error else {
                panic!("{over:?}: it raised");
            };
            assert_eq!(process.as_str(), "worker");
            let error = daffi::RemoteError::read(record).expect("it is a record");
            assert_eq!(error.message, "not today");
        }
    }
}

#[test]
fn a_task_ends_with_its_process_and_outlives_who_scheduled_it() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let other = place.node("other");
    sees(&other, "panic");
    let (ticks, ticked) = channel();
    offer_tick(&worker, &other, ticks);
    schedule(&other, "tick", vec![1.into()], Timing::Every(SOON));
    other.stop(LONG);
    for _ in 0..3 {
        assert_eq!(ticked.recv_timeout(LONG), Ok(Value::from(1)));
    }
    worker.stop(LONG);
    // The callback is let go, and with it the end of its channel.
    while ticked.recv_timeout(LONG).is_ok() {}
    assert_eq!(ticked.try_recv(), Err(TryRecvError::Disconnected));
    drop(caller);
}
