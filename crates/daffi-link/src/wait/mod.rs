//! How threads wait: which of several reads a link, how long one spins before it blocks, and how one that has turned
//! away is called back.

mod attention;
#[cfg(not(loom))]
mod ladder;
mod leader_followers;
mod waiter;

pub use attention::Attention;
#[cfg(not(loom))]
pub(crate) use ladder::Ladder;
#[cfg_attr(loom, expect(unused_imports, reason = "links are not part of a model"))]
pub(crate) use leader_followers::LeaderFollowers;
pub(crate) use waiter::Waiter;
