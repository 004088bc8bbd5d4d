//! `STREAM`, the receivers' side: a callback runs once for each item, in order, one at a time.

use daffi::{BadItems, Failure, FailureCode, Received};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::codec::{self, Arguments};
use crate::context::{Context, within};
use crate::exhaust::{Stopped, check_wanted, exhaust};
use crate::generator::Gave;
use crate::stream::Spread;

/// The items of one message and what may end them early.
pub(crate) struct Items {
    pub(crate) items: Result<Vec<Received>, BadItems>,
    /// The call that brought them.
    pub(crate) context: Context,
    /// Whether an item is spread over the parameters of the callback.
    pub(crate) spreads: bool,
}

impl Items {
    /// Runs a function for each item. Gives what is left to be run on the event loop: where the function, though it is
    /// none of `async def`, gives a coroutine or an async generator.
    pub(crate) fn run<'py>(
        self,
        function: &Bound<'py, PyAny>,
    ) -> Result<Option<Submission<'py>>, Stopped> {
        let py = function.py();
        let mut items = read(self.items)?.into_iter();
        while let Some(item) = items.next() {
            check_wanted(&self.context)?;
            let (args, kwargs) = arguments(py, item, self.spreads)?;
            let gave = within(py, self.context.clone(), || {
                function.call(args, kwargs.as_ref())
            })
            .map_err(Stopped::Raised)?;
            match Gave::of(&gave).map_err(Stopped::Raised)? {
                Gave::Value => {}
                Gave::Generator => exhaust(&gave, &self.context)?,
                Gave::Coroutine | Gave::AsyncGenerator => {
                    return submission(function, items, self.spreads, Some(gave)).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// The coroutine function that runs an `async def` callback for each item, and its arguments.
    pub(crate) fn submission<'py>(
        self,
        function: &Bound<'py, PyAny>,
    ) -> Result<Submission<'py>, Stopped> {
        submission(function, read(self.items)?.into_iter(), self.spreads, None)
    }
}

/// A coroutine function for the event loop, and its arguments.
pub(crate) type Submission<'py> = (Bound<'py, PyAny>, Bound<'py, PyTuple>);

fn submission<'py>(
    function: &Bound<'py, PyAny>,
    items: impl Iterator<Item = Received>,
    spreads: bool,
    begun: Option<Bound<'py, PyAny>>,
) -> Result<Submission<'py>, Stopped> {
    static RUN_ITEMS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = function.py();
    let list = PyList::empty(py);
    for item in items {
        let (args, kwargs) = arguments(py, item, spreads)?;
        let kwargs = kwargs.unwrap_or_else(|| PyDict::new(py));
        list.append((args, kwargs)).map_err(Stopped::Raised)?;
    }
    let run = RUN_ITEMS.import(py, "daffi._exhaust", "run_items");
    let args = (function, list, begun).into_pyobject(py);
    run.and_then(|run| Ok((run.clone(), args?)))
        .map_err(Stopped::Raised)
}

fn read(items: Result<Vec<Received>, BadItems>) -> Result<Vec<Received>, Stopped> {
    items.map_err(|error| unreadable(&error.to_string()))
}

fn arguments(py: Python<'_>, item: Received, spreads: bool) -> Result<Arguments<'_>, Stopped> {
    let item =
        codec::decode_value(py, item).map_err(|error| unreadable(&error.value(py).to_string()))?;
    Ok(match Spread::of(&item, spreads) {
        Spread::Positional(args) => (args.clone(), None),
        Spread::Named(kwargs) => (PyTuple::empty(py), Some(kwargs.clone())),
        Spread::Whole => (PyTuple::new(py, [&item]).map_err(Stopped::Raised)?, None),
    })
}

fn unreadable(text: &str) -> Stopped {
    Stopped::Failed(Failure::new(FailureCode::BadArguments, text))
}
