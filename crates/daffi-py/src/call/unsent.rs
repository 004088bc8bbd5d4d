//! What is of no use as it is, a call without a modifier or a name with one: where it was made, and the warning where it is
//! dropped without having been used.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::hooks;
use crate::interpreter::memory::{instruction, running_frame};
use crate::interpreter::waiter::{Inside, is_over};

/// What its code lacks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Forgotten {
    Modifier,
    /// It has this modifier.
    Parentheses(&'static str),
}

/// The place of a call, and whether somebody has run it. For a call that is run this is all that the warning costs.
#[derive(Debug)]
pub(crate) struct Unsent {
    /// The code that made it, and the offset of the instruction there; its line is looked up for the warning only.
    place: Option<(Py<PyAny>, Py<PyAny>)>,
    is_awaited: AtomicBool,
    is_settled: AtomicBool,
}

impl Unsent {
    /// A call that is made here.
    pub(crate) fn made_here(py: Python<'_>) -> Self {
        Self {
            place: here(py).ok(),
            is_awaited: AtomicBool::new(false),
            is_settled: AtomicBool::new(false),
        }
    }

    /// It is run, or an error has told that it cannot be: from now on there is nothing to warn of.
    pub(crate) fn settle(&self) {
        self.is_settled.store(true, Ordering::Relaxed);
    }

    /// It was awaited, which does not run it.
    pub(crate) fn awaited(&self) {
        self.is_awaited.store(true, Ordering::Relaxed);
    }

    /// It is dropped. `forgotten` is how it is written, and what was forgotten.
    pub(crate) fn dropped(&self, forgotten: impl FnOnce() -> (String, Forgotten)) {
        if self.is_settled.load(Ordering::Relaxed) || is_over() {
            return;
        }
        // None while the interpreter goes: nothing that is dropped then was forgotten.
        Python::try_attach(|py| {
            // What is being raised says why the call was not run.
            if let Some(raised) = PyErr::take(py) {
                raised.restore(py);
                return;
            }
            let _inside = Inside::begin(py);
            if let Err(error) = self.warn(py, forgotten()) {
                // As Python does with what is raised where something is dropped; a warning may be an error.
                error.write_unraisable(py, None);
            }
        });
    }

    fn warn(&self, py: Python<'_>, (written, forgotten): (String, Forgotten)) -> PyResult<()> {
        let Some((code, instruction)) = &self.place else {
            return Ok(());
        };
        match forgotten {
            Forgotten::Modifier => {
                let is_awaited = self.is_awaited.load(Ordering::Relaxed);
                let args = (written, code, instruction, is_awaited);
                hooks::WARN_UNSENT.get(py)?.call1(args)?;
            }
            Forgotten::Parentheses(modifier) => {
                let args = (written, modifier, code, instruction);
                hooks::WARN_UNCALLED.get(py)?.call1(args)?;
            }
        }
        Ok(())
    }
}

fn here(py: Python<'_>) -> PyResult<(Py<PyAny>, Py<PyAny>)> {
    let (frame, code) = running_frame(py)
        .ok_or_else(|| PyRuntimeError::new_err("no code of Python runs in this thread"))?;
    // Not its line: Python counts the lines of a function from its beginning.
    let instruction = instruction(&frame)?;
    Ok((code.unbind(), instruction.unbind()))
}
