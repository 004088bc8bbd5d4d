//! Functions that travel with their call: `transfer_and_call` on both sides.

use std::sync::Arc;

use daffi::{Answer, CallOptions, Callback, Invocation};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::codec::{self, Giver};
use crate::errors::call_error;
use crate::hooks;
use crate::interpreter::context::bounds;
use crate::interpreter::forked::only_parent_goes_on;
use crate::interpreter::scope::{Beginning, Scope};
use crate::interpreter::waiter::{Inside, unlocked};
use crate::result::async_result::AsyncResult;
use crate::runtime::Runtime;
use crate::serve::answer::unreadable;
use crate::serve::executor::{answer_or_finish, parts, submit_call};

/// What the calls are named after in messages.
const NAME: &str = "transfer_and_call";

/// Runs a function at another process: `args` are the pickled function and what it is called with.
#[pyfunction]
pub(crate) fn transfer<'py>(
    py: Python<'py>,
    runtime: &Runtime,
    node: &str,
    args: &Bound<'py, PyTuple>,
    kwargs: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, AsyncResult>> {
    let _inside = Inside::begin(py);
    let global = runtime.global(py)?;
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

/// Runs the functions that come with their call.
#[derive(Debug)]
pub(crate) struct TransferredFunction {
    pub(crate) beginning: Arc<Beginning>,
}

impl TransferredFunction {
    fn run(&self, py: Python<'_>, invocation: Invocation) {
        let (body, responder, lent) = parts(invocation);
        let read = codec::decode_arguments(py, body).and_then(|(args, kwargs)| {
            let (function, is_async) = unpack(&args.get_item(0)?)?;
            let call = (function, args.get_slice(1, args.len()), kwargs);
            Ok((is_async, call, self.beginning.variables(py)?))
        });
        only_parent_goes_on(py);
        match read {
            Err(error) => unreadable(py, responder, &error),
            Ok((is_async, call, variables)) => {
                let scope = Scope { lent, variables };
                if is_async {
                    return submit_call(py, call, responder, scope);
                }
                let (function, args, kwargs) = call;
                let result = scope.call(&function, args, kwargs.as_ref());
                answer_or_finish(py, responder, result, scope);
            }
        }
    }
}

impl Callback for TransferredFunction {
    fn call(&self, invocation: Invocation) {
        // None when the interpreter shuts down: the responder is dropped, and the caller told.
        Python::try_attach(|py| self.run(py, invocation));
    }
}

/// The function, and whether calling it gives a coroutine.
fn unpack<'py>(packed: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, bool)> {
    let py = packed.py();
    let packed = packed.cast::<PyBytes>()?;
    hooks::UNPACK_FUNCTION.get(py)?.call1((packed,))?.extract()
}
