//! `STREAM`, the receivers' side: a callback runs once for each item, in order, one at a time.

use std::vec::IntoIter;

use daffi::{BadItems, Failure, FailureCode, Received};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::codec::{self, Arguments, Spread};
use crate::hooks;
use crate::interpreter::context::Context;
use crate::interpreter::forked::only_parent_goes_on;
use crate::interpreter::scope::{Beginning, Scope, Variables};
use crate::serve::exhaust::{Stopped, check_wanted, exhaust};
use crate::serve::generator::Gave;
use crate::serve::on_loop::PythonCall;

/// The items of one message and what may end them early. The callback runs for each as if called for it alone.
pub(crate) struct Items<'a> {
    pub(crate) items: Result<Vec<Received>, BadItems>,
    /// What the call that brought them lends.
    pub(crate) lent: Context,
    pub(crate) beginning: &'a Beginning,
    /// Whether an item is spread over the parameters of the callback.
    pub(crate) spreads: bool,
}

impl Items<'_> {
    /// Runs a function for each item. Gives what is left to be run on the event loop: where the function, though it is
    /// none of `async def`, gives a coroutine or an async generator.
    pub(crate) fn run<'py>(
        mut self,
        function: &Bound<'py, PyAny>,
    ) -> Result<Option<PythonCall<'py>>, Stopped> {
        let py = function.py();
        let mut items = self.read()?;
        while let Some(item) = items.next() {
            check_wanted(&self.lent)?;
            let (args, kwargs) = arguments(py, item, self.spreads)?;
            let scope = Scope {
                lent: self.lent.clone(),
                variables: self.beginning.variables(py).map_err(Stopped::Raised)?,
            };
            let gave = scope.call(function, args, kwargs.as_ref());
            let gave = gave.map_err(Stopped::Raised)?;
            match Gave::of(&gave).map_err(Stopped::Raised)? {
                Gave::Value => {}
                Gave::Generator => exhaust(&gave, &scope)?,
                Gave::Coroutine | Gave::AsyncGenerator => {
                    let begun = (gave, scope.variables);
                    return self.on_loop(function, items, Some(begun)).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// The coroutine function that runs an `async def` callback for each item, and its arguments.
    pub(crate) fn submission<'py>(
        mut self,
        function: &Bound<'py, PyAny>,
    ) -> Result<PythonCall<'py>, Stopped> {
        let items = self.read()?;
        self.on_loop(function, items, None)
    }

    fn read(&mut self) -> Result<IntoIter<Received>, Stopped> {
        let items = std::mem::replace(&mut self.items, Ok(Vec::new()));
        items
            .map(Vec::into_iter)
            .map_err(|error| unreadable(&error.to_string()))
    }

    fn on_loop<'py>(
        &self,
        function: &Bound<'py, PyAny>,
        items: IntoIter<Received>,
        begun: Option<(Bound<'py, PyAny>, Variables<'py>)>,
    ) -> Result<PythonCall<'py>, Stopped> {
        let py = function.py();
        let calls = PyList::empty(py);
        for item in items {
            let (args, kwargs) = arguments(py, item, self.spreads)?;
            let kwargs = kwargs.unwrap_or_else(|| PyDict::new(py));
            let variables = self.beginning.variables(py).map_err(Stopped::Raised)?;
            calls
                .append((args, kwargs, variables.0))
                .map_err(Stopped::Raised)?;
        }
        let begun = begun.map(|(gave, variables)| (gave, variables.0));
        let run = hooks::RUN_ITEMS.get(py);
        let args = (function, calls, begun).into_pyobject(py);
        run.and_then(|run| Ok((run.clone(), args?, None)))
            .map_err(Stopped::Raised)
    }
}

fn arguments(py: Python<'_>, item: Received, spreads: bool) -> Result<Arguments<'_>, Stopped> {
    let item =
        codec::decode_value(py, item).map_err(|error| unreadable(&error.value(py).to_string()));
    only_parent_goes_on(py);
    let item = item?;
    Ok(match Spread::of(&item, spreads) {
        Spread::Positional(args) => (args.clone(), None),
        Spread::Named(kwargs) => (PyTuple::empty(py), Some(kwargs.clone())),
        Spread::Whole => (PyTuple::new(py, [&item]).map_err(Stopped::Raised)?, None),
    })
}

fn unreadable(text: &str) -> Stopped {
    Stopped::Failed(Failure::new(FailureCode::BadArguments, text))
}
