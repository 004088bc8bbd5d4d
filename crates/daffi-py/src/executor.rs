//! Runs Python callbacks for the requests that come in, on the serving threads of the runtime.

use std::fmt;
use std::sync::Arc;

use daffi::{
    Allocator, BlobKind, Body, Callback, FailedRun, Failure, FailureCode, Host, Invocation,
    Landing, OutOfMemory, ReplyStatus, split_items,
};
use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::codec;
use crate::context::{Context, within};
use crate::errors::Kind;
use crate::exhaust::{answer_ended, answer_without_value};
use crate::generator::{Gave, source_of};
use crate::items::Items;
use crate::memory::PythonAllocator;
use crate::notifier::notify;
use crate::schedule::log_failed_run;
use crate::transfer::TransferredFunction;

/// Python as the runtime sees it: serving threads keep a thread state for life, because attaching a bare thread costs
/// ten times what it costs with one; a batch of requests takes the interpreter lock once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PythonHost;

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
            let ident = py
                .import(intern!(py, "threading"))
                .and_then(|threading| threading.call_method0(intern!(py, "get_ident"))?.extract());
            let _serving = ident.map(Serving::begin);
            py.detach(body);
        });
    }

    fn run_batch(&self, body: &mut (dyn FnMut() + Send)) {
        // None when the interpreter shuts down: the requests are dropped, and their callers told.
        Python::try_attach(|_| body());
    }

    fn run_waiting(&self, body: &mut (dyn FnMut() + Send)) {
        // The thread may hold the lock for a batch of requests.
        Python::try_attach(|py| py.detach(body));
    }

    fn transferred(&self) -> Option<Arc<dyn Callback>> {
        Some(Arc::new(TransferredFunction))
    }

    fn run_failed(&self, failed: FailedRun) {
        notify(move |py| log_failed_run(py, failed));
    }

    fn waiting(&self, what: &str, is_long: bool) {
        let what = what.to_owned();
        // Not here: a signal handler that raises while a log line is written would be lost with it.
        notify(move |py| {
            let logged = py.import(intern!(py, "daffi._log")).and_then(|log| {
                let kwargs = PyDict::new(py);
                kwargs.set_item(intern!(py, "is_long"), is_long)?;
                log.call_method(intern!(py, "waiting"), (what,), Some(&kwargs))
            });
            if let Err(error) = logged {
                error.write_unraisable(py, None);
            }
        });
    }
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

/// The threads that run callbacks, as `threading.get_ident` numbers them.
#[pyfunction]
pub(crate) fn serving_threads() -> Vec<u64> {
    SERVING.lock().clone()
}

/// A Python function as a callback.
pub(crate) struct PythonCallback {
    function: Py<PyAny>,
    is_async: bool,
    /// Whether an item of a stream is spread over the parameters.
    spreads: bool,
}

impl fmt::Debug for PythonCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PythonCallback(async: {})", self.is_async)
    }
}

impl PythonCallback {
    pub(crate) fn new(function: Py<PyAny>, is_async: bool, spreads: bool) -> Self {
        Self {
            function,
            is_async,
            spreads,
        }
    }

