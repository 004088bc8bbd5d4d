//! A run of a scheduled task that failed, as people are told of it where it ran and where it was scheduled.

use daffi_link::Received;
use daffi_proto::{Failure, Name, TaskId};

use crate::error::CallError;

/// A run of a scheduled task that failed, for [`Host::run_failed`](crate::Host::run_failed).
#[derive(Debug)]
pub struct FailedRun {
    /// What ran.
    pub callback: Name,
    /// The task.
    pub task: TaskId,
    /// How the run ended.
    pub error: CallError,
}

/// How a run ended that gave no value: the payload of the reply of its callback.
pub(crate) fn error_of_run(raised: bool, process: &Name, record: Received) -> CallError {
    let process = process.clone();
    if raised {
        CallError::Raised { process, record }
    } else {
        let failure = Failure::from_payload(&record.payload);
        CallError::Failed { process, failure }
    }
}
