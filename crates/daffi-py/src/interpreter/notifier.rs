//! Threads that run Python for threads that must not: one for short code of ours, one for the functions of users, which
//! may take long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyo3::prelude::*;

use crate::hooks;
use crate::interpreter::forked::{PerProcess, only_parent_returns};

type Job = Box<dyn FnOnce(Python<'_>) + Send>;

/// Which of the two threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notifier {
    /// For cancellations, wake-ups of tasks, failures that are to be logged. Its jobs never wait, so that none is late.
    Ours,
    /// For done-callbacks of users: one after the other, as late as those before make it.
    Users,
}

/// The thread of one process, from its first job to the end of the process.
struct Thread {
    jobs: Sender<Job>,
    /// Hangs up when the thread has ended.
    ended: Receiver<()>,
}

type Place = PerProcess<Mutex<Option<Thread>>>;

static OURS: Place = PerProcess::new(Mutex::new(None));
static USERS: Place = PerProcess::new(Mutex::new(None));

/// The process ends: no thread is started any more. The interpreter would end it in the middle of our code, which takes the
/// process along with an abort.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// To be called in a forked child, while it has a single thread.
pub(crate) fn forked() {
    OURS.get();
    USERS.get();
    IS_OVER.store(false, Ordering::Relaxed);
}

/// [`Notifier::notify`] for short code of ours.
pub(crate) fn notify(job: impl FnOnce(Python<'_>) + Send + 'static) {
    Notifier::Ours.notify(job);
}

impl Notifier {
    /// Has the thread run a job soon, after those before it. Never blocks and needs no interpreter lock.
    ///
    /// The queue of ours holds at most one job for each call that is under way, function that was added, failure that
    /// nobody looked at, and line that is logged once a second. That of the users holds one for each result with
    /// functions: so many as they add, behind one that takes long. Without a thread, or when the process ends, jobs are
    /// dropped.
    pub(crate) fn notify(self, job: impl FnOnce(Python<'_>) + Send + 'static) {
        let mut thread = self.place().get().lock();
        // Looked at under the lock: who ends the threads sets it before.
        if thread.is_none() && !IS_OVER.load(Ordering::Relaxed) {
            *thread = start(self.name());
        }
        let sent = match &*thread {
            Some(thread) => thread.jobs.send(Box::new(job)),
            None => return,
        };
        // A job that is dropped may run code of users, which may come here again.
        drop(thread);
        // Fails only if the thread has ended, with the interpreter.
        drop(sent);
    }

    const fn place(self) -> &'static Place {
        match self {
            Self::Ours => &OURS,
            Self::Users => &USERS,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ours => "daffi-notify",
            Self::Users => "daffi-done",
        }
    }
}

/// [`stop`] at the end of the process: none comes after it.
pub(crate) fn end(bound: Duration) {
    IS_OVER.store(true, Ordering::Relaxed);
    stop(bound);
}

/// Lets the threads run what they have and end; waits for that as long as the bound.
pub(crate) fn stop(bound: Duration) {
    let until = Instant::now() + bound;
    // What functions of users do may have to be told of.
    for place in [&USERS, &OURS] {
        let thread = place.get().lock().take();
        if let Some(Thread { jobs, ended }) = thread {
            drop(jobs);
            // Nothing is ever sent: it hangs up, or the bound is over.
            let _ = ended.recv_timeout(until.saturating_duration_since(Instant::now()));
        }
    }
}

fn start(name: &'static str) -> Option<Thread> {
    let (jobs, receiver) = channel::<Job>();
    let (running, ended) = channel::<()>();
    let work = move || {
        while let Ok(job) = receiver.recv() {
            let ran = Python::try_attach(|py| {
                only_parent_returns(py, || {
                    job(py);
                    Ok(())
                })
            });
            if ran.is_none() {
                break;
            }
        }
    };
    let run = move || {
        // One thread state for life: they are costly, and before 3.12 a child that is forked while one is made hangs.
        Python::try_attach(|py| {
            named(py, name);
            py.detach(work);
        });
        drop(running);
    };
    std::thread::Builder::new()
        .name(name.into())
        .spawn(run)
        .ok()?;
    Some(Thread { jobs, ended })
}

/// Names the calling thread for Python, which did not start it: in log lines it had a number.
pub(crate) fn named(py: Python<'_>, name: &str) {
    let named = hooks::CURRENT_THREAD
        .get(py)
        .and_then(|current_thread| current_thread.call0())
        .and_then(|thread| thread.setattr("name", name));
    if let Err(error) = named {
        error.write_unraisable(py, None);
    }
}