    fn run(&self, py: Python<'_>, invocation: Invocation) {
        let Invocation {
            mut body,
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
        if let Some(items) = split_items(&mut body) {
            let items = Items {
                items,
                context,
                spreads: self.spreads,
            };
            return self.run_items(py, items, responder);
        }
        let (args, kwargs) = match codec::decode_arguments(py, body) {
            Ok(arguments) => arguments,
            Err(error) => {
                let failure = Failure::new(FailureCode::BadArguments, message(py, &error));
                return responder.fail(&failure);
            }
        };
        if self.is_async {
            submit_async(
                py,
                self.function.bind(py),
                &args,
                kwargs.as_ref(),
                responder,
                context,
            );
            return;
        }
        let result = within(context.clone(), || {
            self.function.bind(py).call(args, kwargs.as_ref())
        });
        answer_or_finish(py, responder, result, context);
    }

    /// Runs the function once for each item of a stream.
    fn run_items(&self, py: Python<'_>, items: Items, responder: daffi::Responder) {
        let function = self.function.bind(py);
        let context = items.context.clone();
        let left = if self.is_async {
            items.submission(function).map(Some)
        } else {
            items.run(function)
        };
        match left {
            Ok(Some((run, args))) => {
                submit_async(py, run.bind(py), &args, None, responder, context);
            }
            Ok(None) => answer_ended(py, responder, Ok(())),
            Err(stopped) => answer_ended(py, responder, Err(stopped)),
        }
    }
}

impl Callback for PythonCallback {
    fn call(&self, invocation: Invocation) {
        // None when the interpreter shuts down: the responder is dropped, and the caller told.
        Python::try_attach(|py| self.run(py, invocation));
    }
}

/// Answers with what a synchronous function gave; a coroutine or a generator that nobody wants is finished first.
pub(crate) fn answer_or_finish(
    py: Python<'_>,
    responder: daffi::Responder,
    result: PyResult<Bound<'_, PyAny>>,
    context: Context,
) {
    match result {
        // A decorator between `async def` and the callback hides what it is until here.
        Ok(value) if matches!(Gave::of(&value), Ok(Gave::Coroutine)) => {
            finish_coroutine(py, &value, responder, context);
        }
        Ok(value) if !responder.wants_value() => {
            answer_without_value(py, responder, &value, context);
        }
        result => answer(py, responder, result),
    }
}

/// Lets the event loop of the process run a coroutine to its end.
fn finish_coroutine(
    py: Python<'_>,
    coroutine: &Bound<'_, PyAny>,
    responder: daffi::Responder,
    context: Context,
) {
    static FINISH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let finish = FINISH.import(py, "daffi._loop", "finish");
    match finish.and_then(|finish| Ok((finish, PyTuple::new(py, [coroutine])?))) {
        Ok((finish, args)) => submit_async(py, finish, &args, None, responder, context),
        // The responder is dropped, so the caller knows.
        Err(error) => error.write_unraisable(py, None),
    }
}

/// Hands a coroutine function to the event loop of the process.
pub(crate) fn submit_async(
    py: Python<'_>,
    function: &Bound<'_, PyAny>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    responder: daffi::Responder,
    context: Context,
) {
    static SUBMIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let responder = Responder {
        responder: Mutex::new(Some(responder)),
        context,
    };
    let submitted = Bound::new(py, responder).and_then(|responder| {
        let submit = SUBMIT.import(py, "daffi._loop", "submit")?;
        submit.call1((function, args, kwargs, responder))
    });
    // The responder was dropped with the failed call, so the caller knows.
    if let Err(error) = submitted {
        error.write_unraisable(py, None);
    }
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
    /// Answers with the value.
    fn reply(&self, py: Python<'_>, value: Bound<'_, PyAny>) -> PyResult<()> {
        answer(py, self.take()?, Ok(value));
        Ok(())
    }

    /// Calls `cancel` when nobody waits for the answer any more, at once if that is so.
    fn on_cancel(&self, cancel: Py<PyAny>) {
        // Told by the reading thread, which must not be held up by Python.
        self.context.cancelled.on_cancel(move || {
            notify(move |py| {
                if let Err(error) = cancel.call0(py) {
                    error.write_unraisable(py, Some(cancel.bind(py)));
                }
            });
        });
    }

    /// Whether the caller wants the value; where not, a generator is to run to its end.
    #[getter]
    fn wants_value(&self) -> bool {
        let responder = self.responder.lock();
        responder
            .as_ref()
            .is_some_and(daffi::Responder::wants_value)
    }

    /// What the call belongs to.
    #[getter]
    fn chain(&self) -> Option<u64> {
        self.context.chain.map(|chain| chain.0)
    }

    /// Answers with what was raised.
    fn fail(&self, py: Python<'_>, error: Bound<'_, PyAny>) -> PyResult<()> {
        answer(py, self.take()?, Err(PyErr::from_value(error)));
        Ok(())
    }
}

impl Responder {
    /// The call that this answers.
    pub(crate) fn context(&self) -> Context {
        self.context.clone()
    }

    fn take(&self) -> PyResult<daffi::Responder> {
        let responder = self.responder.lock().take();
        // It has the task, and the task has this: neither would ever go.
        self.context.cancelled.forget_hook();
        responder.ok_or_else(|| PyRuntimeError::new_err("this call has its answer"))
    }
}

/// Answers with a value, a generator or an error of Python; what cannot travel becomes a failure that says so.
pub(crate) fn answer(
    py: Python<'_>,
    responder: daffi::Responder,
    result: PyResult<Bound<'_, PyAny>>,
) {
    let value = match result {
        Ok(value) => value,
        Err(error) => {
            let (status, body) = raised(py, &error);
            return responder.reply(status, body);
        }
    };
    if !responder.wants_value() {
        return responder.reply(ReplyStatus::Value, Body::default());
    }
    let encoded = match source_of(&value) {
        Ok(Some(source)) => return responder.open(source),
        Ok(None) => codec::encode_value(&value),
        Err(error) => Err(error),
    };
    let (status, body) = match encoded {
        Ok(body) => (ReplyStatus::Value, body),
        Err(error) => unsendable(py, &error),
    };
    responder.reply(status, body);
}

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
    static DESCRIBE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let describe = DESCRIBE.import(py, "daffi._exceptions", "describe")?;
    codec::encode_value(&describe.call1((raised.clone_ref(py),))?)
}

pub(crate) fn message(py: Python<'_>, error: &PyErr) -> String {
    error.value(py).str().map_or_else(
        |_| error.to_string(),
        |text| text.to_string_lossy().into_owned(),
    )
}
