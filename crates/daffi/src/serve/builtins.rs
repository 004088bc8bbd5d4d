//! What this node answers beside its own callbacks: all about scheduled tasks, and functions that come with their call.

use std::sync::Arc;
use std::time::Duration;

use daffi_link::{Body, Received, Served};
use daffi_proto::{
    Builtin, CallbackNumber, Candidate, Failure, FailureCode, Member, NodeId, ReplyStatus,
    ScheduleTask, Signature, TaskFailed, TaskId, TaskInfo,
};

use crate::call::options::{Answer, CallOptions};
use crate::error::CallError;
use crate::error::absence::{Absence, NoProcess};
use crate::members::target::Target;
use crate::serve::callback::{Callback, Invocation};
use crate::serve::failed_run::{FailedRun, error_of_run};
use crate::shared::NodeShared;

/// How long a node tries to tell of a failed run. 10 s: who cannot be met within that has other troubles.
const TELLING: Duration = Duration::from_secs(10);

impl NodeShared {
    /// Whether a request to what every node has takes no serving thread: it is answered at once, or only handed on.
    pub(crate) fn is_quick(&self, served: &Served) -> bool {
        match Builtin::of(served.request.callback) {
            Some(Builtin::Transfer) => self.host.transferred().is_none(),
            Some(Builtin::Stream) => self.outlets().is_quick(&served.body),
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
        let node = Arc::clone(self);
        if builtin == Builtin::Stream {
            return Some(Arc::new(move |invocation: Invocation| {
                if let Some(back) = invocation.responder.into_way_back() {
                    node.outlets().serve(&invocation.body, back);
                }
            }));
        }
        Some(Arc::new(move |invocation: Invocation| {
            let Invocation {
                body, responder, ..
            } = invocation;
            match node.answer(builtin, body) {
                Ok(payload) => responder.reply(ReplyStatus::Value, payload.into()),
                Err(failure) => responder.fail(&failure),
            }
        }))
    }

    /// Where a request to something that every node has goes.
    pub(crate) fn builtin(&self, process: &str, builtin: Builtin) -> Result<Target, CallError> {
        if self.stop().refuses_calls() {
            return Err(CallError::Stopped);
        }
        let registry = self.registry();
        match registry.process(process) {
            Some(member) => Ok(self.builtin_of(member, builtin)),
            None => Err(CallError::UnknownProcess(NoProcess {
                name: process.to_owned(),
                why: Absence::of(process, &self.process, &registry).unwrap_or(Absence::Unknown),
                nearest: registry.nearest_process(process).cloned(),
                others: registry
                    .members()
                    .map(|member| member.identity.process.clone())
                    .collect(),
            })),
        }
    }

    fn builtin_of(&self, member: &Member, builtin: Builtin) -> Target {
        let (node, process) = (member.identity.id, member.identity.process.clone());
        Target {
            peer: self.peer(node, &process),
            candidate: Arc::new(Candidate {
                node,
                process,
                number: builtin.number(),
                signature: Arc::new(Signature::any()),
            }),
        }
    }

    /// Tells the node that scheduled a task of a run that failed, without waiting for anything. It may have gone: then
    /// those here know alone.
    pub(crate) fn tell_of_failure(
        self: &Arc<Self>,
        owner: NodeId,
        failed: &TaskFailed,
        record: Body,
    ) {
        let registry = self.registry();
        let Some(member) = registry.member(owner) else {
            return;
        };
        let target = self.builtin_of(member, Builtin::TaskFailed);
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
        if let Err(error) = self.dispatch(target, body, options, None) {
            tracing::debug!(%error, "a failed run could not be told to who scheduled it");
        }
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
                self.keep_task(task, arguments)?;
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
