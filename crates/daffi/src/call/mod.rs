//! The calling side of a node: a call from the choice of its target to its outcome.

pub(crate) mod failover;
pub(crate) mod generator_in;
pub(crate) mod items;
pub(crate) mod options;
pub(crate) mod outgoing;
pub(crate) mod pending;
pub(crate) mod queued;
pub(crate) mod retry;
pub(crate) mod send;
pub(crate) mod sent;
pub(crate) mod stream_out;
pub(crate) mod times;
mod workers;
