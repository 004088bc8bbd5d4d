//! The rules of daffi: what travels and what it means, without I/O, clock or threads.
#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation, clippy::panic)]

mod head;
mod ids;
mod limits;

pub use head::{BadHead, FrameKind, Head};
pub use ids::{CallId, CallbackNumber, InvalidName, Name, NodeId, Ticket};
pub use limits::Limits;
