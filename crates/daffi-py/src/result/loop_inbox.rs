//! Where an asyncio loop is told of calls that have ended: one wake-up for all that ended since it last looked.

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use daffi::fork::Registered;
use parking_lot::Mutex;
use pyo3::exceptions::PyOSError;
use pyo3::intern;
use pyo3::prelude::*;
use rustix::event::{EventfdFlags, eventfd};

use crate::interpreter::waiter::Inside;

/// The futures of one loop whose calls have ended, and the descriptor that makes the loop look.
///
/// Calls end on threads that must not take the interpreter lock; they only leave the future here. The queue holds one
/// entry for each call that is awaited, so those bound it.
#[pyclass(frozen, weakref, module = "daffi._daffi")]
pub(crate) struct LoopInbox {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    _registered: Registered,
    /// Readable while there is something in the queue.
    bell: OwnedFd,
    ended: Mutex<Vec<Py<PyAny>>>,
}

impl Shared {
    /// Leaves the future of a call that has ended. From any thread, without the interpreter lock.
    pub(crate) fn leave(&self, future: Py<PyAny>) {
        let mut ended = self.ended.lock();
        ended.push(future);
        if ended.len() == 1 {
            // Fails only when the counter is full, and then the bell rings anyway.
            let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
        }
    }
}

#[pymethods]
impl LoopInbox {
    #[new]
    fn new() -> PyResult<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let bell = eventfd(0, flags).map_err(|error| PyOSError::new_err(error.to_string()))?;
        let registered = Registered::new(bell.as_raw_fd());
        let shared = Shared {
            _registered: registered,
            bell,
            ended: Mutex::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The descriptor to watch for reading.
    fn fileno(&self) -> i32 {
        self.shared.bell.as_raw_fd()
    }

    /// Settles the futures of all calls that have ended. Called by the loop when the descriptor is readable.
    fn settle(&self, py: Python<'_>) -> PyResult<()> {
        let _inside = Inside::begin(py);
        let mut counter = [0; 8];
        let _ = rustix::io::read(&self.shared.bell, &mut counter);
        let ended = std::mem::take(&mut *self.shared.ended.lock());
        for future in ended {
            // The task that awaited it may have been cancelled meanwhile.
            if !future
                .call_method0(py, intern!(py, "done"))?
                .is_truthy(py)?
            {
                future.call_method1(py, intern!(py, "set_result"), (py.None(),))?;
            }
        }
        Ok(())
    }
}

/// A future that waits for the end of a call. Forgotten, it is let go at once, and its loop with it.
#[pyclass(frozen, module = "daffi._daffi")]
#[derive(Clone)]
pub(crate) struct Settlement(Arc<Mutex<Option<Unsettled>>>);

/// The future, and where its loop is told of it.
type Unsettled = (Py<PyAny>, Arc<Shared>);

#[pymethods]
impl Settlement {
    /// Nobody awaits the future any more.
    fn forget(&self) {
        let unsettled = self.0.lock().take();
        drop(unsettled);
    }
}

impl Settlement {
    pub(crate) fn of(future: Py<PyAny>, inbox: Arc<Shared>) -> Self {
        Self(Arc::new(Mutex::new(Some((future, inbox)))))
    }

    /// The call has ended. From any thread, without the interpreter lock.
    pub(crate) fn end(&self) {
        let unsettled = self.0.lock().take();
        if let Some((future, inbox)) = unsettled {
            inbox.leave(future);
        }
    }
}

impl LoopInbox {
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}
