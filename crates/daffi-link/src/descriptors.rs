//! Which descriptors are ours, for a forked child: it must close them, or peers would never see their owner die.
//!
//! A child that `fork` made holds a copy of every socket. While it lives, the death of the parent is not a hang-up for
//! anybody, and a listener of a dead controller still takes connections that nobody accepts. The table is made of
//! atomics alone, because a lock may be held by a thread that does not exist in the child.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, Ordering};

/// How many descriptors are watched. 8,192: three a node for the 2,000 nodes that fit beside each other; beyond it a
/// fork leaks descriptors into the child, nothing else.
const SLOTS: usize = 8192;
const EMPTY: RawFd = -1;

static DESCRIPTORS: [AtomicI32; SLOTS] = [const { AtomicI32::new(EMPTY) }; SLOTS];

/// An entry of the table, for as long as the descriptor is open. The order of fields matters: declare it before the
/// descriptor, so that it is dropped first, before the system can give the number to another.
#[derive(Debug)]
pub struct Registered {
    slot: Option<usize>,
}

impl Registered {
    /// Registers an open descriptor.
    pub fn new(descriptor: RawFd) -> Self {
        let start = usize::try_from(descriptor).unwrap_or(0);
        let slot = (0..SLOTS).map(|step| (start + step) % SLOTS).find(|&slot| {
            DESCRIPTORS[slot]
                .compare_exchange(EMPTY, descriptor, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        });
        Self { slot }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            DESCRIPTORS[slot].store(EMPTY, Ordering::Release);
        }
    }
}

/// Takes all out of the table: what a forked child must close.
pub(crate) fn take_all() -> Vec<RawFd> {
    DESCRIPTORS
        .iter()
        .map(|slot| slot.swap(EMPTY, Ordering::AcqRel))
        .filter(|&fd| fd != EMPTY)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_again_when_its_owner_is_dropped() {
        // Far above any descriptor this process has, so that no other test meets it.
        let listed = || {
            DESCRIPTORS
                .iter()
                .any(|slot| slot.load(Ordering::Acquire) == 1_000_003)
        };
        let registered = Registered::new(1_000_003);
        assert!(listed());
        drop(registered);
        assert!(!listed());
    }
}
