//! Who else takes part: the other nodes, the routes to them, and which of them gets a call.

pub(crate) mod awaited;
pub(crate) mod choose;
pub(crate) mod commands;
pub(crate) mod peer;
pub(crate) mod route;
pub(crate) mod table;
pub(crate) mod target;
