//! Whether the memory of a large value is sent from where it is, or copied first: what is sent is what was given.

use std::sync::Arc;

use daffi::SharedBytes;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};

use crate::hooks::{self, NDARRAY};
use crate::interpreter::memory::Exported;

/// What whoever gives a value does until it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Giver {
    /// Waits until the kernel has it: its memory is sent from where it is.
    Waits,
    /// Goes on at once: memory that could change meanwhile is copied.
    GoesOn,
}

/// How many objects are followed from a view to the owner of its memory. 8: views of views are collapsed by NumPy and
/// by `memoryview`, so longer chains are made on purpose.
const OWNERS: usize = 8;

impl Giver {
    /// Memory to be sent; `is_private` is asked whether nobody but this message reaches it.
    pub(super) fn lends(
        self,
        py: Python<'_>,
        memory: Exported,
        is_private: impl FnOnce() -> PyResult<bool>,
    ) -> PyResult<SharedBytes> {
        let stays = self == Self::Waits
            || (!memory.writable() && cannot_change(memory.view(py).as_any())?)
            || is_private()?;
        if stays {
            Ok(Arc::new(memory))
        } else {
            memory.copied()
        }
    }
}

/// Whether the memory is that of a `bytes` object in the end, with nothing in between through which it can be written.
fn cannot_change(view: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = view.py();
    let mut owner = view.clone();
    for _ in 0..OWNERS {
        if owner.is_exact_instance_of::<PyBytes>() {
            return Ok(true);
        }
        owner = if owner.is_exact_instance_of::<PyMemoryView>() {
            owner.getattr(intern!(py, "obj"))?
        } else if NDARRAY.is_known(&owner.get_type()) {
            owner.getattr(intern!(py, "base"))?
        } else {
            return Ok(false);
        };
    }
    Ok(false)
}

/// Whether the memory of a NumPy array is reached through references to the array alone.
pub(super) fn owns_memory(array: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = array.py();
    let flags = array.getattr(intern!(py, "flags"))?;
    let weak_references = hooks::WEAK_REFERENCES.get(py)?.call1((array,))?;
    Ok(flags.getattr(intern!(py, "owndata"))?.is_truthy()? && weak_references.eq(0)?)
}
