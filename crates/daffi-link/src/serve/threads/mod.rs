//! The threads of a serving group: which of them leads, which stand by, and which callbacks are known to take long.

mod baton;
mod monitor;
mod pool;
mod slow_callbacks;

pub(crate) use baton::{Baton, Held, RunningCall};
pub(crate) use pool::{Duty, ThreadPool};
pub(crate) use slow_callbacks::SlowCallbacks;
