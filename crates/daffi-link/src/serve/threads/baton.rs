//! Who leads a serving group: one atomic word that says whether a thread leads or runs a callback, and as what epoch.
//!
//! ```text
//!                     begin                      end: the same thread goes on
//!   Leading(epoch) ----------> Running(epoch, n) ------------------------------> Leading(epoch)
//!         ^                      |          |  leave: its callback is going to block
//!         |                      |          +-----------------------> Vacant(epoch)
//!         |   steal: seen twice  |                                      | take
//!         +-- epoch + 1 <--------+                                      |
//!         +-- epoch + 1 <-----------------------------------------------+
//! ```
//! Invariant: at most one thread is Leading. Only the leader begins; every other step is one compare-and-swap from a
//! word that names epoch and call, so of a thread that ends and one that steals exactly one succeeds. A thread that
//! takes such a step tells the [`monitor`](super::monitor), whose fences order it before the monitor's sleep.

use crate::sync::{AtomicU64, Ordering};

const LEADING: u64 = 0;
const RUNNING: u64 = 1;
const VACANT: u64 = 2;
const STATE: u64 = 3;
/// The number of the callback has 30 bits. It may wrap: a steal needs the same word at two ticks of the monitor, and
/// between two ticks there are no 2^30 calls.
const CALL: u64 = 4;
const CALLS: u64 = ((1 << 30) - 1) << 2;
const EPOCH: u64 = 1 << 32;

/// The word that all threads of a group share.
#[derive(Debug)]
pub(crate) struct Baton(AtomicU64);

/// The right to lead: there is one per epoch.
#[derive(Debug)]
pub(crate) struct Held {
    word: u64,
    /// It was taken from a thread that still runs its callback.
    pub(crate) is_stolen: bool,
}

/// What a thread needs to give up leadership while its callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunningCall(u64);

impl Baton {
    /// A baton, and the right of its first leader.
    pub(crate) fn new() -> (Self, Held) {
        (
            Self(AtomicU64::new(EPOCH | LEADING)),
            Held {
                word: EPOCH | LEADING,
                is_stolen: false,
            },
        )
    }

    /// The leader starts a callback. From now on another thread may take over.
    pub(crate) fn begin(&self, held: &mut Held) -> RunningCall {
        let call = held.word.wrapping_add(CALL) & CALLS;
        held.word = (held.word & !(CALLS | STATE)) | call | RUNNING;
        self.0.store(held.word, Ordering::Release);
        RunningCall(held.word)
    }

