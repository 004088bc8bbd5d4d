//! The running Global of a process, as the front holds it.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daffi::{
    CallError, Callback, Definition, Direct, Global, Name, Parameter, ParameterKind, Signature,
    StartError, fork,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use rustix::process::{Resource, getrlimit};

use crate::call::{schedule, transfer};
use crate::codec::errors::call_error;
use crate::errors::{Kind, kill_error, register_error, start_error, wait_error};
use crate::interpreter::context::{self, Blocking};
use crate::interpreter::current;
use crate::interpreter::durations::seconds;
use crate::interpreter::forked::OfThisProcess;
use crate::interpreter::held_up::{Wait, tell_if_held_up};
use crate::interpreter::notifier;
use crate::interpreter::scope::Beginning;
use crate::interpreter::waiter::{self, GivenUp, without_lock};
use crate::interpreter::{log, loops};
use crate::result::async_result::AsyncResult;
use crate::result::done_callbacks;
use crate::serve::callback::{AsyncCallback, PythonCallback};
use crate::serve::host::{self, PythonHost};

/// How long callbacks may go on in a runtime that nobody holds any more. 1 s: nobody can want more.
const ABANDONED: Duration = Duration::from_secs(1);

/// The stack of a callback where the system sets no limit. 8 MiB: what most systems set.
const UNLIMITED_STACK: usize = 8 << 20;

/// What of the stack is ours. 256 KiB: our frames below a callback take some 10 KiB, without optimisation ten times that.
const OWN_STACK: usize = 256 << 10;

/// Makes this the Global that fetchers use, or none.
#[pyfunction]
#[pyo3(signature = (runtime=None))]
pub(crate) fn set_current(runtime: Option<&Runtime>) {
    current::set(runtime.map(|runtime| &*runtime.global));
}

/// In a forked child: nothing of the parent's is used from now on. Gives the descriptors to close.
#[pyfunction]
pub(crate) fn forked() -> Vec<i32> {
    let descriptors = fork::forked();
    // Foreign from now on, so leaked and not dropped.
    notifier::forked();
    done_callbacks::forked();
    log::forked();
    waiter::forked();
    context::forked();
    loops::forked();
    host::forked();
    current::forked();
    descriptors
}

/// At the end of the process: has done-callbacks and the like run that wait for it, for so many seconds at most.
#[pyfunction]
pub(crate) fn end_notifier(py: Python<'_>, timeout: f64) -> PyResult<()> {
    let bound = seconds(timeout)?;
    py.detach(|| notifier::stop(bound));
    Ok(())
}

/// At the end of the process, after the last stop: waits until no thread of ours is about to run Python, for so many
/// seconds at most.
#[pyfunction]
pub(crate) fn settle(py: Python<'_>, timeout: f64) -> PyResult<()> {
    let bound = seconds(timeout)?;
    py.detach(|| notifier::end(bound));
    waiter::settle(py, bound);
    Ok(())
}

/// One running controller, node or both.
#[pyclass(frozen, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct Runtime {
    global: OfThisProcess<Global>,
    /// What its callbacks run with.
    beginning: Arc<Beginning>,
}

/// How a [`Runtime`] is started; times are in seconds.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    process_name: Option<String>,
    controller: bool,
    node: bool,
    host: Option<String>,
    port: Option<u16>,
    unix_sock_path: Option<PathBuf>,
    direct: String,
    connect_timeout: Option<f64>,
    max_message: u64,
    max_waiting_bytes: u64,
    threads: usize,
    max_pending_bytes: u64,
    stack_size: usize,
    max_tasks: NonZeroUsize,
    patience: Option<f64>,
}

/// A function to be offered: name, function, parameters, signature as people read it, whether an item of a stream is
/// spread over them, whether it runs on the event loop, how many run at once. Of a parameter: name, kind as `inspect`
/// numbers it, whether there is a default.
#[derive(FromPyObject)]
struct Offer(
    String,
    Py<PyAny>,
    Vec<(String, u8, bool)>,
    String,
    bool,
    bool,
    Option<NonZeroUsize>,
);

