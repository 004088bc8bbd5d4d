//! NumPy arrays and scalars on their way in.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString, PyTuple};

use super::{BAD_BODY, DecodeError, Decoder};
use crate::codec::encode::exact;
use crate::hooks::{self, NDARRAY, NUMPY_SCALAR};

type Read<'py> = Result<Bound<'py, PyAny>, DecodeError>;

pub(super) fn read_array<'py>(decoder: &mut Decoder<'_, 'py>, depth: usize) -> Read<'py> {
    let py = decoder.py;
    let (dtype, shape, order) = read_head(decoder, depth)?;
    let data = decoder.value(depth + 1)?;
    let data = if let Some(memory) = exact::<PyByteArray>(&data) {
        memory.clone()
    } else if let Some(bytes) = exact::<PyBytes>(&data) {
        PyByteArray::new(py, bytes.as_bytes())
    } else {
        return Err(BAD_BODY);
    };
    make_array(&dtype, &shape, &order, &data)
}

pub(super) fn read_scalar<'py>(decoder: &mut Decoder<'_, 'py>, depth: usize) -> Read<'py> {
    let py = decoder.py;
    let array = read_array(decoder, depth)?;
    let scalar = array.get_item(PyTuple::empty(py))?;
    if !scalar.is_instance(NUMPY_SCALAR.get(py)?)? {
        return Err(BAD_BODY);
    }
    let dtype = array.getattr(intern!(py, "dtype"))?;
    let (zero, width) = match dtype.getattr(intern!(py, "kind"))?.extract()? {
        'S' => (PyBytes::new(py, b"\0").into_any(), 1),
        'U' => (PyString::new(py, "\0").into_any(), 4),
        _ => return Ok(scalar),
    };
    // Zeros that end a text are lost inside an array, and belong to a scalar.
    let length = dtype.getattr(intern!(py, "itemsize"))?.extract::<usize>()? / width;
    let text = scalar.call_method1(intern!(py, "ljust"), (length, zero))?;
    Ok(scalar.get_type().call1((text,))?)
}

type Head<'py> = (Bound<'py, PyAny>, Bound<'py, PyTuple>, Bound<'py, PyString>);

fn read_head<'py>(decoder: &mut Decoder<'_, 'py>, depth: usize) -> Result<Head<'py>, DecodeError> {
    let py = decoder.py;
    if decoder.array_len()? != 4 {
        return Err(BAD_BODY);
    }
    let record = decoder.value(depth + 1)?;
    let dtype = hooks::DTYPE_OF_RECORD.get(py)?.call1((record,))?;
    let axes = decoder.array_len()?;
    let shape = (0..axes)
        .map(|_| decoder.plain_integer())
        .collect::<Result<Vec<_>, _>>()?;
    let shape = PyTuple::new(py, shape)?;
    let order = decoder.value(depth + 1)?;
    let order = exact::<PyString>(&order).ok_or(BAD_BODY)?.clone();
    if order != "C" && order != "F" {
        return Err(BAD_BODY);
    }
    Ok((dtype, shape, order))
}

/// An array over `data`, which has to be exactly its content.
fn make_array<'py>(
    dtype: &Bound<'py, PyAny>,
    shape: &Bound<'py, PyTuple>,
    order: &Bound<'py, PyString>,
    data: &Bound<'py, PyByteArray>,
) -> Read<'py> {
    let py = dtype.py();
    let item: usize = dtype.getattr(intern!(py, "itemsize"))?.extract()?;
    let mut expected = Some(item);
    for axis in shape.iter_borrowed() {
        let axis: usize = axis.extract().map_err(|_| BAD_BODY)?;
        expected = expected.and_then(|expected| expected.checked_mul(axis));
    }
    if expected != Some(data.len()) || item == 0 {
        return Err(DecodeError::Malformed(
            "the data of an array does not fit its shape",
        ));
    }
    Ok(NDARRAY
        .get(py)?
        .call1((shape, dtype, data, 0, py.None(), order))?)
}
