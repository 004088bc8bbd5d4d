//! The outcome of a call, as every look at it gives it.

use pyo3::exceptions::PyBaseException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;

/// An outcome that every look gives.
pub(crate) type Kept = Result<Py<PyAny>, Failed>;

/// An error that is raised again and again, each time with the traceback that it came with: it would grow.
pub(crate) struct Failed {
    error: Py<PyBaseException>,
    traceback: Option<Py<PyAny>>,
}

impl Failed {
    pub(crate) fn of(py: Python<'_>, error: &PyErr) -> Self {
        Self {
            error: error.value(py).clone().unbind(),
            traceback: error
                .traceback(py)
                .map(|traceback| traceback.into_any().unbind()),
        }
    }

    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            error: self.error.clone_ref(py),
            traceback: self
                .traceback
                .as_ref()
                .map(|traceback| traceback.clone_ref(py)),
        }
    }

    /// The error, to be raised once more.
    pub(crate) fn raised(self, py: Python<'_>) -> PyErr {
        let error = self.error.into_bound(py);
        let traceback = self.traceback.unwrap_or_else(|| py.None());
        // An exception takes any traceback of its own, and none.
        if let Err(problem) = error.setattr(intern!(py, "__traceback__"), traceback) {
            return problem;
        }
        PyErr::from_value(error.into_any())
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.error)?;
        visit.call(&self.traceback)
    }
}
