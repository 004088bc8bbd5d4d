//! Which callbacks are known to take long: the thread that is to run one gives up the lead first.
//!
//! Without it, every call of a slow callback would hold up the calls behind it until the monitor's next tick.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daffi_proto::CallbackNumber;
use parking_lot::Mutex;

/// A run shorter than this is quick: handing over the lead costs about as much.
const QUICK: Duration = Duration::from_micros(50);
/// So many quick runs in a row clear a callback of being slow.
const QUICK_RUNS: u8 = 8;
/// The most that are remembered, as a peer may ask for numbers that do not exist. 4,096: more than a node has slow
/// callbacks.
const MOST: usize = 4096;

/// The callbacks that were taken over from, each with the quick runs it still has to show.
#[derive(Debug, Default)]
pub(crate) struct SlowCallbacks {
    any: AtomicBool,
    known: Mutex<BTreeMap<CallbackNumber, u8>>,
}

impl SlowCallbacks {
    /// Whether the callback is expected to take long.
    pub(crate) fn expect(&self, callback: CallbackNumber) -> bool {
        self.any.load(Ordering::Relaxed) && self.known.lock().contains_key(&callback)
    }

    /// The callback was taken over from.
    pub(crate) fn was_slow(&self, callback: CallbackNumber) {
        let mut known = self.known.lock();
        if known.len() >= MOST && !known.contains_key(&callback) {
            return;
        }
        known.insert(callback, QUICK_RUNS);
        drop(known);
        self.any.store(true, Ordering::Relaxed);
    }

    /// A callback that was expected to be slow took so long.
    pub(crate) fn took(&self, callback: CallbackNumber, time: Duration) {
        let mut known = self.known.lock();
        let Some(left) = known.get_mut(&callback) else {
            return;
        };
        if time > QUICK {
            *left = QUICK_RUNS;
        } else if *left > 1 {
            *left -= 1;
        } else {
            known.remove(&callback);
            self.any.store(!known.is_empty(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_callback_is_cleared_by_quick_runs_in_a_row() {
        let (slow, callback) = (SlowCallbacks::default(), CallbackNumber(3));
        assert!(!slow.expect(callback));
        slow.was_slow(callback);
        for _ in 1..QUICK_RUNS {
            slow.took(callback, Duration::from_micros(1));
        }
        slow.took(callback, Duration::from_secs(1));
        for _ in 0..QUICK_RUNS {
            assert!(slow.expect(callback));
            slow.took(callback, Duration::from_micros(1));
        }
        assert!(!slow.expect(callback));
    }
}
