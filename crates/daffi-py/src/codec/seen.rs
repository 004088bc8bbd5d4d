//! What of a message is written already: a part that is there several times is written once, and named after that.
//!
//! Only values are looked for that something else holds, too: what has a single reference cannot be there twice.

use std::collections::BTreeSet;

use daffi::{Encoding, MAX_DEPTH, MAX_ELEMENTS};
use pyo3::prelude::*;
use rustc_hash::FxHashMap;

/// The values that may come again, and what numbers them. Made for every message, so it is small: most have one such value
/// at most.
#[derive(Default)]
pub(super) struct Seen<'py> {
    first: Option<Part<'py>>,
    others: Option<Box<Others<'py>>>,
    /// How many values have a number.
    numbers: u32,
    /// How deep the deepest value stands that got a number, since the one around it began.
    deepest: u32,
    /// How many elements all containers have, with those of parts that came again.
    pub(super) elements: u64,
}

/// What more than one value needs.
#[derive(Default)]
struct Others<'py> {
    parts: Vec<Part<'py>>,
    /// Where they are, by address; they are kept alive there.
    index: FxHashMap<usize, usize>,
    /// The numbers of those that came again.
    again: BTreeSet<u32>,
}

struct Part<'py> {
    value: Bound<'py, PyAny>,
    /// Nothing while it is being written.
    written: Option<Written>,
}

/// What is known of a part that is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    number: u32,
    /// How many containers are in one another in it.
    height: u32,
    elements: u64,
}

/// Whether a value was here before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before {
    Never,
    /// It is being written: what comes again is part of itself.
    Begun,
    Written(Written),
}

/// A part that is being written.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    /// Among the others; the first has none.
    place: Option<usize>,
    depth: u32,
    /// What was so before it.
    deepest: u32,
    elements: u64,
}

impl<'py> Seen<'py> {
    pub(super) fn find(&self, value: &Bound<'py, PyAny>) -> Before {
        let first = self.first.as_ref().filter(|part| part.value.is(value));
        let part = first.or_else(|| {
            let others = self.others.as_deref()?;
            others.parts.get(*others.index.get(&address(value))?)
        });
        match part {
            None => Before::Never,
            Some(Part { written: None, .. }) => Before::Begun,
            Some(Part {
                written: Some(written),
                ..
            }) => Before::Written(*written),
        }
    }

    /// A value begins to be written that may come again.
    pub(super) fn begin(&mut self, value: &Bound<'py, PyAny>, depth: u32) -> Begun {
        let part = Part {
            value: value.clone(),
            written: None,
        };
        let place = if self.first.is_none() {
            self.first = Some(part);
            None
        } else {
            let others = self.others.get_or_insert_default();
            let place = others.parts.len();
            others.index.insert(address(value), place);
            others.parts.push(part);
            Some(place)
        };
        Begun {
            place,
            depth,
            deepest: std::mem::replace(&mut self.deepest, depth),
            elements: self.elements,
        }
    }

    /// It is written.
    pub(super) fn end(&mut self, begun: Begun) {
        let written = Written {
            number: self.numbers,
            height: self.deepest - begun.depth,
            elements: self.elements - begun.elements,
        };
        let part = match begun.place {
            None => self.first.as_mut(),
            Some(place) => {
                let others = self.others.as_deref_mut();
                others.and_then(|others| others.parts.get_mut(place))
            }
        };
        if let Some(part) = part {
            part.written = Some(written);
        }
        self.deepest = self.deepest.max(begun.deepest);
        self.numbers += 1;
    }

    /// A value is written that cannot come again, but has a number all the same.
    pub(super) fn end_single(&mut self, depth: u32) {
        self.deepest = self.deepest.max(depth);
        self.numbers += 1;
    }

    /// A part comes again, at this depth; its number, unless the value would be too much for readers that write it out.
    pub(super) fn again(&mut self, part: Written, depth: u32) -> Option<u32> {
        let deepest = depth + part.height;
        self.deepest = self.deepest.max(deepest);
        self.elements = self.elements.saturating_add(part.elements);
        if deepest as usize >= MAX_DEPTH || self.elements > MAX_ELEMENTS {
            return None;
        }
        let others = self.others.get_or_insert_default();
        others.again.insert(part.number);
        Some(part.number)
    }

    /// For a value of ours, in which nothing has a number: what is to be restored after it.
    pub(super) fn put_aside(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Completes a payload in which parts come again: by its encoding, and their numbers at the end.
    pub(super) fn finish(&self, payload: &mut Vec<u8>) {
        let Some(others) = &self.others else {
            return;
        };
        let Ok(count @ 1..) = u32::try_from(others.again.len()) else {
            return;
        };
        if let Some(encoding) = payload.first_mut() {
            *encoding = Encoding::TypedShared as u8;
        }
        for number in others.again.iter().chain([&count]) {
            payload.extend_from_slice(&number.to_le_bytes());
        }
    }
}

fn address(value: &Bound<'_, PyAny>) -> usize {
    value.as_ptr().addr()
}
