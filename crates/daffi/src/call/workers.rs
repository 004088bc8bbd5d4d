//! Threads for one piece of work each, which nobody waits for: their node does, when it stops.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

/// The owner of such threads. As many as there is work; each ends with its own.
#[derive(Default)]
pub(crate) struct Workers {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    threads: Vec<JoinHandle<()>>,
    /// Threads whose work is not over.
    busy: usize,
    closed: bool,
}

impl Workers {
    /// Has a new thread do this. What it waits for must end with the work, or with the node.
    ///
    /// # Errors
    /// The system gives no thread, or the node stops.
    pub(crate) fn spawn(
        self: &Arc<Self>,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(io::Error::other("the node stops"));
        }
        // Those that have ended are joined here: it takes no time.
        let (over, threads) = std::mem::take(&mut state.threads)
            .into_iter()
            .partition(|thread: &JoinHandle<()>| thread.is_finished());
        state.threads = threads;
        join_all(over);
        let workers = Arc::clone(self);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let _over = Over(workers);
                work();
            })?;
        state.busy += 1;
        state.threads.push(thread);
        Ok(())
    }

    /// Waits until all have ended, for as long as the bound; takes no more work.
    pub(crate) fn join(&self, until: Instant) {
        let (threads, all_over) = {
            let mut state = self.state.lock();
            state.closed = true;
            while state.busy > 0 {
                if self.ended.wait_until(&mut state, until).timed_out() {
                    break;
                }
            }
            (std::mem::take(&mut state.threads), state.busy == 0)
        };
        if all_over {
            join_all(threads);
        } else {
            tracing::warn!("some threads did not end in time and are left to themselves");
        }
    }
}

fn join_all(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        // What it ran was ours: it cannot panic on the user's behalf.
        let _ = thread.join();
    }
}

/// Counts a thread out, however its work ends.
struct Over(Arc<Workers>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.state.lock().busy -= 1;
        self.0.ended.notify_all();
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workers({} busy)", self.state.lock().busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn work_is_waited_for_within_the_bound_and_none_is_taken_after() {
        let workers = Arc::new(Workers::default());
        let (go, goes) = channel::<()>();
        let (done, is_done) = channel::<()>();
        let work = move || {
            let _ = goes.recv();
            drop(done);
        };
        workers.spawn("test", work).expect("there is a thread");
        workers.join(Instant::now());
        assert!(workers.spawn("test", || {}).is_err());
        drop(go);
        workers.join(Instant::now() + Duration::from_secs(20));
        assert!(is_done.try_recv().is_err(), "its work is over");
        assert_eq!(workers.state.lock().busy, 0);
    }

    #[test]
    fn threads_that_have_ended_are_not_kept() {
        let workers = Arc::new(Workers::default());
        for _ in 0..100 {
            workers.spawn("test", || {}).expect("there is a thread");
            let mut state = workers.state.lock();
            while state.busy > 0 {
                workers.ended.wait(&mut state);
            }
        }
        // The last may still be on its way out, though its work is over.
        let kept = workers.state.lock().threads.len();
        assert!(kept < 50, "{kept} threads are kept");
    }
}
