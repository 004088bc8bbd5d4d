//! NumPy arrays and scalars on their way out: the memory as it is, beside the frame where it is large.

use daffi::{BlobKind, Extension};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use super::{Encoder, NotTyped, exact};
use crate::codec::lending::owns_memory;
use crate::codec::place::Place;
use crate::hooks;
use crate::interpreter::memory::Exported;

/// The longest head and inline data that surely fit an extension whose length is one byte: 128 of its 255.
const SHORT_DATA: usize = 128;

impl<'py> Encoder<'py> {
    pub(super) fn ndarray(
        &mut self,
        array: &Bound<'py, PyAny>,
        place: Place,
    ) -> Result<(), NotTyped> {
        let py = array.py();
        let dtype = dtype_record(&array.getattr(intern!(py, "dtype"))?)?;
        let shape = array.getattr(intern!(py, "shape"))?;
        let shape = exact::<PyTuple>(&shape).ok_or(NotTyped)?;
        let flags = array.getattr(intern!(py, "flags"))?;
        let c_order = flags.getattr(intern!(py, "c_contiguous"))?.is_truthy()?;
        let f_order = !c_order && flags.getattr(intern!(py, "f_contiguous"))?.is_truthy()?;
        let length: usize = array.getattr(intern!(py, "nbytes"))?.extract()?;
        let long = length > SHORT_DATA || exact::<PyString>(&dtype).is_none();
        let inside = place.inside(array, 1);
        self.extension(Extension::NdArray, long, |encoder| {
            encoder.array_len(4)?;
            encoder.without_numbers(&dtype, inside)?;
            encoder.array_len(shape.len())?;
            for axis in shape.iter_borrowed() {
                encoder.value(&axis, inside)?;
            }
            encoder.text(if f_order { "F" } else { "C" })?;
            if encoder.goes_beside(length) {
                let is_view = c_order || f_order;
                let memory = Exported::of(&flat_bytes(array, is_view)?)?;
                let is_private =
                    || Ok(!is_view || (place.is_private(array) && owns_memory(array)?));
                let memory = encoder.giver().lends(py, memory, is_private)?;
                return encoder.blob(BlobKind::Writable, memory);
            }
            let order = if f_order {
                intern!(py, "F")
            } else {
                intern!(py, "C")
            };
            let data = array.call_method1(intern!(py, "tobytes"), (order,))?;
            encoder.write_bytes(exact::<PyBytes>(&data).ok_or(NotTyped)?.as_bytes())
        })
    }

    pub(super) fn numpy_scalar(
        &mut self,
        scalar: &Bound<'py, PyAny>,
        place: Place,
    ) -> Result<(), NotTyped> {
        let py = scalar.py();
        let dtype = scalar.getattr(intern!(py, "dtype"))?;
        if !dtype.getattr(intern!(py, "type"))?.is(scalar.get_type()) {
            return Err(NotTyped);
        }
        let data = scalar.call_method0(intern!(py, "tobytes"))?;
        let data = exact::<PyBytes>(&data).ok_or(NotTyped)?.as_bytes();
        let dtype = dtype_record(&dtype)?;
        let long = data.len() > SHORT_DATA || exact::<PyString>(&dtype).is_none();
        let inside = place.inside(scalar, 1);
        self.extension(Extension::NumpyScalar, long, |encoder| {
            encoder.array_len(4)?;
            encoder.without_numbers(&dtype, inside)?;
            encoder.array_len(0)?;
            encoder.text("C")?;
            encoder.write_bytes(data)
        })
    }
}

/// The content of a large array as flat bytes: a view of it where its memory is in one piece, in either order.
fn flat_bytes<'py>(array: &Bound<'py, PyAny>, whole: bool) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    let order = if whole {
        intern!(py, "K")
    } else {
        intern!(py, "C")
    };
    let flat = array.call_method1(intern!(py, "ravel"), (order,))?;
    flat.call_method1(intern!(py, "view"), (intern!(py, "uint8"),))
}

/// What says the dtype on the wire: text, or rows for a structured one.
fn dtype_record<'py>(dtype: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, NotTyped> {
    let py = dtype.py();
    // The common ones at a third of the time.
    if dtype.getattr(intern!(py, "isbuiltin"))?.extract::<u8>()? == 1 {
        let kind: char = dtype.getattr(intern!(py, "kind"))?.extract()?;
        if matches!(kind, 'f' | 'i' | 'u' | 'b' | 'c') {
            return Ok(dtype.getattr(intern!(py, "str"))?);
        }
    }
    let record = hooks::DTYPE_RECORD.get(py)?.call1((dtype,))?;
    if record.is_none() {
        Err(NotTyped)
    } else {
        Ok(record)
    }
}
