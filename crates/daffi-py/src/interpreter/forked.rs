//! What must not be used, nor dropped, in a child that `fork` made of this process.
//!
//! In the child the threads of the runtime do not exist, and a lock that one of them held is held for ever. So the
//! child forgets what it inherited, closes the descriptors, and starts anew.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::OnceLock;

use daffi::fork;
use pyo3::prelude::*;

use crate::errors::Kind;
use crate::hooks;

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
        check_made_here(py, self.generation)?;
        Ok(self)
    }
}

/// Whether something of this generation was made by this process and not by its parent.
///
/// # Errors
/// `GlobalContextError` in a forked child.
pub(crate) fn check_made_here(py: Python<'_>, generation: u32) -> PyResult<()> {
    if generation == fork::generation() {
        return Ok(());
    }
    Err(Kind::GlobalContext.error(
        py,
        "this was made before the process was forked\nhint: make a new Global(...) in the child",
    ))
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

thread_local! {
    /// On a thread that serves: of which process it is.
    static SERVES: Cell<Option<u32>> = const { Cell::new(None) };
}

/// The calling thread serves from now on.
pub(crate) fn serves_here() {
    SERVES.set(Some(fork::generation()));
}

/// To be asked on a thread that serves after code of a user may have run, as where a value was read or written, and before
/// what follows from it: where that has forked, the child ends here. What the thread would go on with is the parent's.
#[inline]
pub(crate) fn only_parent_goes_on(py: Python<'_>) {
    let serves = SERVES.get();
    if serves.is_some_and(|generation| generation != fork::generation()) {
        end_child(py, None);
    }
}

/// Runs code of a user on a thread of ours. Where that forks and the child comes back, the child ends there: what this
/// thread would go on with, its links and locks, is the parent's.
pub(crate) fn only_parent_returns<T>(
    py: Python<'_>,
    run: impl FnOnce() -> PyResult<T>,
) -> PyResult<T> {
    let generation = fork::generation();
    let outcome = run();
    if fork::generation() != generation {
        end_child(py, outcome.as_ref().err());
    }
    outcome
}

/// Ends this process, a child that was forked on a thread of ours, with an exit code of its own.
#[cold]
fn end_child(py: Python<'_>, error: Option<&PyErr>) -> ! {
    // With its traceback, which the value alone may lack.
    let error = error.map(|error| error.clone_ref(py).into_value(py));
    let ended = hooks::END_FORKED_CHILD
        .get(py)
        .and_then(|end| end.call1((error,)));
    if let Err(problem) = ended {
        problem.write_unraisable(py, None);
    }
    // It does not come here unless Python is broken.
    std::process::abort();
}
