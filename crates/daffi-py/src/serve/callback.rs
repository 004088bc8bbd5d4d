//! Python functions as callbacks: on the serving thread that has the request, or on the event loop of the process.

use std::fmt;
use std::sync::Arc;

use daffi::{Callback, ChainId, Failure, Invocation, Received, split_items};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::codec;
use crate::hooks;
use crate::interpreter::context::Context;
use crate::interpreter::loops::{Work, loops};
use crate::interpreter::scope::{Beginning, Scope};
use crate::serve::answer::{answer_plain, answer_raised, answer_value, reply, unreadable};
use crate::serve::exhaust::{Stopped, answer_ended, answer_without_value};
use crate::serve::generator::Gave;
use crate::serve::items::Items;
use crate::serve::on_loop::{prepared, submit_call};
use crate::serve::responder::Responder;

/// A Python function as a callback that runs on the calling thread.
pub(crate) struct PythonCallback {
    function: Py<PyAny>,
    /// Whether an item of a stream is spread over the parameters.
    spreads: bool,
    beginning: Arc<Beginning>,
}

impl fmt::Debug for PythonCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PythonCallback(..)")
    }
}

impl PythonCallback {
    pub(crate) const fn new(function: Py<PyAny>, spreads: bool, beginning: Arc<Beginning>) -> Self {
        Self {
            function,
            spreads,
            beginning,
        }
    }

    fn run(&self, py: Python<'_>, invocation: Invocation) {
        let (mut body, responder, lent) = parts(invocation);
        let function = self.function.bind(py);
        let variables = match self.beginning.variables(py) {
            Ok(variables) => variables,
            Err(error) => return answer_ended(py, responder, Err(Stopped::Raised(error))),
        };
        let scope = Scope { lent, variables };
        if let Some(items) = split_items(&mut body) {
            let items = Items {
                items,
                lent: scope.lent.clone(),
                beginning: &self.beginning,
                spreads: self.spreads,
            };
            return match items.run(function) {
                Ok(Some(run)) => submit_call(py, run, responder, scope),
                Ok(None) => answer_ended(py, responder, Ok(())),
                Err(stopped) => answer_ended(py, responder, Err(stopped)),
            };
        }
        let before = scope.variables.with(function);
        let (args, kwargs) = match codec::decode_arguments_behind(&before, py, body) {
            Ok(arguments) => arguments,
            Err(error) => return unreadable(py, responder, &error),
        };
        drop(before);
        let (result, scope) = scope.call_behind(args, kwargs.as_ref());
        let variables = scope.variables.clone();
        answer_or_finish(py, responder, result, scope);
        self.beginning.give_back(variables);
    }
}

impl Callback for PythonCallback {
    fn call(&self, invocation: Invocation) {
        // None when the interpreter shuts down: the responder is dropped, and the caller told.
        Python::try_attach(|py| self.run(py, invocation));
    }
}

/// An `async def` or async generator function as a callback: it runs on the event loop of the process, which takes its
/// requests itself.
pub(crate) struct AsyncCallback(Arc<AsyncFunction>);

/// What [`AsyncCallback`] runs.
struct AsyncFunction {
    function: Py<PyAny>,
    spreads: bool,
    beginning: Arc<Beginning>,
}

impl AsyncCallback {
    pub(crate) fn new(function: Py<PyAny>, spreads: bool, beginning: Arc<Beginning>) -> Self {
        Self(Arc::new(AsyncFunction {
            function,
            spreads,
            beginning,
        }))
    }
}

impl fmt::Debug for AsyncCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsyncCallback(..)")
    }
}

impl Callback for AsyncCallback {
    fn call(&self, invocation: Invocation) {
        let function = Arc::clone(&self.0);
        loops().push(Box::new(AsyncRequest {
            function,
            invocation,
        }));
    }

    fn runs_elsewhere(&self) -> bool {
        true
    }
}

/// A request, as it came in, on its way to the loop.
struct AsyncRequest {
    function: Arc<AsyncFunction>,
    invocation: Invocation,
}

impl Work for AsyncRequest {
    fn chain(&self) -> Option<ChainId> {
        Some(self.invocation.chain)
    }

    fn prepare(self: Box<Self>, py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
        self.function.prepare(py, self.invocation)
    }

    fn refuse(self: Box<Self>, why: &Failure) {
        self.invocation.responder.fail(why);
    }
}

impl AsyncFunction {
    /// What the loop is to call for a request; nothing where it is answered already.
    fn prepare<'py>(
        &self,
        py: Python<'py>,
        invocation: Invocation,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(invocation) = invocation.begin() else {
            return Ok(None);
        };
        let (mut body, responder, lent) = parts(invocation);
        let function = self.function.bind(py);
        let variables = self.beginning.variables(py)?;
        if let Some(items) = split_items(&mut body) {
            let items = Items {
                items,
                lent: lent.clone(),
                beginning: &self.beginning,
                spreads: self.spreads,
            };
            return match items.submission(function) {
                Ok(run) => {
                    prepared(py, run, variables, Responder::of(py, responder, lent)?).map(Some)
                }
                Err(stopped) => {
                    answer_ended(py, responder, Err(stopped));
                    Ok(None)
                }
            };
        }
        match codec::decode_arguments(py, body) {
            Ok((args, kwargs)) => {
                let call = (function.clone(), args, kwargs);
                prepared(py, call, variables, Responder::of(py, responder, lent)?).map(Some)
            }
            Err(error) => {
                unreadable(py, responder, &error);
                Ok(None)
            }
        }
    }
}

/// The arguments, the way back, and what the call lends.
#[inline]
pub(crate) fn parts(invocation: Invocation) -> (Received, daffi::Responder, Context) {
    let Invocation {
        body,
        responder,
        cancelled,
        deadline,
        chain,
        ..
    } = invocation;
    let context = Context {
        deadline,
        cancelled,
        chain: Some(chain),
    };
    (body, responder, context)
}

/// Answers with what a synchronous function gave; a coroutine or a generator that nobody wants is finished first.
#[inline]
pub(crate) fn answer_or_finish(
    py: Python<'_>,
    responder: daffi::Responder,
    result: PyResult<Bound<'_, PyAny>>,
    scope: Scope<'_>,
) {
    let Some(responder) = answer_plain(responder, &result) else {
        return;
    };
    match result {
        // A decorator between `async def` and the callback hides what it is until here.
        Ok(value) => match Gave::of(&value) {
            Ok(Gave::Coroutine) => finish_coroutine(py, &value, responder, scope),
            _ if !responder.wants_value() => answer_without_value(py, responder, &value, scope),
            Ok(Gave::Value) => reply(py, responder, codec::dump_value(&value)),
            _ => answer_value(py, responder, &value, Some(&scope.variables)),
        },
        Err(error) => answer_raised(py, responder, &error),
    }
}

/// Lets the event loop of the process run a coroutine to its end.
fn finish_coroutine(
    py: Python<'_>,
    coroutine: &Bound<'_, PyAny>,
    responder: daffi::Responder,
    scope: Scope<'_>,
) {
    let finish = hooks::FINISH_COROUTINE.get(py);
    match finish.and_then(|finish| Ok((finish.clone(), PyTuple::new(py, [coroutine])?, None))) {
        Ok(call) => submit_call(py, call, responder, scope),
        // The responder is dropped, so the caller knows.
        Err(error) => error.write_unraisable(py, None),
    }
}
