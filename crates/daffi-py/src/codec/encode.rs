//! Writes Python objects of exactly the types that travel typed. The first other one ends it: the caller then pickles.

mod numpy;
mod stdlib;

use std::sync::Arc;

use daffi::{Blob, BlobKind, Body, Encoding, Extension, Limits, SHARED_FROM, SharedBytes};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{
    IntoPyDict, PyBool, PyByteArray, PyBytes, PyComplex, PyDict, PyFloat, PyFrozenSet, PyInt,
    PyList, PySet, PyString, PyTuple,
};
use rmp::Marker;
use rmp::encode as write;

use super::lending::Giver;
use super::place::Place;
use super::seen::{Before, Seen};
use super::types::{Rare, recognise};
use crate::interpreter::memory::Exported;

/// The most blobs we make for one message. Further large values go inline. 4,095: every peer accepts 4,096, and the
/// link needs one for the payload where that is too long for a frame.
pub(super) const MAX_BLOBS: usize = 4095;

/// Tuples and sets longer than this are announced with a length of four bytes rather than one, so that the body needs
/// not be moved when it turns out long. 32: most shorter ones stay under 256 bytes.
const LONG: usize = 32;

/// There is something in the value that does not travel typed.
#[derive(Debug)]
pub(super) struct NotTyped;

impl From<PyErr> for NotTyped {
    /// Whatever went wrong, pickle finds it again and says it better.
    fn from(_: PyErr) -> Self {
        Self
    }
}

impl<E> From<write::ValueWriteError<E>> for NotTyped
where
    E: write::RmpWriteErr,
{
    fn from(_: write::ValueWriteError<E>) -> Self {
        Self
    }
}

impl From<std::num::TryFromIntError> for NotTyped {
    fn from(_: std::num::TryFromIntError) -> Self {
        Self
    }
}

/// A message being written.
pub(super) struct Encoder<'py> {
    giver: Giver,
    out: Vec<u8>,
    blobs: Vec<Blob>,
    seen: Seen<'py>,
}

impl<'py> Encoder<'py> {
    pub(super) fn new(giver: Giver) -> Self {
        // 64 bytes: most calls fit, and the allocator gives it from its fastest list.
        let mut out = Vec::with_capacity(64);
        out.push(Encoding::Typed as u8);
        Self {
            giver,
            out,
            blobs: Vec::new(),
            seen: Seen::default(),
        }
    }

    pub(super) const fn giver(&self) -> Giver {
        self.giver
    }

    pub(super) fn into_body(mut self) -> Body {
        self.seen.finish(&mut self.out);
        Body {
            payload: self.out,
            blobs: self.blobs,
        }
    }

