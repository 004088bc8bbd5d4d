//! One call on the caller's side: to whom it goes, how it is sent, and how it ended.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use daffi_link::{Lost, Outcome, Received, WaitEnd, blocking_in_callback};
use daffi_proto::{
    Candidate, ChainId, Failure, FailureCode, Name, NodeId, ReplyStatus, Signature, Wanted,
    read_stream_opened,
};

use crate::call::failover::FailoverCall;
use crate::call::generator_in::OpenedStream;
use crate::call::queued::QueuedCall;
use crate::error::{CallError, NotBegun};
use crate::members::peer::{Peer, Route};
use crate::shared::NodeShared;

/// Where a call can go: one node that offers the callback.
#[derive(Clone)]
pub struct Target {
    pub(crate) candidate: Arc<Candidate>,
    pub(crate) peer: Arc<Peer>,
}

impl Target {
    /// What the callback accepts.
    pub fn signature(&self) -> &Signature {
        &self.candidate.signature
    }

    /// The name of the process.
    pub fn process(&self) -> &Name {
        &self.candidate.process
    }

    /// The node.
    pub fn node(&self) -> NodeId {
        self.candidate.node
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.candidate.process)
    }
}

/// How a call is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// How long the caller waits, counted after the delay; none for ever.
    pub timeout: Option<Duration>,
    /// How long after it was made the callee runs the callback.
    pub delay: Duration,
    /// What the caller does about the answer.
    pub answer: Answer,
    /// What it belongs to, where a callback makes it.
    pub chain: Option<ChainId>,
}

/// What a caller does about the answer to a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Waits for it at once.
    #[default]
    Awaited,
    /// Looks at it later, or never: the house-keeper sees to it that the call ends meanwhile.
    Later,
    /// Looks later, or never, whether it failed; the value does not come back.
    Failure,
    /// Wants none, not even a failure.
    None,
}

impl Answer {
    /// Whether the caller waits for the value, or looks at it later.
    pub(crate) const fn wants_value(self) -> bool {
        matches!(self, Self::Awaited | Self::Later)
    }

    pub(crate) const fn wanted(self) -> Wanted {
        match self {
            Self::Awaited | Self::Later => Wanted::Outcome,
            Self::Failure => Wanted::Failure,
            Self::None => Wanted::Nothing,
        }
    }
}

/// A call that was made. Its outcome comes once; any thread may wait for it.
pub struct PendingCall(Way);

/// How far it has come.
enum Way {
    /// It was sent when it was made, and ends with that.
    Sent(SentCall),
    /// The same, and may go elsewhere by itself.
    FailingOver(Arc<FailoverCall>),
    /// It waits to be sent, or did.
    Queued(Arc<QueuedCall>),
}

impl PendingCall {
    pub(crate) const fn sent(call: SentCall) -> Self {
        Self(Way::Sent(call))
    }

    pub(crate) const fn failing_over(call: Arc<FailoverCall>) -> Self {
        Self(Way::FailingOver(call))
    }

    pub(crate) const fn queued(call: Arc<QueuedCall>) -> Self {
        Self(Way::Queued(call))
    }

    /// The process that was called.
    pub fn process(&self) -> Name {
        match &self.0 {
            Way::Sent(call) => call.process().clone(),
            Way::FailingOver(call) => call.process(),
            Way::Queued(call) => call.process(),
        }
    }

    /// Waits for the outcome. `interrupt` is asked at least every 100 ms with no lock held; true ends the wait, not the
    /// call. Legal inside a callback.
    pub fn wait(&self, until: Option<Instant>, interrupt: &mut dyn FnMut() -> bool) -> WaitEnd {
        match &self.0 {
            Way::Sent(call) => call.wait(until, interrupt),
            Way::FailingOver(call) => call.wait(until, interrupt),
            Way::Queued(call) => call.wait(until, interrupt),
        }
    }

    /// Looks whether the call has ended, without blocking: for as long as looking has been paying.
    pub fn look(&self) -> bool {
        match &self.0 {
            Way::Sent(call) => call.look(),
            Way::FailingOver(call) => call.look(),
            Way::Queued(call) => call.look(),
        }
    }

    /// Whether the call has ended.
    pub fn is_done(&self) -> bool {
        match &self.0 {
            Way::Sent(call) => call.is_done(),
            Way::FailingOver(call) => call.is_done(),
            Way::Queued(call) => call.is_done(),
        }
    }

    /// The outcome, once: the first to ask after the end gets it.
    pub fn take(&self) -> Option<Result<Received, CallError>> {
        match &self.0 {
            Way::Sent(call) => call.take(),
            Way::FailingOver(call) => call.take(),
            Way::Queued(call) => call.take(),
        }
    }

    /// The remote generator that this value of the call stands for; `None` where it is a value of its own.
    pub fn opened(&self, value: &Received) -> Option<OpenedStream> {
        match &self.0 {
            Way::Sent(call) => call.opened(value),
            Way::FailingOver(call) => call.opened(value),
            Way::Queued(call) => call.opened(value),
        }
    }

    /// Ends the call here and tells the callee; true if it was still under way.
    pub fn cancel(&self) -> bool {
        match &self.0 {
            Way::Sent(call) => call.cancel(),
            Way::FailingOver(call) => call.cancel(),
            Way::Queued(call) => call.cancel(),
        }
    }

    /// Calls `f` when the call has ended, at once if it has, else on the thread that ends it: a caller's, or the
    /// house-keeper's. It must be quick, must not wait and must not call. Nobody needs to wait for the end: the
    /// house-keeper reads the answer as soon as it is there.
    pub fn on_done(&self, f: impl FnOnce() + Send + 'static) {
        match &self.0 {
            Way::Sent(call) => call.on_done(f),
            Way::FailingOver(call) => call.on_done(f),
            Way::Queued(call) => call.on_done(Box::new(f)),
        }
    }
}

