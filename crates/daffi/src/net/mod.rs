//! Connections before they become links: where they go, who listens there, and the first frames on them.

pub(crate) mod address;
pub(crate) mod backoff;
mod claim;
pub(crate) mod handshake;
pub(crate) mod listener;
pub(crate) mod occupant;
pub(crate) mod outbox;
pub(crate) mod socket;
pub(crate) mod system;
