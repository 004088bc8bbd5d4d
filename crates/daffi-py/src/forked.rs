//! What must not be used, nor dropped, in a child that `fork` made of this process.
//!
//! In the child the threads of the runtime do not exist, and a lock that one of them held is held for ever. So the
//! child forgets what it inherited, closes the descriptors, and starts anew.

use std::ops::Deref;
use std::sync::OnceLock;

use daffi::fork;
use pyo3::prelude::*;

use crate::errors::Kind;

/// A value of the process that made it. In a forked child it says so when it is used, and is never dropped.
#[derive(Debug)]
pub(crate) struct OfThisProcess<T> {
    /// None only while it, or what holds it, is dropped.
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

    /// Takes the value out, to be dropped in another way; nothing where this is the copy of a parent's.
    pub(crate) fn take_out(&mut self) -> Option<T> {
        if self.is_foreign() {
            None
        } else {
            self.value.take()
        }
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
        self.value.as_ref().expect("taken out only when dropped")
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

/// A static of each process: a forked child has one of its own, and never touches its parent's.
#[derive(Debug)]
pub(crate) struct PerProcess<T> {
    value: T,
    /// Of the process that was forked from this one.
    child: OnceLock<Box<Self>>,
}

impl<T: Default> PerProcess<T> {
    /// The static, with its value in the first process.
    pub(crate) const fn new(value: T) -> Self {
        Self {
            value,
            child: OnceLock::new(),
        }
    }

    /// The value of this process.
    pub(crate) fn get(&self) -> &T {
        let of_this = (0..fork::generation()).fold(self, |parent, _| {
            parent
                .child
                .get_or_init(|| Box::new(Self::new(T::default())))
        });
        &of_this.value
    }
}
