//! A thread that runs short Python code for threads that must not: done-callbacks, cancellations, log lines.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use daffi::fork;
use parking_lot::Mutex;
use pyo3::prelude::*;

type Job = Box<dyn FnOnce(Python<'_>) + Send>;

/// The thread of one process, as its parent and children have their own.
struct Notifier {
    generation: u32,
    jobs: Sender<Job>,
    /// Hangs up when the thread has ended.
    ended: Receiver<()>,
}

static NOTIFIER: Mutex<Option<Notifier>> = Mutex::new(None);

/// Has the notifier run a job soon, after those before it. Never blocks and needs no interpreter lock.
///
/// The queue holds at most one job for each call that is under way, done-callback that was added and line that is
/// logged once a second, so those bound it. The thread starts with the first job and ends with the process; without a
/// thread, or when the interpreter shuts down, jobs are dropped.
pub(crate) fn notify(job: impl FnOnce(Python<'_>) + Send + 'static) {
    let mut notifier = NOTIFIER.lock();
    if notifier
        .as_ref()
        .is_none_or(|notifier| notifier.generation != fork::generation())
    {
        *notifier = start();
    }
    if let Some(notifier) = &*notifier {
        // Fails only if the thread has ended, with the interpreter.
        let _ = notifier.jobs.send(Box::new(job));
    }
}

/// Lets the thread run what it has and end; waits for that as long as the bound.
pub(crate) fn stop(bound: Duration) {
    let notifier = NOTIFIER.lock().take();
    if let Some(Notifier { jobs, ended, .. }) = notifier {
        drop(jobs);
        // Nothing is ever sent: it hangs up, or the bound is over.
        let _ = ended.recv_timeout(bound);
    }
}

fn start() -> Option<Notifier> {
    let (jobs, receiver) = channel::<Job>();
    let (running, ended) = channel::<()>();
    let run = move || {
        while let Ok(job) = receiver.recv() {
            if Python::try_attach(job).is_none() {
                break;
            }
        }
        drop(running);
    };
    std::thread::Builder::new()
        .name("daffi-notify".into())
        .spawn(run)
        .ok()?;
    Some(Notifier {
        generation: fork::generation(),
        jobs,
        ended,
    })
}
