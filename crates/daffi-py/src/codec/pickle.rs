//! The fallback for what does not travel typed, through the front: pickle 5 with large buffers beside the frame.

use daffi::{Blob, BlobKind, Body, Encoding, fork};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use super::lending::Giver;
use crate::hooks::{self, Hook};
use crate::interpreter::forked::check_made_here;
use crate::interpreter::memory::Exported;

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
        unsendable(
            py,
            &hooks::UNSENDABLE_ARGUMENTS,
            (&error, args, kwargs, names),
        )
    })
}

/// One value; `what` it is, in the message of an error.
pub(super) fn dump_value(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Body> {
    let py = value.py();
    dump(value, Giver::GoesOn).map_err(|error| {
        if is_no_reason(py, &error) {
            return error;
        }
        unsendable(py, &hooks::UNSENDABLE_VALUE, (&error, value, what))
    })
}

/// Whether pickling was interrupted, by Ctrl+C or an exit, and says nothing about the value.
fn is_no_reason(py: Python<'_>, error: &PyErr) -> bool {
    !error.is_instance_of::<PyException>(py)
}

/// The exception that the front makes of a failure.
fn unsendable<'py>(
    py: Python<'py>,
    explanation: &Hook,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyErr {
    explanation
        .get(py)
        .and_then(|explain| explain.call1(arguments))
        .map_or_else(|error| error, PyErr::from_value)
}

fn dump(value: &Bound<'_, PyAny>, giver: Giver) -> PyResult<Body> {
    let py = value.py();
    let dumped = hooks::DUMPS.get(py)?.call1((value,))?;
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
    hooks::LOADS.get(py)?.call1((data, buffers))
}

/// The `SerializationError` for a payload that cannot be read.
pub(super) fn unreadable(py: Python<'_>, reason: &str, cause: Option<&PyErr>) -> PyErr {
    hooks::UNREADABLE_PAYLOAD
        .get(py)
        .and_then(|unreadable| unreadable.call1((reason, cause)))
        .map_or_else(|error| error, PyErr::from_value)
}
