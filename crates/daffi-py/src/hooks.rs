//! What the seam uses of Python's: the hooks of the front and names of the standard library. No other module of the
//! seam names a module of Python.

use std::fmt;

use pyo3::PyTypeCheck;
use pyo3::exceptions::{PyAttributeError, PyImportError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PySet, PyType};

/// Something of Python's: looked up when it is first needed, and kept.
pub(crate) struct Hook<T = PyAny> {
    module: Option<&'static str>,
    name: &'static str,
    found: PyOnceLock<Py<T>>,
}

impl<T> Hook<T> {
    /// A hook that the front registers.
    const fn front(name: &'static str) -> Self {
        Self {
            module: None,
            name,
            found: PyOnceLock::new(),
        }
    }

    /// What has this name in a module, which is imported where nobody has yet.
    const fn of(module: &'static str, name: &'static str) -> Self {
        Self {
            module: Some(module),
            name,
            found: PyOnceLock::new(),
        }
    }

    /// Whether it is what this module calls by this name.
    pub(crate) fn is_called(&self, module: &str, name: &str) -> bool {
        self.module == Some(module) && self.name == name
    }
}

impl Hook<PyType> {
    /// Whether `class` is this one, as far as it has been looked up.
    pub(crate) fn is_known(&self, class: &Bound<'_, PyType>) -> bool {
        self.found
            .get(class.py())
            .is_some_and(|known| class.is(known))
    }
}

impl<T: PyTypeCheck> Hook<T> {
    /// The object.
    ///
    /// # Errors
    /// What its import raises; `ImportError` for a hook of the front that is not there yet.
    pub(crate) fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, T>> {
        let find = || {
            let holder = match self.module {
                Some(module) => import(py, module)?.into_any(),
                None => front(py)?,
            };
            Ok::<_, PyErr>(holder.getattr(self.name)?.cast_into::<T>()?.unbind())
        };
        let found = self.found.get_or_try_init(py, find)?;
        Ok(found.bind(py))
    }
}

impl<T> fmt::Debug for Hook<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hook({})", self.name)
    }
}

/// The hooks of the front, which is above the seam: it registers them.
static FRONT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn front(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let front = FRONT.get(py).ok_or_else(|| {
        PyImportError::new_err("the Python part of daffi has not been imported\nhint: import daffi")
    })?;
    Ok(front.bind(py).clone())
}

/// Takes the hooks of the front. The first ones stay.
#[pyfunction]
pub(crate) fn register(front: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = front.py();
    // Not by asking for them: what is slow to import is imported when it is asked for.
    let known = PySet::new(py, front.dir()?)?;
    let mut lacking = Vec::new();
    for name in NAMES {
        if !known.contains(name)? {
            lacking.push(*name);
        }
    }
    if lacking.is_empty() {
        let _ = FRONT.set(py, front.clone().unbind());
        return Ok(());
    }
    let text = format!("the front lacks hooks of the seam: {}", lacking.join(", "));
    Err(PyAttributeError::new_err(text))
}

