//! What this node answers beside its own callbacks: all about scheduled tasks, and functions that come with their call.

use std::sync::Arc;

use daffi_link::{Received, Served};
use daffi_proto::{
    Builtin, CallbackNumber, Failure, FailureCode, Name, NodeId, ReplyStatus, ScheduleTask,
    TaskFailed, TaskId, TaskInfo,
};

use crate::host::Host;
use crate::serve::callback::{Callback, Invocation};
use crate::serve::failed_run::{FailedRun, error_of_run};
use crate::serve::generator::Generators;
use crate::serve::tasks::Tasks;

/// What every node answers.
pub(super) struct Builtins {
    process: Name,
    host: Arc<dyn Host>,
    generators: Arc<Generators>,
    tasks: Arc<Tasks>,
}

impl Builtins {
    pub(super) const fn new(
        process: Name,
        host: Arc<dyn Host>,
        generators: Arc<Generators>,
        tasks: Arc<Tasks>,
    ) -> Self {
        Self {
            process,
            host,
            generators,
            tasks,
        }
    }

    /// Whether a request to what every node has takes no serving thread: it is answered at once, or only handed on.
    pub(crate) fn is_quick(&self, served: &Served) -> bool {
        match Builtin::of(served.request.callback) {
            Some(Builtin::Transfer) => self.host.transferred().is_none(),
            Some(Builtin::Stream) => self.generators.is_quick(&served.body),
            Some(_) | None => true,
        }
    }

    /// What every node runs for requests of this number.
    pub(crate) fn of_every_node(
        self: &Arc<Self>,
        number: CallbackNumber,
    ) -> Option<Arc<dyn Callback>> {
        let builtin = Builtin::of(number)?;
        if builtin == Builtin::Transfer
            && let Some(transferred) = self.host.transferred()
        {
            return Some(transferred);
        }
        let every = Arc::clone(self);
        if builtin == Builtin::Stream {
            return Some(Arc::new(move |invocation: Invocation| {
                if let Some(back) = invocation.responder.into_way_back() {
                    every.generators.serve(&invocation.body, back);
                }
            }));
        }
        Some(Arc::new(move |invocation: Invocation| {
            let Invocation {
                body, responder, ..
            } = invocation;
            match every.answer(builtin, body) {
                Ok(payload) => responder.reply(ReplyStatus::Value, payload.into()),
                Err(failure) => responder.fail(&failure),
            }
        }))
    }

    fn answer(&self, builtin: Builtin, body: Received) -> Result<Vec<u8>, Failure> {
        let unreadable = || {
            let text = format!("cannot read the request for {}", builtin.name());
            Failure::new(FailureCode::BadArguments, text)
        };
        match builtin {
            Builtin::Schedule => {
                let (task, arguments) =
                    ScheduleTask::parse(&body.payload).ok_or_else(unreadable)?;
                let arguments = Received {
                    payload: arguments.to_vec(),
                    blobs: body.blobs,
                };
                self.tasks.keep(task, arguments)?;
                Ok(Vec::new())
            }
            Builtin::Tasks => {
                let owner = <[u8; 8]>::try_from(&*body.payload).ok();
                let owner = owner.and_then(|raw| NodeId::new(u64::from_le_bytes(raw)));
                let mut payload = Vec::new();
                for task in self.tasks.list(owner.ok_or_else(unreadable)?) {
                    TaskInfo::write(&task, &mut payload);
                }
                Ok(payload)
            }
            Builtin::CancelTask => {
                let (id, _) = TaskId::parse(&body.payload).ok_or_else(unreadable)?;
                Ok(vec![self.tasks.cancel(id) as u8])
            }
            Builtin::TaskFailed => {
                let (failed, record) = TaskFailed::parse(&body.payload).ok_or_else(unreadable)?;
                let record = Received {
                    payload: record.to_vec(),
                    blobs: body.blobs,
                };
                self.host.run_failed(FailedRun {
                    callback: failed.callback,
                    task: failed.id,
                    error: error_of_run(failed.raised, &failed.process, record),
                });
                Ok(Vec::new())
            }
            // A stream is served before it comes here.
            Builtin::Transfer | Builtin::Stream => Err(Failure::new(
                FailureCode::BadArguments,
                format!("'{}' runs no functions of other processes", self.process),
            )),
        }
    }
}
