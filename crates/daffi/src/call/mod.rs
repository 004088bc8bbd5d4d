//! The calling side of a node: a call from the choice of its target to its outcome.

pub(crate) mod caller;
pub(crate) mod generator_in;
pub(crate) mod items;
pub(crate) mod options;
pub(crate) mod pending;
mod pool;
pub(crate) mod retry;
mod sent;
pub(crate) mod stream_out;
pub(crate) mod times;
pub(crate) mod unsent;
mod workers;
