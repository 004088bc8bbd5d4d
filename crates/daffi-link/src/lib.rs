//! The wires of daffi: a link to one peer, over which a call costs no thread hand-off.
//!
//! The side that dials is the caller: [`CallerLink`]. Its own threads write requests and read replies; one of them
//! reads for all (leader and followers). The side that accepts is the callee: [`ServeGroup`]. One of its threads
//! reads and runs callbacks inline; when a callback takes long, another takes over.

mod caller;
pub mod fork;
mod inbound;
mod ladder;
mod message;
mod outbound;
mod pending;
mod serve;
mod sync;
mod turns;
mod wire;

pub use caller::{CallerLink, LinkOptions, SendError};
pub use message::{
    Allocator, Blob, Body, HeapAllocator, Landing, OutOfMemory, Received, SharedBytes,
};
pub use pending::{Lost, Outcome, Pending, WaitEnd};
pub use serve::{
    Responder, ServeGroup, ServeOptions, Served, ServedLinkId, Service, blocking_in_callback,
};
pub use wire::{Wire, WireKind};
