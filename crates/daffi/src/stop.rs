//! How a process learns that it is to stop, and others that it has.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Condvar, Mutex};

use crate::wait::Wait;

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stopping {
    /// Nobody has asked.
    No,
    /// Someone has asked: a controller, a signal, a callback. Calls go on.
    Requested,
    /// A thread is at it: no new requests are taken. Running callbacks may end, and make calls for that.
    UnderWay,
    /// They have ended, or had their time: no new calls.
    Closing,
    /// It is over.
    Over,
}

pub(crate) struct StopSignal {
    state: Mutex<Stopping>,
    changed: Condvar,
    on_order: Mutex<Order>,
    /// A copy of `state >= UnderWay` for the path of every request.
    refuses_requests: AtomicBool,
    /// A copy of `state >= Closing` for the path of every call.
    refuses_calls: AtomicBool,
}

/// The order of the controller, which may come before there is anything to take down.
enum Order {
    /// What takes the process down, once it is there.
    None(Option<Box<dyn FnOnce() + Send>>),
    Given,
}

impl StopSignal {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(Stopping::No),
            changed: Condvar::new(),
            on_order: Mutex::new(Order::None(None)),
            refuses_requests: AtomicBool::new(false),
            refuses_calls: AtomicBool::new(false),
        }
    }

    /// Says what takes the process down when its controller orders it to stop. At once where it has ordered that already,
    /// while the process was starting.
    pub(crate) fn when_ordered(&self, take_down: impl FnOnce() + Send + 'static) {
        {
            let mut order = self.on_order.lock();
            if let Order::None(on_order) = &mut *order {
                *on_order = Some(Box::new(take_down));
                return;
            }
        }
        take_down();
    }

    /// The controller orders the process to stop, whether anyone waits for that or not. Never blocks.
    pub(crate) fn order(&self) {
        self.advance(Stopping::Requested);
        let order = std::mem::replace(&mut *self.on_order.lock(), Order::Given);
        if let Order::None(Some(take_down)) = order {
            take_down();
        }
    }

    pub(crate) fn state(&self) -> Stopping {
        *self.state.lock()
    }

    /// Whether requests of others are no longer taken.
    pub(crate) fn refuses_requests(&self) -> bool {
        self.refuses_requests.load(Ordering::Acquire)
    }

    /// Whether calls can no longer be made.
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
        self.refuses_requests
            .store(next >= Stopping::UnderWay, Ordering::Release);
        self.refuses_calls
            .store(next >= Stopping::Closing, Ordering::Release);
        self.changed.notify_all();
        true
    }

    /// Waits until the state is at least `wanted`; false where the wait was interrupted or its time is over.
    pub(crate) fn wait(&self, wanted: Stopping, wait: &mut Wait<'_>) -> bool {
        loop {
            {
                let mut state = self.state.lock();
                if *state >= wanted {
                    return true;
                }
                if wait.is_late() {
                    return false;
                }
                self.changed.wait_until(&mut state, wait.next_look());
                if *state >= wanted {
                    return true;
                }
            }
            if wait.is_interrupted() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn an_order_takes_the_process_down_once_whether_it_comes_before_or_after_the_start() {
        // One that came before anybody listened was lost.
        for comes_first in [true, false] {
            let (stop, taken_down) = (StopSignal::new(), Arc::new(AtomicUsize::new(0)));
            let count = Arc::clone(&taken_down);
            let take_down = move || {
                count.fetch_add(1, Ordering::Relaxed);
            };
            if comes_first {
                stop.order();
            }
            stop.when_ordered(take_down);
            stop.order();
            stop.order();
            assert_eq!(taken_down.load(Ordering::Relaxed), 1);
            assert_eq!(stop.state(), Stopping::Requested);
        }
    }
}
