//! The wires of daffi: a link to one peer, over which a call costs no thread hand-off.
//!
//! The side that dials is the caller: [`CallerLink`]. Its own threads write requests and read replies; one of them
//! reads for all (leader and followers). The side that accepts is the callee: [`ServeGroup`]. One of its threads
//! reads and runs callbacks inline; when a callback takes long, another takes over.

// Under loom only what is model-checked is built: whose turn it is to read, who leads a serving group, how the
// thread that watches it sleeps, and who waits for its answers; what stands here without a condition is small and used by both.
mod attention;
#[cfg(loom)]
#[path = "serve/baton.rs"]
mod baton;
#[cfg(not(loom))]
mod caller;
#[cfg(not(loom))]
pub mod fork;
#[cfg(not(loom))]
mod inbound;
#[cfg(not(loom))]
mod ladder;
#[cfg(not(loom))]
mod message;
#[cfg(loom)]
#[path = "serve/monitor.rs"]
mod monitor;
#[cfg(not(loom))]
mod outbound;
#[cfg(not(loom))]
mod pending;
#[cfg(not(loom))]
mod serve;
mod sync;
mod turns;
#[cfg(loom)]
#[path = "serve/unanswered.rs"]
mod unanswered;
#[cfg(not(loom))]
mod wire;

pub use attention::Attention;
#[cfg(not(loom))]
pub use caller::{CallerLink, LinkOptions, SendError};
#[cfg(not(loom))]
pub use message::{
    Allocator, Blob, Body, HeapAllocator, Landing, OutOfMemory, Received, SharedBytes,
};
#[cfg(not(loom))]
pub use pending::{Lost, Outcome, Pending, WaitEnd};
#[cfg(not(loom))]
pub use serve::{
    Asked, HandedIn, Over, Responder, ServeGroup, ServeOptions, Served, ServedLinkId, Service,
    blocking_in_callback,
};
#[cfg(not(loom))]
pub use wire::{Wire, WireKind};
