//! How what a callback gave goes back to its caller: a value, a generator, an error.

use daffi::{Body, Failure, FailureCode, ReplyStatus};
use pyo3::prelude::*;

use crate::codec;
use crate::interpreter::forked::only_parent_goes_on;
use crate::interpreter::scope::Variables;
use crate::serve::generator::source_of;
use crate::serve::record::{message, raised, unsendable};

/// Answers that the arguments cannot be read.
pub(crate) fn unreadable(py: Python<'_>, responder: daffi::Responder, error: &PyErr) {
    let failure = Failure::new(FailureCode::BadArguments, message(py, error));
    only_parent_goes_on(py);
    responder.fail(&failure);
}

/// Answers with what needs no second look, as most callbacks give; the responder comes back where it does.
#[inline]
pub(crate) fn answer_plain(
    responder: daffi::Responder,
    result: &PyResult<Bound<'_, PyAny>>,
) -> Option<daffi::Responder> {
    let value = result.as_ref().ok().filter(|_| responder.wants_value());
    let Some(body) = value.and_then(codec::encode_typed_value) else {
        return Some(responder);
    };
    responder.reply(ReplyStatus::Value, body);
    None
}

/// Answers with a value, a generator or an error of Python; what cannot travel becomes a failure that says so. A
/// generator goes on in these variables, and where there are none in those of the running code.
pub(crate) fn answer<'py>(
    py: Python<'py>,
    responder: daffi::Responder,
    result: PyResult<Bound<'py, PyAny>>,
    variables: Option<&Variables<'py>>,
) {
    match result {
        Ok(value) => answer_value(py, responder, &value, variables),
        Err(error) => answer_raised(py, responder, &error),
    }
}

pub(crate) fn answer_raised(py: Python<'_>, responder: daffi::Responder, error: &PyErr) {
    let (status, body) = raised(py, error);
    only_parent_goes_on(py);
    responder.reply(status, body);
}

/// The same with a value, to which our own code has one reference.
pub(crate) fn answer_value<'py>(
    py: Python<'py>,
    responder: daffi::Responder,
    value: &Bound<'py, PyAny>,
    variables: Option<&Variables<'py>>,
) {
    if !responder.wants_value() {
        return responder.reply(ReplyStatus::Value, Body::default());
    }
    let encoded = match source_of(value, variables) {
        Ok(Some(source)) => return responder.open(source),
        Ok(None) => codec::encode_value(value),
        Err(error) => Err(error),
    };
    reply(py, responder, encoded);
}

pub(crate) fn reply(py: Python<'_>, responder: daffi::Responder, encoded: PyResult<Body>) {
    let (status, body) = match encoded {
        Ok(body) => (ReplyStatus::Value, body),
        Err(error) => unsendable(py, &error),
    };
    only_parent_goes_on(py);
    responder.reply(status, body);
}
