//! The rules of daffi: what travels and what it means, without I/O, clock or threads.
#![deny(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::panic
)]

mod calls;
mod controller;
mod frames;
mod limits;
mod liveness;
mod node;
mod registry;
mod retry;
mod schedule;
mod streams;

pub use calls::{InFlight, InsertError};
pub use controller::{
    CloseReason, ConnectionId, ControllerAction, ControllerEvent, ControllerState, LanesUnderWay,
    News, RelayFrame,
};
pub use frames::{
    ArgumentMismatch, Authentication, BadBlobs, BadHead, BlobInfo, BlobKind, BodyReader,
    BodyWriter, Builtin, CallId, CallbackInfo, CallbackNumber, CancelTask, ChainId, ControlFrame,
    ControlReader, DecodeError, Encoding, Endpoint, ExpectOutcome, ExpectRefusal, Extension,
    Failure, FailureCode, Frame, FrameDecoder, FrameKind, Head, Hello, HelloError, HostIdentity,
    IntroductionOutcome, InvalidName, Leaving, LeftReason, MAX_DEPTH, MAX_ELEMENTS, Member, Name,
    NodeId, NodeIdentity, Parameter, ParameterKind, Purpose, RefusalReason, Refused, RelayReason,
    ReplyStatus, Request, SHARED_FROM, STOPPING, ScheduleTask, Signature, TaskFailed, TaskId,
    TaskInfo, Ticket, Timing, Version, Wanted, Welcome, read_blob_table, write_blob_table,
};
pub use limits::Limits;
pub use liveness::{Look, Pace, Silence};
pub use node::{ExpectedCallers, NodeAction, NodeEvent, NodeSettings, NodeState, PeerGoneReason};
pub use registry::{Candidate, Registry};
pub use retry::{Retries, RetryRule};
pub use schedule::{Due, NotScheduled, Schedule};
pub use streams::{
    BadItems, Fanout, Flow, ITEMS, ItemReader, ItemWriter, Outflow, StreamRequest,
    read_stream_opened, stream_opened,
};
