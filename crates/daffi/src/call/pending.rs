//! A call that was made, as its caller holds it: one way to look, wait and cancel, however far it has come.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use daffi_link::{Received, WaitEnd};
use daffi_proto::Name;

use crate::call::failover::FailoverCall;
use crate::call::generator_in::OpenedStream;
use crate::call::queued::QueuedCall;
use crate::call::sent::SentCall;
use crate::error::CallError;

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