impl Offer {
    fn into_definition(self, py: Python<'_>, beginning: &Arc<Beginning>) -> PyResult<Definition> {
        let Self(name, function, parameters, text, spreads, is_async, at_once) = self;
        let name =
            Name::new(&name).map_err(|error| Kind::Initialization.error(py, error.to_string()))?;
        let parameters = parameters
            .into_iter()
            .map(|parameter| read_parameter(py, parameter));
        let signature = Signature::new(parameters.collect::<PyResult<_>>()?, &text);
        let beginning = Arc::clone(beginning);
        let run: Arc<dyn Callback> = if is_async {
            Arc::new(AsyncCallback::new(function, spreads, beginning))
        } else {
            Arc::new(PythonCallback::new(function, spreads, beginning))
        };
        Ok(Definition {
            name,
            signature,
            run,
            at_once,
        })
    }
}

impl Runtime {
    /// The Global, unless this is a forked child's copy of it.
    pub(crate) fn global(&self, py: Python<'_>) -> PyResult<&Global> {
        self.global.check(py)
    }
}

#[pymethods]
impl Runtime {
    /// Starts and returns when what was asked for is ready. The others see the callbacks together with this process.
    #[staticmethod]
    fn start(py: Python<'_>, settings: Settings, callbacks: Vec<Offer>) -> PyResult<Self> {
        let beginning = Arc::new(Beginning::here(py)?);
        let host = PythonHost {
            beginning: Arc::clone(&beginning),
        };
        let mut builder = Global::builder()
            .controller(settings.controller)
            .node(settings.node)
            .max_message(settings.max_message)
            .max_waiting_bytes(settings.max_waiting_bytes)
            .threads(settings.threads)
            .max_pending_bytes(settings.max_pending_bytes)
            .stack_size(stack_of_a_callback(settings.stack_size))
            .max_tasks(settings.max_tasks)
            .patience(settings.patience.map(seconds).transpose()?)
            .connect_timeout(settings.connect_timeout.map(seconds).transpose()?)
            .direct(match settings.direct.as_str() {
                "any" => Direct::Any,
                "tcp" => Direct::TcpOnly,
                "never" => Direct::Never,
                other => {
                    return Err(PyValueError::new_err(format!(
                        "no such kind of direct link: {other}"
                    )));
                }
            })
            .host_hooks(Arc::new(host));
        for callback in callbacks {
            builder = builder.callback(callback.into_definition(py, &beginning)?);
        }
        if let Some(name) = settings.process_name {
            builder = builder.process_name(name);
        }
        if let Some(host) = settings.host {
            builder = builder.tcp(host, settings.port);
        } else if let Some(folder) = settings.unix_sock_path {
            builder = builder.unix(folder);
        }
        let start = |interrupt: &mut dyn FnMut() -> bool| {
            let started = builder.start(interrupt);
            if let Ok(global) = &started
                && interrupt()
            {
                // The error of the signal comes out, and nobody gets this: dropped with the lock held it would wait so.
                global.stop(ABANDONED);
            }
            started
        };
        match without_lock(py, start)? {
            Ok(global) => Ok(Self {
                global: OfThisProcess::new(global),
                beginning,
            }),
            Err(StartError::Interrupted) => Err(Kind::Cancelled.error(py, "interrupted")),
            Err(error) => Err(start_error(py, &error)),
        }
    }

    /// What this process has scheduled at another: uuid, callback, how many times are left. Once nobody wants it any more
    /// it ends soon.
    #[pyo3(signature = (node, given_up=None))]
    fn scheduled_tasks(
        &self,
        py: Python<'_>,
        node: &str,
        given_up: Option<&Bound<'_, GivenUp>>,
    ) -> PyResult<Vec<schedule::Row>> {
        schedule::scheduled_tasks(py, self.global(py)?, node, given_up)
    }

    /// Ends a task at another process: True, False if it was over, None if there is none.
    #[pyo3(signature = (node, uuid, given_up=None))]
    fn cancel_task(
        &self,
        py: Python<'_>,
        node: &str,
        uuid: [u8; 16],
        given_up: Option<&Bound<'_, GivenUp>>,
    ) -> PyResult<Option<bool>> {
        schedule::cancel_task(py, self.global(py)?, node, uuid, given_up)
    }

