//! The outcome of a call, to come: who waits for it, who is told of it, and the event loops that it wakes.

pub(crate) mod async_result;
pub(crate) mod done_callbacks;
pub(crate) mod loop_inbox;
pub(crate) mod outcome;
pub(crate) mod pending;
pub(crate) mod promise;
pub(crate) mod remote_stream;
