//! Waiting without the interpreter lock: every wait of the seam goes through here, and asks for signals as it goes on.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use daffi::fork;
use pyo3::prelude::*;
use rustix::process::getpid;
use rustix::thread::gettid;

use crate::hooks;
use crate::interpreter::forked::check_made_here;

/// Threads that are in the seam, with or without the interpreter lock, and will want it. Changed with that lock held and by
/// nobody else, so that it takes no atomic sum, of which every call would need four.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// Those of them that have come to rest.
static RESTING: AtomicUsize = AtomicUsize::new(0);

/// The thread that ends the interpreter, once it does. Set with the interpreter lock held: who comes in sees it, or was
/// counted before.
static ENDS_ALL: OnceLock<ThreadId> = OnceLock::new();

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Python's main thread, as the system numbers threads; 0 where that is not known.
static MAIN_THREAD: AtomicI32 = AtomicI32::new(0);

/// Learns which thread runs signal handlers: no other needs to ask for them.
pub(crate) fn learn_main_thread(py: Python<'_>) -> PyResult<()> {
    let main = hooks::MAIN_THREAD.get(py)?.call0()?;
    let number: Option<i32> = main.getattr("native_id")?.extract()?;
    MAIN_THREAD.store(number.unwrap_or(0), Ordering::Relaxed);
    Ok(())
}

/// Whether this thread may run signal handlers. The first of the process counts, too: where a program brings its own
/// Python, `threading` may have been imported by another, and takes that one for the main thread.
fn may_handle_signals() -> bool {
    let (main, this) = (MAIN_THREAD.load(Ordering::Relaxed), gettid());
    main == 0 || this.as_raw_nonzero().get() == main || this == getpid()
}

/// At the end of the process: keeps all other threads from running Python through the seam, and waits until those have
/// come to rest that do, for as long as the bound.
///
/// An interpreter that goes ends every thread that wants its lock, in the middle of our code, which takes the process
/// along with an abort. So from now on they stay where they are until the process has ended.
pub(crate) fn settle(py: Python<'_>, bound: Duration) {
    let _ = ENDS_ALL.set(thread::current().id());
    let until = Instant::now() + bound;
    let own = usize::from(IS_INSIDE.get());
    let others_go_on = || {
        // First those that rest: who is counted there was counted among the others before.
        let resting = RESTING.load(Ordering::SeqCst);
        INSIDE.load(Ordering::SeqCst) > own + resting
    };
    py.detach(|| {
        while others_go_on() && Instant::now() < until {
            // There is nothing to be told by: they are on their way through the interpreter's own lock.
            thread::park_timeout(Duration::from_millis(1));
        }
    });
}

/// To be called in a forked child: the threads that were counted are its parent's.
pub(crate) fn forked() {
    MAIN_THREAD.store(gettid().as_raw_nonzero().get(), Ordering::Relaxed);
    INSIDE.store(usize::from(IS_INSIDE.get()), Ordering::SeqCst);
    RESTING.store(0, Ordering::SeqCst);
}

/// This thread is in the seam as long as this lives, which it does only where the thread is attached.
pub(crate) struct Inside<'py> {
    is_outermost: bool,
    _py: Python<'py>,
}

impl<'py> Inside<'py> {
    /// Comes in. At the end of the process it does not return, on any thread but the one that ends it.
    pub(crate) fn begin(py: Python<'py>) -> Self {
        let is_outermost = !IS_INSIDE.replace(true);
        if is_outermost {
            INSIDE.store(INSIDE.load(Ordering::Relaxed) + 1, Ordering::Release);
        }
        if is_over_for_this_thread() {
            py.detach(rest);
        }
        Self {
            is_outermost,
            _py: py,
        }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if self.is_outermost {
            IS_INSIDE.set(false);
            INSIDE.store(INSIDE.load(Ordering::Relaxed) - 1, Ordering::Release);
        }
    }
}

/// Whether the process ends.
pub(crate) fn is_over() -> bool {
    ENDS_ALL.get().is_some()
}

fn is_over_for_this_thread() -> bool {
    ENDS_ALL
        .get()
        .is_some_and(|ends| *ends != thread::current().id())
}

/// Stays here until the process has ended. Without the interpreter lock.
fn rest() {
    RESTING.fetch_add(1, Ordering::SeqCst);
    loop {
        thread::park();
    }
}

/// Says to a wait in another thread that nobody wants it any more; it ends within 100 ms.
#[pyclass(frozen, module = "daffi._daffi")]
#[derive(Debug, Default)]
pub(crate) struct GivenUp(AtomicBool);

#[pymethods]
impl GivenUp {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Nobody wants it.
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl GivenUp {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs `work`, which never waits, without the interpreter lock.
pub(crate) fn unlocked<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    let _inside = Inside::begin(py);
    py.detach(|| {
        let result = work();
        if is_over_for_this_thread() {
            rest();
        }
        result
    })
}

/// Runs `wait` without the interpreter lock. What it is given asks Python for signals; it says true when a handler
/// raised (Ctrl+C), and that error comes out here in place of the result.
///
/// Ends when `wait` ends; that every wait below asks at least every 100 ms is what makes Ctrl+C work.
///
/// # Errors
/// What a signal handler raised.
pub(crate) fn without_lock<T: Send>(
    py: Python<'_>,
    wait: impl FnOnce(&mut dyn FnMut() -> bool) -> T + Send,
) -> PyResult<T> {
    let mut raised = None;
    let generation = fork::generation();
    let _inside = Inside::begin(py);
    let result = py.detach(|| {
        let result = wait(&mut || {
            if is_over_for_this_thread() {
                // Whoever waits holds no lock while it asks.
                rest();
            }
            // An interpreter that shuts down runs no handlers any more, and must not be waited for. What a handler raised
            // counts for all waits that follow in this one. A thousand threads that ask, each for the interpreter's
            // lock, keep each other and all others from their work: so only those ask that may hear something.
            if raised.is_none() && may_handle_signals() {
                let checked = Python::try_attach(|py| {
                    py.check_signals()?;
                    // A handler may fork, and what is waited for is the parent's.
                    check_made_here(py, generation)
                });
                raised = checked.and_then(Result::err);
            }
            raised.is_some()
        });
        if is_over_for_this_thread() {
            rest();
        }
        result
    });
    match raised {
        Some(error) => Err(error),
        None => Ok(result),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// How long a thread keeps the interpreter's lock from one that wants it, though it should not. 10 s: the end of a
    /// hang.
    const HANG: Duration = Duration::from_secs(10);

    #[test]
    fn a_thread_that_runs_no_handlers_asks_without_the_interpreter() {
        Python::attach(|py| py.detach(|| thread::spawn(waits).join())).expect("it does not panic");
    }

    fn waits() {
        let (tell, held) = channel();
        let (let_go, asked) = channel();
        let holder = move || {
            Python::attach(|py| {
                learn_main_thread(py).expect("threading is there");
                tell.send(()).expect("it is waited for");
                asked.recv_timeout(HANG).is_ok()
            })
        };
        let was_free = Python::attach(|py| {
            without_lock(py, move |interrupt| {
                let holder = thread::spawn(holder);
                held.recv().expect("the holder holds the lock");
                assert!(!interrupt());
                let _ = let_go.send(());
                holder.join().expect("it does not panic")
            })
        });
        assert!(was_free.expect("nobody raises"));
    }
}
