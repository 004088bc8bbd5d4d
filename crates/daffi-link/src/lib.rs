//! The wires of daffi: a link to one peer, over which a call costs no thread hand-off.
//!
//! The side that dials is the caller: [`CallerLink`]. Its own threads write requests and read replies; one of them
//! reads for all (leader and followers). The side that accepts is the callee: [`ServeGroup`]. One of its threads
//! reads and runs callbacks inline; when a callback takes long, another takes over.

// Under loom only what is model-checked is built: who reads a link, who leads a serving group, how the thread that
// watches the leader sleeps, and who waits for the answers of a group. What has no condition here is small and used by
// both.
#[cfg(loom)]
#[path = "serve/threads/baton.rs"]
mod baton;
#[cfg(not(loom))]
mod budget;
#[cfg(not(loom))]
mod caller;
#[cfg(not(loom))]
mod descriptors;
#[cfg(not(loom))]
pub mod fork;
#[cfg(not(loom))]
mod inbound;
#[cfg(not(loom))]
mod message;
#[cfg(loom)]
#[path = "serve/threads/monitor.rs"]
mod monitor;
#[cfg(not(loom))]
mod outbound;
#[cfg(not(loom))]
mod serve;
mod sync;
#[cfg(loom)]
#[path = "serve/unanswered.rs"]
mod unanswered;
mod wait;
#[cfg(not(loom))]
mod wire;

#[cfg(not(loom))]
pub use caller::{Call, CallerLink, LinkOptions, Lost, OnDone, Outcome, SendError, WaitEnd};
#[cfg(not(loom))]
pub use message::{
    Allocator, Blob, Body, HeapAllocator, Landing, OutOfMemory, Received, SharedBytes,
};
#[cfg(not(loom))]
pub use serve::{
    Asked, HandedIn, Over, Responder, ServeGroup, ServeOptions, Served, ServedLinkId, Service,
    blocking_in_callback,
};
pub use wait::Attention;
#[cfg(not(loom))]
pub use wire::{Wire, WireKind};
