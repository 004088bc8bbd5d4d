//! What a callback runs in: what its call lends, and context variables that no other call sees.

use std::fmt;

use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::hooks;
use crate::interpreter::context::{Context, within};
use crate::interpreter::memory::references;

/// The context variables that every call begins with: those of the place where the Global was made.
pub(crate) struct Beginning {
    /// A `contextvars.Context` that nothing runs in.
    variables: Py<PyAny>,
    /// Makes the copies of what can be changed in place and so is shared by copies of a context; none where there is
    /// no such thing.
    own: Option<Py<PyAny>>,
    /// Where nothing is set in them: those that a call has left as it found them, for the next.
    spare: Option<Mutex<Option<Py<PyAny>>>>,
}

impl Beginning {
    /// The variables of the calling thread or task.
    pub(crate) fn here(py: Python<'_>) -> PyResult<Self> {
        let beginning = hooks::BEGINNING_CONTEXT.get(py)?.call0()?;
        let (variables, own): (Bound<'_, PyAny>, _) = beginning.extract()?;
        let spare = variables.is_empty()?.then(Mutex::default);
        Ok(Self {
            variables: variables.unbind(),
            own,
            spare,
        })
    }

    /// For one call.
    #[inline]
    pub(crate) fn variables<'py>(&self, py: Python<'py>) -> PyResult<Variables<'py>> {
        if let Some(spare) = self.spare.as_ref().and_then(|spare| spare.lock().take()) {
            return Ok(Variables(spare.into_bound(py)));
        }
        static COPY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        // The method of the class: a bound one would be one more object for each call.
        let copy = COPY.get_or_try_init(py, || method_of_contexts(py, "copy"))?;
        let made = copy.bind(py).call1((&self.variables,))?;
        if let Some(own) = &self.own {
            own.bind(py).call1((&made,))?;
        }
        Ok(Variables(made))
    }

    /// A call is over that had these. Where it has set none, and nothing goes on in them, they are as good as new.
    #[inline]
    pub(crate) fn give_back(&self, Variables(variables): Variables<'_>) {
        if let Some(spare) = &self.spare
            && references(&variables) == 1
            && variables.is_empty().unwrap_or(false)
        {
            let before = spare.lock().replace(variables.unbind());
            drop(before);
        }
    }
}

impl fmt::Debug for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Beginning(..)")
    }
}

fn method_of_contexts(py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
    hooks::CONTEXT.get(py)?.getattr(name).map(Bound::unbind)
}

/// The context variables of one call: a `contextvars.Context`, which one thread at a time can be in.
#[derive(Clone, Debug)]
pub(crate) struct Variables<'py>(pub(crate) Bound<'py, PyAny>);

impl<'py> Variables<'py> {
    /// Those that the running code sees, for what it leaves behind.
    pub(crate) fn current(py: Python<'py>) -> PyResult<Self> {
        let copy = hooks::COPY_CONTEXT.get(py)?;
        copy.call0().map(Self)
    }

    /// What [`Self::run_behind`] takes before the arguments.
    pub(crate) fn with(&self, function: &Bound<'py, PyAny>) -> [Bound<'py, PyAny>; 2] {
        [self.0.clone(), function.clone()]
    }

    fn run(
        &self,
        function: &Bound<'py, PyAny>,
        args: Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let all: Vec<_> = self.with(function).into_iter().chain(args.iter()).collect();
        // Nobody but the function has its arguments: what has one reference need not be copied as a result.
        drop(args);
        Self::run_behind(PyTuple::new(self.0.py(), all)?, kwargs)
    }

    /// Calls a function in the variables that stand before it and its arguments.
    #[inline]
    fn run_behind(
        all: Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static RUN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = all.py();
        let run = RUN.get_or_try_init(py, || method_of_contexts(py, "run"))?;
        run.bind(py).call(all, kwargs)
    }
}

/// What a callback runs in.
#[derive(Clone, Debug)]
pub(crate) struct Scope<'py> {
    pub(crate) lent: Context,
    pub(crate) variables: Variables<'py>,
}

impl<'py> Scope<'py> {
    /// Calls a function.
    pub(crate) fn call(
        &self,
        function: &Bound<'py, PyAny>,
        args: Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let run = || self.variables.run(function, args, kwargs);
        within(function.py(), self.lent.clone(), run).0
    }

    /// Calls a function with arguments that were read [`behind`](Variables::with) it, and gives the scope back.
    #[inline]
    pub(crate) fn call_behind(
        self,
        all: Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> (PyResult<Bound<'py, PyAny>>, Self) {
        let Self { lent, variables } = self;
        let run = || Variables::run_behind(all, kwargs);
        let (result, lent) = within(variables.0.py(), lent, run);
        (result, Self { lent, variables })
    }

    /// The next item of a generator.
    pub(crate) fn next(
        &self,
        generator: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = generator.py();
        let next = hooks::NEXT.get(py)?;
        let none_left = hooks::NO_ITEM.get(py)?;
        let item = self.call(next, PyTuple::new(py, [generator, none_left])?, None)?;
        Ok((!item.is(none_left)).then_some(item))
    }

    /// Ends a generator.
    pub(crate) fn close(&self, generator: &Bound<'py, PyAny>) {
        let py = generator.py();
        let close = generator.getattr(intern!(py, "close"));
        let closed = close.and_then(|close| self.call(&close, PyTuple::empty(py), None));
        if let Err(error) = closed {
            error.write_unraisable(py, Some(generator));
        }
    }
}
