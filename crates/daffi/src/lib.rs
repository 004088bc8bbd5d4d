//! Call a function in another process by its name: the runtime of daffi and its Rust API.
//!
//! A [`Global`] is a running controller, node or both. It offers callbacks to other processes and calls theirs. Front
//! ends of other languages stand on [`Global::target`], [`Global::begin`] and [`Callback`]; Rust programs use
//! [`Global::callback`] and [`Global::call`].
//!
//! ```
//! use daffi::{Global, Value};
//!
//! let folder = std::env::temp_dir().join(format!("daffi-example-{}", std::process::id()));
//! let worker = Global::builder().process_name("worker").controller(true).unix(&folder).start(&mut || false)?;
//! worker.callback("add", |arguments| {
//!     let (a, b): (i64, i64) = arguments.try_into()?;
//!     Ok(Value::from(a + b))
//! })?;
//!
//! // Usually in another process.
//! let caller = Global::builder().process_name("caller").unix(&folder).start(&mut || false)?;
//! caller.wait_function("add", None, &mut || false)?;
//! assert_eq!(caller.call("add", (2, 40))?, Value::from(42));
//! # std::mem::drop((caller, worker));
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod api;
mod call;
mod controller;
mod error;
mod global;
mod host;
mod keeper;
mod members;
mod net;
mod node;
mod serve;
mod settings;
mod stop;
mod value;
mod wait;

pub use api::schedule::NewTask;
pub use api::search::Search;
pub use api::typed::CallbackError;
pub use call::generator_in::{OpenedStream, StreamReader};
pub use call::items::split_items;
pub use call::options::{Answer, CallOptions};
pub use call::pending::PendingCall;
pub use call::retry::Retried;
pub use call::stream_out::StreamSender;
pub use error::absence::{Absence, NoCandidate, NoProcess};
pub use error::{
    CallError, FolderProblem, KillError, NotBegun, Occupant, RegisterError, StartError, ValueError,
    WaitError,
};
pub use global::Global;
pub use host::{Host, RustHost};
pub use members::choose::Reach;
pub use members::choose::{Elsewhere, Shape};
pub use members::target::Target;
pub use serve::callback::{Callback, Definition, Invocation};
pub use serve::cancel::CancelFlag;
pub use serve::delays::Due;
pub use serve::failed_run::FailedRun;
pub use serve::generator::{Outlet, Source};
pub use serve::responder::{LoopPlace, Move, Responder};
pub use settings::{Builder, Direct};
pub use value::remote_error::RemoteError;
pub use value::{
    Arguments, Array, Date, DateTime, DecodeError, EncodeError, Order, Time, TimeDelta, Value,
    WrongArguments, WrongType, Zone,
};

/// What the links below give and take: messages, memory for large values, and what a forked child must close.
pub use daffi_link::{
    Allocator, Blob, Body, Landing, OutOfMemory, Received, SharedBytes, WaitEnd,
    blocking_in_callback, fork,
};
/// The words of the protocol that appear in this API.
pub use daffi_proto::{
    ArgumentMismatch, BadItems, BlobKind, CallbackNumber, CancelTask, ChainId, Encoding, Extension,
    Failure, FailureCode, InvalidName, ItemWriter, Limits, MAX_DEPTH, MAX_ELEMENTS, Name, NodeId,
    Parameter, ParameterKind, ReplyStatus, Retries, RetryRule, SHARED_FROM, Signature, TaskId,
    TaskInfo, Timing,
};