/// Declares the hooks of the front, and lists their names.
macro_rules! hooks {
    ($($(#[$comment:meta])* $hook:ident: $type:ty = $name:literal;)*) => {
        $($(#[$comment])* pub(crate) static $hook: Hook<$type> = Hook::front($name);)*

        /// What the front has to register.
        const NAMES: &[&str] = &[$($name),*];
    };
}

hooks! {
    // Errors.
    INITIALIZATION_ERROR: PyType = "initialization_error";
    UNCALLED_ERROR: PyType = "uncalled_error";
    GLOBAL_CONTEXT_ERROR: PyType = "global_context_error";
    UNANSWERED_ERROR: PyType = "unanswered_error";
    TIMEOUT_ERROR: PyType = "timeout_error";
    UNABLE_TO_FIND_CANDIDATE: PyType = "unable_to_find_candidate";
    REMOTE_STOPPED_UNEXPECTEDLY: PyType = "remote_stopped_unexpectedly";
    OVERLOADED: PyType = "overloaded";
    CALL_CANCELLED: PyType = "call_cancelled";
    SERIALIZATION_ERROR: PyType = "serialization_error";
    DESCRIBE_ERROR: PyAny = "describe_error";
    REBUILD_ERROR: PyAny = "rebuild_error";

    // Calls: their modifiers, what users give, what goes wrong.
    FG: PyAny = "fg";
    BG: PyAny = "bg";
    NO_RETURN: PyAny = "no_return";
    BROADCAST: PyAny = "broadcast";
    STREAM: PyAny = "stream";
    PERIOD: PyAny = "period";
    QUOTED: PyAny = "quoted";
    SECONDS: PyAny = "seconds";
    WARN_UNSENT: PyAny = "warn_unsent";
    WARN_UNCALLED: PyAny = "warn_uncalled";
    SCHEDULED_TASK: PyAny = "scheduled_task";
    LOG_RETRY: PyAny = "log_retry";
    ITEMS_OF: PyAny = "items_of";
    RUN_STREAM: PyAny = "run_stream";

    // Results, for event loops and `concurrent.futures`.
    AWAIT_RESULT: PyAny = "await_result";
    AWAIT_ITSELF: PyAny = "await_itself";
    AWAITABLE_VALUE: PyAny = "awaitable_value";
    NOTHING_TO_AWAIT: PyAny = "nothing_to_await";
    GATHER_RESULTS: PyAny = "gather_results";
    CALL_IN_THIS_LOOP: PyAny = "call_in_this_loop";
    FUTURE_STATE: PyAny = "future_state";
    TELL_HELD_UP: PyAny = "tell_held_up";
    NEXT_ITEM: PyAny = "next_item";
    GIVE_VALUE: PyAny = "give_value";

    // Callbacks: what they run in and on.
    RUNNING_CALL: PyAny = "running_call";
    NO_ITEM: PyAny = "no_item";
    BEGINNING_CONTEXT: PyAny = "beginning_context";
    START_LOOP: PyAny = "start_loop";
    FINISH_COROUTINE: PyAny = "finish_coroutine";
    DRAIN_GENERATOR: PyAny = "drain_generator";
    RUN_ITEMS: PyAny = "run_items";
    ASYNC_SOURCE: PyAny = "async_source";
    CLOSE_GENERATOR: PyAny = "close_generator";
    UNPACK_FUNCTION: PyAny = "unpack_function";

    // The process.
    BEGIN_CALLBACK_THREAD: PyAny = "begin_callback_thread";
    END_CALLBACK_THREAD: PyAny = "end_callback_thread";
    END_FORKED_CHILD: PyAny = "end_forked_child";
    WAIT_ALMOST_STARTED: PyAny = "wait_almost_started";
    START_LOG: PyAny = "start_log";
    LOG_FAILED_RUN: PyAny = "log_failed_run";
    LOG_SLOW_DONE_CALLBACK: PyAny = "log_slow_done_callback";
    LOG_UNSEEN: PyAny = "log_unseen";

    // Values that have no form of their own on the wire.
    DUMPS: PyAny = "dumps";
    LOADS: PyAny = "loads";
    UNREADABLE_PAYLOAD: PyAny = "unreadable_payload";
    UNSENDABLE_ARGUMENTS: PyAny = "unsendable_arguments";
    UNSENDABLE_VALUE: PyAny = "unsendable_value";
    DTYPE_RECORD: PyAny = "dtype_record";
    DTYPE_OF_RECORD: PyAny = "dtype_of_record";
}

pub(crate) static NEXT: Hook = Hook::of("builtins", "next");
pub(crate) static CONTEXT: Hook = Hook::of("contextvars", "Context");
pub(crate) static COPY_CONTEXT: Hook = Hook::of("contextvars", "copy_context");
pub(crate) static MODULES: Hook<PyDict> = Hook::of("sys", "modules");
pub(crate) static CURRENT_THREAD: Hook = Hook::of("threading", "current_thread");
pub(crate) static MAIN_THREAD: Hook = Hook::of("threading", "main_thread");
pub(crate) static UUID4: Hook = Hook::of("uuid", "uuid4");
pub(crate) static WEAK_REFERENCES: Hook = Hook::of("weakref", "getweakrefcount");

pub(crate) static COROUTINE_TYPE: Hook<PyType> = Hook::of("types", "CoroutineType");
pub(crate) static GENERATOR_TYPE: Hook<PyType> = Hook::of("types", "GeneratorType");
pub(crate) static ASYNC_GENERATOR_TYPE: Hook<PyType> = Hook::of("types", "AsyncGeneratorType");

// Types that travel typed; nothing of daffi imports their modules before it meets one.
pub(crate) static DATE: Hook<PyType> = Hook::of("datetime", "date");
pub(crate) static TIME: Hook<PyType> = Hook::of("datetime", "time");
pub(crate) static DATETIME: Hook<PyType> = Hook::of("datetime", "datetime");
pub(crate) static TIMEDELTA: Hook<PyType> = Hook::of("datetime", "timedelta");
pub(crate) static TIMEZONE: Hook<PyType> = Hook::of("datetime", "timezone");
pub(crate) static ZONE_INFO: Hook<PyType> = Hook::of("zoneinfo", "ZoneInfo");
pub(crate) static DECIMAL: Hook<PyType> = Hook::of("decimal", "Decimal");
pub(crate) static UUID: Hook<PyType> = Hook::of("uuid", "UUID");
pub(crate) static NDARRAY: Hook<PyType> = Hook::of(NUMPY, "ndarray");
pub(crate) static NUMPY_SCALAR: Hook<PyType> = Hook::of(NUMPY, "generic");

/// The module that NumPy's own types say that they are of.
pub(crate) const NUMPY: &str = "numpy";

/// The module of asyncio that knows whether a loop runs. Looked for among those that are imported, never imported.
pub(crate) const ASYNCIO: &str = "asyncio.events";

/// The same of trio.
pub(crate) const TRIO: &str = "trio.lowlevel";

/// What says which interpreter this is. Not kept: what a static holds must be the main interpreter's.
pub(crate) fn interpreters(py: Python<'_>) -> Option<Bound<'_, PyModule>> {
    // The newer name first. Not interned, for the same reason.
    let names = ["_interpreters", "_xxsubinterpreters"];
    names.iter().find_map(|name| import(py, name).ok())
}

/// A module by its name.
#[expect(clippy::disallowed_methods, reason = "what the ban is for")]
fn import<'py>(py: Python<'py>, module: &str) -> PyResult<Bound<'py, PyModule>> {
    py.import(module)
}

/// A module for a test.
#[cfg(test)]
pub(crate) fn module<'py>(py: Python<'py>, name: &str) -> Bound<'py, PyModule> {
    import(py, name).expect("a module of the standard library")
}
