//! Reads payloads into Python objects. Nothing in a payload is trusted: every length is checked against what is
//! there, depth is limited, and nothing is allocated for elements that the payload has no bytes for.

mod again;
mod numpy;
mod stdlib;

use std::slice::Iter;

use daffi::{Encoding, Extension, Landing, MAX_DEPTH, SHARED_FROM};
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::frozenset::PyFrozenSetBuilder;
use pyo3::types::{
    IntoPyDict, PyBool, PyByteArray, PyBytes, PyComplex, PyDict, PyFloat, PyInt, PyList, PySet,
    PyString, PyTuple,
};
use rmp::Marker;

use self::again::Parts;
use super::encode::exact;
use super::pickle;
use crate::interpreter::memory::{Landed, PlainLanding, PythonLanding};

/// Arguments as they are called with.
pub(crate) type Arguments<'py> = (Bound<'py, PyTuple>, Option<Bound<'py, PyDict>>);

/// Why a payload cannot be read.
#[derive(Debug)]
pub(super) enum DecodeError {
    /// The payload is not what any peer of ours writes.
    Malformed(&'static str),
    /// Python refused a value: a key without a hash, the 31st of February.
    Refused(PyErr),
    /// Already what the caller is to get.
    Final(PyErr),
}

impl DecodeError {
    /// The `SerializationError` for the caller. Interrupts and the like go through as they are.
    pub(super) fn into_python(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Malformed(reason) => pickle::unreadable(py, reason, None),
            Self::Refused(error) if error.is_instance_of::<PyException>(py) => {
                pickle::unreadable(py, &error.value(py).to_string(), Some(&error))
            }
            Self::Refused(error) | Self::Final(error) => error,
        }
    }
}

impl From<PyErr> for DecodeError {
    fn from(error: PyErr) -> Self {
        Self::Refused(error)
    }
}

pub(super) type Decoded<T> = Result<T, DecodeError>;

const CUT: DecodeError = DecodeError::Malformed("the payload ends in the middle of a value");
pub(super) const TOO_DEEP: DecodeError = DecodeError::Malformed("containers are nested too deep");
pub(super) const BAD_BODY: DecodeError = DecodeError::Malformed("an extension value is not valid");

/// A payload being read.
pub(super) struct Decoder<'a, 'py> {
    pub(super) py: Python<'py>,
    rest: &'a [u8],
    blobs: Vec<Option<Box<dyn Landing>>>,
    /// The parts that come again, in a message with such.
    parts: Option<Box<Parts<'py>>>,
    /// How many elements all containers to come may announce together. Each has a byte of its own at least, so an
    /// honest payload never announces more than it has bytes, however it is nested.
    elements: usize,
}

impl<'a, 'py> Decoder<'a, 'py> {
    pub(super) fn new(py: Python<'py>, payload: &'a [u8], blobs: Vec<Box<dyn Landing>>) -> Self {
        let blobs = blobs.into_iter().map(Some).collect();
        Self {
            py,
            rest: payload,
            blobs,
            parts: None,
            elements: payload.len(),
        }
    }