    /// Runs a function at another process: `args` are the pickled function and what it is called with.
    fn transfer<'py>(
        &self,
        py: Python<'py>,
        node: &str,
        args: &Bound<'py, PyTuple>,
        kwargs: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, AsyncResult>> {
        transfer::transfer(py, self.global(py)?, node, args, kwargs)
    }

    #[getter]
    fn process_name(&self) -> &str {
        self.global.process_name().as_str()
    }

    #[getter]
    fn host(&self) -> Option<&str> {
        self.global.host()
    }

    #[getter]
    fn port(&self) -> Option<u16> {
        self.global.port()
    }

    #[getter]
    fn unix_path(&self) -> Option<PathBuf> {
        self.global.unix_path()
    }

    #[getter]
    fn is_controller(&self) -> bool {
        self.global.is_controller()
    }

    /// Whether this is the copy of a parent's in a forked child.
    #[getter]
    fn is_foreign(&self) -> bool {
        self.global.is_foreign()
    }

    #[getter]
    fn is_running(&self) -> bool {
        !self.global.is_foreign() && self.global.is_running()
    }

    /// Offers functions from now on, each in place of the one of its name if there is one. Others see all of them or none.
    fn register(&self, py: Python<'_>, callbacks: Vec<Offer>) -> PyResult<()> {
        let global = self.global.check(py)?;
        let definitions = callbacks.into_iter();
        let definitions = definitions
            .map(|callback| callback.into_definition(py, &self.beginning))
            .collect::<PyResult<Vec<_>>>()?;
        let registered = py.detach(|| global.replace_all(definitions));
        registered.map_err(|error| register_error(py, &error))
    }

    /// What the others offer, in order of registration.
    fn registered_callbacks(&self, py: Python<'_>) -> PyResult<HashMap<String, Vec<String>>> {
        let listing = self.global.check(py)?.registered_callbacks();
        let text = |name: Name| name.as_str().to_owned();
        Ok(listing
            .into_iter()
            .map(|(process, names)| (text(process), names.into_iter().map(text).collect()))
            .collect())
    }

    /// Whether a call of this name would find someone.
    fn offers(&self, py: Python<'_>, name: &str) -> PyResult<bool> {
        match self.global.check(py)?.target(name, None) {
            Ok(_) => Ok(true),
            Err(CallError::UnknownCallback { .. } | CallError::OnlyLocal(_)) => Ok(false),
            Err(error) => Err(call_error(py, name, error)),
        }
    }

    #[pyo3(signature = (name, timeout=None, given_up=None))]
    fn wait_process(
        &self,
        py: Python<'_>,
        name: &str,
        timeout: Option<f64>,
        given_up: Option<&Bound<'_, GivenUp>>,
    ) -> PyResult<()> {
        let (global, timeout) = (self.global.check(py)?, timeout.map(seconds).transpose()?);
        tell_if_held_up(py, name, Wait::PROCESS)?;
        let blocking = Blocking::of(py)?;
        let given_up = given_up.map(Bound::get);
        let waited = without_lock(py, |interrupt| {
            let interrupt = &mut || given_up.is_some_and(GivenUp::is_set) || interrupt();
            blocking.wait(|| false, || global.wait_process(name, timeout, interrupt))
        })?;
        waited.map_err(|error| wait_error(py, &error, &format!("waiting for process '{name}'")))
    }

    #[pyo3(signature = (name, timeout=None, given_up=None))]
    fn wait_function(
        &self,
        py: Python<'_>,
        name: &str,
        timeout: Option<f64>,
        given_up: Option<&Bound<'_, GivenUp>>,
    ) -> PyResult<()> {
        let (global, timeout) = (self.global.check(py)?, timeout.map(seconds).transpose()?);
        tell_if_held_up(py, name, Wait::FUNCTION)?;
        let blocking = Blocking::of(py)?;
        let given_up = given_up.map(Bound::get);
        let waited = without_lock(py, |interrupt| {
            let interrupt = &mut || given_up.is_some_and(GivenUp::is_set) || interrupt();
            blocking.wait(|| false, || global.wait_function(name, timeout, interrupt))
        })?;
        waited.map_err(|error| wait_error(py, &error, &format!("waiting for callback '{name}'")))
    }

