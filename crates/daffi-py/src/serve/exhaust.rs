//! Generators that nobody iterates: where a value is not wanted they run to their end all the same.

use std::time::Instant;

use daffi::{Failure, FailureCode};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::hooks;
use crate::interpreter::context::Context;
use crate::interpreter::scope::Scope;
use crate::serve::answer::answer;
use crate::serve::generator::Gave;
use crate::serve::on_loop::submit_call;

/// Why not everything ran.
pub(crate) enum Stopped {
    /// The callback raised this.
    Raised(PyErr),
    /// Something else.
    Failed(Failure),
}

/// Runs a generator to its end, in this thread.
pub(crate) fn exhaust<'py>(
    generator: &Bound<'py, PyAny>,
    scope: &Scope<'py>,
) -> Result<(), Stopped> {
    loop {
        if let Err(unwanted) = check_wanted(&scope.lent) {
            scope.close(generator);
            return Err(unwanted);
        }
        match scope.next(generator) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(error) => return Err(Stopped::Raised(error)),
        }
    }
}

/// Whether somebody still waits for what this call does: asked between two steps of it.
pub(crate) fn check_wanted(context: &Context) -> Result<(), Stopped> {
    let failed = |code, text| Err(Stopped::Failed(Failure::new(code, text)));
    if context.cancelled.is_cancelled() {
        return failed(FailureCode::Cancelled, "cancelled between two items");
    }
    match context.deadline {
        Some(deadline) if deadline <= Instant::now() => {
            failed(FailureCode::Expired, "the time was over between two items")
        }
        Some(_) | None => Ok(()),
    }
}

/// Answers a call whose value nobody wants; a generator runs to its end before.
pub(crate) fn answer_without_value<'py>(
    py: Python<'py>,
    responder: daffi::Responder,
    value: &Bound<'py, PyAny>,
    scope: Scope<'py>,
) {
    let ended = match Gave::of(value) {
        Err(error) => Err(Stopped::Raised(error)),
        Ok(Gave::Value | Gave::Coroutine) => Ok(()),
        Ok(Gave::Generator) => exhaust(value, &scope),
        Ok(Gave::AsyncGenerator) => return exhaust_on_loop(py, value, responder, scope),
    };
    answer_ended(py, responder, ended);
}

/// Answers without a value.
pub(crate) fn answer_ended(
    py: Python<'_>,
    responder: daffi::Responder,
    ended: Result<(), Stopped>,
) {
    match ended {
        Ok(()) => answer(py, responder, Ok(py.None().into_bound(py)), None),
        Err(Stopped::Raised(error)) => answer(py, responder, Err(error), None),
        Err(Stopped::Failed(failure)) => responder.fail(&failure),
    }
}

fn exhaust_on_loop<'py>(
    py: Python<'py>,
    generator: &Bound<'py, PyAny>,
    responder: daffi::Responder,
    scope: Scope<'py>,
) {
    let exhaust = hooks::DRAIN_GENERATOR.get(py);
    match exhaust.and_then(|exhaust| Ok((exhaust.clone(), PyTuple::new(py, [generator])?, None))) {
        Ok(call) => submit_call(py, call, responder, scope),
        // The responder is dropped, so the caller knows.
        Err(error) => error.write_unraisable(py, None),
    }
}
