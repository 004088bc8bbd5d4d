//! Runs Python callbacks for the requests that come in, on the serving threads of the runtime.

use std::fmt;
use std::sync::Arc;

use daffi::{
    Allocator, BlobKind, Callback, FailedRun, Failure, Host, Invocation, Landing, LoopPlace,
    OutOfMemory, Received, split_items,
};
use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::call::schedule::log_failed_run;
use crate::codec;
use crate::hooks;
use crate::interpreter::context::Context;
use crate::interpreter::forked::{only_parent_goes_on, serves_here};
use crate::interpreter::memory::PythonAllocator;
use crate::interpreter::notifier::{named, notify};
use crate::interpreter::scope::{Beginning, Scope, Variables};
use crate::interpreter::waiter::Inside;
use crate::serve::answer::{answer, answer_plain, answer_raised, answer_value, reply, unreadable};
use crate::serve::exhaust::{Stopped, answer_ended, answer_without_value};
use crate::serve::generator::Gave;
use crate::serve::items::Items;
use crate::serve::loops::{CallQueue, Work, loops};
use crate::serve::transfer::TransferredFunction;

/// Python as the runtime sees it: serving threads keep a thread state for life, because attaching a bare thread costs
/// ten times what it costs with one; a batch of requests takes the interpreter lock once.
#[derive(Debug)]
pub(crate) struct PythonHost {
    pub(crate) beginning: Arc<Beginning>,
}

impl Allocator for PythonHost {
    fn allocate(&self, kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        PythonAllocator.allocate(kind, length)
    }

    fn allocate_at_once(
        &self,
        kind: BlobKind,
        length: usize,
    ) -> Result<Box<dyn Landing>, OutOfMemory> {
        PythonAllocator.allocate_at_once(kind, length)
    }
}

impl Host for PythonHost {
    fn run_thread(&self, body: &mut (dyn FnMut() + Send)) {
        Python::try_attach(|py| {
            let inside = Inside::begin(py);
            let ident = hooks::BEGIN_CALLBACK_THREAD
                .get(py)
                .and_then(|begin| begin.call0()?.extract());
            serves_here();
            let serving = ident.map(Serving::begin);
            drop(inside);
            py.detach(body);
            let _inside = Inside::begin(py);
            if let Ok(_serving) = serving
                && let Err(error) = end_thread(py)
            {
                error.write_unraisable(py, None);
            }
        });
    }

    fn run_worker(&self, name: &str, body: &mut (dyn FnMut() + Send)) {
        Python::try_attach(|py| {
            let inside = Inside::begin(py);
            named(py, name);
            serves_here();
            drop(inside);
            py.detach(body);
            let _inside = Inside::begin(py);
            if let Err(error) = end_thread(py) {
                error.write_unraisable(py, None);
            }
        });
    }

    fn run_batch(&self, body: &mut (dyn FnMut() + Send)) {
        // None when the interpreter shuts down: the requests are dropped, and their callers told.
        Python::try_attach(|py| {
            body();
            // Also what is dropped at last may fork.
            only_parent_goes_on(py);
        });
    }

    fn transferred(&self) -> Option<Arc<dyn Callback>> {
        let beginning = Arc::clone(&self.beginning);
        Some(Arc::new(TransferredFunction { beginning }))
    }

    fn run_failed(&self, failed: FailedRun) {
        notify(move |py| log_failed_run(py, failed));
    }
}

/// Has Python forget the calling thread.
fn end_thread(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    hooks::END_CALLBACK_THREAD.get(py)?.call0()
}

/// The serving threads, as Python numbers threads.
static SERVING: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// A serving thread is among them as long as this lives.
struct Serving(u64);

impl Serving {
    fn begin(ident: u64) -> Self {
        SERVING.lock().push(ident);
        Self(ident)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        SERVING.lock().retain(|ident| *ident != self.0);
    }
}

/// In a forked child: its only thread serves nobody, and the others are its parent's. The list is used with the
/// interpreter's lock held, so nobody holds it while another thread forks.
pub(crate) fn forked() {
    SERVING.lock().clear();
}

/// The threads that run callbacks, as `threading.get_ident` numbers them.
#[pyfunction]
pub(crate) fn serving_threads() -> Vec<u64> {
    SERVING.lock().clone()
}

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
pub(crate) struct AsyncFunction {
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
        let work = Work::Request(Arc::clone(&self.0), Box::new(invocation));
        loops().push(work);
    }

    fn runs_elsewhere(&self) -> bool {
        true
    }
}

