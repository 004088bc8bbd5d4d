//! Callbacks that are generators: the items that Python gives, on their way to whoever iterates.

use std::fmt;
use std::sync::Arc;

use daffi::{ChainId, ItemWriter, ReplyStatus, Source};
use pyo3::PyClassInitializer;
use pyo3::intern;
use pyo3::prelude::*;

use crate::codec;
use crate::hooks;
use crate::interpreter::context::{Context, RunningCall};
use crate::interpreter::forked::only_parent_goes_on;
use crate::interpreter::loops::{Work, loops};
use crate::interpreter::notifier::notify;
use crate::interpreter::scope::{Scope, Variables};
use crate::serve::record::{raised, unsendable};

/// What a callback gave when it was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gave {
    Value,
    /// It is `async def`, or what it is wrapped in hides that it is.
    Coroutine,
    Generator,
    AsyncGenerator,
}

impl Gave {
    #[inline]
    pub(crate) fn of(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (py, class) = (value.py(), value.get_type());
        Ok(if class.is(hooks::COROUTINE_TYPE.get(py)?) {
            Self::Coroutine
        } else if class.is(hooks::GENERATOR_TYPE.get(py)?) {
            Self::Generator
        } else if class.is(hooks::ASYNC_GENERATOR_TYPE.get(py)?) {
            Self::AsyncGenerator
        } else {
            Self::Value
        })
    }
}

/// The generator in what a callback gave, to be iterated from elsewhere; `None` where it gave something else. It goes on
/// in these context variables, and where there are none in those of the running code.
pub(crate) fn source_of<'py>(
    value: &Bound<'py, PyAny>,
    variables: Option<&Variables<'py>>,
) -> PyResult<Option<Arc<dyn Source>>> {
    let py = value.py();
    let gave = Gave::of(value)?;
    if matches!(gave, Gave::Value | Gave::Coroutine) {
        return Ok(None);
    }
    let Variables(variables) = match variables {
        Some(variables) => variables.clone(),
        None => Variables::current(py)?,
    };
    if gave == Gave::AsyncGenerator {
        let source = hooks::ASYNC_SOURCE.get(py)?;
        let source = source.call1((value, variables))?;
        return Ok(Some(Arc::new(AsyncGenerator(Arc::new(source.unbind())))));
    }
    Ok(Some(Arc::new(Generator(Arc::new(Paused {
        generator: value.clone().unbind(),
        variables: variables.unbind(),
    })))))
}

/// A generator: it runs on serving threads.
struct Generator(Arc<Paused>);

/// A generator between two items.
struct Paused {
    generator: Py<PyAny>,
    variables: Py<PyAny>,
}

impl Source for Generator {
    fn produce(&self, outlet: &Arc<daffi::Outlet>) {
        Python::try_attach(|py| {
            let scope = Scope {
                lent: context_of(outlet),
                variables: Variables(self.0.variables.bind(py).clone()),
            };
            produce(self.0.generator.bind(py), &scope, outlet);
        });
    }

    fn close(&self, outlet: &Arc<daffi::Outlet>, is_producing: bool) {
        // One that runs sees it at its next item.
        if !is_producing {
            close_soon(&self.0, outlet);
        }
    }
}

/// An asynchronous generator: it runs on the event loop of the process.
struct AsyncGenerator(Arc<Py<PyAny>>);

impl Source for AsyncGenerator {
    fn produce(&self, outlet: &Arc<daffi::Outlet>) {
        loops().push(self.asked_to(Request::Start, outlet));
    }

    fn runs_elsewhere(&self) -> bool {
        true
    }

    fn close(&self, outlet: &Arc<daffi::Outlet>, _is_producing: bool) {
        loops().push(self.asked_to(Request::Close, outlet));
    }
}

impl AsyncGenerator {
    fn asked_to(&self, request: Request, outlet: &Arc<daffi::Outlet>) -> Box<Asked> {
        Box::new(Asked {
            request,
            source: Arc::clone(&self.0),
            outlet: Arc::clone(outlet),
        })
    }
}

