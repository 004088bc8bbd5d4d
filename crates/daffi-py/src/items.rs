//! `STREAM`, the receivers' side: a callback runs once for each item, in order, one at a time.

use std::time::Instant;

use daffi::{BadItems, Failure, FailureCode, Received};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::codec::{self, Arguments};
use crate::context::{Context, within};
use crate::stream::Spread;

/// The items of one message and what may end them early.
pub(crate) struct Items {
    pub(crate) items: Result<Vec<Received>, BadItems>,
    /// The call that brought them.
    pub(crate) context: Context,
    /// Whether an item is spread over the parameters of the callback.
    pub(crate) spreads: bool,
}

/// Why not all items were taken.
pub(crate) enum Stopped {
    /// The callback raised this.
    Raised(PyErr),
    /// Something else.
    Failed(Failure),
}

impl Items {
    /// Runs a function for each item.
    pub(crate) fn run(self, function: &Bound<'_, PyAny>) -> Result<(), Stopped> {
        let py = function.py();
        for item in self.items.map_err(|error| unreadable(&error.to_string()))? {
            if self.context.cancelled.is_cancelled() {
                let text = "cancelled between two items of a stream";
                return Err(Stopped::Failed(Failure::new(FailureCode::Cancelled, text)));
            }
            if self
                .context
                .deadline
                .is_some_and(|deadline| deadline <= Instant::now())
            {
                let text = "the time of the stream was over between two items";
                return Err(Stopped::Failed(Failure::new(FailureCode::Expired, text)));
            }
            let (args, kwargs) = arguments(py, item, self.spreads)?;
            within(self.context.clone(), || {
                function.call(args, kwargs.as_ref())
            })
            .map_err(Stopped::Raised)?;
        }
        Ok(())
    }

    /// The coroutine function that runs an `async def` callback for each item, and its arguments.
    pub(crate) fn submission<'py>(
        self,
        function: &Bound<'py, PyAny>,
    ) -> Result<(Py<PyAny>, Bound<'py, PyTuple>), Stopped> {
        static RUN_ITEMS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = function.py();
        let list = PyList::empty(py);
        for item in self.items.map_err(|error| unreadable(&error.to_string()))? {
            let (args, kwargs) = arguments(py, item, self.spreads)?;
            let kwargs = kwargs.unwrap_or_else(|| PyDict::new(py));
            list.append((args, kwargs)).map_err(Stopped::Raised)?;
        }
        let run = RUN_ITEMS.import(py, "daffi._stream", "run_items");
        let args = PyTuple::new(py, [function, list.as_any()]);
        run.and_then(|run| Ok((run.clone().unbind(), args?)))
            .map_err(Stopped::Raised)
    }
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
