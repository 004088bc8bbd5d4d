//! Calls that are handed to the event loop of the process, from where a callback was begun.

use daffi::ChainId;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::interpreter::loops::{Work, loops};
use crate::interpreter::scope::{Scope, Variables};
use crate::serve::responder::Responder;

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
    let prepared = Responder::of(py, responder, lent).and_then(|way_back| {
        let prepared = prepared(py, call, variables, way_back.clone())?;
        Ok((prepared.unbind(), way_back.unbind()))
    });
    match prepared {
        Ok((call, way_back)) => to_loop.wait(move |place| match place {
            Ok(place) => {
                way_back.get().place(place);
                loops().push(Box::new(PreparedCall { call, chain }));
            }
            Err(failure) => way_back.get().refuse(&failure),
        }),
        // The responder was dropped with the failed call, so the caller knows.
        Err(error) => error.write_unraisable(py, None),
    }
}

/// A call as the loops take it: function, arguments, keywords, context variables, way back.
pub(crate) fn prepared<'py>(
    py: Python<'py>,
    (function, args, kwargs): PythonCall<'py>,
    variables: Variables<'py>,
    way_back: Bound<'py, Responder>,
) -> PyResult<Bound<'py, PyAny>> {
    let kwargs = kwargs.unwrap_or_else(|| PyDict::new(py));
    let call = (function, args, kwargs, variables.0, way_back).into_pyobject(py)?;
    Ok(call.into_any())
}

/// A call that Python has prepared, on its way to the loop.
struct PreparedCall {
    call: Py<PyAny>,
    chain: Option<ChainId>,
}

impl Work for PreparedCall {
    fn chain(&self) -> Option<ChainId> {
        self.chain
    }

    fn prepare(self: Box<Self>, py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
        Ok(Some(self.call.into_bound(py)))
    }
}
