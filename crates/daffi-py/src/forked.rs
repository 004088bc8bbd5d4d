//! What must not be used, nor dropped, in a child that `fork` made of this process.
//!
//! In the child the threads of the runtime do not exist, and a lock that one of them held is held for ever. So the
//! child forgets what it inherited, closes the descriptors, and starts anew.

use std::ops::Deref;

use daffi::fork;
use pyo3::prelude::*;

use crate::errors::Kind;

/// A value of the process that made it. In a forked child it says so when it is used, and is never dropped.
#[derive(Debug)]
pub(crate) struct OfThisProcess<T> {
    /// None only while it is dropped.
    value: Option<T>,
    generation: u32,
}

impl<T> OfThisProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: Some(value),
            generation: fork::generation(),
        }
    }

    /// Whether this is the copy of a parent's value.
    pub(crate) fn is_foreign(&self) -> bool {
        self.generation != fork::generation()
    }

    /// # Errors
    /// `GlobalContextError` in a forked child.
    pub(crate) fn check(&self, py: Python<'_>) -> PyResult<&T> {
        if self.is_foreign() {
            return Err(Kind::GlobalContext.error(
                py,
                "this was made before the process was forked\nhint: make a new Global(...) in the child",
            ));
        }
        Ok(self)
    }
}

impl<T> Deref for OfThisProcess<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("taken out only by drop")
    }
}

impl<T> Drop for OfThisProcess<T> {
    fn drop(&mut self) {
        if self.is_foreign() {
            // Leaked on purpose: its drop could wait for a lock that nobody will ever free.
            Box::leak(Box::new(self.value.take()));
        }
    }
}
