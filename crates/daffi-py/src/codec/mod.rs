//! Between Python objects and the payload of a message: the typed tier where every value allows it, pickle otherwise.
//! A fetcher encodes its arguments here before the call is sent; the executor decodes them, and so on back.

mod decode;
mod encode;
pub(crate) mod errors;
#[cfg(test)]
mod interop;
mod lending;
mod pickle;
mod place;
mod probe;
mod seen;
mod spread;
mod types;

use daffi::{Body, Received};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

pub(crate) use self::decode::Arguments;
use self::decode::Decoder;
use self::encode::Encoder;
pub(crate) use self::lending::Giver;
pub(crate) use self::pickle::dump_arguments;
use self::place::Place;
pub(crate) use self::probe::add_probe;
pub(crate) use self::spread::Spread;

/// How errors call what a callback gave.
const RESULT: &str = "the result";

/// Writes the arguments of a call where each is of a type that needs no pickling; `giver` says whether the memory of large
/// ones may be lent.
pub(crate) fn encode_typed(
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    giver: Giver,
) -> Option<Body> {
    let mut encoder = Encoder::new(giver);
    let written = encoder.arguments(args, kwargs);
    written.is_ok().then(|| encoder.into_body())
}

/// Writes the arguments of a call. `name_of` gives the name of a positional parameter; it is asked only for the
/// message of an error; `giver` as for [`encode_typed`].
///
/// # Errors
/// `SerializationError` naming the argument that cannot travel and where in it the fault is; an error of daffi's own
/// that an argument raised on being sent goes through as it is.
pub(crate) fn encode_arguments(
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    name_of: &dyn Fn(usize) -> Option<String>,
    giver: Giver,
) -> PyResult<Body> {
    match encode_typed(args, kwargs, giver) {
        Some(body) => Ok(body),
        None => dump_arguments(args, kwargs, name_of, giver),
    }
}

/// Writes one value, as it is now: a result, the record of an exception. Its memory is lent where nobody but whoever calls
/// this has a reference to it, and that only one.
///
/// # Errors
/// As [`encode_arguments`].
pub(crate) fn encode_value(value: &Bound<'_, PyAny>) -> PyResult<Body> {
    encode_one(value, RESULT)
}

/// The same for what a callback gave, as far as it needs no pickle; none where it does, and where it is no value but a
/// generator or a coroutine.
#[inline]
pub(crate) fn encode_typed_value(value: &Bound<'_, PyAny>) -> Option<Body> {
    let mut encoder = Encoder::new(Giver::GoesOn);
    let written = encoder.value(value, Place::root());
    written.is_ok().then(|| encoder.into_body())
}

/// What [`encode_typed_value`] has not written.
///
/// # Errors
/// As [`encode_arguments`].
pub(crate) fn dump_value(value: &Bound<'_, PyAny>) -> PyResult<Body> {
    pickle::dump_value(value, RESULT)
}

/// Writes one item of a stream, as it is now.
///
/// # Errors
/// As [`encode_arguments`].
pub(crate) fn encode_item(item: &Bound<'_, PyAny>) -> PyResult<Body> {
    encode_one(item, "an item of the stream")
}

#[inline]
fn encode_one(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Body> {
    match encode_typed_value(value) {
        Some(body) => Ok(body),
        None => pickle::dump_value(value, what),
    }
}

/// Reads what [`encode_arguments`] wrote, here or at a peer. Nothing in it is trusted, pickles aside.
///
/// # Errors
/// `SerializationError` saying what is wrong with the payload, or what is missing here to read it.
pub(crate) fn decode_arguments(py: Python<'_>, received: Received) -> PyResult<Arguments<'_>> {
    decode_arguments_behind(&[], py, received)
}

/// The same, where what runs them takes something `before` them: one tuple is made, and not two.
///
/// # Errors
/// As [`decode_arguments`].
pub(crate) fn decode_arguments_behind<'py>(
    before: &[Bound<'py, PyAny>],
    py: Python<'py>,
    received: Received,
) -> PyResult<Arguments<'py>> {
    let decoder = Decoder::new(py, &received.payload, received.blobs);
    decoder
        .arguments(before)
        .map_err(|error| error.into_python(py))
}

/// Reads what [`encode_value`] wrote.
///
/// # Errors
/// As [`decode_arguments`].
pub(crate) fn decode_value(py: Python<'_>, received: Received) -> PyResult<Bound<'_, PyAny>> {
    let decoder = Decoder::new(py, &received.payload, received.blobs);
    decoder.whole_value().map_err(|error| error.into_python(py))
}