/// A call in flight.
pub(crate) struct SentCall {
    pending: daffi_link::Call,
    route: Arc<Route>,
    answer: Answer,
    peer: Arc<Peer>,
    node: Arc<NodeShared>,
}

impl SentCall {
    pub(crate) fn new(
        pending: daffi_link::Call,
        (route, answer): (Arc<Route>, Answer),
        peer: Arc<Peer>,
        node: Arc<NodeShared>,
    ) -> Self {
        peer.call_began(&route);
        Self {
            pending,
            route,
            answer,
            peer,
            node,
        }
    }

    pub(crate) fn process(&self) -> &Name {
        self.peer.process()
    }

    pub(crate) const fn node(&self) -> &Arc<NodeShared> {
        &self.node
    }

    pub(crate) fn wait(
        &self,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> WaitEnd {
        if self.pending.is_done() {
            return WaitEnd::Done;
        }
        blocking_in_callback();
        self.pending.wait(until, interrupt)
    }

    pub(crate) fn look(&self) -> bool {
        self.pending.look()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.pending.is_done()
    }

    pub(crate) fn take(&self) -> Option<Result<Received, CallError>> {
        let outcome = self.pending.take()?;
        Some(self.read(outcome))
    }

    pub(crate) fn opened(&self, value: &Received) -> Option<OpenedStream> {
        let number = read_stream_opened(&value.payload)?;
        Some(OpenedStream {
            node: Arc::clone(&self.node),
            peer: Arc::clone(&self.peer),
            route: Arc::clone(&self.route),
            number,
        })
    }

    pub(crate) fn cancel(&self) -> bool {
        self.pending.cancel()
    }

    pub(crate) fn on_done(&self, f: impl FnOnce() + Send + 'static) {
        if self.pending.is_done() {
            return f();
        }
        let watch = self.node.watch(&self.route);
        self.pending.on_done(Box::new(move || {
            drop(watch);
            f();
        }));
    }

    /// Calls `f` when the call has ended, as soon as somebody reads that.
    pub(crate) fn at_end(&self, f: impl FnOnce() + Send + 'static) {
        self.pending.on_done(Box::new(f));
    }

    fn is_ended_by_us(&self) -> bool {
        self.route.ended_by_us.load(Ordering::Acquire)
    }

    fn read(&self, outcome: Outcome) -> Result<Received, CallError> {
        let process = || self.peer.process().clone();
        match outcome {
            Outcome::Reply { status, body } => match status {
                ReplyStatus::Value => Ok(body),
                ReplyStatus::Raised => Err(CallError::Raised {
                    process: process(),
                    record: body,
                }),
                ReplyStatus::Failed => Err(read_failure(
                    process(),
                    Failure::from_payload(&body.payload),
                )),
            },
            // Nobody waits for it, so that it is told of: it was taken, and its process has stopped too early.
            Outcome::Unsent(_) if self.is_ended_by_us() && !self.answer.wants_value() => {
                Err(CallError::Unsent { process: process() })
            }
            Outcome::Lost(_) | Outcome::Unsent(_) if self.is_ended_by_us() => {
                Err(CallError::Stopped)
            }
            // It has not run, and another candidate may be there.
            Outcome::Unsent(lost) => Err(CallError::Vanished {
                process: process(),
                why: self.not_begun(lost),
            }),
            Outcome::Lost(_) if self.route.relayed => {
                Err(CallError::RelayGone { process: process() })
            }
            Outcome::Lost(Lost::Left) => Err(CallError::away(self.peer.process())),
            Outcome::Lost(Lost::Silent) => Err(CallError::NodeSilent {
                process: process(),
                silence: self.node.limits.silence(),
            }),
            Outcome::Lost(_) => Err(CallError::NodeGone { process: process() }),
            Outcome::TimedOut => Err(CallError::TimedOut),
            Outcome::Cancelled => Err(CallError::Cancelled),
        }
    }

    fn not_begun(&self, lost: Lost) -> NotBegun {
        match lost {
            _ if self.route.relayed => NotBegun::RelayGone,
            Lost::Silent => NotBegun::Silent(self.node.limits.silence()),
            Lost::HungUp | Lost::Left | Lost::Violation | Lost::Closed => NotBegun::Away,
        }
    }
}

impl Drop for SentCall {
    fn drop(&mut self) {
        self.peer.call_ended(&self.route);
        if !self.pending.is_done() {
            self.node.sweep(&self.route);
        }
    }
}

impl fmt::Debug for SentCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SentCall({}, done: {})", self.process(), self.is_done())
    }
}

impl fmt::Debug for PendingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PendingCall({}, done: {})",
            self.process(),
            self.is_done()
        )
    }
}

/// What a failure of the callee or the controller means to the caller.
fn read_failure(process: Name, failure: Failure) -> CallError {
    match failure.code {
        FailureCode::NodeGone => CallError::NodeGone { process },
        // The callback has not run, and another candidate may be there.
        FailureCode::Unreachable | FailureCode::UnknownCallback | FailureCode::Stopping => {
            CallError::away(&process)
        }
        FailureCode::Expired => CallError::TimedOut,
        FailureCode::Cancelled => CallError::Cancelled,
        FailureCode::Overloaded
        | FailureCode::BadArguments
        | FailureCode::BadResult
        | FailureCode::Dropped => CallError::Failed { process, failure },
    }
}