/// What an asynchronous generator is to do next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    /// Give items.
    Start,
    /// Nobody iterates it any more.
    Close,
}

/// The same on its way to the loop.
struct Asked {
    request: Request,
    source: Arc<Py<PyAny>>,
    outlet: Arc<daffi::Outlet>,
}

impl Work for Asked {
    fn chain(&self) -> Option<ChainId> {
        (self.request == Request::Start).then(|| self.outlet.chain())
    }

    fn prepare(self: Box<Self>, py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
        let outlet = Outlet::of(py, self.outlet)?;
        let method = match self.request {
            Request::Start => intern!(py, "start"),
            Request::Close => intern!(py, "close"),
        };
        self.source
            .bind(py)
            .call_method1(method, (outlet,))
            .map(Some)
    }
}

/// Closes a generator later, in a thread of its own.
fn close_soon(paused: &Arc<Paused>, outlet: &Arc<daffi::Outlet>) {
    let (paused, outlet) = (Arc::clone(paused), Arc::clone(outlet));
    notify(move |py| {
        let closed = Outlet::of(py, outlet).and_then(|outlet| {
            let args = (&paused.generator, &paused.variables, outlet);
            hooks::CLOSE_GENERATOR.get(py)?.call1(args)
        });
        if let Err(error) = closed {
            error.write_unraisable(py, None);
        }
    });
}

/// Runs a generator until it pauses or ends.
fn produce<'py>(generator: &Bound<'py, PyAny>, scope: &Scope<'py>, outlet: &Arc<daffi::Outlet>) {
    loop {
        match scope.next(generator) {
            Ok(Some(item)) if push(outlet, &item) => {}
            Ok(Some(_)) => {
                if outlet.is_closed() {
                    scope.close(generator);
                    outlet.over();
                }
                return;
            }
            Ok(None) => return end(outlet),
            Err(error) => return fail(generator.py(), outlet, &error),
        }
    }
}

/// What a generator inherits from who iterates it.
fn context_of(outlet: &daffi::Outlet) -> Context {
    Context {
        deadline: None,
        cancelled: outlet.cancel_flag(),
        chain: Some(outlet.chain()),
    }
}

/// Whether the generator goes on now. An item that cannot travel is the end.
fn push(outlet: &daffi::Outlet, item: &Bound<'_, PyAny>) -> bool {
    let (py, encoded) = (item.py(), codec::encode_item(item));
    only_parent_goes_on(py);
    match encoded {
        Ok(body) => outlet.push(body),
        Err(error) => {
            let (status, body) = unsendable(py, &error);
            only_parent_goes_on(py);
            outlet.end(status, body);
            false
        }
    }
}

fn end(outlet: &daffi::Outlet) {
    outlet.end(ReplyStatus::Value, ItemWriter::new().into_payload().into());
}

fn fail(py: Python<'_>, outlet: &daffi::Outlet, error: &PyErr) {
    let (status, body) = raised(py, error);
    only_parent_goes_on(py);
    outlet.end(status, body);
}

/// Where an asynchronous generator puts its items.
#[pyclass(frozen, extends = RunningCall, module = "daffi._daffi")]
pub(crate) struct Outlet(Arc<daffi::Outlet>);

#[pymethods]
impl Outlet {
    /// Adds an item; whether the generator goes on now.
    fn push(&self, item: &Bound<'_, PyAny>) -> bool {
        push(&self.0, item)
    }

    /// The generator gives no more.
    fn end(&self) {
        end(&self.0);
    }

    /// The generator raised.
    fn fail(&self, py: Python<'_>, error: Bound<'_, PyAny>) {
        fail(py, &self.0, &PyErr::from_value(error));
    }

    /// The generator has been closed.
    fn over(&self) {
        self.0.over();
    }

    /// Whether nobody wants more.
    #[getter]
    fn closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl Outlet {
    fn of(py: Python<'_>, outlet: Arc<daffi::Outlet>) -> PyResult<Bound<'_, Self>> {
        let running = PyClassInitializer::from(RunningCall(context_of(&outlet)));
        Bound::new(py, running.add_subclass(Self(outlet)))
    }
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
