//! Where a value stands in the message that is being written, and who else has it.

use daffi::MAX_DEPTH;
use pyo3::prelude::*;

use crate::interpreter::memory::references;

/// The place of one value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    depth: u32,
    /// How many references to the value its container and this module have, for each time that it is there.
    holders: u16,
    /// Nobody else has the container, so nobody else reaches the value through it.
    is_private: bool,
}

impl Place {
    /// Of a value by itself, to which whoever encodes it has one reference.
    pub(super) const fn root() -> Self {
        Self {
            depth: 0,
            holders: 1,
            is_private: true,
        }
    }

    /// Of an argument: its caller has it, too.
    pub(super) const fn argument() -> Self {
        Self {
            depth: 1,
            holders: 1,
            is_private: false,
        }
    }

    /// Of the value of a keyword argument, taken out of the dict.
    pub(super) const fn keyword() -> Self {
        Self {
            holders: 2,
            ..Self::argument()
        }
    }

    /// Of what `container`, which stands here, holds, with so many references to each.
    pub(super) fn inside(self, container: &Bound<'_, PyAny>, holders: u16) -> Self {
        Self {
            depth: self.depth + 1,
            holders,
            is_private: self.is_private(container),
        }
    }

    /// Whether only this message reaches `value`, which stands here. A weak reference may reach it all the same.
    pub(super) fn is_private(self, value: &Bound<'_, PyAny>) -> bool {
        self.is_private && !self.is_held_elsewhere(value)
    }

    /// Whether there are references to `value` other than those of its container here. Too high a count, as that of
    /// objects which live for ever, is on the safe side.
    pub(super) fn is_held_elsewhere(self, value: &Bound<'_, PyAny>) -> bool {
        references(value) > usize::from(self.holders)
    }

    pub(super) const fn depth(self) -> u32 {
        self.depth
    }

    pub(super) const fn is_too_deep(self) -> bool {
        self.depth as usize >= MAX_DEPTH
    }
}
