//! What a forked child does with what is its parent's: forgets what its thread served, and closes the descriptors.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU32, Ordering};

pub use crate::descriptors::Registered;

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// To be called once in a forked child: gives what it must close, and makes every [`generation`] before it old.
pub fn forked() -> Vec<RawFd> {
    crate::serve::forked();
    GENERATION.fetch_add(1, Ordering::AcqRel);
    crate::descriptors::take_all()
}

/// Counts the forks between the first process and this one; what was made in an older generation must not be used.
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Acquire)
}
