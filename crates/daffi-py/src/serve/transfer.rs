//! Functions that come with their call: `transfer_and_call` at its callee.

use std::sync::Arc;

use daffi::{Callback, Invocation};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::codec;
use crate::hooks;
use crate::interpreter::forked::only_parent_goes_on;
use crate::interpreter::scope::{Beginning, Scope};
use crate::serve::answer::unreadable;
use crate::serve::callback::{answer_or_finish, parts};
use crate::serve::on_loop::submit_call;

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