    /// Waits until the process is to stop; False if the time is over first.
    #[pyo3(signature = (timeout=None))]
    fn wait_stopped(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let (global, timeout) = (self.global.check(py)?, timeout.map(seconds).transpose()?);
        tell_if_held_up(py, "", Wait::STOP)?;
        let blocking = Blocking::of(py)?;
        without_lock(py, |interrupt| {
            blocking.wait(|| false, || global.wait_stopped(timeout, interrupt))
        })
    }

    /// Makes `wait_stopped` return, here and now, without taking anything down.
    fn request_stop(&self) {
        if !self.global.is_foreign() {
            self.global.request_stop();
        }
    }

    /// Takes everything down within so many seconds.
    fn stop(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        let (global, bound) = (self.global.check(py)?, seconds(timeout)?);
        py.detach(|| global.stop(bound));
        Ok(())
    }

    /// Asks all other processes to stop; gives the names of those that did not within so many seconds.
    fn kill_all(&self, py: Python<'_>, timeout: f64) -> PyResult<Vec<String>> {
        let (global, bound) = (self.global.check(py)?, seconds(timeout)?);
        tell_if_held_up(py, "", Wait::KILL_ALL)?;
        let blocking = Blocking::of(py)?;
        let left = without_lock(py, |interrupt| {
            blocking.wait(|| false, || global.kill_all(bound, interrupt))
        })?;
        let left = left.map_err(|error| kill_error(py, error))?;
        Ok(left.iter().map(|name| name.as_str().to_owned()).collect())
    }
}

impl Drop for Runtime {
    /// A start that was interrupted before anyone held it. Its threads may want the interpreter lock, and who drops this
    /// may be in any code of the user's: a thread of its own stops it, and ends within the bound.
    fn drop(&mut self) {
        if self.global.is_foreign() || !self.global.is_running() {
            return;
        }
        let global = Global::clone(&self.global);
        let thread = std::thread::Builder::new().name("daffi-stop".into());
        if thread.spawn(move || global.stop(ABANDONED)).is_err() {
            Python::try_attach(|py| py.detach(|| self.global.stop(ABANDONED)));
        }
    }
}

/// The stack of a thread that runs callbacks: what a thread of Python has, and room for our own frames below. Python says 0
/// where it leaves the size to the system.
fn stack_of_a_callback(of_python: usize) -> usize {
    let of_system = || {
        let limit = getrlimit(Resource::Stack).current;
        limit.and_then(|bytes| usize::try_from(bytes).ok())
    };
    let bytes = match of_python {
        0 => of_system().unwrap_or(UNLIMITED_STACK),
        bytes => bytes,
    };
    bytes.saturating_add(OWN_STACK)
}

/// What is wrong with a name; nothing where it can be one.
#[pyfunction]
pub(crate) fn name_problem(name: &Bound<'_, PyAny>) -> Option<String> {
    let Ok(text) = name.cast::<PyString>() else {
        return Some("a name is text".to_owned());
    };
    match text.to_str() {
        Ok(text) => Name::new(text).err().map(|problem| problem.to_string()),
        Err(_) => Some("it has characters that UTF-8 lacks".to_owned()),
    }
}

fn read_parameter(
    py: Python<'_>,
    (name, kind, has_default): (String, u8, bool),
) -> PyResult<Parameter> {
    let kind = match kind {
        0 => ParameterKind::PositionalOnly,
        1 => ParameterKind::PositionalOrKeyword,
        2 => ParameterKind::VarPositional,
        3 => ParameterKind::KeywordOnly,
        4 => ParameterKind::VarKeyword,
        other => {
            return Err(PyValueError::new_err(format!(
                "no such kind of parameter: {other}"
            )));
        }
    };
    let name =
        Name::new(&name).map_err(|error| Kind::Initialization.error(py, error.to_string()))?;
    Ok(Parameter {
        name,
        kind,
        has_default,
    })
}
