//! The threads of a group, how many there are, and those that stand by: one of these watches the leader and takes over
//! when its callback takes long.
//!
//! The watcher is called the monitor. While calls flow it looks at the baton once a tick; when none have come for a few
//! ticks it sleeps, and the next callback that begins wakes it. So an idle group costs nothing, and a callback that
//! takes long holds up the calls behind it for two ticks at most.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::baton::{Baton, Held};
use super::monitor::Monitor;
use crate::wait::Waiter;

/// The first tick. 300 us: at 100 us the monitor disturbed pinned calls (p99 17 -> 46 us), at 300 us hardly.
const SHORTEST_TICK: Duration = Duration::from_micros(300);
/// While calls flow the tick doubles up to this. 800 us: a fast call behind a surprisingly slow one waits for two
/// ticks, and that shall stay below 2 ms.
const LONGEST_TICK: Duration = Duration::from_micros(800);
/// So many ticks without a call, and the monitor sleeps until the next one.
const QUIET_TICKS: u32 = 4;
/// A spare thread that nobody needed for so long ends.
const SPARE_LIFE: Duration = Duration::from_secs(10);
/// Threads that stand by for good: the monitor.
const KEPT: usize = 1;

/// What a thread of the group does next.
pub(crate) enum Duty {
    /// Lead.
    Lead(Held),
    /// End: the group stops, or there are enough others.
    End,
}

/// The threads of a group: counts all of them, and holds those that stand by.
#[derive(Debug)]
pub(crate) struct ThreadPool {
    state: Mutex<State>,
    /// A thread has ended, or is not waited for any more.
    fewer: Condvar,
    monitor: Monitor,
    /// `State::standing_by`, for a look without the lock.
    standing_by: AtomicUsize,
    /// The leader has requests that it may run only when another thread stands by, and is to be told when one does.
    is_awaited: AtomicBool,
    limit: usize,
    spare_life: Duration,
}

#[derive(Debug, Default)]
struct State {
    /// Threads that live, whatever they do.
    live: usize,
    /// Threads that could take over at once.
    standing_by: usize,
    has_monitor: bool,
    /// Threads that stand by beside the monitor. The one that came last is woken first, so that the others reach their
    /// time limit and end.
    spares: Vec<Arc<Waiter>>,
    stopping: bool,
    /// Threads that wait for the end of the others from inside a callback: a stop does not wait for them.
    stopping_inside: usize,
}

/// As long as this lives, its thread waits for the end of the others from inside a callback, and is not waited for.
#[derive(Debug)]
pub(crate) struct StopsInside<'a>(&'a ThreadPool);

impl Drop for StopsInside<'_> {
    fn drop(&mut self) {
        self.0.state.lock().stopping_inside -= 1;
    }
}

