//! Threads for work of this process that comes from no link, as the attempts at calls that are made again: few, and none
//! while there is nothing to do.
//!
//! One thread does the work in order. Work that takes long, as functions of users may, holds up what is behind it only for
//! a moment: then another thread goes on.
//!
//! ```text
//!            add                   head of the queue waits for SLOW
//!  no thread ---> one thread ---------------------------------------> one more, up to MOST
//!      ^                                                                   |
//!      +------------------- nothing to do for IDLE ------------------------+
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::thread::{JoinHandle, ThreadId};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::host::Host;
use crate::serve::delays::{Delayed, Due};

/// How long work may wait behind what runs until another thread is started for it. 10 ms: what is short has ended by then.
pub(crate) const SLOW: Duration = Duration::from_millis(10);
/// How long a thread without work stays. 1 s: work that comes in a row finds it, an idle process has none.
const IDLE: Duration = Duration::from_secs(1);
/// The most threads. 32: functions that block for long are few, and what waits behind them goes on when one ends.
const MOST: usize = 32;

/// The threads and what they are to do. The queue has at most one piece of work for each call that is made again.
pub(crate) struct Pool {
    host: Arc<dyn Host>,
    state: Mutex<State>,
    /// There is work, or none will come any more.
    changed: Condvar,
    /// A thread has ended.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Instant, Delayed)>,
    /// Threads that wait for work.
    idle: usize,
    /// Those that were started and have not ended their last work.
    running: Vec<ThreadId>,
    threads: Vec<JoinHandle<()>>,
    /// Somebody is going to [`Pool::look`].
    is_watched: bool,
    closed: bool,
}

impl Pool {
    pub(crate) fn new(host: Arc<dyn Host>) -> Self {
        Self {
            host,
            state: Mutex::default(),
            changed: Condvar::new(),
            ended: Condvar::new(),
        }
    }

    /// Has a thread do this soon, in order; it may take long and block. Never waits. True where somebody is to
    /// [`Self::look`] in a while.
    pub(crate) fn add(self: &Arc<Self>, work: Delayed) -> bool {
        let mut state = self.state.lock();
        if state.closed {
            drop(state);
            work(Due::Stopping);
            return false;
        }
        state.queue.push_back((Instant::now(), work));
        if state.idle > 0 {
            self.changed.notify_one();
        } else if state.running.is_empty() {
            self.start(&mut state);
        }
        state.queue.len() > state.idle && !std::mem::replace(&mut state.is_watched, true)
    }

    /// Starts a thread where the first in the queue has waited for long. True while some wait: then somebody is to look
    /// again.
    pub(crate) fn look(self: &Arc<Self>) -> bool {
        let mut state = self.state.lock();
        let waits = state.queue.front().map(|(since, _)| since.elapsed());
        let has_room = state.idle == 0 && state.running.len() < MOST;
        if waits.is_some_and(|waits| waits >= SLOW) && has_room {
            self.start(&mut state);
        }
        state.is_watched = waits.is_some();
        state.is_watched
    }

    fn start(self: &Arc<Self>, state: &mut State) {
        // Those that have ended are joined here: it takes no time.
        state.threads.retain(|thread| !thread.is_finished());
        let pool = Arc::clone(self);
        let thread = std::thread::Builder::new()
            .name("daffi-pool".to_owned())
            .spawn(move || pool.host.run_worker("daffi-pool", &mut || pool.work()));
        match thread {
            Ok(thread) => {
                state.running.push(thread.thread().id());
                state.threads.push(thread);
            }
            // What runs goes on to it; where nothing runs, the next look tries again.
            Err(error) => tracing::warn!(%error, "no thread for what is to be done again"),
        }
    }

