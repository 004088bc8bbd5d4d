//! The rules of daffi: what travels and what it means, without I/O, clock or threads.
#![deny(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::panic
)]

mod blobs;
mod builtin;
mod calls;
mod codec;
mod control;
mod controller;
mod handshake;
mod head;
mod heartbeat;
mod ids;
mod life;
mod limits;
mod node;
mod payload;
mod registry;
mod reply;
mod request;
mod retry;
mod schedule;
mod signature;
mod streams;

pub use blobs::{BadBlobs, BlobInfo, BlobKind, read_blob_table, write_blob_table};
pub use builtin::{Builtin, CancelTask, ScheduleTask, TaskFailed, TaskId, TaskInfo, Timing};
pub use calls::{InFlight, InsertError};
pub use codec::{BodyReader, BodyWriter, DecodeError, Frame, FrameDecoder};
pub use control::{
    CallbackInfo, ControlFrame, ControlReader, ExpectOutcome, ExpectRefusal, IntroductionOutcome,
    LeftReason, Member, RelayReason,
};
pub use controller::{
    CloseReason, ConnectionId, ControllerAction, ControllerEvent, ControllerState, LanesUnderWay,
    News, RelayFrame,
};
pub use handshake::{
    Authentication, Hello, HelloError, NodeIdentity, Purpose, RefusalReason, Refused, Version,
    Welcome,
};
pub use head::{BadHead, Farewell, FrameKind, Head};
pub use ids::{
    CallId, CallbackNumber, ChainId, Endpoint, HostIdentity, InvalidName, Name, NodeId, Ticket,
};
pub use life::{Look, Pace, Silence};
pub use limits::Limits;
pub use node::{ExpectedCallers, NodeAction, NodeEvent, NodeSettings, NodeState, PeerGoneReason};
pub use payload::{Encoding, Extension, MAX_DEPTH, MAX_ELEMENTS, SHARED_FROM};
pub use registry::{Candidate, Registry};
pub use reply::{Failure, FailureCode, ReplyStatus, STOPPING};
pub use request::{Request, Wanted};
pub use retry::{Retries, RetryRule};
pub use schedule::{Due, NotScheduled, Schedule};
pub use signature::{ArgumentMismatch, Parameter, ParameterKind, Signature};
pub use streams::{
    BadItems, Fanout, Flow, ITEMS, ItemReader, ItemWriter, Outflow, StreamRequest,
    read_stream_opened, stream_opened,
};
