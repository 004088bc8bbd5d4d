//! The tasks that others have scheduled here: kept until they are due, run on serving threads, each run with arguments
//! of its own.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_link::{Allocator, Body, HandedIn, OutOfMemory, Received};
use daffi_proto::{
    BlobKind, Builtin, CallbackNumber, CancelTask, Failure, FailureCode, Name, NodeId, ReplyStatus,
    Schedule, ScheduleTask, TaskFailed, TaskId, TaskInfo,
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::call::caller::Caller;
use crate::call::options::{Answer, CallOptions};
use crate::call::pending::PendingCall;
use crate::call::unsent::Unsent;
use crate::host::Host;
use crate::serve::admission::{Admission, Place};
use crate::serve::callback::Invocation;
use crate::serve::cancel::CancelFlag;
use crate::serve::failed_run::{FailedRun, error_of_run};
use crate::serve::offers::Offers;
use crate::serve::responder::{Callee, Responder};

/// How long a node tries to tell of a failed run. 10 s: who cannot be met within that has other troubles.
const TELLING: Duration = Duration::from_secs(10);

pub(crate) struct Tasks {
    state: Mutex<State>,
    /// Something may be due sooner than before.
    sooner: Notify,
    runs: Runs,
}

/// What it takes to run a task, and to tell of a run that failed.
pub(crate) struct Runs {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) offers: Arc<Offers>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) callee: Arc<Callee>,
    /// Whoever has scheduled a task is called where a run of it failed.
    pub(crate) caller: Arc<Caller>,
}

struct State {
    schedule: Schedule<Arc<Work>>,
    closed: bool,
}

/// What the runs of a task need.
struct Work {
    name: Name,
    /// Looked up for each run: the function may have been replaced meanwhile.
    callback: CallbackNumber,
    /// Copied for each run, as callbacks may change what they get.
    arguments: Mutex<Received>,
}

/// One run that is due.
pub(crate) struct Run {
    id: TaskId,
    owner: NodeId,
    work: Arc<Work>,
}

impl Tasks {
    pub(crate) fn new(most: usize, runs: Runs) -> Self {
        Self {
            state: Mutex::new(State {
                schedule: Schedule::new(most),
                closed: false,
            }),
            sooner: Notify::new(),
            runs,
        }
    }

