//! Python as the runtime sees it: the threads that serve, and the lock that they hold while they do.

use std::sync::Arc;

use daffi::{Allocator, BlobKind, Callback, FailedRun, Host, Landing, OutOfMemory};
use parking_lot::Mutex;
use pyo3::prelude::*;

use crate::hooks;
use crate::interpreter::forked::{only_parent_goes_on, serves_here};
use crate::interpreter::memory::PythonAllocator;
use crate::interpreter::notifier::{named, notify};
use crate::interpreter::scope::Beginning;
use crate::interpreter::waiter::Inside;
use crate::serve::failed_run::log_failed_run;
use crate::serve::transfer::TransferredFunction;

/// Python as the runtime sees it: serving threads keep a thread state for life, because attaching a bare thread costs
/// ten times what it costs with one; a batch of requests takes the interpreter lock once.
#[derive(Debug)]
pub(crate) struct PythonHost {
    pub(crate) beginning: Arc<Beginning>,
}

impl Allocator for PythonHost {
    fn allocate(&self, kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        PythonAllocator.allocate(kind, length)
    }

    fn allocate_at_once(
        &self,
        kind: BlobKind,
        length: usize,
    ) -> Result<Box<dyn Landing>, OutOfMemory> {
        PythonAllocator.allocate_at_once(kind, length)
    }
}

impl Host for PythonHost {
    fn run_thread(&self, body: &mut (dyn FnMut() + Send)) {
        Python::try_attach(|py| {
            let inside = Inside::begin(py);
            let ident = hooks::BEGIN_CALLBACK_THREAD
                .get(py)
                .and_then(|begin| begin.call0()?.extract());
            serves_here();
            let serving = ident.map(Serving::begin);
            drop(inside);
            py.detach(body);
            let _inside = Inside::begin(py);
            if let Ok(_serving) = serving
                && let Err(error) = end_thread(py)
            {
                error.write_unraisable(py, None);
            }
        });
    }

    fn run_worker(&self, name: &str, body: &mut (dyn FnMut() + Send)) {
        Python::try_attach(|py| {
            let inside = Inside::begin(py);
            let ident = hooks::BEGIN_CALLBACK_THREAD
                .get(py)
                .and_then(|begin| begin.call0()?.extract());
            named(py, name);
            serves_here();
            // Code of users runs here that may not end, as in a callback.
            let serving = ident.map(Serving::begin);
            drop(inside);
            py.detach(body);
            let _inside = Inside::begin(py);
            if let Ok(_serving) = serving
                && let Err(error) = end_thread(py)
            {
                error.write_unraisable(py, None);
            }
        });
    }

    fn run_batch(&self, body: &mut (dyn FnMut() + Send)) {
        // None when the interpreter shuts down: the requests are dropped, and their callers told.
        Python::try_attach(|py| {
            body();
            // Also what is dropped at last may fork.
            only_parent_goes_on(py);
        });
    }

    fn transferred(&self) -> Option<Arc<dyn Callback>> {
        let beginning = Arc::clone(&self.beginning);
        Some(Arc::new(TransferredFunction { beginning }))
    }

    fn run_failed(&self, failed: FailedRun) {
        notify(move |py| log_failed_run(py, failed));
    }
}

/// Has Python forget the calling thread.
fn end_thread(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    hooks::END_CALLBACK_THREAD.get(py)?.call0()
}

/// The serving threads, as Python numbers threads.
static SERVING: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// A serving thread is among them as long as this lives.
struct Serving(u64);

impl Serving {
    fn begin(ident: u64) -> Self {
        SERVING.lock().push(ident);
        Self(ident)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        SERVING.lock().retain(|ident| *ident != self.0);
    }
}

/// In a forked child: its only thread serves nobody, and the others are its parent's. The list is used with the
/// interpreter's lock held, so nobody holds it while another thread forks.
pub(crate) fn forked() {
    SERVING.lock().clear();
}

/// The threads that run callbacks, as `threading.get_ident` numbers them.
#[pyfunction]
pub(crate) fn serving_threads() -> Vec<u64> {
    SERVING.lock().clone()
}
