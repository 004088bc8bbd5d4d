//! How a process learns that it is to stop, and others that it has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// How often a wait asks whether to give up. 100 ms: people feel that Ctrl+C works, and an idle wait costs nothing.
pub(crate) const SLICE: Duration = Duration::from_millis(100);

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stopping {
    /// Nobody has asked.
    No,
    /// Someone has asked: a controller, a signal, a callback. Calls go on.
    Requested,
    /// A thread is at it: no new calls.
    UnderWay,
    /// It is over.
    Over,
}

pub(crate) struct StopSignal {
    state: Mutex<Stopping>,
    changed: Condvar,
    /// What takes the process down when its controller asks for it; taken once.
    on_order: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// A copy of `state >= UnderWay` for the path of every call.
    refuses_calls: AtomicBool,
}

impl StopSignal {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(Stopping::No),
            changed: Condvar::new(),
            on_order: Mutex::new(None),
            refuses_calls: AtomicBool::new(false),
        }
    }

    /// Says what takes the process down when its controller orders it to stop.
    pub(crate) fn when_ordered(&self, take_down: impl FnOnce() + Send + 'static) {
        *self.on_order.lock() = Some(Box::new(take_down));
    }

    /// The controller orders the process to stop, whether anyone waits for that or not. Never blocks.
    pub(crate) fn order(&self) {
        self.advance(Stopping::Requested);
        let take_down = self.on_order.lock().take();
        if let Some(take_down) = take_down {
            take_down();
        }
    }

    pub(crate) fn state(&self) -> Stopping {
        *self.state.lock()
    }

    pub(crate) fn refuses_calls(&self) -> bool {
        self.refuses_calls.load(Ordering::Acquire)
    }

    /// Goes on to `next`; whether it was before that. It never goes back.
    pub(crate) fn advance(&self, next: Stopping) -> bool {
        let mut state = self.state.lock();
        if *state >= next {
            return false;
        }
        *state = next;
        self.refuses_calls
            .store(next >= Stopping::UnderWay, Ordering::Release);
        self.changed.notify_all();
        true
    }

    /// Waits until the state is at least `wanted`; false where `interrupt` said so or the time is over.
    pub(crate) fn wait(
        &self,
        wanted: Stopping,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> bool {
        loop {
            let now = Instant::now();
            {
                let mut state = self.state.lock();
                if *state >= wanted {
                    return true;
                }
                if until.is_some_and(|until| until <= now) {
                    return false;
                }
                let slice = until.map_or(now + SLICE, |until| until.min(now + SLICE));
                self.changed.wait_until(&mut state, slice);
                if *state >= wanted {
                    return true;
                }
            }
            if interrupt() {
                return false;
            }
        }
    }
}

impl std::fmt::Debug for StopSignal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StopSignal({:?})", self.state())
    }
}
