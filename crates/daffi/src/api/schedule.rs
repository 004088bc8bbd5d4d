//! Scheduled tasks and transferred functions as their caller sees them: requests to what every node has.

use std::sync::Arc;
use std::time::Instant;

use daffi_link::{Body, Received, WaitEnd};
use daffi_proto::{
    Builtin, CancelTask, Failure, FailureCode, ScheduleTask, TaskId, TaskInfo, Timing,
};

use crate::call::options::{Answer, CallOptions};
use crate::call::pending::PendingCall;
use crate::call::times::Times;
use crate::call::unsent::Unsent;
use crate::error::CallError;
use crate::global::Global;
use crate::members::target::Target;

/// A task that is to be scheduled.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// Its identity, unlike that of all others.
    pub id: TaskId,
    /// When it runs.
    pub timing: Timing,
    /// What points in time count from: it may take a while to reach who keeps the task. One that has passed by then is run
    /// at once.
    pub since: Instant,
}

impl Global {
    /// Has the callback of a target run when its time has come, with these arguments, until the times are over, the
    /// task is cancelled, or that node stops. This process may leave meanwhile.
    ///
    /// Arguments are not checked here: see [`Target::signature`].
    ///
    /// # Errors
    /// [`CallError`]; nothing is scheduled then.
    pub fn schedule(
        &self,
        target: &Target,
        body: Body,
        task: NewTask,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<(), CallError> {
        let (target, unsent) = self.scheduling(target, body, task, Answer::Awaited)?;
        self.ask_unsent(&target, unsent, interrupt).map(drop)
    }

    /// The same without waiting for anything: what the call gives says whether it is scheduled.
    ///
    /// # Errors
    /// [`CallError`]; nothing is scheduled then.
    pub fn schedule_soon(
        &self,
        target: &Target,
        body: Body,
        task: NewTask,
    ) -> Result<PendingCall, CallError> {
        let (target, unsent) = self.scheduling(target, body, task, Answer::Failure)?;
        PendingCall::dispatch(self.caller()?, target, unsent)
    }

    /// The request that schedules a task.
    fn scheduling(
        &self,
        target: &Target,
        body: Body,
        NewTask { id, timing, since }: NewTask,
        answer: Answer,
    ) -> Result<(Target, Unsent), CallError> {
        let caller = self.caller()?;
        let mut payload = ScheduleTask {
            id,
            owner: caller.id,
            callback: target.candidate.number,
            timing,
        }
        .to_payload();
        payload.extend_from_slice(&body.payload);
        let body = Body {
            payload,
            blobs: body.blobs,
        };
        let mut target = target.clone();
        Arc::make_mut(&mut target.candidate).number = Builtin::Schedule.number();
        let options = CallOptions {
            answer,
            ..CallOptions::default()
        };
        let unsent = Unsent {
            times: Times::of_times(since),
            ..Unsent::new(body, options, None)
        };
        Ok((target, unsent))
    }

    /// What this process has scheduled at another and is not over, in the order in which it did.
    ///
    /// # Errors
    /// [`CallError`], of which [`CallError::UnknownProcess`] is the usual one.
    pub fn scheduled_tasks(
        &self,
        process: &str,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<TaskInfo>, CallError> {
        let caller = self.caller()?;
        let target = caller.builtin(process, Builtin::Tasks)?;
        let body = caller.id.raw().to_le_bytes().to_vec().into();
        let answer = self.ask(&target, body, interrupt)?;
        TaskInfo::parse_all(&answer.payload).ok_or_else(|| unreadable(&target))
    }

    /// Ends a task at another process, whoever scheduled it. A run that is under way goes on.
    ///
    /// # Errors
    /// [`CallError`], of which [`CallError::UnknownProcess`] is the usual one.
    pub fn cancel_task(
        &self,
        process: &str,
        task: TaskId,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<CancelTask, CallError> {
        let target = self.caller()?.builtin(process, Builtin::CancelTask)?;
        let answer = self.ask(&target, task.0.to_vec().into(), interrupt)?;
        CancelTask::parse(&answer.payload).ok_or_else(|| unreadable(&target))
    }

    /// Sends a function to be run by another process of the same language; how it travels is up to the language.
    /// Never waits, see [`Self::dispatch`].
    ///
    /// # Errors
    /// [`CallError`]: the function has not run.
    pub fn transfer(
        &self,
        process: &str,
        body: Body,
        options: CallOptions,
    ) -> Result<PendingCall, CallError> {
        let caller = self.caller()?;
        let target = caller.builtin(process, Builtin::Transfer)?;
        PendingCall::dispatch(caller, target, Unsent::new(body, options, None))
    }

    fn ask(
        &self,
        target: &Target,
        body: Body,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Received, CallError> {
        let options = CallOptions {
            answer: Answer::Awaited,
            chain: None,
            ..CallOptions::default()
        };
        self.ask_unsent(target, Unsent::new(body, options, None), interrupt)
    }

    fn ask_unsent(
        &self,
        target: &Target,
        unsent: Unsent,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Received, CallError> {
        let pending = PendingCall::begin(self.caller()?, target, unsent, interrupt)?;
        let pending = pending.ok_or(CallError::Cancelled)?;
        if pending.wait(None, interrupt) == WaitEnd::Interrupted {
            pending.cancel();
            return Err(CallError::Interrupted);
        }
        pending.take().unwrap_or(Err(CallError::Cancelled))
    }
}

fn unreadable(target: &Target) -> CallError {
    CallError::Failed {
        process: target.process().clone(),
        failure: Failure::new(FailureCode::BadResult, "its answer cannot be read"),
    }
}
