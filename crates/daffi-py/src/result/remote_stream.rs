//! What a call to a generator gives: its items, for `for` and for `async for`.

use daffi::{CallError, OpenedStream, Received, StreamReader};
use pyo3::prelude::*;

use crate::codec;
use crate::codec::errors::call_error;
use crate::errors::Kind;
use crate::hooks;
use crate::interpreter::context::Blocking;
use crate::interpreter::forked::OfThisProcess;
use crate::interpreter::held_up::{Wait, tell_if_held_up};
use crate::interpreter::notifier::notify;
use crate::interpreter::waiter::{Inside, unlocked, without_lock};

/// The value of a call: what came, or the remote generator that it opens.
///
/// # Errors
/// `SerializationError`: it cannot be read here.
pub(crate) fn value_of<'py>(
    py: Python<'py>,
    name: &str,
    received: Received,
    opened: Option<OpenedStream>,
) -> PyResult<Bound<'py, PyAny>> {
    let Some(opened) = opened else {
        if received.payload.is_empty() {
            // The value was not asked for.
            return Ok(py.None().into_bound(py));
        }
        return codec::decode_value(py, received);
    };
    let reader = unlocked(py, || opened.read());
    let stream = RemoteStream {
        name: name.to_owned(),
        reader: OfThisProcess::new(reader.map_err(|error| call_error(py, name, error))?),
    };
    Ok(Bound::new(py, stream)?.into_any())
}

/// The items of a remote generator. Closed, or no longer used, it ends the generator.
#[pyclass(frozen, weakref, generic, module = "daffi")]
pub(crate) struct RemoteStream {
    name: String,
    reader: OfThisProcess<StreamReader>,
}

#[pymethods]
impl RemoteStream {
    const fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    /// Passed on in place of its items.
    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        let text = format!(
            "the RemoteStream of {} does not travel\nhint: send its items, as list(stream), or stream them on",
            self.name
        );
        Err(Kind::Serialization.error(py, text))
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let _inside = Inside::begin(py);
        let reader = self.reader.check(py)?;
        if !reader.is_ready() {
            tell_if_held_up(py, &self.name, Wait::ITEM)?;
        }
        let blocking = Blocking::of(py)?;
        let next = without_lock(py, |interrupt| {
            blocking.wait(|| reader.is_ready(), || reader.next(interrupt))
        })?;
        match next {
            Ok(Some(item)) => codec::decode_value(py, item).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(call_error(py, &self.name, error)),
        }
    }

    const fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = Inside::begin(slf.py());
        hooks::NEXT_ITEM.get(slf.py())?.call1((slf,))
    }

    /// Whether the next item, or the end, is there.
    #[getter]
    fn ready(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.reader.check(py)?.is_ready())
    }

    /// Calls `wake` once, from another thread, when the next item or the end is there.
    fn on_ready(&self, py: Python<'_>, wake: Py<PyAny>) -> PyResult<()> {
        let call = move |py: Python<'_>| {
            if let Err(error) = wake.call0(py) {
                error.write_unraisable(py, None);
            }
        };
        self.reader.check(py)?.on_ready(move || notify(call));
        Ok(())
    }

    /// Ends the remote generator where it is; nothing comes after.
    fn close(&self, py: Python<'_>) {
        if !self.reader.is_foreign() {
            py.detach(|| self.reader.close());
        }
    }

    /// `close`, as async generators spell it: for `contextlib.aclosing`.
    fn aclose<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.close(py);
        hooks::GIVE_VALUE.get(py)?.call0()
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        hooks::GIVE_VALUE.get(slf.py())?.call1((slf,))
    }

    #[pyo3(signature = (*_error))]
    fn __aexit__<'py>(
        &self,
        py: Python<'py>,
        _error: &Bound<'py, pyo3::types::PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.aclose(py)
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, py: Python<'_>, _error: &Bound<'_, pyo3::types::PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        format!(
            "<daffi stream of {:?} from {:?}>",
            self.name,
            self.reader.process().as_str()
        )
    }
}

/// What [`value_of`] needs of a call that has ended.
pub(crate) type Taken = Option<Result<(Received, Option<OpenedStream>), CallError>>;

/// The outcome of a call, with the generator where it opens one.
pub(crate) fn take(pending: &daffi::PendingCall) -> Taken {
    let outcome = pending.take()?;
    Some(outcome.map(|received| {
        let opened = pending.opened(&received);
        (received, opened)
    }))
}
