//! A thread that runs short Python code for threads that must not: done-callbacks, cancellations, log lines.

use std::sync::mpsc::{Sender, channel};

use daffi::fork;
use parking_lot::Mutex;
use pyo3::prelude::*;

type Job = Box<dyn FnOnce(Python<'_>) + Send>;

/// The fork generation that the thread belongs to, and the way to it.
static NOTIFIER: Mutex<Option<(u32, Sender<Job>)>> = Mutex::new(None);

/// Has the notifier run a job soon, after those before it. Never blocks and needs no interpreter lock.
///
/// The queue holds at most one job for each call that is under way, done-callback that was added and line that is
/// logged once a second, so those bound it. The thread starts with the first job and ends with the process; without a
/// thread, or when the interpreter shuts down, jobs are dropped.
pub(crate) fn notify(job: impl FnOnce(Python<'_>) + Send + 'static) {
    let mut notifier = NOTIFIER.lock();
    let current = notifier.take_if(|(generation, _)| *generation == fork::generation());
    let (generation, sender) = match current {
        Some(current) => current,
        None => match start() {
            Some(sender) => (fork::generation(), sender),
            None => return,
        },
    };
    // Fails only if the thread has ended, with the interpreter.
    let _ = sender.send(Box::new(job));
    *notifier = Some((generation, sender));
}

fn start() -> Option<Sender<Job>> {
    let (sender, receiver) = channel::<Job>();
    let run = move || {
        while let Ok(job) = receiver.recv() {
            if Python::try_attach(job).is_none() {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("daffi-notify".into())
        .spawn(run)
        .ok()
        .map(|_| sender)
}
