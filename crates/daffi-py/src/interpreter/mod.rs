//! What the seam needs of the Python interpreter: its lock, its threads, its memory, its forks, and the variables of a call.

pub(crate) mod context;
pub(crate) mod current;
pub(crate) mod durations;
pub(crate) mod forked;
pub(crate) mod held_up;
pub(crate) mod log;
pub(crate) mod loops;
pub(crate) mod memory;
pub(crate) mod notifier;
pub(crate) mod scope;
pub(crate) mod waiter;
