//! A thread that runs short Python code for threads that must not: done-callbacks, cancellations, log lines.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use parking_lot::Mutex;
use pyo3::prelude::*;

use crate::forked::{PerProcess, only_parent_returns};

type Job = Box<dyn FnOnce(Python<'_>) + Send>;

/// The thread of one process.
struct Notifier {
    jobs: Sender<Job>,
    /// Hangs up when the thread has ended.
    ended: Receiver<()>,
}

static NOTIFIER: PerProcess<Mutex<Option<Notifier>>> = PerProcess::new(Mutex::new(None));

/// To be called in a forked child, while it has a single thread.
pub(crate) fn forked() {
    NOTIFIER.get();
}

/// Has the notifier run a job soon, after those before it. Never blocks and needs no interpreter lock.
///
/// The queue holds at most one job for each call that is under way, done-callback that was added, failure that nobody
/// looked at and line that is logged once a second, so those bound it. The thread starts with the first job and ends with the process; without a
/// thread, or when the interpreter shuts down, jobs are dropped.
pub(crate) fn notify(job: impl FnOnce(Python<'_>) + Send + 'static) {
    let mut notifier = NOTIFIER.get().lock();
    if notifier.is_none() {
        *notifier = start();
    }
    if let Some(notifier) = &*notifier {
        // Fails only if the thread has ended, with the interpreter.
        let _ = notifier.jobs.send(Box::new(job));
    }
}

/// Lets the thread run what it has and end; waits for that as long as the bound.
pub(crate) fn stop(bound: Duration) {
    let notifier = NOTIFIER.get().lock().take();
    if let Some(Notifier { jobs, ended, .. }) = notifier {
        drop(jobs);
        // Nothing is ever sent: it hangs up, or the bound is over.
        let _ = ended.recv_timeout(bound);
    }
}

fn start() -> Option<Notifier> {
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
        Python::try_attach(|py| py.detach(work));
        drop(running);
    };
    std::thread::Builder::new()
        .name("daffi-notify".into())
        .spawn(run)
        .ok()?;
    Some(Notifier { jobs, ended })
}