    /// The life of one thread.
    fn work(&self) {
        let mut state = self.state.lock();
        loop {
            if let Some((_, work)) = state.queue.pop_front() {
                drop(state);
                self.host.run_batch(&mut once(work));
                state = self.state.lock();
                continue;
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let is_over = self.changed.wait_for(&mut state, IDLE).timed_out();
            state.idle -= 1;
            if is_over && state.queue.is_empty() {
                break;
            }
        }
        let this = std::thread::current().id();
        state.running.retain(|thread| *thread != this);
        drop(state);
        self.ended.notify_all();
    }

    /// Tells what is not begun that the node stops, and takes no more.
    pub(crate) fn close(&self) {
        let queue = {
            let mut state = self.state.lock();
            state.closed = true;
            std::mem::take(&mut state.queue)
        };
        self.changed.notify_all();
        for (_, work) in queue {
            work(Due::Stopping);
        }
    }

    /// Waits until all threads have ended, for as long as the bound. One of them may call this: it is not waited for.
    pub(crate) fn join(&self, until: Instant) {
        let this = std::thread::current().id();
        let mut state = self.state.lock();
        while state.running.iter().any(|thread| *thread != this) {
            if self.ended.wait_until(&mut state, until).timed_out() {
                tracing::warn!(
                    "what a retried call runs did not end in time, and is left to itself"
                );
                return;
            }
        }
        let threads = std::mem::take(&mut state.threads);
        drop(state);
        for thread in threads {
            if thread.thread().id() != this {
                // Its work is over, and it cannot panic on the user's behalf.
                let _ = thread.join();
            }
        }
    }
}

fn once(work: Delayed) -> impl FnMut() + Send {
    let mut work = Some(work);
    move || {
        if let Some(work) = work.take() {
            work(Due::Now);
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        write!(
            f,
            "Pool({} threads, {} wait)",
            state.running.len(),
            state.queue.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use crate::host::RustHost;

    fn pool() -> Arc<Pool> {
        Arc::new(Pool::new(Arc::new(RustHost)))
    }

    /// Work that says which thread did it; none where the pool was closed before.
    fn asked(pool: &Arc<Pool>) -> Receiver<Option<ThreadId>> {
        let (tell, told) = channel();
        pool.add(Box::new(move |due| {
            let done = (due == Due::Now).then(|| std::thread::current().id());
            let _ = tell.send(done);
        }));
        told
    }

    /// Work that goes on until it is told to; it has begun where the pool has room for it.
    fn blocks(pool: &Arc<Pool>, goes: &Arc<Mutex<Receiver<()>>>) -> Receiver<()> {
        let goes = Arc::clone(goes);
        let (tell, begun) = channel();
        pool.add(Box::new(move |due| {
            let _ = tell.send(());
            if due == Due::Now {
                let _ = goes.lock().recv();
            }
        }));
        begun
    }

    fn signal() -> (Sender<()>, Arc<Mutex<Receiver<()>>>) {
        let (go, goes) = channel();
        (go, Arc::new(Mutex::new(goes)))
    }

    #[test]
    fn any_number_of_short_pieces_of_work_takes_one_thread() {
        let pool = pool();
        let done: Vec<_> = (0..2000).map(|_| asked(&pool)).collect();
        let first = done[0].recv().expect("it is done");
        assert!(done[1..].iter().all(|done| done.recv() == Ok(first)));
    }

    #[test]
    fn work_that_blocks_holds_up_the_next_only_for_a_moment() {
        let pool = pool();
        let (go, goes) = signal();
        blocks(&pool, &goes).recv().expect("it has begun");
        let behind = asked(&pool);
        // As the timer of the house-keeper does it.
        while behind.try_recv().is_err() {
            pool.look();
            std::thread::yield_now();
        }
        drop(go);
    }

    #[test]
    fn what_blocks_takes_no_more_threads_than_may_be() {
        let pool = pool();
        let (go, goes) = signal();
        for _ in 0..2 * MOST {
            blocks(&pool, &goes);
        }
        let until = Instant::now() + SLOW * 4 * u32::try_from(MOST).unwrap();
        while Instant::now() < until {
            assert!(pool.look());
            assert!(pool.state.lock().running.len() <= MOST);
            std::thread::yield_now();
        }
        assert_eq!(pool.state.lock().running.len(), MOST);
        drop(go);
        pool.close();
        pool.join(Instant::now() + Duration::from_secs(20));
        assert!(pool.state.lock().running.is_empty());
    }

    #[test]
    fn a_thread_without_work_ends_after_a_while() {
        let pool = pool();
        asked(&pool).recv().expect("it is done");
        let mut state = pool.state.lock();
        while !state.running.is_empty() {
            pool.ended.wait(&mut state);
        }
    }

    #[test]
    fn what_has_not_begun_when_it_closes_hears_of_it() {
        let pool = pool();
        let (go, goes) = signal();
        blocks(&pool, &goes).recv().expect("it has begun");
        let behind = asked(&pool);
        pool.close();
        assert_eq!(behind.recv(), Ok(None));
        assert_eq!(asked(&pool).recv(), Ok(None), "none is taken any more");
        drop(go);
        pool.join(Instant::now() + Duration::from_secs(20));
    }

    #[test]
    fn one_of_its_own_threads_may_join_it() {
        let pool = pool();
        let (tell, told) = channel();
        let own = Arc::clone(&pool);
        pool.add(Box::new(move |_| {
            own.close();
            own.join(Instant::now() + Duration::from_secs(20));
            let _ = tell.send(());
        }));
        told.recv().expect("it does not wait for itself");
    }
}