    /// The positional arguments as an array, then the keyword arguments as a map.
    #[inline]
    pub(super) fn arguments(
        &mut self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> Result<(), NotTyped> {
        self.array_len(args.len())?;
        for value in args.iter_borrowed() {
            self.value(&value, Place::argument())?;
        }
        match kwargs {
            None => self.out.push(Marker::FixMap(0).to_u8()),
            Some(kwargs) => self.dict(kwargs, Place::keyword())?,
        }
        Ok(())
    }

    /// One value. The order is that of frequency; only exact types count.
    pub(super) fn value(
        &mut self,
        value: &Bound<'py, PyAny>,
        place: Place,
    ) -> Result<(), NotTyped> {
        if value.is_exact_instance_of::<PyInt>() {
            return self.integer(value);
        }
        if let Some(text) = exact::<PyString>(value) {
            return self.any_text(text, place);
        }
        if let Some(number) = exact::<PyFloat>(value) {
            // In one piece: nine bytes pushed one after the other cost twice as much.
            let mut bytes = [Marker::F64.to_u8(); 9];
            bytes[1..].copy_from_slice(&number.value().to_be_bytes());
            self.out.extend_from_slice(&bytes);
            return Ok(());
        }
        if value.is_none() {
            self.out.push(Marker::Null.to_u8());
            return Ok(());
        }
        if let Some(flag) = exact::<PyBool>(value) {
            let marker = if flag.is_true() {
                Marker::True
            } else {
                Marker::False
            };
            self.out.push(marker.to_u8());
            return Ok(());
        }
        if let Some(bytes) = exact::<PyBytes>(value) {
            return self.bytes(bytes, place);
        }
        self.container(value, place)
    }

    // Apart from `value`, which has to be quick, with few registers to save.
    #[inline(never)]
    fn container(&mut self, value: &Bound<'py, PyAny>, place: Place) -> Result<(), NotTyped> {
        if place.is_too_deep() {
            return Err(NotTyped);
        }
        if let Some(list) = exact::<PyList>(value) {
            return self.once(value, place, |encoder| encoder.list(list, place));
        }
        if let Some(dict) = exact::<PyDict>(value) {
            let inside = place.inside(value, 2);
            return self.once(value, place, |encoder| encoder.dict(dict, inside));
        }
        if let Some(tuple) = exact::<PyTuple>(value) {
            return self.once(value, place, |encoder| encoder.tuple(tuple, place));
        }
        if let Some(set) = exact::<PySet>(value) {
            return self.once(value, place, |encoder| {
                encoder.set(Extension::Set, set, set.len(), place)
            });
        }
        if let Some(set) = exact::<PyFrozenSet>(value) {
            return self.once(value, place, |encoder| {
                encoder.set(Extension::FrozenSet, set, set.len(), place)
            });
        }
        if let Some(array) = exact::<PyByteArray>(value) {
            return self.once(value, place, |encoder| encoder.bytearray(array, place));
        }
        if let Some(number) = exact::<PyComplex>(value) {
            let mut parts = [0; 16];
            parts[..8].copy_from_slice(&number.real().to_le_bytes());
            parts[8..].copy_from_slice(&number.imag().to_le_bytes());
            return self.raw_extension(Extension::Complex, &parts);
        }
        self.rare(value, place)
    }

    /// Writes a value that gets a number; where it is written already, only that.
    #[inline]
    fn once(
        &mut self,
        value: &Bound<'py, PyAny>,
        place: Place,
        write: impl Fn(&mut Self) -> Result<(), NotTyped>,
    ) -> Result<(), NotTyped> {
        if place.is_held_elsewhere(value) && !is_empty_constant(value) {
            return self.once_of_several(value, place, &write);
        }
        write(self)?;
        self.seen.end_single(place.depth());
        Ok(())
    }

    #[inline(never)]
    fn once_of_several(
        &mut self,
        value: &Bound<'py, PyAny>,
        place: Place,
        write: &dyn Fn(&mut Self) -> Result<(), NotTyped>,
    ) -> Result<(), NotTyped> {
        match self.seen.find(value) {
            Before::Never => {
                let begun = self.seen.begin(value, place.depth());
                write(self)?;
                self.seen.end(begun);
                Ok(())
            }
            // What is part of itself goes by pickle.
            Before::Begun => Err(NotTyped),
            Before::Written(part) => {
                let number = self.seen.again(part, place.depth()).ok_or(NotTyped)?;
                self.raw_extension(Extension::Again, &number.to_le_bytes())
            }
        }
    }

    /// Writes a value of ours, in which nothing has a number.
    pub(super) fn without_numbers(
        &mut self,
        value: &Bound<'py, PyAny>,
        place: Place,
    ) -> Result<(), NotTyped> {
        let seen = self.seen.put_aside();
        self.value(value, place)?;
        self.seen = seen;
        Ok(())
    }

    fn rare(&mut self, value: &Bound<'py, PyAny>, place: Place) -> Result<(), NotTyped> {
        match recognise(&value.get_type()).ok_or(NotTyped)? {
            Rare::Date => self.date(value),
            Rare::Time => self.time(value),
            Rare::DateTime => self.datetime(value),
            Rare::TimeDelta => self.timedelta(value),
            Rare::Decimal => self.decimal(value),
            Rare::Uuid => self.uuid(value),
            Rare::NdArray => self.once(value, place, |encoder| encoder.ndarray(value, place)),
            Rare::NumpyScalar => self.numpy_scalar(value, place),
            // Zones travel inside a time, not by themselves.
            Rare::TimeZone | Rare::ZoneInfo => Err(NotTyped),
        }
    }

    fn integer(&mut self, value: &Bound<'_, PyAny>) -> Result<(), NotTyped> {
        if let Ok(number) = value.extract::<i64>() {
            self.write_i64(number);
            return Ok(());
        }
        self.large_integer(value)
    }

    #[cold]
    fn large_integer(&mut self, value: &Bound<'_, PyAny>) -> Result<(), NotTyped> {
        if let Ok(number) = value.extract::<u64>() {
            write::write_uint(&mut self.out, number)?;
            return Ok(());
        }
        let py = value.py();
        let bits: usize = value.call_method0(intern!(py, "bit_length"))?.extract()?;
        let signed = [(intern!(py, "signed"), true)].into_py_dict(py)?;
        let arguments = (bits / 8 + 1, intern!(py, "little"));
        let bytes = value.call_method(intern!(py, "to_bytes"), arguments, Some(&signed))?;
        let bytes = exact::<PyBytes>(&bytes).ok_or(NotTyped)?;
        self.raw_extension(Extension::BigInteger, bytes.as_bytes())
    }

    #[inline]
    pub(super) fn write_i64(&mut self, number: i64) {
        match i8::try_from(number) {
            // One byte, its two's complement: MessagePack's fixed integers reach from -32 to 127.
            Ok(small @ -32..) => self.out.extend_from_slice(&small.to_le_bytes()),
            // Writing to memory does not fail.
            _ => drop(write::write_sint(&mut self.out, number)),
        }
    }

    pub(super) fn integers(&mut self, numbers: &[i64]) {
        numbers.iter().for_each(|number| self.write_i64(*number));
    }

    #[inline(never)]
    fn bytes(&mut self, bytes: &Bound<'py, PyBytes>, place: Place) -> Result<(), NotTyped> {
        if bytes.as_bytes().len() >= SHARED_FROM {
            return self.once(bytes, place, |encoder| encoder.bytes_here(bytes));
        }
        self.write_bytes(bytes.as_bytes())
    }

    fn bytes_here(&mut self, bytes: &Bound<'_, PyBytes>) -> Result<(), NotTyped> {
        if self.goes_beside(bytes.as_bytes().len()) {
            let held = PyBackedBytes::from(bytes.clone());
            return self.blob(BlobKind::Fixed, Arc::new(held));
        }
        self.write_bytes(bytes.as_bytes())
    }

    fn bytearray(&mut self, array: &Bound<'_, PyByteArray>, place: Place) -> Result<(), NotTyped> {
        if self.goes_beside(array.len()) {
            let is_private = || Ok(place.is_private(array));
            let memory = self
                .giver
                .lends(array.py(), Exported::of(array)?, is_private)?;
            return self.blob(BlobKind::Writable, memory);
        }
        self.raw_extension(Extension::ByteArray, &array.to_vec())
    }

    fn list(&mut self, list: &Bound<'py, PyList>, place: Place) -> Result<(), NotTyped> {
        // A copy, whose elements need no references of their own and which no other thread can change.
        let items = list.to_tuple();
        let inside = place.inside(list, 2);
        self.array_len(items.len())?;
        items
            .iter_borrowed()
            .try_for_each(|item| self.value(&item, inside))
    }

    fn tuple(&mut self, tuple: &Bound<'py, PyTuple>, place: Place) -> Result<(), NotTyped> {
        let inside = place.inside(tuple, 1);
        self.extension(Extension::Tuple, tuple.len() > LONG, |encoder| {
            encoder.array_len(tuple.len())?;
            tuple
                .iter_borrowed()
                .try_for_each(|item| encoder.value(&item, inside))
        })
    }

    fn dict(&mut self, dict: &Bound<'py, PyDict>, inside: Place) -> Result<(), NotTyped> {
        let length = dict.len();
        write::write_map_len(&mut self.out, u32::try_from(length)?)?;
        self.seen.elements += length as u64;
        let mut written = 0;
        let mut items = dict.iter();
        // PyO3 panics where a dict changes under the iteration, which other threads can do while NumPy copies.
        while written < length && dict.len() == length {
            let Some((key, value)) = items.next() else {
                break;
            };
            self.value(&key, inside)?;
            self.value(&value, inside)?;
            written += 1;
        }
        as_announced(written, length)
    }

    fn set(
        &mut self,
        kind: Extension,
        set: &Bound<'py, PyAny>,
        length: usize,
        place: Place,
    ) -> Result<(), NotTyped> {
        let inside = place.inside(set, 2);
        self.extension(kind, length > LONG, |encoder| {
            encoder.array_len(length)?;
            let mut written = 0;
            for item in set.try_iter()? {
                encoder.value(&item?, inside)?;
                written += 1;
            }
            as_announced(written, length)
        })
    }

    /// Whether a value of this many bytes travels as a blob.
    pub(super) fn goes_beside(&self, length: usize) -> bool {
        length >= Limits::BLOB_THRESHOLD && self.blobs.len() < MAX_BLOBS
    }

    pub(super) fn blob(&mut self, kind: BlobKind, bytes: SharedBytes) -> Result<(), NotTyped> {
        let index = u32::try_from(self.blobs.len())?;
        self.blobs.push(Blob { kind, bytes });
        self.raw_extension(Extension::Blob, &index.to_le_bytes())
    }

    #[inline]
    pub(super) fn array_len(&mut self, length: usize) -> Result<(), NotTyped> {
        self.seen.elements += length as u64;
        match u8::try_from(length) {
            Ok(length @ ..16) => self.out.push(Marker::FixArray(length).to_u8()),
            _ => drop(write::write_array_len(
                &mut self.out,
                u32::try_from(length)?,
            )?),
        }
        Ok(())
    }

    #[inline]
    fn any_text(&mut self, value: &Bound<'py, PyString>, place: Place) -> Result<(), NotTyped> {
        let text = value.to_str()?;
        if text.len() >= SHARED_FROM {
            return self.once(value, place, |encoder| encoder.text(text));
        }
        self.text(text)
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), NotTyped> {
        write::write_str_len(&mut self.out, u32::try_from(text.len())?)?;
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    pub(super) fn nil(&mut self) {
        self.out.push(Marker::Null.to_u8());
    }

    pub(super) fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), NotTyped> {
        write::write_bin_len(&mut self.out, u32::try_from(bytes.len())?)?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn raw_extension(&mut self, kind: Extension, body: &[u8]) -> Result<(), NotTyped> {
        write::write_ext_meta(&mut self.out, u32::try_from(body.len())?, kind as i8)?;
        self.out.extend_from_slice(body);
        Ok(())
    }

    /// An extension whose length is known only once its body is written.
    pub(super) fn extension(
        &mut self,
        kind: Extension,
        long: bool,
        body: impl FnOnce(&mut Self) -> Result<(), NotTyped>,
    ) -> Result<(), NotTyped> {
        const SHORT_HEAD: usize = 3;
        const LONG_HEAD: usize = 6;
        let start = self.out.len();
        let head = if long { LONG_HEAD } else { SHORT_HEAD };
        self.out.resize(start + head, 0);
        body(self)?;
        let length = self.out.len() - start - head;
        let kind = (kind as i8).to_le_bytes()[0];
        if let (false, Ok(length)) = (long, u8::try_from(length)) {
            let head = [Marker::Ext8.to_u8(), length, kind];
            self.out[start..start + SHORT_HEAD].copy_from_slice(&head);
            return Ok(());
        }
        let [a, b, c, d] = u32::try_from(length)?.to_be_bytes();
        let long_head = [Marker::Ext32.to_u8(), a, b, c, d, kind];
        self.out.splice(start..start + head, long_head);
        Ok(())
    }
}

/// Whether this is the empty tuple or frozenset, which the whole process shares: written out it is shorter than its number.
fn is_empty_constant(value: &Bound<'_, PyAny>) -> bool {
    if let Some(tuple) = exact::<PyTuple>(value) {
        return tuple.is_empty();
    }
    if let Some(set) = exact::<PyFrozenSet>(value) {
        return set.is_empty();
    }
    false
}

/// The value as this type, where it is exactly that and no subclass.
pub(super) fn exact<'a, 'py, T: pyo3::PyTypeInfo>(
    value: &'a Bound<'py, PyAny>,
) -> Option<&'a Bound<'py, T>> {
    // Asked first: making the error of a failed cast costs more than the comparison.
    if value.is_exact_instance_of::<T>() {
        value.cast::<T>().ok()
    } else {
        None
    }
}

/// Whether a container held what it said at first: another thread may have changed it meanwhile.
fn as_announced(written: usize, length: usize) -> Result<(), NotTyped> {
    if written == length {
        Ok(())
    } else {
        Err(NotTyped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_blobs_are_sent_than_peers_accept() {
        assert_eq!(MAX_BLOBS + 1, Limits::default().blobs as usize);
    }
}
