//! What travels: the frames byte by byte, the values inside them, and the payloads of what every node answers.

mod blobs;
mod builtin;
mod codec;
mod control;
mod handshake;
mod head;
mod ids;
mod payload;
mod reply;
mod request;
mod signature;

pub use blobs::{BadBlobs, BlobInfo, BlobKind, read_blob_table, write_blob_table};
pub use builtin::{Builtin, CancelTask, ScheduleTask, TaskFailed, TaskId, TaskInfo, Timing};
pub use codec::{BodyReader, BodyWriter, DecodeError, Frame, FrameDecoder};
pub use control::{
    CallbackInfo, ControlFrame, ControlReader, ExpectOutcome, ExpectRefusal, IntroductionOutcome,
    LeftReason, Member, RelayReason,
};
pub use handshake::{
    Authentication, Hello, HelloError, NodeIdentity, Purpose, RefusalReason, Refused, Version,
    Welcome,
};
pub use head::{BadHead, FrameKind, Head, Leaving};
pub use ids::{
    CallId, CallbackNumber, ChainId, Endpoint, HostIdentity, InvalidName, Name, NodeId, Ticket,
};
pub use payload::{Encoding, Extension, MAX_DEPTH, MAX_ELEMENTS, SHARED_FROM};
pub use reply::{Failure, FailureCode, ReplyStatus, STOPPING};
pub use request::{Request, Wanted};
pub use signature::{ArgumentMismatch, Parameter, ParameterKind, Signature};
