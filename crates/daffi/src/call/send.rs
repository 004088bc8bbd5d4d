//! How a call gets on its way: over the route to its node, which the first call makes. One that is not to wait is kept
//! where it cannot be sent at once.

use std::sync::Arc;
use std::time::Instant;

use daffi_link::{Body, SendError};
use daffi_proto::Request;

use crate::call::failover::{Again, FailoverCall};
use crate::call::options::{Answer, CallOptions};
use crate::call::outgoing::{Queued, SENDING};
use crate::call::pending::PendingCall;
use crate::call::queued::{QueuedCall, Unsent};
use crate::call::sent::SentCall;
use crate::error::CallError;
use crate::keeper::inbox::Command;
use crate::members::choose::Elsewhere;
use crate::members::peer::{NoRoute, Peer, Route};
use crate::members::target::Target;
use crate::shared::NodeShared;

/// How often a call that could not be sent on a route looks for another to the same node. 3: the first may have ended
/// unnoticed, a second in the same moment is rare, a third is a node that goes away.
pub(crate) const ATTEMPTS: usize = 3;

impl NodeShared {
    /// Sends a call, and waits for what must be waited for: the link, which the first call to a node makes, room on it,
    /// and the calls made before that still wait to be sent.
    #[inline]
    pub(crate) fn begin(
        self: &Arc<Self>,
        target: &Target,
        body: Body,
        options: CallOptions,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<PendingCall>, CallError> {
        self.begin_unsent(target, Unsent::new(body, options, None), interrupt)
    }

    /// The same for a call that was made before, or goes elsewhere by itself where it is refused before it begins.
    #[inline]
    pub(crate) fn begin_unsent(
        self: &Arc<Self>,
        target: &Target,
        mut unsent: Unsent,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<PendingCall>, CallError> {
        let answer = unsent.options.answer;
        let peer = &target.peer;
        if answer != Answer::None && self.outgoing.waits(target.candidate.node) {
            return self.begin_behind(target, unsent, interrupt);
        }
        for _ in 0..ATTEMPTS {
            let route = self.route(peer, unsent.moments.deadline, interrupt)?;
            match self.send(target, &route, &mut unsent, interrupt) {
                Ok(None) => return Ok(None),
                Ok(Some(pending)) => {
                    let sent = self.sent(pending, (route, answer), peer);
                    return Ok(Some(self.in_flight(sent, target, &mut unsent)));
                }
                Err(SendError::Lost(_)) => self.route_ended(peer, &route),
                Err(error) => return Err(CallError::of_sending(error, target.process())),
            }
        }
        Err(CallError::away(peer.process()))
    }

    /// Makes a call without waiting for anything: it is sent now where that is possible, else as soon as it is.
    ///
    /// Calls that one thread makes to one node are sent in the order in which they are made.
    pub(crate) fn dispatch(
        self: &Arc<Self>,
        target: Target,
        body: Body,
        options: CallOptions,
        elsewhere: Option<Elsewhere>,
    ) -> Result<PendingCall, CallError> {
        self.dispatch_unsent(target, Unsent::new(body, options, elsewhere))
    }

    /// The same for a call that was made before.
    #[inline]
    pub(crate) fn dispatch_unsent(
        self: &Arc<Self>,
        target: Target,
        mut unsent: Unsent,
    ) -> Result<PendingCall, CallError> {
        if self.stop().refuses_calls() {
            return Err(CallError::Stopped);
        }
        if !self.outgoing.waits(target.candidate.node)
            && let Some(route) = target.peer.route()
        {
            match self.try_send(&target, &route, &mut unsent) {
                Ok(Some(sent)) => return Ok(self.in_flight(sent, &target, &mut unsent)),
                Ok(None) => {}
                Err(SendError::Lost(_)) => self.route_ended(&target.peer, &route),
                Err(error) => return Err(CallError::of_sending(error, target.process())),
            }
        }
        self.queue(target, unsent, true).map(PendingCall::queued)
    }

    /// A call that was sent, which goes elsewhere by itself where it is told how.
    #[inline]
    fn in_flight(&self, sent: SentCall, target: &Target, unsent: &mut Unsent) -> PendingCall {
        match unsent.elsewhere {
            None => PendingCall::sent(sent),
            Some(_) => self.failing_over(sent, target, unsent),
        }
    }

    #[inline(never)]
    fn failing_over(&self, sent: SentCall, target: &Target, unsent: &mut Unsent) -> PendingCall {
        let call = FailoverCall::new(sent, Again::of(self, target, unsent));
        call.attend();
        PendingCall::failing_over(call)
    }

    /// [`Self::dispatch`] on this route and no other: it is about something that lives with the route.
    pub(crate) fn dispatch_on(
        self: &Arc<Self>,
        route: &Arc<Route>,
        target: &Target,
        body: Body,
    ) -> Result<PendingCall, CallError> {
        let options = CallOptions {
            answer: Answer::Later,
            ..CallOptions::default()
        };
        let mut unsent = Unsent {
            route: Some(Arc::clone(route)),
            ..Unsent::new(body, options, None)
        };
        match self.try_send(target, route, &mut unsent) {
            Ok(Some(sent)) => return Ok(PendingCall::sent(sent)),
            Ok(None) => {}
            Err(error) => {
                if matches!(error, SendError::Lost(_)) {
                    self.route_ended(&target.peer, route);
                }
                let error = CallError::of_sending(error, target.process());
                return Err(self.blamed_for_stream(error));
            }
        }
        // Small, and at most two for each stream: no bound is needed.
        let queued = self.queue(target.clone(), unsent, false);
        queued.map(PendingCall::queued)
    }

    /// Sends a call behind those that wait, and waits until it is sent.
    #[cold]
    fn begin_behind(
        self: &Arc<Self>,
        target: &Target,
        unsent: Unsent,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<PendingCall>, CallError> {
        let call = self.queue(target.clone(), unsent, false)?;
        if call.wait_sent(None, interrupt).is_some() {
            call.end(CallError::Interrupted);
        }
        match call.take_error() {
            Some(error) => Err(error),
            None => Ok(Some(PendingCall::queued(call))),
        }
    }

    /// This process stops: no call is taken any more, and those whose callers wait for the value end.
    pub(crate) fn end_waited_for(&self) {
        self.outgoing.close();
        for call in self.outgoing.all() {
            if call.wants_value() {
                call.end(CallError::Stopped);
            }
        }
    }

    /// Lets the calls go that nobody waits for; those that cannot by then end unsent.
    pub(crate) fn send_the_rest(&self, until: Instant) {
        self.outgoing.drained(until);
        for call in self.outgoing.all() {
            let process = call.process();
            call.end(CallError::Unsent { process });
        }
    }

    /// Keeps a call until it can be sent.
    pub(crate) fn queue(
        self: &Arc<Self>,
        target: Target,
        unsent: Unsent,
        needs_room: bool,
    ) -> Result<Arc<QueuedCall>, CallError> {
        let node = target.candidate.node;
        let process = target.process().clone();
        let limit = unsent.moments.deadline;
        // A stream's requests are of its callers, which wait.
        let is_unwanted = !unsent.options.answer.wants_value();
        let deadline = limit.or_else(|| is_unwanted.then(|| Instant::now() + SENDING));
        let call = QueuedCall::new(self, target, unsent, deadline, limit.is_some());
        match self.outgoing.add(node, &call, needs_room) {
            Queued::First => self.inbox.send(Command::Send(node)),
            Queued::Behind => {}
            Queued::NoRoom { calls, bytes } => {
                return Err(CallError::Backlog {
                    process,
                    calls,
                    bytes,
                });
            }
            Queued::Closed => return Err(CallError::Stopped),
        }
        Ok(call)
    }

    fn route(
        &self,
        peer: &Peer,
        deadline: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Arc<Route>, CallError> {
        if let Some(route) = peer.route() {
            return Ok(route);
        }
        let mut stopped_or_interrupted = || self.stop().refuses_calls() || interrupt();
        let found = peer.meet(deadline, &mut stopped_or_interrupted, || {
            self.inbox.send(Command::Want(peer.id()));
        });
        found.map_err(|problem| match problem {
            NoRoute::Interrupted if self.stop().refuses_calls() => CallError::Stopped,
            NoRoute::Interrupted => CallError::Interrupted,
            NoRoute::TimedOut => CallError::TimedOut,
            NoRoute::Gone(error) => error,
        })
    }

    fn send(
        self: &Arc<Self>,
        target: &Target,
        route: &Arc<Route>,
        unsent: &mut Unsent,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<daffi_link::Call>, SendError> {
        let request = request(target, route, unsent);
        let (answer, deadline) = (unsent.options.answer, unsent.moments.deadline);
        let body = &mut unsent.body;
        if answer == Answer::None {
            let is_late = || deadline.is_some_and(|deadline| deadline <= Instant::now());
            let sent = route
                .link
                .send_without_reply(&request, body, &mut || is_late() || interrupt());
            self.see_out(route);
            return match sent {
                Err(SendError::Interrupted) if is_late() => Err(SendError::TimedOut),
                sent => sent.map(|()| None),
            };
        }
        let pending = route.link.call(&request, body, deadline, interrupt)?;
        if matches!(answer, Answer::Later | Answer::Failure) {
            self.sweep(route);
        }
        Ok(Some(pending))
    }

    fn sent(
        self: &Arc<Self>,
        pending: daffi_link::Call,
        by: (Arc<Route>, Answer),
        peer: &Arc<Peer>,
    ) -> SentCall {
        SentCall::new(pending, by, Arc::clone(peer), Arc::clone(self))
    }

    /// Sends a call if nothing is to be waited for; `None` where something is, and the call is as it was.
    pub(crate) fn try_send(
        self: &Arc<Self>,
        target: &Target,
        route: &Arc<Route>,
        unsent: &mut Unsent,
    ) -> Result<Option<SentCall>, SendError> {
        let request = request(target, route, unsent);
        let deadline = unsent.moments.deadline;
        let Some(pending) = route.link.try_call(&request, &mut unsent.body, deadline)? else {
            return Ok(None);
        };
        self.sweep(route);
        self.see_out(route);
        let by = (Arc::clone(route), unsent.options.answer);
        Ok(Some(self.sent(pending, by, &target.peer)))
    }

    /// The house-keeper is told first: it must know of the loss before it is asked for another route.
    pub(crate) fn route_ended(&self, peer: &Peer, route: &Route) {
        self.inbox.send(Command::RouteLost(route.number));
        peer.lost(route.number);
    }
}

/// What precedes the arguments, and times among them: what is left of them now, as the call may have waited.
#[inline]
fn request(target: &Target, route: &Route, unsent: &mut Unsent) -> Request {
    let options = &unsent.options;
    let (time_left, delay) = unsent.moments.left(options);
    unsent.moments.renew(&mut unsent.body.payload);
    Request {
        target: route.relayed.then_some(target.candidate.node),
        callback: target.candidate.number,
        time_left,
        delay,
        wanted: options.answer.wanted(),
        chain: options.chain,
    }
}
