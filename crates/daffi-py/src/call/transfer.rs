//! Functions that travel with their call: `transfer_and_call` at its caller.

use daffi::{Answer, CallOptions, Global};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::codec::errors::call_error;
use crate::codec::{self, Giver};
use crate::interpreter::context::bounds;
use crate::interpreter::waiter::{Inside, unlocked};
use crate::result::async_result::AsyncResult;

/// What the calls are named after in messages.
const NAME: &str = "transfer_and_call";

/// Runs a function at another process: `args` are the pickled function and what it is called with.
pub(crate) fn transfer<'py>(
    py: Python<'py>,
    global: &Global,
    node: &str,
    args: &Bound<'py, PyTuple>,
    kwargs: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, AsyncResult>> {
    let _inside = Inside::begin(py);
    let body = codec::encode_arguments(args, Some(kwargs), &|_| None, Giver::GoesOn)?;
    let (timeout, chain) = bounds(py, None)?;
    let options = CallOptions {
        timeout,
        chain,
        answer: Answer::Later,
        ..CallOptions::default()
    };
    match unlocked(py, || global.transfer(node, body, options)) {
        Ok(pending) => Bound::new(py, AsyncResult::new(NAME, pending, timeout)),
        Err(error) => Err(call_error(py, NAME, error)),
    }
}
