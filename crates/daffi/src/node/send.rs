//! How a call gets on its way: over the route to its node, which the first call makes.

use std::sync::Arc;
use std::time::Instant;

use daffi_link::{Body, SendError};
use daffi_proto::Request;

use super::inbox::Command;
use super::peer::{NoRoute, Peer, Route};
use super::shared::NodeShared;
use crate::call::{Answer, CallOptions, PendingCall, Target};
use crate::error::CallError;

/// How often a call that could not be sent on a route looks for another to the same node. 3: the first may have ended
/// unnoticed, a second in the same moment is rare, a third is a node that goes away.
const ATTEMPTS: usize = 3;

impl NodeShared {
    /// Sends a call. The first to a node makes the link to it; who comes meanwhile waits for the same attempt.
    pub(crate) fn begin(
        self: &Arc<Self>,
        target: &Target,
        body: Body,
        options: CallOptions,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<PendingCall>, CallError> {
        let deadline = options
            .timeout
            .and_then(|timeout| Instant::now().checked_add(timeout.saturating_add(options.delay)));
        let peer = &target.peer;
        let mut body = Some(body);
        for left in (0..ATTEMPTS).rev() {
            let route = self.route(peer, deadline, interrupt)?;
            // The body is only needed again where the route has ended before anything was sent.
            let this_body = if left == 0 { body.take() } else { body.clone() };
            let this_body = this_body.unwrap_or_default();
            let sent = self.send(target, &route, this_body, options, deadline, interrupt);
            match sent {
                Ok(pending) => return Ok(pending),
                Err(SendError::Lost(_)) => self.route_ended(peer, &route),
                Err(SendError::TooLarge { length, limit }) => {
                    return Err(CallError::TooLarge {
                        size: length,
                        limit,
                    });
                }
                Err(SendError::TimedOut) => return Err(CallError::TimedOut),
                Err(SendError::Interrupted) => return Err(CallError::Interrupted),
            }
        }
        Err(CallError::Vanished {
            process: peer.process().clone(),
        })
    }

    /// Sends a call on this route and no other: it is about something that lives with the route.
    pub(crate) fn begin_on(
        self: &Arc<Self>,
        route: &Arc<Route>,
        target: &Target,
        body: Body,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<PendingCall>, CallError> {
        let options = CallOptions::default();
        let sent = self.send(target, route, body, options, None, interrupt);
        sent.map_err(|error| match error {
            SendError::Lost(_) => {
                self.route_ended(&target.peer, route);
                self.blamed_for_stream(CallError::Vanished {
                    process: target.process().clone(),
                })
            }
            SendError::TooLarge { length, limit } => CallError::TooLarge {
                size: length,
                limit,
            },
            SendError::TimedOut => CallError::TimedOut,
            SendError::Interrupted => CallError::Interrupted,
        })
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
        let mut stopped_or_interrupted = || self.stop.refuses_calls() || interrupt();
        let found = peer.meet(deadline, &mut stopped_or_interrupted, || {
            self.inbox.send(Command::Want(peer.id()));
        });
        found.map_err(|problem| match problem {
            NoRoute::Interrupted if self.stop.refuses_calls() => CallError::Stopped,
            NoRoute::Interrupted => CallError::Interrupted,
            NoRoute::TimedOut => CallError::TimedOut,
            NoRoute::Gone => CallError::Vanished {
                process: peer.process().clone(),
            },
        })
    }

    fn send(
        self: &Arc<Self>,
        target: &Target,
        route: &Arc<Route>,
        body: Body,
        options: CallOptions,
        deadline: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<PendingCall>, SendError> {
        let request = Request {
            target: route.relayed.then_some(target.candidate.node),
            callback: target.candidate.number,
            // What is left of the time, for the wait for a route may have taken some.
            time_left: deadline.map(|deadline| {
                deadline
                    .saturating_duration_since(Instant::now())
                    .saturating_sub(options.delay)
            }),
            delay: options.delay,
            wanted: options.answer.wanted(),
            chain: options.chain,
        };
        if options.answer == Answer::None {
            route.link.send_without_reply(&request, body, interrupt)?;
            if route.link.needs_pump() {
                self.sweep(route);
            }
            return Ok(None);
        }
        let pending = route.link.call(&request, body, deadline, interrupt)?;
        if matches!(options.answer, Answer::Later | Answer::Failure) {
            self.sweep(route);
        }
        let (route, peer) = (Arc::clone(route), Arc::clone(&target.peer));
        Ok(Some(PendingCall::new(
            pending,
            route,
            peer,
            Arc::clone(self),
        )))
    }

    /// The house-keeper is told first: it must know of the loss before it is asked for another route.
    fn route_ended(&self, peer: &Peer, route: &Route) {
        self.inbox.send(Command::RouteLost(route.number));
        peer.lost(route.number);
    }
}