impl ThreadPool {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            state: Mutex::default(),
            fewer: Condvar::new(),
            monitor: Monitor::new(),
            standing_by: AtomicUsize::new(0),
            is_awaited: AtomicBool::new(false),
            limit,
            spare_life: SPARE_LIFE,
        }
    }

    /// Counts a thread in before it is spawned; false if there are as many as may be, or the group stops.
    pub(crate) fn enlist(&self, standing_by: bool) -> bool {
        let mut state = self.state.lock();
        if state.stopping || state.live >= self.limit {
            return false;
        }
        state.live += 1;
        if standing_by {
            self.count(&mut state, 1);
        }
        true
    }

    /// Whether nobody could take over at once. While a thread leads, only itself makes this true, by giving up the lead.
    pub(crate) fn is_short(&self) -> bool {
        self.standing_by.load(Ordering::Relaxed) == 0
    }

    /// Has the leader told when a thread comes back; whether nobody has yet. See [`Self::come_back`].
    pub(crate) fn await_one(&self) -> bool {
        self.is_awaited.store(true, Ordering::SeqCst);
        self.standing_by.load(Ordering::SeqCst) == 0
    }

    /// How many threads run callbacks, as seen by the one that leads.
    pub(crate) fn busy(&self) -> usize {
        let state = self.state.lock();
        (state.live - state.standing_by).saturating_sub(1)
    }

    /// The most threads.
    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    /// Counts a thread out.
    pub(crate) fn discharge(&self, standing_by: bool) {
        let mut state = self.state.lock();
        state.live -= 1;
        if standing_by {
            self.count(&mut state, -1);
        }
        drop(state);
        self.fewer.notify_all();
    }

    /// A thread has left its callback and stands by from now on; whether the leader is to be told.
    pub(crate) fn come_back(&self) -> bool {
        self.count(&mut self.state.lock(), 1);
        self.is_awaited.swap(false, Ordering::SeqCst)
    }

    fn count(&self, state: &mut State, change: isize) {
        state.standing_by = state.standing_by.saturating_add_signed(change);
        self.standing_by.store(state.standing_by, Ordering::SeqCst);
    }

    /// Waits until this thread is to lead or to end. It counts as standing by already.
    pub(crate) fn stand_by(&self, baton: &Baton) -> Duty {
        let waiter = Waiter::of_this_thread();
        let until = Instant::now() + self.spare_life;
        let mut state = self.state.lock();
        let duty = loop {
            if state.stopping {
                break Duty::End;
            }
            if let Some(held) = baton.take_vacant() {
                break Duty::Lead(held);
            }
            if !state.has_monitor {
                state.has_monitor = true;
                drop(state);
                let taken = self.watch(baton, &waiter);
                state = self.state.lock();
                state.has_monitor = false;
                if let Some(held) = taken {
                    break Duty::Lead(held);
                }
            } else if until <= Instant::now() && state.standing_by > KEPT {
                break Duty::End;
            } else {
                state = self.be_spare(state, &waiter, until);
            }
        };
        // If there is no monitor now, a spare is woken to become it; it looks at the baton first. That is so where this
        // thread was the monitor, and where it found the lead vacant before it became one.
        if !state.has_monitor
            && let Some(spare) = state.spares.pop()
        {
            spare.wake();
        }
        self.count(&mut state, -1);
        duty
    }

    /// Sleeps as a spare until woken or the time is over. May end early.
    fn be_spare<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        waiter: &Arc<Waiter>,
        until: Instant,
    ) -> MutexGuard<'a, State> {
        state.spares.push(waiter.clone());
        drop(state);
        waiter.park(until);
        let mut state = self.state.lock();
        state.spares.retain(|other| !Arc::ptr_eq(other, waiter));
        state
    }

    /// Called by the leader when a callback has begun.
    pub(crate) fn callback_began(&self) {
        self.monitor.changed();
    }

    /// Called when the lead has become vacant: someone who stands by takes it.
    pub(crate) fn lead_is_vacant(&self) {
        self.monitor.changed_now();
    }

    /// Wakes the threads that stand by, so that they end, and lets no new one in.
    pub(crate) fn stop(&self) {
        let spares = {
            let mut state = self.state.lock();
            state.stopping = true;
            std::mem::take(&mut state.spares)
        };
        for spare in spares {
            spare.wake();
        }
        self.monitor.changed_now();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.state.lock().stopping
    }

    /// The calling thread is about to wait for the others, inside a callback.
    pub(crate) fn stop_inside(&self) -> StopsInside<'_> {
        self.state.lock().stopping_inside += 1;
        self.fewer.notify_all();
        StopsInside(self)
    }

    /// Waits until no thread lives but those that do the same inside a callback, or the time is over; whether it came to
    /// that.
    pub(crate) fn wait_for_end(&self, until: Instant) -> bool {
        let mut state = self.state.lock();
        while state.live > state.stopping_inside {
            if self.fewer.wait_until(&mut state, until).timed_out() {
                return state.live <= state.stopping_inside;
            }
        }
        true
    }

    /// Watches the leader until it takes over from it, or the group stops.
    fn watch(&self, baton: &Baton, waiter: &Arc<Waiter>) -> Option<Held> {
        self.monitor.set(Some(waiter.clone()));
        let (mut tick, mut quiet) = (SHORTEST_TICK, 0);
        let mut seen = baton.word();
        let taken = loop {
            if self.is_stopping() {
                break None;
            }
            if let Some(held) = baton.take_vacant() {
                break Some(held);
            }
            if quiet < QUIET_TICKS {
                waiter.park(Instant::now() + tick);
            } else if self
                .monitor
                .sleep(waiter, || baton.word() != seen || self.is_stopping())
            {
                (tick, quiet) = (SHORTEST_TICK, 0);
                seen = baton.word();
                continue;
            }
            let word = baton.word();
            if word != seen {
                (seen, quiet) = (word, 0);
                tick = (tick * 2).min(LONGEST_TICK);
            } else if let Some(held) = baton.running().and_then(|call| baton.steal_if(call, seen)) {
                break Some(held);
            } else {
                quiet += 1;
            }
        };
        self.monitor.set(None);
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Enlists threads that stand by at once; each tells when it ends.
    fn standing_by(
        pool: &Arc<ThreadPool>,
        baton: &Arc<Baton>,
        threads: usize,
    ) -> Vec<thread::JoinHandle<()>> {
        let start = |_| {
            assert!(pool.enlist(true));
            let (pool, baton) = (pool.clone(), baton.clone());
            thread::spawn(move || {
                assert!(matches!(pool.stand_by(&baton), Duty::End));
                pool.discharge(false);
            })
        };
        (0..threads).map(start).collect()
    }

    #[test]
    fn spares_that_nobody_needs_end_though_others_end_around_them() {
        // Each that ended woke all others, which waited afresh: a burst of 200 threads was there for the rest of the day.
        let (baton, _held) = Baton::new();
        let pool = ThreadPool {
            spare_life: Duration::from_millis(200),
            ..ThreadPool::new(64)
        };
        let (pool, baton) = (Arc::new(pool), Arc::new(baton));
        let first = standing_by(&pool, &baton, 20);
        // Threads that come and go, more often than a spare lives.
        let until = Instant::now() + Duration::from_secs(20);
        while pool.state.lock().standing_by > KEPT {
            assert!(Instant::now() < until, "{pool:?}");
            assert!(pool.enlist(false));
            pool.discharge(false);
            thread::park_timeout(Duration::from_millis(10));
        }
        pool.stop();
        for thread in first {
            thread.join().expect("no thread of the pool panics");
        }
    }

    #[test]
    fn a_lead_that_everybody_gives_up_at_once_goes_through_all_threads() {
        // The one that was woken to be the next monitor took the lead, and nobody was woken in its place: the lead stayed
        // vacant beside threads that slept, until a callback ended.
        const THREADS: usize = 16;
        let (baton, mut held) = Baton::new();
        let pool = ThreadPool {
            // No spare comes to the rescue because its time is over.
            spare_life: Duration::from_secs(3600),
            ..ThreadPool::new(64)
        };
        let (pool, baton) = (Arc::new(pool), Arc::new(baton));
        let led = Arc::new(AtomicUsize::new(0));
        let give_up = |pool: &ThreadPool, baton: &Baton, held: &mut Held| {
            let call = baton.begin(held);
            assert!(baton.leave(call));
            pool.lead_is_vacant();
        };
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                assert!(pool.enlist(true));
                let (pool, baton, led) = (pool.clone(), baton.clone(), led.clone());
                thread::spawn(move || {
                    if let Duty::Lead(mut held) = pool.stand_by(&baton) {
                        led.fetch_add(1, Ordering::SeqCst);
                        give_up(&pool, &baton, &mut held);
                    }
                    pool.discharge(false);
                })
            })
            .collect();
        let until = Instant::now() + Duration::from_secs(20);
        let wait = |what: &dyn Fn() -> bool| {
            while !what() && Instant::now() < until {
                thread::park_timeout(Duration::from_millis(1));
            }
            what()
        };
        assert!(wait(&|| pool.state.lock().spares.len() == THREADS - 1));
        give_up(&pool, &baton, &mut held);
        let went_through = wait(&|| led.load(Ordering::SeqCst) == THREADS);
        pool.stop();
        for thread in threads {
            thread.join().expect("no thread of the pool panics");
        }
        assert!(went_through, "{led:?} of {THREADS} led");
    }

    #[test]
    fn a_stop_inside_a_callback_counts_for_as_long_as_it_takes() {
        // It was never counted out: a later stop did not wait for the thread whose callback went on after its own.
        let pool = ThreadPool::new(2);
        assert!(pool.enlist(false));
        let inside = pool.stop_inside();
        assert!(pool.wait_for_end(Instant::now()));
        drop(inside);
        assert!(!pool.wait_for_end(Instant::now()));
        pool.discharge(false);
        assert!(pool.wait_for_end(Instant::now()));
    }

    #[test]
    fn a_leader_that_awaits_a_thread_is_told_of_one_that_comes_back() {
        let pool = ThreadPool::new(2);
        assert!(pool.enlist(false));
        assert!(!pool.come_back(), "nobody awaits it");
        assert!(!pool.await_one(), "it is there");
        pool.count(&mut pool.state.lock(), -1);
        assert!(pool.await_one());
        assert!(pool.come_back());
    }
}
