//! The rules of daffi: what travels and what it means, without I/O, clock or threads.
#![deny(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::panic
)]

mod blobs;
mod head;
mod ids;
mod limits;
mod payload;
mod reply;
mod request;

pub use blobs::{BadBlobs, BlobInfo, BlobKind, read_blob_table, write_blob_table};
pub use head::{BadHead, FrameKind, Head};
pub use ids::{CallId, CallbackNumber, InvalidName, Name, NodeId, Ticket};
pub use limits::Limits;
pub use payload::{Encoding, Extension, MAX_DEPTH};
pub use reply::{Failure, FailureCode, ReplyStatus};
pub use request::Request;