impl AsyncFunction {
    /// What the loop is to call for a request; nothing where it is answered already.
    pub(crate) fn prepare<'py>(
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
                Ok(run) => prepared(py, run, variables, way_back(py, responder, lent)?).map(Some),
                Err(stopped) => {
                    answer_ended(py, responder, Err(stopped));
                    Ok(None)
                }
            };
        }
        match codec::decode_arguments(py, body) {
            Ok((args, kwargs)) => {
                let call = (function.clone(), args, kwargs);
                prepared(py, call, variables, way_back(py, responder, lent)?).map(Some)
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

/// A function, its arguments and its keywords.
pub(crate) type PythonCall<'py> = (
    Bound<'py, PyAny>,
    Bound<'py, PyTuple>,
    Option<Bound<'py, PyDict>>,
);

/// Hands a coroutine function to the event loop of the process.
pub(crate) fn submit_call<'py>(
    py: Python<'py>,
    call: PythonCall<'py>,
    responder: daffi::Responder,
    scope: Scope<'py>,
) {
    let Scope { lent, variables } = scope;
    let (chain, to_loop) = (lent.chain, responder.move_elsewhere());
    let prepared = way_back(py, responder, lent).and_then(|way_back| {
        let prepared = prepared(py, call, variables, way_back.clone())?;
        Ok((prepared.unbind(), way_back.unbind()))
    });
    match prepared {
        Ok((call, way_back)) => to_loop.wait(move |place| match place {
            Ok(place) => {
                way_back.get().place(place);
                loops().push(Work::Call(call, chain));
            }
            Err(failure) => way_back.get().refuse(&failure),
        }),
        // The responder was dropped with the failed call, so the caller knows.
        Err(error) => error.write_unraisable(py, None),
    }
}

fn way_back(
    py: Python<'_>,
    responder: daffi::Responder,
    context: Context,
) -> PyResult<Bound<'_, Responder>> {
    let responder = Mutex::new(Some(responder));
    Bound::new(py, Responder { responder, context })
}

/// A call as the loops take it: function, arguments, keywords, context variables, way back.
fn prepared<'py>(
    py: Python<'py>,
    (function, args, kwargs): PythonCall<'py>,
    variables: Variables<'py>,
    way_back: Bound<'py, Responder>,
) -> PyResult<Bound<'py, PyAny>> {
    let kwargs = kwargs.unwrap_or_else(|| PyDict::new(py));
    let call = (function, args, kwargs, variables.0, way_back).into_pyobject(py)?;
    Ok(call.into_any())
}

/// The way back of one asynchronous callback, used from the thread of its event loop.
#[pyclass(frozen, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct Responder {
    responder: Mutex<Option<daffi::Responder>>,
    context: Context,
}

#[pymethods]
impl Responder {
    /// Asked right before the call runs, which may be a while after it was taken: False where it need not any more, which
    /// is its answer.
    fn begin(&self) -> bool {
        let Context {
            deadline,
            cancelled,
            ..
        } = &self.context;
        let Some(failure) = cancelled.in_vain(*deadline) else {
            return true;
        };
        if let Ok(responder) = self.take() {
            responder.fail(&failure);
        }
        false
    }

    /// Answers with the value: handed over by who has no other reference to it, it need not be copied.
    fn reply(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        answer_value(py, self.take()?, value, None);
        Ok(())
    }

    /// Has the loop of this queue call `cancel` when nobody waits for the answer any more, soon if that is so.
    fn on_cancel(&self, queue: Py<CallQueue>, cancel: Py<PyAny>) {
        // Told by the reading thread, which must not be held up by Python.
        self.context
            .cancelled
            .on_cancel(move || queue.get().call_soon(cancel));
    }

    /// Whether the caller wants the value; where not, a generator is to run to its end.
    #[getter]
    fn wants_value(&self) -> bool {
        let responder = self.responder.lock();
        responder
            .as_ref()
            .is_some_and(daffi::Responder::wants_value)
    }

    /// Answers with what was raised.
    fn fail(&self, py: Python<'_>, error: Bound<'_, PyAny>) -> PyResult<()> {
        answer(py, self.take()?, Err(PyErr::from_value(error)), None);
        Ok(())
    }
}

impl Responder {
    /// The call that this answers.
    pub(crate) fn context(&self) -> Context {
        self.context.clone()
    }

    /// It is the turn of the call on its loop.
    fn place(&self, place: LoopPlace) {
        if let Some(responder) = &mut *self.responder.lock() {
            responder.take_place(place);
        }
    }

    /// Its turn never comes.
    fn refuse(&self, failure: &Failure) {
        let responder = self.responder.lock().take();
        if let Some(responder) = responder {
            responder.fail(failure);
        }
    }

    fn take(&self) -> PyResult<daffi::Responder> {
        let responder = self.responder.lock().take();
        responder.ok_or_else(|| PyRuntimeError::new_err("this call has its answer"))
    }
}
