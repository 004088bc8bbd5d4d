//! The way of a call: from `add(1, 2)` and its modifier to what is sent, once, again, to all, later, or item by item.

pub(crate) mod broadcast;
pub(crate) mod cadence;
pub(crate) mod dispatch;
pub(crate) mod given;
pub(crate) mod one;
pub(crate) mod plan;
pub(crate) mod retry;
pub(crate) mod schedule;
pub(crate) mod stream;
pub(crate) mod transfer;
pub(crate) mod unsent;
pub(crate) mod value;
