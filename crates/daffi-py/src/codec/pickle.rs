//! The fallback for what does not travel typed, through `daffi._wire.pickling`: pickle 5 with large buffers beside the frame.

use daffi::{Blob, BlobKind, Body, Encoding, fork};
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyModule, PyTuple};

use super::lending::Giver;
use crate::interpreter::forked::check_made_here;
use crate::interpreter::memory::Exported;

/// `daffi._wire.pickling`, imported with the first value that needs it.
fn serde(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    MODULE
        .get_or_try_init(py, || py.import("daffi._wire.pickling").map(Bound::unbind))
        .map(|module| module.bind(py))
}

/// The arguments of a call, all of them: what one of them is made of may be part of another.
pub(crate) fn dump_arguments(
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    name_of: &dyn Fn(usize) -> Option<String>,
    giver: Giver,
) -> PyResult<Body> {
    let py = args.py();
    let generation = fork::generation();
    let dumped = dump((args, kwargs).into_pyobject(py)?.as_any(), giver);
    // What says how it is pickled may fork, and whoever was asked to send is the parent's.
    check_made_here(py, generation)?;
    dumped.map_err(|error| {
        if is_no_reason(py, &error) {
            return error;
        }
        let names: Vec<Option<String>> = (0..args.len()).map(name_of).collect();
        unsendable(py, "unsendable_arguments", (&error, args, kwargs, names))
    })
}

/// One value; `what` it is, in the message of an error.
pub(super) fn dump_value(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Body> {
    let py = value.py();
    dump(value, Giver::GoesOn).map_err(|error| {
        if is_no_reason(py, &error) {
            return error;
        }
        unsendable(py, "unsendable_value", (&error, value, what))
    })
}

/// Whether pickling was interrupted, by Ctrl+C or an exit, and says nothing about the value.
fn is_no_reason(py: Python<'_>, error: &PyErr) -> bool {
    !error.is_instance_of::<PyException>(py)
}

/// The exception that `daffi._wire.unsendable` makes of a failure.
fn unsendable<'py>(
    py: Python<'py>,
    explanation: &str,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyErr {
    py.import(intern!(py, "daffi._wire.unsendable"))
        .and_then(|module| module.call_method1(explanation, arguments))
        .map_or_else(|error| error, PyErr::from_value)
}

fn dump(value: &Bound<'_, PyAny>, giver: Giver) -> PyResult<Body> {
    let py = value.py();
    let dumped = serde(py)?.call_method1(intern!(py, "dumps"), (value,))?;
    let (data, buffers): (Bound<'_, PyBytes>, Bound<'_, PyList>) = dumped.extract()?;
    let mut payload = Vec::with_capacity(1 + data.as_bytes().len());
    payload.push(Encoding::Pickle as u8);
    payload.extend_from_slice(data.as_bytes());
    let blobs = buffers.iter().map(|buffer| {
        let memory = Exported::of(&buffer)?;
        let kind = if memory.writable() {
            BlobKind::Writable
        } else {
            BlobKind::Fixed
        };
        let bytes = giver.lends(py, memory, || Ok(false))?;
        Ok(Blob { kind, bytes })
    });
    Ok(Body {
        payload,
        blobs: blobs.collect::<PyResult<_>>()?,
    })
}

/// What a pickle of a peer says. Unpickling runs what the peer names: only peers that are trusted get here.
pub(super) fn load<'py>(
    py: Python<'py>,
    data: &[u8],
    buffers: Vec<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let data = PyBytes::new(py, data);
    serde(py)?.call_method1(intern!(py, "loads"), (data, buffers))
}

/// The `SerializationError` for a payload that cannot be read.
pub(super) fn unreadable(py: Python<'_>, reason: &str, cause: Option<&PyErr>) -> PyErr {
    serde(py)
        .and_then(|serde| serde.call_method1(intern!(py, "unreadable"), (reason, cause)))
        .map_or_else(|error| error, PyErr::from_value)
}
