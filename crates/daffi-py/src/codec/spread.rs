//! How an item of a stream becomes the arguments of a callback.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

/// One item, at a callback of this kind.
pub(crate) enum Spread<'a, 'py> {
    /// A tuple, where the callback requires several arguments.
    Positional(&'a Bound<'py, PyTuple>),
    /// A dict with names, where the callback requires several arguments.
    Named(&'a Bound<'py, PyDict>),
    /// Anything else is the one argument.
    Whole,
}

impl<'a, 'py> Spread<'a, 'py> {
    pub(crate) fn of(item: &'a Bound<'py, PyAny>, spreads: bool) -> Self {
        if !spreads {
            return Self::Whole;
        }
        if let Ok(tuple) = item.cast::<PyTuple>() {
            return Self::Positional(tuple);
        }
        match item.cast::<PyDict>() {
            Ok(dict)
                if dict
                    .keys()
                    .iter()
                    .all(|key| key.is_instance_of::<PyString>()) =>
            {
                Self::Named(dict)
            }
            _ => Self::Whole,
        }
    }
}
