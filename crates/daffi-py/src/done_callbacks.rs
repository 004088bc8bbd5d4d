//! Functions that are called when a call has ended, and can be taken back before.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

/// The functions of one result. Whoever adds one bounds them; one that is taken back leaves nothing.
#[derive(Default)]
pub(crate) struct DoneCallbacks {
    functions: Mutex<Vec<Py<PyAny>>>,
    /// The call tells of its end, once for all of them.
    is_hooked: AtomicBool,
}

impl DoneCallbacks {
    /// Adds a function; whether the call is still to be asked to tell of its end.
    pub(crate) fn add(&self, function: Py<PyAny>) -> bool {
        self.functions.lock().push(function);
        !self.is_hooked.swap(true, Ordering::AcqRel)
    }

    /// Takes all out, to be called.
    pub(crate) fn take(&self) -> Vec<Py<PyAny>> {
        std::mem::take(&mut *self.functions.lock())
    }

    /// Takes one out, if nobody else has: once, however often it was added.
    pub(crate) fn take_one(&self, function: &Bound<'_, PyAny>) -> bool {
        let mut functions = self.functions.lock();
        let place = functions.iter().rposition(|other| other.is(function));
        place.map(|place| functions.remove(place)).is_some()
    }

    /// Takes out all that are equal to a function; how many.
    pub(crate) fn remove(&self, function: &Bound<'_, PyAny>) -> PyResult<usize> {
        let py = function.py();
        // Compared without the lock, by Python.
        let all: Vec<_> = self
            .functions
            .lock()
            .iter()
            .map(|other| other.clone_ref(py))
            .collect();
        let mut removed = 0;
        for other in all {
            if other.bind(py).eq(function)? && self.take_one(other.bind(py)) {
                removed += 1;
            }
        }
        Ok(removed)
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Held by a thread that has it only for a moment: then it is no garbage.
        match self.functions.try_lock() {
            Some(functions) => functions
                .iter()
                .try_for_each(|function| visit.call(function)),
            None => Ok(()),
        }
    }
}
