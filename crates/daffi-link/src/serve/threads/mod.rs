//! The threads of a serving group: who of them leads, who stands by, and which callbacks are known to take long.

mod baton;
mod crew;
mod monitor;
mod slow;

pub(crate) use baton::{Baton, Held, RunningCall};
pub(crate) use crew::{Crew, Duty};
pub(crate) use slow::SlowCallbacks;
