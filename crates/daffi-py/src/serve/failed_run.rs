//! A scheduled run that failed, as the log tells of it.

use daffi::FailedRun;
use pyo3::prelude::*;

use crate::codec::errors::call_error;
use crate::hooks;

/// Writes to the log that a scheduled run failed, where it ran and where it was scheduled.
pub(crate) fn log_failed_run(py: Python<'_>, failed: FailedRun) {
    let FailedRun {
        callback,
        task,
        error,
    } = failed;
    let error = call_error(py, callback.as_str(), error);
    let logged = hooks::LOG_FAILED_RUN
        .get(py)
        .and_then(|log| log.call1((callback.as_str(), task.0, error)));
    if let Err(error) = logged {
        error.write_unraisable(py, None);
    }
}
