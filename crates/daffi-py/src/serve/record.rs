//! What a callback raised, or why its value cannot travel, as an answer.

use daffi::{Body, Failure, FailureCode, ReplyStatus};
use pyo3::prelude::*;

use crate::codec;
use crate::errors::Kind;
use crate::hooks;

/// What a callback raised, as an answer.
pub(crate) fn raised(py: Python<'_>, error: &PyErr) -> (ReplyStatus, Body) {
    match record(py, error) {
        Ok(body) => (ReplyStatus::Raised, body),
        Err(error) => failed(FailureCode::Dropped, py, &error),
    }
}

/// That a value cannot travel, as an answer.
pub(crate) fn unsendable(py: Python<'_>, error: &PyErr) -> (ReplyStatus, Body) {
    let serialization = Kind::Serialization.error(py, "");
    if error.is_instance(py, &serialization.get_type(py)) {
        return failed(FailureCode::BadResult, py, error);
    }
    // The value itself raised on being sent.
    raised(py, error)
}

fn failed(code: FailureCode, py: Python<'_>, error: &PyErr) -> (ReplyStatus, Body) {
    let failure = Failure::new(code, message(py, error));
    (ReplyStatus::Failed, failure.to_payload().into())
}

/// What was raised, as it travels.
fn record(py: Python<'_>, raised: &PyErr) -> PyResult<Body> {
    let describe = hooks::DESCRIBE_ERROR.get(py)?;
    codec::encode_value(&describe.call1((raised.clone_ref(py),))?)
}

pub(crate) fn message(py: Python<'_>, error: &PyErr) -> String {
    let text = error.value(py).str();
    match text.as_ref().map(|text| text.to_string_lossy()) {
        Ok(text) if !text.is_empty() => text.into_owned(),
        // With its class: one without a text says that at least.
        _ => error.to_string(),
    }
}
