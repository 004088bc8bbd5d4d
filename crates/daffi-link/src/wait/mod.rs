//! How a thread waits: which of several reads a link, how long it tries before it blocks, who attends to what.

mod attention;
#[cfg(not(loom))]
mod ladder;
mod turns;

pub use attention::Attention;
#[cfg(not(loom))]
pub(crate) use ladder::Ladder;
#[cfg_attr(loom, expect(unused_imports, reason = "links are not part of a model"))]
pub(crate) use turns::Turns;
pub(crate) use turns::Waiter;
