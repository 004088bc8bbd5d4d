//! What programs use on top of a [`Global`](crate::Global): calls with Rust values, the search for candidates, schedules.

mod retry;
pub(crate) mod schedule;
pub(crate) mod search;
pub(crate) mod typed;
