//! Waiting without the interpreter lock: every wait of the seam goes through here, and asks for signals as it goes on.

use pyo3::prelude::*;

/// Runs `wait` without the interpreter lock. What it is given asks Python for signals; it says true when a handler
/// raised (Ctrl+C), and that error comes out here in place of the result.
///
/// Ends when `wait` ends; that every wait below asks at least every 100 ms is what makes Ctrl+C work.
///
/// # Errors
/// What a signal handler raised.
pub(crate) fn without_lock<T: Send>(
    py: Python<'_>,
    wait: impl FnOnce(&mut dyn FnMut() -> bool) -> T + Send,
) -> PyResult<T> {
    let mut raised = None;
    let result = py.detach(|| {
        wait(&mut || {
            // An interpreter that shuts down runs no handlers any more, and must not be waited for.
            let checked = Python::try_attach(|py| py.check_signals());
            raised = checked.and_then(Result::err);
            raised.is_some()
        })
    });
    match raised {
        Some(error) => Err(error),
        None => Ok(result),
    }
}
