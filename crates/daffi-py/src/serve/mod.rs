//! The way of a callback: from a request to what a Python function gave, and back.

pub(crate) mod answer;
pub(crate) mod executor;
pub(crate) mod exhaust;
pub(crate) mod generator;
pub(crate) mod items;
pub(crate) mod loops;
pub(crate) mod transfer;