    /// The callback has ended; whether this thread still leads.
    pub(crate) fn end(&self, held: &mut Held) -> bool {
        let leading = held.word & !STATE | LEADING;
        let still = self
            .0
            .compare_exchange(held.word, leading, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok();
        held.word = leading;
        still
    }

    /// Whether the thread that runs this call leads still.
    #[inline]
    #[cfg_attr(
        loom,
        expect(dead_code, reason = "the answers are not part of the model")
    )]
    pub(crate) fn is_running(&self, call: RunningCall) -> bool {
        self.word() == call.0
    }

    /// The running thread gives up leadership; false if another has taken it already.
    pub(crate) fn leave(&self, call: RunningCall) -> bool {
        let vacant = call.0 & !STATE | VACANT;
        self.0
            .compare_exchange(call.0, vacant, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// The call that runs now, if one does.
    pub(crate) fn running(&self) -> Option<RunningCall> {
        let word = self.0.load(Ordering::Acquire);
        (word & STATE == RUNNING).then_some(RunningCall(word))
    }

    /// The word as it is, to be compared with a later one: the same word means that nothing has begun since.
    pub(crate) fn word(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Takes over from a callback that runs too long.
    pub(crate) fn steal(&self, call: RunningCall) -> Option<Held> {
        let mut held = self.take_over(call.0)?;
        held.is_stolen = true;
        Some(held)
    }

    #[cfg_attr(loom, expect(dead_code, reason = "the pool is not part of the model"))]
    /// Takes over if the callback that runs is the one that was seen before.
    pub(crate) fn steal_if(&self, call: RunningCall, seen: u64) -> Option<Held> {
        if call.0 == seen {
            self.steal(call)
        } else {
            None
        }
    }

    /// Takes over where the leader has left.
    pub(crate) fn take_vacant(&self) -> Option<Held> {
        let word = self.0.load(Ordering::Acquire);
        if word & STATE == VACANT {
            self.take_over(word)
        } else {
            None
        }
    }

    fn take_over(&self, from: u64) -> Option<Held> {
        let word = (from & !STATE).wrapping_add(EPOCH) | LEADING;
        self.0
            .compare_exchange(from, word, Ordering::AcqRel, Ordering::Relaxed)
            .ok()
            .map(|_| Held {
                word,
                is_stolen: false,
            })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_callback_that_ends_in_time_keeps_the_lead() {
        let (baton, mut held) = Baton::new();
        let call = baton.begin(&mut held);
        assert_eq!(baton.running(), Some(call));
        assert!(baton.end(&mut held));
        assert_eq!(baton.running(), None);
    }

    #[test]
    fn a_stolen_lead_is_lost_for_the_old_leader_and_for_a_second_thief() {
        let (baton, mut held) = Baton::new();
        let call = baton.begin(&mut held);
        assert!(baton.steal(call).is_some());
        assert!(baton.steal(call).is_none());
        assert!(!baton.leave(call));
        assert!(!baton.end(&mut held));
    }

    #[test]
    fn a_lead_that_was_left_is_taken_once() {
        let (baton, mut held) = Baton::new();
        let call = baton.begin(&mut held);
        assert!(baton.leave(call));
        assert!(baton.take_vacant().is_some());
        assert!(baton.take_vacant().is_none());
        assert!(!baton.end(&mut held));
    }

    #[test]
    fn call_numbers_wrap_without_touching_the_epoch() {
        let (baton, mut held) = Baton::new();
        held.word |= CALLS;
        let call = baton.begin(&mut held);
        assert_eq!(call.0, EPOCH | RUNNING);
        assert!(baton.end(&mut held));
    }
}

#[cfg(all(test, loom))]
mod model {
    use super::*;
    use crate::sync::TryLock;
    use loom::thread;
    use std::sync::Arc;

    struct Group {
        baton: Baton,
        /// Held while leading; a second leader would find it locked.
        core: TryLock<u32>,
    }

    impl Group {
        fn lead(&self) {
            *self
                .core
                .try_lock()
                .expect("only the leader touches the core") += 1;
        }
    }

    #[test]
    fn two_threads_never_lead_at_once() {
        let mut model = loom::model::Builder::new();
        // Every schedule with up to three preemptions: a million of them; all of them would take hours.
        model.preemption_bound = Some(3);
        model.check(|| {
            let (baton, mut held) = Baton::new();
            let group = Arc::new(Group {
                baton,
                core: TryLock::new(0),
            });
            let thieves: Vec<_> = (0..2)
                .map(|_| {
                    let group = group.clone();
                    thread::spawn(move || {
                        let taken = match group.baton.running() {
                            Some(call) => group.baton.steal(call),
                            None => group.baton.take_vacant(),
                        };
                        if let Some(mut held) = taken {
                            group.lead();
                            group.baton.begin(&mut held);
                            if group.baton.end(&mut held) {
                                group.lead();
                            }
                        }
                    })
                })
                .collect();
            group.lead();
            let first = group.baton.begin(&mut held);
            if group.baton.end(&mut held) {
                group.lead();
                let second = group.baton.begin(&mut held);
                assert_ne!(first, second);
                group.baton.leave(second);
                assert!(!group.baton.end(&mut held));
            }
            for thief in thieves {
                thief.join().expect("no thread of the model panics");
            }
        });
    }
}
