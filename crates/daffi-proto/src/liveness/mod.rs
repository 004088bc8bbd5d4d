//! Whether the other end lives: of a link, while it owes something, and of a control connection, always.

mod heartbeat;
mod silence;

pub(crate) use heartbeat::{Beat, Heartbeat, LATE};
pub use silence::{Look, Pace, Silence};