    fn add(&self, task: ScheduleTask, work: Work) -> Result<(), Failure> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Failure::stopping());
        }
        let (id, work) = ((task.id, task.owner), Arc::new(work));
        let added = state.schedule.add(Instant::now(), id, task.timing, work);
        drop(state);
        self.sooner.notify_one();
        added.map_err(|why| Failure::new(FailureCode::Overloaded, why.to_string()))
    }

    /// Waits until a run is due and takes it. One task of the house-keeper runs this.
    pub(crate) async fn next(&self) -> Run {
        loop {
            let deadline = {
                let mut state = self.state.lock();
                if let Some(due) = state.schedule.due(Instant::now()) {
                    return Run {
                        id: due.id,
                        owner: due.owner,
                        work: Arc::clone(due.work),
                    };
                }
                state.schedule.next_deadline()
            };
            let sooner = self.sooner.notified();
            match deadline {
                None => sooner.await,
                Some(at) => drop(tokio::time::timeout_at(at.into(), sooner).await),
            }
        }
    }

    fn ended(&self, id: TaskId) {
        let over = self.state.lock().schedule.ended(id);
        // Not under the lock: what it holds may be an object of another language.
        drop(over);
        self.sooner.notify_one();
    }

    pub(crate) fn cancel(&self, id: TaskId) -> CancelTask {
        let (answer, work) = self.state.lock().schedule.cancel(id);
        drop(work);
        answer
    }

    pub(crate) fn list(&self, owner: NodeId) -> Vec<TaskInfo> {
        let state = self.state.lock();
        let own = state.schedule.list(owner).into_iter();
        own.map(|(id, left, work)| TaskInfo {
            id,
            left,
            callback: work.name.clone(),
        })
        .collect()
    }

    /// Ends all tasks and takes no more. What runs may go on.
    pub(crate) fn close(&self) {
        let ended = {
            let mut state = self.state.lock();
            state.closed = true;
            state.schedule.clear()
        };
        drop(ended);
    }

    pub(crate) fn keep(&self, task: ScheduleTask, arguments: Received) -> Result<(), Failure> {
        let Some(name) = self.runs.offers.name(task.callback) else {
            let text = format!(
                "'{}' has no such callback any more",
                self.runs.caller.members.process()
            );
            return Err(Failure::new(FailureCode::UnknownCallback, text));
        };
        let work = Work {
            name,
            callback: task.callback,
            arguments: Mutex::new(arguments),
        };
        self.add(task, work)
    }

    /// Has a task run once: on a serving thread, or where its callback runs, which takes none. Where no thread becomes free
    /// this run is left out, and that is told as its failure.
    pub(crate) fn run_due(self: &Arc<Self>, run: Run) {
        let offered = self.runs.offers.get(run.work.callback);
        let is_handed_on = offered.is_some_and(|offered| offered.run.runs_elsewhere());
        // Memory for large values is the language's, which the house-keeper never waits for.
        if is_handed_on && run.work.arguments.lock().blobs.is_empty() {
            return self.run_task(run);
        }
        let tasks = Arc::clone(self);
        self.runs
            .admission
            .in_thread(HandedIn::new(move |there| match there {
                Ok(()) => tasks.run_task(run),
                Err(failure) => {
                    let record = failure.to_payload().into();
                    tasks.run_ended(&run, ReplyStatus::Failed, record);
                }
            }));
    }

    fn run_task(self: &Arc<Self>, run: Run) {
        let arguments = {
            let kept = run.work.arguments.lock();
            let blobs = kept.blobs.iter().map(|blob| (blob.kind(), blob.bytes()));
            received(&*self.runs.host, &kept.payload, blobs)
        };
        let (tasks, callback, owner) = (
            Arc::clone(self),
            self.runs.offers.get(run.work.callback),
            Some(run.owner),
        );
        let cancelled = CancelFlag::default();
        let callee = Arc::clone(&self.runs.callee);
        let responder = Responder::own(cancelled.clone(), callee, move |status, body| {
            tasks.run_ended(&run, status, body);
        });
        let Some(callback) = callback else {
            return responder.fail(&Failure::stopping());
        };
        match arguments {
            Ok(body) => {
                let invocation = Invocation {
                    body,
                    responder,
                    deadline: None,
                    caller: owner,
                    chain: self.runs.callee.chain_of(&cancelled),
                    cancelled,
                };
                self.runs.admission.admit(callback, invocation, Place::Here);
            }
            Err(error) => {
                responder.fail(&Failure::new(FailureCode::BadArguments, error.to_string()));
            }
        }
    }

    /// Any thread that has the answer: it must not wait here.
    fn run_ended(self: &Arc<Self>, run: &Run, status: ReplyStatus, body: Body) {
        self.ended(run.id);
        if status == ReplyStatus::Value {
            return;
        }
        let failed = TaskFailed {
            id: run.id,
            raised: status == ReplyStatus::Raised,
            callback: run.work.name.clone(),
            process: self.runs.caller.members.process().clone(),
        };
        let blobs = body
            .blobs
            .iter()
            .map(|blob| (blob.kind, (*blob.bytes).as_ref()));
        if let Ok(record) = received(&*self.runs.host, &body.payload, blobs) {
            self.runs.host.run_failed(FailedRun {
                callback: failed.callback.clone(),
                task: failed.id,
                error: error_of_run(failed.raised, &failed.process, record),
            });
        }
        self.tell_of_failure(run.owner, &failed, body);
    }

    /// Tells the node that scheduled a task of a run that failed, without waiting for anything. It may have gone: then
    /// those here know alone.
    fn tell_of_failure(&self, owner: NodeId, failed: &TaskFailed, record: Body) {
        let registry = self.runs.caller.members.registry();
        let Some(member) = registry.member(owner) else {
            return;
        };
        let target = self.runs.caller.builtin_of(member, Builtin::TaskFailed);
        let mut payload = failed.to_payload();
        payload.extend_from_slice(&record.payload);
        let body = Body {
            payload,
            blobs: record.blobs,
        };
        let options = CallOptions {
            timeout: Some(TELLING),
            delay: Duration::ZERO,
            answer: Answer::Failure,
            chain: None,
        };
        if let Err(error) =
            PendingCall::dispatch(&self.runs.caller, target, Unsent::new(body, options, None))
        {
            tracing::debug!(%error, "a failed run could not be told to who scheduled it");
        }
    }
}

/// A message as if it had come in, in memory of the language around.
fn received<'a>(
    allocator: &(impl Allocator + ?Sized),
    payload: &[u8],
    blobs: impl Iterator<Item = (BlobKind, &'a [u8])>,
) -> Result<Received, OutOfMemory> {
    let blobs = blobs.map(|(kind, bytes)| {
        let mut landing = allocator.allocate(kind, bytes.len())?;
        landing.bytes_mut().copy_from_slice(bytes);
        Ok(landing)
    });
    Ok(Received {
        payload: payload.to_vec(),
        blobs: blobs.collect::<Result<_, _>>()?,
    })
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = self.state.lock().schedule.next_deadline();
        write!(f, "Tasks(next at {next:?})")
    }
}
