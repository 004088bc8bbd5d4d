//! `_daffi._codec`: the codec by itself, for the tests of its Python half.

use daffi::{Allocator, BlobKind, Body, Received};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use super::{Giver, decode_arguments, decode_value, encode_arguments, encode_value};
use crate::interpreter::memory::PythonAllocator;

/// A message as tests see it: the payload, and each blob with whether its receiver may change it.
type Message<'py> = (Bound<'py, PyBytes>, Vec<(bool, Bound<'py, PyBytes>)>);

/// Adds the functions to the module of the seam.
pub(crate) fn add_probe(parent: &Bound<'_, PyModule>) -> PyResult<()> {
    let module = PyModule::new(parent.py(), "_codec")?;
    module.add_function(wrap_pyfunction!(dump, &module)?)?;
    module.add_function(wrap_pyfunction!(load, &module)?)?;
    module.add_function(wrap_pyfunction!(dump_call, &module)?)?;
    module.add_function(wrap_pyfunction!(load_call, &module)?)?;
    parent.add_submodule(&module)
}

#[pyfunction]
fn dump<'py>(value: &Bound<'py, PyAny>) -> PyResult<Message<'py>> {
    Ok(shown(value.py(), &encode_value(value)?))
}

#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 gives extracted arguments by value"
)]
fn load<'py>(
    py: Python<'py>,
    payload: &[u8],
    blobs: Vec<(bool, Bound<'py, PyBytes>)>,
) -> PyResult<Bound<'py, PyAny>> {
    decode_value(py, received(py, payload, &blobs)?)
}

#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 gives extracted arguments by value"
)]
fn dump_call<'py>(
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
    names: Vec<String>,
) -> PyResult<Message<'py>> {
    let body = encode_arguments(
        args,
        kwargs,
        &|index| names.get(index).cloned(),
        Giver::Waits,
    )?;
    Ok(shown(args.py(), &body))
}

#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 gives extracted arguments by value"
)]
fn load_call<'py>(
    py: Python<'py>,
    payload: &[u8],
    blobs: Vec<(bool, Bound<'py, PyBytes>)>,
) -> PyResult<super::Arguments<'py>> {
    decode_arguments(py, received(py, payload, &blobs)?)
}

fn shown<'py>(py: Python<'py>, body: &Body) -> Message<'py> {
    let blobs = body.blobs.iter().map(|blob| {
        let bytes = PyBytes::new(py, (*blob.bytes).as_ref());
        (blob.kind == BlobKind::Writable, bytes)
    });
    (PyBytes::new(py, &body.payload), blobs.collect())
}

/// Lets the blobs land as a link does: allocated and filled by a thread that is not attached.
fn received(
    py: Python<'_>,
    payload: &[u8],
    blobs: &[(bool, Bound<'_, PyBytes>)],
) -> PyResult<Received> {
    let sources: Vec<(bool, &[u8])> = blobs
        .iter()
        .map(|(writable, bytes)| (*writable, bytes.as_bytes()))
        .collect();
    let landed = py.detach(|| {
        sources
            .into_iter()
            .map(|(writable, source)| {
                let kind = if writable {
                    BlobKind::Writable
                } else {
                    BlobKind::Fixed
                };
                let mut landing = PythonAllocator.allocate(kind, source.len())?;
                landing.bytes_mut().copy_from_slice(source);
                Ok(landing)
            })
            .collect::<Result<_, daffi::OutOfMemory>>()
    });
    let blobs = landed.map_err(|error| PyMemoryError::new_err(error.to_string()))?;
    Ok(Received {
        payload: payload.to_vec(),
        blobs,
    })
}