    /// The arguments, the positional ones behind what stands `before`.
    pub(super) fn arguments(mut self, before: &[Bound<'py, PyAny>]) -> Decoded<Arguments<'py>> {
        if self.encoding()? == Encoding::Pickle {
            return self.pickled_arguments(before);
        }
        let (Marker::FixArray(_) | Marker::Array16 | Marker::Array32) = self.peek()? else {
            return Err(DecodeError::Malformed(
                "arguments do not begin with an array",
            ));
        };
        let args = self.elements_as_tuple(before, 0)?;
        let kwargs = match self.marker()? {
            Marker::FixMap(0) => None,
            Marker::FixMap(length) => Some(self.dict(usize::from(length), 0)?),
            Marker::Map16 => {
                let length = usize::from(u16::from_be_bytes(self.array()?));
                Some(self.dict(length, 0)?)
            }
            Marker::Map32 => {
                let length = u32::from_be_bytes(self.array()?) as usize;
                Some(self.dict(length, 0)?)
            }
            _ => return Err(DecodeError::Malformed("arguments do not end with a map")),
        };
        if let Some(kwargs) = &kwargs
            && !kwargs
                .keys()
                .iter()
                .all(|key| key.is_exact_instance_of::<PyString>())
        {
            return Err(DecodeError::Malformed(
                "the name of an argument is not text",
            ));
        }
        self.end()?;
        Ok((args, kwargs))
    }

    pub(super) fn whole_value(mut self) -> Decoded<Bound<'py, PyAny>> {
        if self.encoding()? == Encoding::Pickle {
            return self.pickled();
        }
        let value = self.value(0)?;
        self.end()?;
        Ok(value)
    }

    fn encoding(&mut self) -> Decoded<Encoding> {
        let encoding = Encoding::from_wire(self.byte()?).ok_or(DecodeError::Malformed(
            "the payload has an unknown encoding",
        ))?;
        if encoding == Encoding::TypedShared {
            let (rest, parts) = Parts::read(self.rest)?;
            self.rest = rest;
            self.parts = Some(Box::new(parts));
        }
        Ok(encoding)
    }

    fn pickled_arguments(&mut self, before: &[Bound<'py, PyAny>]) -> Decoded<Arguments<'py>> {
        let read = self.pickled()?.extract();
        let (args, kwargs): Arguments<'py> = read
            .map_err(|_| DecodeError::Malformed("pickled arguments are not a tuple and a dict"))?;
        if before.is_empty() {
            return Ok((args, kwargs));
        }
        let all: Vec<_> = before.iter().cloned().chain(args.iter()).collect();
        // Nobody but the callback has its arguments: what has one reference need not be copied as a result.
        drop(args);
        Ok((PyTuple::new(self.py, all)?, kwargs))
    }

    fn pickled(&mut self) -> Decoded<Bound<'py, PyAny>> {
        let buffers = std::mem::take(&mut self.blobs);
        let buffers: Vec<Bound<'py, PyAny>> = buffers
            .into_iter()
            .flatten()
            .map(|landing| landed(self.py, landing))
            .collect::<Decoded<_>>()?;
        pickle::load(self.py, self.rest, buffers).map_err(DecodeError::Final)
    }

    /// One value inside `depth` containers.
    pub(super) fn value(&mut self, depth: usize) -> Decoded<Bound<'py, PyAny>> {
        let py = self.py;
        Ok(match self.marker()? {
            Marker::FixPos(number) => integer(py, number),
            Marker::FixNeg(number) => integer(py, number),
            Marker::FixStr(length) => self.text(usize::from(length))?.into_any(),
            Marker::F64 => PyFloat::new(py, f64::from_be_bytes(self.array()?)).into_any(),
            Marker::Null => py.None().into_bound(py),
            Marker::True => PyBool::new(py, true).to_owned().into_any(),
            Marker::False => PyBool::new(py, false).to_owned().into_any(),
            Marker::FixArray(length) => self.list(usize::from(length), depth)?,
            Marker::FixMap(length) => self.map(usize::from(length), depth)?,
            Marker::U8 => integer(py, u8::from_be_bytes(self.array()?)),
            Marker::U16 => integer(py, u16::from_be_bytes(self.array()?)),
            Marker::U32 => integer(py, u32::from_be_bytes(self.array()?)),
            Marker::U64 => large_integer(py, u64::from_be_bytes(self.array()?)),
            Marker::I8 => integer(py, i8::from_be_bytes(self.array()?)),
            Marker::I16 => integer(py, i16::from_be_bytes(self.array()?)),
            Marker::I32 => integer(py, i32::from_be_bytes(self.array()?)),
            Marker::I64 => integer(py, i64::from_be_bytes(self.array()?)),
            marker => self.sized(marker, depth)?,
        })
    }

    /// The values whose marker is followed by a length.
    fn sized(&mut self, marker: Marker, depth: usize) -> Decoded<Bound<'py, PyAny>> {
        let py = self.py;
        let length = match marker {
            Marker::F32 => {
                let number = f32::from_be_bytes(self.array()?);
                return Ok(PyFloat::new(py, f64::from(number)).into_any());
            }
            Marker::Str8 | Marker::Bin8 | Marker::Ext8 => usize::from(self.byte()?),
            Marker::Str16 | Marker::Bin16 | Marker::Ext16 | Marker::Array16 | Marker::Map16 => {
                usize::from(u16::from_be_bytes(self.array()?))
            }
            Marker::Str32 | Marker::Bin32 | Marker::Ext32 | Marker::Array32 | Marker::Map32 => {
                u32::from_be_bytes(self.array()?) as usize
            }
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            _ => return Err(DecodeError::Malformed("the payload holds a reserved byte")),
        };
        match marker {
            Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                let text = self.text(length)?.into_any();
                Ok(self.long(text, length))
            }
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
                let bytes = PyBytes::new(py, self.take(length)?).into_any();
                Ok(self.long(bytes, length))
            }
            Marker::Array16 | Marker::Array32 => self.list(length, depth),
            Marker::Map16 | Marker::Map32 => self.map(length, depth),
            _ => self.extension(length, depth),
        }
    }

    fn extension(&mut self, length: usize, depth: usize) -> Decoded<Bound<'py, PyAny>> {
        let kind = i8::from_be_bytes(self.array()?);
        let kind = Extension::from_wire(kind).ok_or(DecodeError::Malformed(
            "the payload holds an unknown extension type",
        ))?;
        let body = self.take(length)?;
        let py = self.py;
        match kind {
            Extension::Blob => {
                let value = self.blob(body)?;
                let length = match exact::<PyBytes>(&value) {
                    Some(bytes) => bytes.as_bytes().len(),
                    None => SHARED_FROM,
                };
                Ok(self.long(value, length))
            }
            Extension::ByteArray => {
                let array = PyByteArray::new(py, body).into_any();
                Ok(self.long(array, SHARED_FROM))
            }
            Extension::Again => {
                let number = body.try_into().map_err(|_| BAD_BODY)?;
                let parts = self.parts.as_mut().ok_or(BAD_BODY)?;
                parts.again(u32::from_le_bytes(number), depth)
            }
            Extension::Complex => {
                let (real, imaginary) = body.split_at_checked(8).ok_or(BAD_BODY)?;
                let part = |bytes: &[u8]| bytes.try_into().map(f64::from_le_bytes);
                let real = part(real).map_err(|_| BAD_BODY)?;
                let imaginary = part(imaginary).map_err(|_| BAD_BODY)?;
                Ok(PyComplex::from_doubles(py, real, imaginary).into_any())
            }
            Extension::BigInteger => {
                let signed = [(intern!(py, "signed"), true)].into_py_dict(py)?;
                let arguments = (PyBytes::new(py, body), intern!(py, "little"));
                let class = py.get_type::<PyInt>();
                Ok(class.call_method(intern!(py, "from_bytes"), arguments, Some(&signed))?)
            }
            Extension::Decimal => self.decimal(body),
            Extension::Uuid => self.uuid(body),
            _ => {
                // The body is a payload of its own: nothing in it may reach past its end, or stop before it.
                let outer = std::mem::replace(&mut self.rest, body);
                let value = match kind {
                    Extension::Tuple | Extension::Set | Extension::FrozenSet => {
                        self.numbered(depth, |decoder| decoder.extension_body(kind, depth))?
                    }
                    Extension::NdArray => self.numbered(depth, |decoder| {
                        decoder.without_numbers(|decoder| decoder.extension_body(kind, depth))
                    })?,
                    _ => self.without_numbers(|decoder| decoder.extension_body(kind, depth))?,
                };
                self.end()?;
                self.rest = outer;
                Ok(value)
            }
        }
    }

    fn extension_body(&mut self, kind: Extension, depth: usize) -> Decoded<Bound<'py, PyAny>> {
        let py = self.py;
        if depth >= MAX_DEPTH && matches!(kind, Extension::Set | Extension::FrozenSet) {
            return Err(TOO_DEEP);
        }
        match kind {
            Extension::Tuple => Ok(self.elements_as_tuple(&[], depth)?.into_any()),
            Extension::Set => {
                let set = PySet::empty(py)?;
                for _ in 0..self.array_len()? {
                    set.add(self.value(depth + 1)?)?;
                }
                Ok(set.into_any())
            }
            Extension::FrozenSet => {
                let mut set = PyFrozenSetBuilder::new(py)?;
                for _ in 0..self.array_len()? {
                    set.add(self.value(depth + 1)?)?;
                }
                Ok(set.finalize().into_any())
            }
            Extension::Date => self.date(),
            Extension::Time => self.time(),
            Extension::DateTime => self.datetime(),
            Extension::TimeDelta => self.timedelta(),
            Extension::NdArray => numpy::read_array(self, depth),
            Extension::NumpyScalar => numpy::read_scalar(self, depth),
            _ => Err(BAD_BODY),
        }
    }

    fn blob(&mut self, index: &[u8]) -> Decoded<Bound<'py, PyAny>> {
        let index: [u8; 4] = index.try_into().map_err(|_| BAD_BODY)?;
        let landing = self
            .blobs
            .get_mut(u32::from_le_bytes(index) as usize)
            .and_then(Option::take)
            .ok_or(DecodeError::Malformed(
                "a large value is missing, or used twice",
            ))?;
        landed(self.py, landing)
    }

    /// A tuple of what stands `before`, and of the elements of the array that has to come next.
    fn elements_as_tuple(
        &mut self,
        before: &[Bound<'py, PyAny>],
        depth: usize,
    ) -> Decoded<Bound<'py, PyTuple>> {
        let py = self.py;
        let length = self.array_len()?;
        self.collect(length, depth, |items| {
            items.before = before.iter();
            PyTuple::new(py, items)
        })
    }

    fn list(&mut self, length: usize, depth: usize) -> Decoded<Bound<'py, PyAny>> {
        self.numbered(depth, |decoder| {
            let py = decoder.py;
            let length = decoder.announced(length)?;
            let list = decoder.collect(length, depth, |items| PyList::new(py, items))?;
            Ok(list.into_any())
        })
    }

    fn map(&mut self, length: usize, depth: usize) -> Decoded<Bound<'py, PyAny>> {
        self.numbered(depth, |decoder| Ok(decoder.dict(length, depth)?.into_any()))
    }

    fn collect<'d, T>(
        &'d mut self,
        length: usize,
        depth: usize,
        make: impl FnOnce(&mut Elements<'d, 'a, 'py>) -> PyResult<T>,
    ) -> Decoded<T> {
        if depth >= MAX_DEPTH {
            return Err(TOO_DEEP);
        }
        let mut elements = Elements {
            decoder: self,
            left: length,
            depth: depth + 1,
            before: [].iter(),
            failed: None,
        };
        let made = make(&mut elements);
        match elements.failed {
            Some(error) => Err(error),
            None => Ok(made?),
        }
    }

    fn dict(&mut self, length: usize, depth: usize) -> Decoded<Bound<'py, PyDict>> {
        if depth >= MAX_DEPTH {
            return Err(TOO_DEEP);
        }
        let dict = PyDict::new(self.py);
        for _ in 0..self.announced(length)? {
            let key = self.value(depth + 1)?;
            dict.set_item(key, self.value(depth + 1)?)?;
        }
        Ok(dict)
    }

    /// The length of the array that has to come next.
    pub(super) fn array_len(&mut self) -> Decoded<usize> {
        let length = match self.marker()? {
            Marker::FixArray(length) => usize::from(length),
            Marker::Array16 => usize::from(u16::from_be_bytes(self.array()?)),
            Marker::Array32 => u32::from_be_bytes(self.array()?) as usize,
            _ => return Err(BAD_BODY),
        };
        self.announced(length)
    }

    /// `length`, if the payload can have so many elements more.
    fn announced(&mut self, length: usize) -> Decoded<usize> {
        self.elements = self.elements.checked_sub(length).ok_or(CUT)?;
        if let Some(parts) = &mut self.parts {
            parts.elements += length as u64;
        }
        Ok(length)
    }

    fn text(&mut self, length: usize) -> Decoded<Bound<'py, PyString>> {
        Ok(PyString::from_bytes(self.py, self.take(length)?)?)
    }

    pub(super) fn marker(&mut self) -> Decoded<Marker> {
        Ok(Marker::from_u8(self.byte()?))
    }

    pub(super) fn peek(&self) -> Decoded<Marker> {
        self.rest
            .first()
            .map(|byte| Marker::from_u8(*byte))
            .ok_or(CUT)
    }

    pub(super) fn end(&self) -> Decoded<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Malformed(
                "a value is followed by bytes that belong to nothing",
            ))
        }
    }

    fn byte(&mut self) -> Decoded<u8> {
        let (first, rest) = self.rest.split_first().ok_or(CUT)?;
        self.rest = rest;
        Ok(*first)
    }

    fn array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let (first, rest) = self.rest.split_first_chunk().ok_or(CUT)?;
        self.rest = rest;
        Ok(*first)
    }

    fn take(&mut self, length: usize) -> Decoded<&'a [u8]> {
        let (first, rest) = self.rest.split_at_checked(length).ok_or(CUT)?;
        self.rest = rest;
        Ok(first)
    }
}

