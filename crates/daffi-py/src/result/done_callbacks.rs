//! Functions that are called when a call has ended, and can be taken back before: users' on a thread for them, ours on
//! another, so that none of ours waits for one of theirs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyo3::PyClass;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;

use crate::hooks;
use crate::interpreter::forked::PerProcess;
use crate::interpreter::notifier::{Notifier, notify};

/// From when on it is told that the function of a user takes long. 1 s: those of other calls wait for it.
const LONG: Duration = Duration::from_secs(1);

/// The functions of one result. Whoever adds one bounds them; one that is taken back leaves nothing.
#[derive(Default)]
pub(crate) struct DoneCallbacks {
    ours: Functions,
    users: Functions,
}

#[derive(Default)]
struct Functions {
    functions: Mutex<Vec<Py<PyAny>>>,
    /// The call tells of its end, once for all of them.
    is_hooked: AtomicBool,
}

impl DoneCallbacks {
    const fn of(&self, whose: Notifier) -> &Functions {
        match whose {
            Notifier::Ours => &self.ours,
            Notifier::Users => &self.users,
        }
    }

    /// Adds a function; whether the call is still to be asked to tell of its end.
    pub(crate) fn add(&self, whose: Notifier, function: Py<PyAny>) -> bool {
        let functions = self.of(whose);
        functions.functions.lock().push(function);
        !functions.is_hooked.swap(true, Ordering::AcqRel)
    }

    /// Takes one out, if nobody else has: once, however often it was added.
    pub(crate) fn take_one(&self, whose: Notifier, function: &Bound<'_, PyAny>) -> bool {
        self.of(whose).take_one(function)
    }

    /// Takes out all that are equal to a function; how many.
    pub(crate) fn remove(&self, function: &Bound<'_, PyAny>) -> PyResult<usize> {
        Ok(self.users.remove(function)? + self.ours.remove(function)?)
    }

    /// Lets go of all.
    pub(crate) fn clear(&self) {
        drop((self.ours.take(), self.users.take()));
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.ours.traverse(visit)?;
        self.users.traverse(visit)
    }
}

impl Functions {
    fn take(&self) -> Vec<Py<PyAny>> {
        std::mem::take(&mut *self.functions.lock())
    }

    fn take_one(&self, function: &Bound<'_, PyAny>) -> bool {
        let mut functions = self.functions.lock();
        let place = functions.iter().rposition(|other| other.is(function));
        place.map(|place| functions.remove(place)).is_some()
    }

    fn remove(&self, function: &Bound<'_, PyAny>) -> PyResult<usize> {
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

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Held by a thread that has it only for a moment: then it is no garbage.
        match self.functions.try_lock() {
            Some(functions) => functions
                .iter()
                .try_for_each(|function| visit.call(function)),
            None => Ok(()),
        }
    }
}

/// Calls a done-callback; what it raises is for the hook of unraisable errors, as nobody waits for it.
pub(crate) fn call_done(result: &Bound<'_, PyAny>, done: &Bound<'_, PyAny>) {
    if let Err(error) = done.call1((result,)) {
        error.write_unraisable(done.py(), Some(done));
    }
}

/// The call of a result has ended: has its functions, where `functions_of` finds them, called on the thread for them. Any
/// thread.
pub(crate) fn has_ended<T>(
    result: Py<T>,
    functions_of: impl FnOnce(&T) -> &DoneCallbacks + Send + 'static,
    whose: Notifier,
) where
    T: PyClass<Frozen = True> + Sync,
{
    if whose == Notifier::Users && is_one_slow() {
        notify(tell_of_slow_one);
    }
    whose.notify(move |py| {
        let result = result.bind(py);
        for done in functions_of(result.get()).of(whose).take() {
            let done = done.bind(py);
            match whose {
                Notifier::Ours => call_done(result.as_any(), done),
                Notifier::Users => watched(done, || call_done(result.as_any(), done)),
            }
        }
    });
}

/// The function of a user that runs on the thread for them.
struct Running {
    function: Py<PyAny>,
    since: Instant,
    is_told: bool,
}

impl Running {
    fn is_to_be_told(&self) -> bool {
        !self.is_told && self.since.elapsed() >= LONG
    }
}

/// Held only for a moment, and never while Python runs.
static RUNNING: PerProcess<Mutex<Option<Running>>> = PerProcess::new(Mutex::new(None));

/// To be called in a forked child, while it has a single thread.
pub(crate) fn forked() {
    RUNNING.get();
}

fn watched(function: &Bound<'_, PyAny>, call: impl FnOnce()) {
    *RUNNING.get().lock() = Some(Running {
        function: function.clone().unbind(),
        since: Instant::now(),
        is_told: false,
    });
    call();
    // Looked up anew: in a child that the function has forked it is another, with nothing in it.
    let ended = RUNNING.get().lock().take();
    if let Some(ended) = ended
        && ended.is_to_be_told()
    {
        log_slow(function, ended.since.elapsed());
    }
}

fn is_one_slow() -> bool {
    let running = RUNNING.get().lock();
    running.as_ref().is_some_and(Running::is_to_be_told)
}

/// Tells of one that still runs, which may be for ever.
fn tell_of_slow_one(py: Python<'_>) {
    let slow = {
        let mut running = RUNNING.get().lock();
        let slow = running.as_mut().filter(|running| running.is_to_be_told());
        slow.map(|running| {
            running.is_told = true;
            (running.function.clone_ref(py), running.since.elapsed())
        })
    };
    if let Some((function, took)) = slow {
        log_slow(function.bind(py), took);
    }
}

fn log_slow(function: &Bound<'_, PyAny>, took: Duration) {
    let py = function.py();
    let logged = hooks::LOG_SLOW_DONE_CALLBACK
        .get(py)
        .and_then(|log| log.call1((function, took.as_secs_f64())));
    if let Err(error) = logged {
        error.write_unraisable(py, None);
    }
}
