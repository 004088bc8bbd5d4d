//! The way of a callback: from a request to what a Python function gave, and back.

pub(crate) mod answer;
pub(crate) mod callback;
pub(crate) mod exhaust;
pub(crate) mod failed_run;
pub(crate) mod generator;
pub(crate) mod host;
pub(crate) mod items;
pub(crate) mod on_loop;
pub(crate) mod record;
pub(crate) mod responder;
pub(crate) mod transfer;
