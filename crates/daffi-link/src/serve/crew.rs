//! The threads that stand by: one of them watches the leader and takes over when its callback takes long.
//!
//! The watcher is called the monitor. While calls flow it looks at the baton once a tick; when none have come for a few
//! ticks it sleeps, and the next callback that begins wakes it. So an idle group costs nothing, and a callback that
//! takes long holds up the calls behind it for two ticks at most.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::baton::{Baton, Held};
use crate::sync::{AtomicBool, Ordering};
use crate::turns::Waiter;
use std::sync::Arc;

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

/// The threads of a group that do not lead.
#[derive(Debug)]
pub(crate) struct Crew {
    state: Mutex<State>,
    changed: Condvar,
    /// Set before the monitor sleeps; who begins a callback and sees it wakes the monitor.
    monitor_sleeps: AtomicBool,
    monitor: Mutex<Option<Arc<Waiter>>>,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    /// Threads that live, whatever they do.
    live: usize,
    /// Threads that could take over at once.
    standing_by: usize,
    has_monitor: bool,
    stopping: bool,
}

impl Crew {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            monitor_sleeps: AtomicBool::new(false),
            monitor: Mutex::new(None),
            limit,
        }
    }

    /// Counts a thread in before it is spawned; false if there are as many as may be, or the group stops.
    pub(crate) fn enlist(&self, standing_by: bool) -> bool {
        let mut state = self.state.lock();
        if state.stopping || state.live >= self.limit {
            return false;
        }
        state.live += 1;
        state.standing_by += usize::from(standing_by);
        true
    }

    /// Whether nobody could take over at once.
    pub(crate) fn is_short(&self) -> bool {
        self.state.lock().standing_by == 0
    }

    /// Counts a thread out.
    pub(crate) fn discharge(&self, standing_by: bool) {
        let mut state = self.state.lock();
        state.live -= 1;
        state.standing_by -= usize::from(standing_by);
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until this thread is to lead or to end. A thread that comes back from a callback is `returning`; a new
    /// one was counted as standing by when it was enlisted.
    pub(crate) fn stand_by(&self, baton: &Baton, returning: bool) -> Duty {
        let mut state = self.state.lock();
        state.standing_by += usize::from(returning);
        let duty = loop {
            if state.stopping {
                break Duty::End;
            }
            if let Some(held) = baton.take_vacant() {
                break Duty::Lead(held);
            }
            if state.has_monitor {
                let timed_out = self.changed.wait_for(&mut state, SPARE_LIFE).timed_out();
                if timed_out && state.standing_by > KEPT {
                    break Duty::End;
                }
            } else {
                state.has_monitor = true;
                drop(state);
                let taken = self.watch(baton);
                state = self.state.lock();
                state.has_monitor = false;
                self.changed.notify_one();
                if let Some(held) = taken {
                    break Duty::Lead(held);
                }
            }
        };
        state.standing_by -= 1;
        duty
    }

    /// Called by the leader when a callback has begun.
    pub(crate) fn callback_began(&self) {
        if self.monitor_sleeps.load(Ordering::SeqCst) {
            self.wake_monitor();
        }
    }

    /// Called when the lead has become vacant: someone who stands by takes it.
    pub(crate) fn lead_is_vacant(&self) {
        self.wake_monitor();
        // If there is no monitor at this moment, whoever becomes it looks at the baton first.
        self.changed.notify_one();
    }

    /// No thread waits any longer, and none is enlisted.
    pub(crate) fn stop(&self) {
        self.state.lock().stopping = true;
        self.changed.notify_all();
        self.wake_monitor();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.state.lock().stopping
    }

    /// Waits until at most `but` threads live, or the time is over; whether it came to that.
    pub(crate) fn wait_for_end(&self, but: usize, until: Instant) -> bool {
        let mut state = self.state.lock();
        while state.live > but {
            if self.changed.wait_until(&mut state, until).timed_out() {
                return state.live <= but;
            }
        }
        true
    }

    fn wake_monitor(&self) {
        self.monitor_sleeps.store(false, Ordering::SeqCst);
        if let Some(monitor) = &*self.monitor.lock() {
            monitor.wake();
        }
    }

    /// Watches the leader until it takes over from it, or the group stops.
    fn watch(&self, baton: &Baton) -> Option<Held> {
        let waiter = Waiter::of_this_thread();
        *self.monitor.lock() = Some(waiter.clone());
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
            } else if self.sleep(&waiter, baton, seen) {
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
        *self.monitor.lock() = None;
        taken
    }

    /// Sleeps until a callback begins, the lead becomes vacant or the group stops; false if that has been meanwhile.
    ///
    /// Whoever begins a callback writes the baton first and reads `monitor_sleeps` after, sequentially consistent; here
    /// it is the other way round, so one of the two sees the other. The same goes for a stop.
    fn sleep(&self, waiter: &Waiter, baton: &Baton, seen: u64) -> bool {
        self.monitor_sleeps.store(true, Ordering::SeqCst);
        if baton.word() != seen || self.is_stopping() {
            self.monitor_sleeps.store(false, Ordering::SeqCst);
            return false;
        }
        while self.monitor_sleeps.load(Ordering::SeqCst) {
            waiter.park(Instant::now() + Duration::from_secs(3600));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monitor_that_is_about_to_sleep_sees_a_stop_that_came_just_before() {
        // It slept for an hour, as the wake-up of the stop had been before its sleep, and the stop waited in vain.
        let (baton, _held) = Baton::new();
        let (crew, waiter) = (Crew::new(2), Waiter::new());
        let seen = baton.word();
        crew.stop();
        assert!(!crew.sleep(&waiter, &baton, seen));
    }
}
