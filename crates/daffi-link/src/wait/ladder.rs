//! How a thread waits for a peer: try, spin briefly if that has been paying, yield, block.
//!
//! Waking a sleeping core costs 20-25 us at each end, which is nearly all a call costs; a short spin on both ends
//! avoids it. Spinning that does not pay backs off: after the n-th failure in a row the phase is left out for the next
//! 2^n - 1 waits, up to 127. Counting failures and not waits is what makes this hold on a single core, where the short
//! block after a failed spin would look like a success.

use std::time::{Duration, Instant};

/// How long to try with the processor's pause between attempts. 8 us: two reads of a socket and the peer's work;
/// 5 and 20 us were no faster, and on a shared core every microsecond of it is lost.
const PAUSE: Duration = Duration::from_micros(8);
/// How long to try with `sched_yield` between attempts, counted from the start of the wait. 50 us: what two wake-ups
/// of a sleeping core cost.
const YIELD: Duration = Duration::from_micros(50);
/// The most waits that a phase is left out after failing.
const MOST_SKIPPED: u32 = 127;

/// Whether a phase is worth its time, learnt from its failures in a row.
#[derive(Clone, Copy, Debug, Default)]
struct Phase {
    skip: u32,
    back_off: u32,
}

impl Phase {
    fn is_due(&mut self) -> bool {
        let due = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        due
    }

    fn paid(&mut self) {
        *self = Self::default();
    }

    fn failed(&mut self) {
        self.back_off = (self.back_off * 2 + 1).min(MOST_SKIPPED);
        self.skip = self.back_off;
    }
}

/// The memory of the waits at one place: one per link and side.
#[derive(Debug)]
pub(crate) struct Ladder {
    pause: Phase,
    yielding: Phase,
    single_core: bool,
}

impl Ladder {
    pub(crate) fn new() -> Self {
        Self {
            pause: Phase::default(),
            yielding: Phase::default(),
            single_core: runs_on_one_core(),
        }
    }

    /// Attempts until one succeeds or it is time to block; whether one succeeded. Never blocks itself.
    pub(crate) fn climb(&mut self, mut attempt: impl FnMut() -> bool) -> bool {
        // On a single core the peer cannot have done anything since this thread last tried: it runs first.
        if self.single_core && self.yielding.skip == 0 {
            std::thread::yield_now();
        }
        if attempt() {
            return true;
        }
        let start = Instant::now();
        if self.pause.is_due() {
            // After a failure the thread may have been moved or pinned: ask again, at most every 128th wait.
            if self.pause.back_off > 0 {
                self.single_core = runs_on_one_core();
            }
            if !self.single_core {
                while start.elapsed() < PAUSE {
                    std::hint::spin_loop();
                    if attempt() {
                        self.pause.paid();
                        self.yielding.paid();
                        return true;
                    }
                }
            }
            self.pause.failed();
        }
        if self.yielding.is_due() {
            loop {
                std::thread::yield_now();
                if attempt() {
                    self.yielding.paid();
                    return true;
                }
                if start.elapsed() >= YIELD {
                    break;
                }
            }
            self.yielding.failed();
        }
        false
    }
}

/// Whether this thread may run on one core only, where a spinning thread keeps its peer from answering.
fn runs_on_one_core() -> bool {
    rustix::thread::sched_getaffinity(None).is_ok_and(|cores| cores.count() <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_succeeds_at_once_costs_one_attempt() {
        let mut ladder = Ladder::new();
        let mut attempts = 0;
        assert!(ladder.climb(|| {
            attempts += 1;
            true
        }));
        assert_eq!(attempts, 1);
    }

    #[test]
    fn spinning_that_never_pays_stops_nearly_by_itself() {
        let mut ladder = Ladder::new();
        let mut waits_that_spun = 0;
        for _ in 0..1000 {
            let mut attempts = 0;
            assert!(!ladder.climb(|| {
                attempts += 1;
                false
            }));
            waits_that_spun += u32::from(attempts > 1);
        }
        // 7 doublings up to 127, then one wait of 128.
        assert!(
            waits_that_spun < 40,
            "spun in {waits_that_spun} of 1000 hopeless waits"
        );
    }

    #[test]
    fn one_success_brings_spinning_back() {
        let mut ladder = Ladder::new();
        for _ in 0..200 {
            ladder.climb(|| false);
        }
        // Hopeless until the next try, which succeeds on its second attempt.
        let mut waits = 0;
        loop {
            let mut attempts = 0;
            if ladder.climb(|| {
                attempts += 1;
                attempts == 2
            }) {
                break;
            }
            waits += 1;
            assert!(waits <= 2 * MOST_SKIPPED, "spinning never came back");
        }
        // The second is made whatever a busy machine does to the time of the wait; a third is not.
        let mut attempts = 0;
        assert!(ladder.climb(|| {
            attempts += 1;
            attempts == 2
        }));
    }
}
