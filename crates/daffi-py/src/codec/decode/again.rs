//! The parts of an incoming message that come again, kept from where they stand first.

use daffi::{MAX_DEPTH, MAX_ELEMENTS, SHARED_FROM};
use pyo3::prelude::*;

use super::{DecodeError, Decoded, Decoder, TOO_DEEP};

const NO_PARTS: DecodeError = DecodeError::Malformed("the list of parts that come again is broken");
const NO_PART: DecodeError = DecodeError::Malformed("a part that comes again is missing");
const TOO_MUCH: DecodeError = DecodeError::Malformed("too much comes again");

/// They and how far the message is read.
pub(super) struct Parts<'py> {
    /// The numbers of those that come again, ascending.
    wanted: Vec<u32>,
    /// Those of them that are read, in the same order.
    kept: Vec<Part<'py>>,
    /// How many values have a number so far.
    numbers: u32,
    /// How deep the deepest container stands that was read since somebody asked.
    deepest: usize,
    /// How many elements all containers so far have, with those of parts that came again.
    pub(super) elements: u64,
}

struct Part<'py> {
    value: Bound<'py, PyAny>,
    /// How many containers are in one another in it.
    height: usize,
    elements: u64,
}

/// What holds around a value that is being read.
#[derive(Clone, Copy)]
pub(super) struct Around {
    deepest: usize,
    elements: u64,
}

impl<'py> Parts<'py> {
    /// The payload without the list at its end, and that.
    pub(super) fn read(payload: &[u8]) -> Decoded<(&[u8], Self)> {
        let (payload, count) = payload.split_last_chunk::<4>().ok_or(NO_PARTS)?;
        let length = (u32::from_le_bytes(*count) as usize).checked_mul(4);
        let start = length.and_then(|length| payload.len().checked_sub(length));
        let (payload, numbers) = payload.split_at(start.ok_or(NO_PARTS)?);
        let (numbers, _) = numbers.as_chunks::<4>();
        let wanted: Vec<u32> = numbers.iter().copied().map(u32::from_le_bytes).collect();
        if !wanted.is_sorted_by(|first, second| first < second) {
            return Err(NO_PARTS);
        }
        let parts = Self {
            wanted,
            kept: Vec::new(),
            numbers: 0,
            deepest: 0,
            elements: 0,
        };
        Ok((payload, parts))
    }

    /// A value begins that will have a number.
    pub(super) fn begin(&mut self, depth: usize) -> Around {
        Around {
            deepest: std::mem::replace(&mut self.deepest, depth),
            elements: self.elements,
        }
    }

    /// It is read.
    pub(super) fn end(&mut self, value: &Bound<'py, PyAny>, depth: usize, around: Around) {
        let height = self.deepest.saturating_sub(depth);
        self.keep(value, height, self.elements - around.elements);
        self.deepest = self.deepest.max(around.deepest);
    }

    /// A value with a number and no parts is read.
    pub(super) fn leaf(&mut self, value: &Bound<'py, PyAny>) {
        self.keep(value, 0, 0);
    }

    fn keep(&mut self, value: &Bound<'py, PyAny>, height: usize, elements: u64) {
        if self.wanted.get(self.kept.len()) == Some(&self.numbers) {
            let value = value.clone();
            self.kept.push(Part {
                value,
                height,
                elements,
            });
        }
        self.numbers += 1;
    }

    /// The part of this number, which comes again.
    pub(super) fn again(&mut self, number: u32, depth: usize) -> Decoded<Bound<'py, PyAny>> {
        let place = self.wanted.binary_search(&number).map_err(|_| NO_PART)?;
        let part = self.kept.get(place).ok_or(NO_PART)?;
        let deepest = depth + part.height;
        // Deeper ones are as dangerous as if they were written out: the hash of a tuple knows no limit.
        if deepest >= MAX_DEPTH {
            return Err(TOO_DEEP);
        }
        self.deepest = self.deepest.max(deepest);
        self.elements = self.elements.saturating_add(part.elements);
        if self.elements > MAX_ELEMENTS {
            return Err(TOO_MUCH);
        }
        Ok(part.value.clone())
    }
}

impl<'py> Decoder<'_, 'py> {
    /// A value that gets a number once it is read.
    #[inline]
    pub(super) fn numbered(
        &mut self,
        depth: usize,
        read: impl FnOnce(&mut Self) -> Decoded<Bound<'py, PyAny>>,
    ) -> Decoded<Bound<'py, PyAny>> {
        let Some(parts) = &mut self.parts else {
            return read(self);
        };
        let around = parts.begin(depth);
        let value = read(self)?;
        if let Some(parts) = &mut self.parts {
            parts.end(&value, depth, around);
        }
        Ok(value)
    }

    /// The same for one without parts, if it is long enough.
    pub(super) fn long(&mut self, value: Bound<'py, PyAny>, length: usize) -> Bound<'py, PyAny> {
        if length >= SHARED_FROM
            && let Some(parts) = &mut self.parts
        {
            parts.leaf(&value);
        }
        value
    }

    /// Reads something in which nothing has a number.
    pub(super) fn without_numbers<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Decoded<T>,
    ) -> Decoded<T> {
        let parts = self.parts.take();
        let value = read(self);
        self.parts = parts;
        value
    }
}
