//! The way back of one asynchronous callback, as its event loop has it.

use daffi::{Failure, LoopPlace};
use parking_lot::Mutex;
use pyo3::PyClassInitializer;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::interpreter::context::{Context, RunningCall};
use crate::interpreter::loops::CallQueue;
use crate::serve::answer::{answer, answer_value};

/// The way back of one asynchronous callback, used from the thread of its event loop.
#[pyclass(frozen, extends = RunningCall, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct Responder(Mutex<Option<daffi::Responder>>);

#[pymethods]
impl Responder {
    /// Asked right before the call runs, which may be a while after it was taken: False where it need not any more, which
    /// is its answer.
    fn begin(slf: &Bound<'_, Self>) -> bool {
        let RunningCall(context) = slf.as_super().get();
        let Some(failure) = context.cancelled.in_vain(context.deadline) else {
            return true;
        };
        if let Ok(responder) = slf.get().take() {
            responder.fail(&failure);
        }
        false
    }

    /// Answers with the value: handed over by who has no other reference to it, it need not be copied.
    fn reply(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        answer_value(py, self.take()?, value, None);
        Ok(())
    }

    /// Has the loop of this queue call `cancel` when nobody waits for the answer any more, soon if that is so.
    fn on_cancel(slf: &Bound<'_, Self>, queue: Py<CallQueue>, cancel: Py<PyAny>) {
        let RunningCall(context) = slf.as_super().get();
        // Told by the reading thread, which must not be held up by Python.
        context
            .cancelled
            .on_cancel(move || queue.get().call_soon(cancel));
    }

    /// Whether the caller wants the value; where not, a generator is to run to its end.
    #[getter]
    fn wants_value(&self) -> bool {
        let responder = self.0.lock();
        responder
            .as_ref()
            .is_some_and(daffi::Responder::wants_value)
    }

    /// Answers with what was raised.
    fn fail(&self, py: Python<'_>, error: Bound<'_, PyAny>) -> PyResult<()> {
        answer(py, self.take()?, Err(PyErr::from_value(error)), None);
        Ok(())
    }
}

impl Responder {
    /// For the call that runs in this context.
    pub(crate) fn of(
        py: Python<'_>,
        responder: daffi::Responder,
        context: Context,
    ) -> PyResult<Bound<'_, Self>> {
        let running = PyClassInitializer::from(RunningCall(context));
        Bound::new(py, running.add_subclass(Self(Mutex::new(Some(responder)))))
    }

    /// It is the turn of the call on its loop.
    pub(crate) fn place(&self, place: LoopPlace) {
        if let Some(responder) = &mut *self.0.lock() {
            responder.take_place(place);
        }
    }

    /// Its turn never comes.
    pub(crate) fn refuse(&self, failure: &Failure) {
        let responder = self.0.lock().take();
        if let Some(responder) = responder {
            responder.fail(failure);
        }
    }

    fn take(&self) -> PyResult<daffi::Responder> {
        let responder = self.0.lock().take();
        responder.ok_or_else(|| PyRuntimeError::new_err("this call has its answer"))
    }
}
