//! A call that was made, as its caller holds it: one way to look, wait and cancel, however far it has come.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use daffi_link::{Body, Received, SendError, WaitEnd};
use daffi_proto::Name;

use crate::call::caller::Caller;
use crate::call::caller::queued::QueuedCall;
use crate::call::caller::queued::failover::{Again, FailoverCall};
use crate::call::options::{Answer, CallOptions};
use crate::call::sent::{Opened, SentCall};
use crate::call::unsent::Unsent;
use crate::error::CallError;
use crate::members::route::Route;
use crate::members::target::Target;
use crate::wait::Wait;

/// How often a call that could not be sent on a route looks for another to the same node. 3: the first may have ended
/// unnoticed, a second in the same moment is rare, a third is a node that goes away.
pub(crate) const ATTEMPTS: usize = 3;

/// A call that was made. Its outcome comes once; any thread may wait for it.
pub struct PendingCall(Way);

/// How far it has come.
enum Way {
    /// It was sent when it was made, and ends with that.
    Sent(SentCall, Arc<Caller>),
    /// The same, and may go elsewhere by itself.
    FailingOver(Arc<FailoverCall>),
    /// It waits to be sent, or did.
    Queued(Arc<QueuedCall>),
}

impl PendingCall {
    /// Sends a call, and waits for what must be waited for: the link, which the first call to a node makes, room on it,
    /// and the calls made before that still wait to be sent. `None` where no answer is wanted.
    #[inline]
    pub(crate) fn begin(
        caller: &Arc<Caller>,
        target: &Target,
        mut unsent: Unsent,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Self>, CallError> {
        let answer = unsent.options.answer;
        let peer = &target.peer;
        if answer != Answer::None && caller.outgoing.waits(target.candidate.node) {
            return Self::begin_behind(caller, target, unsent, interrupt);
        }
        for _ in 0..ATTEMPTS {
            let route = caller.route(peer, unsent.times.deadline, interrupt)?;
            match SentCall::send(target, &route, &mut unsent, interrupt) {
                Ok(None) => return Ok(None),
                Ok(Some(pending)) => {
                    let sent = SentCall::new(pending, (route, answer), Arc::clone(peer));
                    return Ok(Some(Self::in_flight(caller, sent, target, &mut unsent)));
                }
                Err(SendError::Lost(_)) => peer.route_ended(&route),
                Err(error) => return Err(CallError::of_sending(error, target.process())),
            }
        }
        Err(CallError::away(peer.process()))
    }

    /// Makes a call without waiting for anything: it is sent now where that is possible, else as soon as it is.
    ///
    /// Calls that one thread makes to one node are sent in the order in which they are made.
    #[inline]
    pub(crate) fn dispatch(
        caller: &Arc<Caller>,
        target: Target,
        mut unsent: Unsent,
    ) -> Result<Self, CallError> {
        if caller.stop.refuses_calls() {
            return Err(CallError::Stopped);
        }
        if !caller.outgoing.waits(target.candidate.node)
            && let Some(route) = target.peer.route()
        {
            match SentCall::try_send(&target, &route, &mut unsent) {
                Ok(Some(sent)) => return Ok(Self::in_flight(caller, sent, &target, &mut unsent)),
                Ok(None) => {}
                Err(SendError::Lost(_)) => target.peer.route_ended(&route),
                Err(error) => return Err(CallError::of_sending(error, target.process())),
            }
        }
        caller.queue(target, unsent, true).map(Self::queued)
    }

    /// A call that was sent, which goes elsewhere by itself where it is told how.
    #[inline]
    fn in_flight(
        caller: &Arc<Caller>,
        sent: SentCall,
        target: &Target,
        unsent: &mut Unsent,
    ) -> Self {
        match unsent.elsewhere {
            None => Self(Way::Sent(sent, Arc::clone(caller))),
            Some(_) => Self::failing_over(caller, sent, target, unsent),
        }
    }

    #[inline(never)]
    fn failing_over(
        caller: &Arc<Caller>,
        sent: SentCall,
        target: &Target,
        unsent: &mut Unsent,
    ) -> Self {
        let call = FailoverCall::new(Arc::clone(caller), sent, Again::of(caller, target, unsent));
        call.attend();
        Self(Way::FailingOver(call))
    }

    /// [`Self::dispatch`] on this route and no other: it is about something that lives with the route.
    pub(crate) fn dispatch_on(
        caller: &Arc<Caller>,
        route: &Arc<Route>,
        target: &Target,
        body: Body,
    ) -> Result<Self, CallError> {
        let options = CallOptions {
            answer: Answer::Later,
            ..CallOptions::default()
        };
        let mut unsent = Unsent {
            route: Some(Arc::clone(route)),
            ..Unsent::new(body, options, None)
        };
        match SentCall::try_send(target, route, &mut unsent) {
            Ok(Some(sent)) => return Ok(Self(Way::Sent(sent, Arc::clone(caller)))),
            Ok(None) => {}
            Err(error) => {
                if matches!(error, SendError::Lost(_)) {
                    target.peer.route_ended(route);
                }
                let error = CallError::of_sending(error, target.process());
                return Err(caller.true_cause_for_stream(error));
            }
        }
        // Small, and at most two for each stream: no bound is needed.
        let queued = caller.queue(target.clone(), unsent, false);
        queued.map(Self::queued)
    }

    /// Sends a call behind those that wait, and waits until it is sent.
    #[cold]
    fn begin_behind(
        caller: &Arc<Caller>,
        target: &Target,
        unsent: Unsent,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Self>, CallError> {
        let call = caller.queue(target.clone(), unsent, false)?;
        if call.wait_sent(&mut Wait::new(None, interrupt)).is_some() {
            call.end(CallError::Interrupted);
        }
        match call.take_error() {
            Some(error) => Err(error),
            None => Ok(Some(Self::queued(call))),
        }
    }

    const fn queued(call: Arc<QueuedCall>) -> Self {
        Self(Way::Queued(call))
    }

    /// The process that was called.
    pub fn process(&self) -> Name {
        match &self.0 {
            Way::Sent(call, _) => call.process().clone(),
            Way::FailingOver(call) => call.process(),
            Way::Queued(call) => call.process(),
        }
    }

    /// Waits for the outcome. `interrupt` is asked at least every 100 ms with no lock held; true ends the wait, not the
    /// call. Legal inside a callback.
    pub fn wait(&self, until: Option<Instant>, interrupt: &mut dyn FnMut() -> bool) -> WaitEnd {
        match &self.0 {
            Way::Sent(call, _) => call.wait(until, interrupt),
            Way::FailingOver(call) => call.wait(until, interrupt),
            Way::Queued(call) => call.wait(until, interrupt),
        }
    }

    /// Looks whether the call has ended, without blocking: for as long as looking has been paying.
    pub fn look(&self) -> bool {
        match &self.0 {
            Way::Sent(call, _) => call.look(),
            Way::FailingOver(call) => call.look(),
            Way::Queued(call) => call.look(),
        }
    }

    /// Whether the call has ended.
    pub fn is_done(&self) -> bool {
        match &self.0 {
            Way::Sent(call, _) => call.is_done(),
            Way::FailingOver(call) => call.is_done(),
            Way::Queued(call) => call.is_done(),
        }
    }

    /// The outcome, once: the first to ask after the end gets it.
    pub fn take(&self) -> Option<Result<Received, CallError>> {
        match &self.0 {
            Way::Sent(call, _) => call.take(),
            Way::FailingOver(call) => call.take(),
            Way::Queued(call) => call.take(),
        }
    }

    /// The remote generator that this value of the call stands for, and who has called.
    pub(crate) fn opened_at(&self, value: &Received) -> Option<(Opened, &Arc<Caller>)> {
        match &self.0 {
            Way::Sent(call, caller) => Some((call.opened(value)?, caller)),
            Way::FailingOver(call) => Some((call.opened(value)?, call.caller())),
            Way::Queued(call) => Some((call.opened(value)?, call.caller())),
        }
    }

    /// Ends the call here and tells the callee; true if it was still under way.
    pub fn cancel(&self) -> bool {
        match &self.0 {
            Way::Sent(call, _) => call.cancel(),
            Way::FailingOver(call) => call.cancel(),
            Way::Queued(call) => call.cancel(),
        }
    }

    /// Calls `f` when the call has ended, at once if it has, else on the thread that ends it: a caller's, or the
    /// house-keeper's. It must be quick, must not wait and must not call. Nobody needs to wait for the end: the
    /// house-keeper reads the answer as soon as it is there.
    pub fn on_done(&self, f: impl FnOnce() + Send + 'static) {
        match &self.0 {
            Way::Sent(call, _) => call.on_done(f),
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