/// The elements of a container as PyO3 wants them: exactly as many as announced. After a failure they are `None`, and
/// the container is thrown away.
struct Elements<'d, 'a, 'py> {
    decoder: &'d mut Decoder<'a, 'py>,
    /// What comes first.
    before: Iter<'d, Bound<'py, PyAny>>,
    left: usize,
    depth: usize,
    failed: Option<DecodeError>,
}

impl<'py> Iterator for Elements<'_, '_, 'py> {
    type Item = Bound<'py, PyAny>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(before) = self.before.next() {
            return Some(before.clone());
        }
        self.left = self.left.checked_sub(1)?;
        let py = self.decoder.py;
        if self.failed.is_some() {
            return Some(py.None().into_bound(py));
        }
        Some(self.decoder.value(self.depth).unwrap_or_else(|error| {
            self.failed = Some(error);
            py.None().into_bound(py)
        }))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.before.len() + self.left;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Elements<'_, '_, '_> {}

/// The object that a large value landed in; a copy where it landed in plain memory.
fn landed(py: Python<'_>, landing: Box<dyn Landing>) -> Decoded<Bound<'_, PyAny>> {
    match landing.into_any().downcast::<PythonLanding>() {
        Ok(landing) => Ok(match landing.into_object() {
            Landed::Bytes(object) => object.into_bound(py).into_any(),
            Landed::ByteArray(object) => object.into_bound(py).into_any(),
        }),
        Err(other) => match other.downcast::<PlainLanding>() {
            Ok(plain) => Ok(plain.into_object(py)),
            Err(_) => Err(DecodeError::Malformed("a large value landed nowhere")),
        },
    }
}

fn integer(py: Python<'_>, number: impl Into<i64>) -> Bound<'_, PyAny> {
    let Ok(number) = number.into().into_pyobject(py);
    number.into_any()
}

fn large_integer(py: Python<'_>, number: u64) -> Bound<'_, PyAny> {
    let Ok(number) = number.into_pyobject(py);
    number.into_any()
}
