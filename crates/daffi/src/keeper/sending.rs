//! Sends the calls that wait for it: one task for each node that some wait for, in the order in which they came.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_proto::NodeId;
use tokio::task::spawn_local;

use crate::call::caller::Caller;
use crate::call::caller::outgoing::Outgoing;
use crate::call::caller::queued::{Attempt, QueuedCall};
use crate::call::pending::ATTEMPTS;
use crate::members::commands::Command;
use crate::members::peer::Peer;
use crate::members::route::Route;

/// How often a link without room is looked at where nothing tells of room. 10 ms: replies that make room may be read by
/// any thread; it stops with the last call that waits.
const LOOK: Duration = Duration::from_millis(10);

/// How long after a process could not be met it is tried again, for calls that nobody waits for. 500 ms: each attempt takes
/// some seconds where it is frozen.
const AGAIN: Duration = Duration::from_millis(500);

/// Sends the calls that wait.
pub(super) struct Sender {
    caller: Arc<Caller>,
}

impl Sender {
    pub(super) const fn new(caller: Arc<Caller>) -> Self {
        Self { caller }
    }

    /// Sends the calls to one node until none waits. Those that nobody waits for are tried again where it cannot be met, and
    /// hold up nobody else.
    pub(super) async fn send_to(self: Rc<Self>, node: NodeId) {
        while let Some(call) = self.caller.outgoing.front(node) {
            if !self.send_one(&call).await {
                let unmet = call.target().peer;
                if call.meets_again() {
                    // One that was met meanwhile, as for the call before, is there for this one, too.
                    if call.target().peer.route().is_none() {
                        self.before_next_attempt(node, &unmet).await;
                    }
                    continue;
                }
                self.go_elsewhere(&call);
            }
            self.caller.outgoing.pop(node);
        }
    }

    /// Lets some time pass, unless somebody waits for a call that was made since the last attempt.
    async fn before_next_attempt(self: &Rc<Self>, node: NodeId, unmet: &Arc<Peer>) {
        self.hand_on(node, unmet);
        let left = self.caller.outgoing.waiting(node);
        if !left.iter().any(|call| call.wants_value()) {
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Whoever waits for a call to a peer that cannot be met shall wait no longer than for the first attempt.
    fn hand_on(self: &Rc<Self>, node: NodeId, unmet: &Arc<Peer>) {
        let mut handed_on = BTreeSet::new();
        for call in self.caller.outgoing.waiting(node) {
            if !call.is_waited_for_at(unmet) {
                continue;
            }
            match call.only_route().map(|route| call.try_send(&route)) {
                Some(Attempt::NotNow) => continue,
                Some(Attempt::Done) => {}
                Some(Attempt::Lost) | None => self.go_elsewhere(&call),
            }
            handed_on.insert(call.order());
        }
        self.caller.outgoing.take_out(node, handed_on);
    }

    /// A call whose node cannot be met goes to another candidate, or ends.
    fn go_elsewhere(self: &Rc<Self>, call: &Arc<QueuedCall>) {
        if let Some(other) = call.choose_another()
            && self.caller.outgoing.redirect(other, call)
        {
            spawn_local(Rc::clone(self).send_to(other));
        }
    }

    /// Whether the call is sent or over; where not, its node has vanished.
    async fn send_one(&self, call: &Arc<QueuedCall>) -> bool {
        for _ in 0..ATTEMPTS {
            if call.is_over() {
                return true;
            }
            let peer = call.target().peer;
            let only = call.only_route();
            let is_only = only.is_some();
            let route = match only {
                Some(route) => Some(route),
                None => {
                    let ask = || self.caller.commands.send(Command::Want(peer.id()));
                    peer.met(ask).await
                }
            };
            let Some(route) = route else { return false };
            if self.send_on(call, &route).await {
                return true;
            }
            peer.route_ended(&route);
            if is_only {
                return false;
            }
        }
        false
    }

    /// Sends a call on this route as soon as there is room; false if the link ends before.
    async fn send_on(&self, call: &Arc<QueuedCall>, route: &Arc<Route>) -> bool {
        loop {
            match call.try_send(route) {
                Attempt::Done => return true,
                Attempt::Lost => return false,
                Attempt::NotNow => {
                    route.sweep();
                    route.see_out();
                    let _ = tokio::time::timeout(LOOK, route.room.notified()).await;
                }
            }
        }
    }
}

/// Ends the calls that were not sent in time. Runs for ever.
pub(super) async fn end_late(outgoing: &Outgoing) {
    loop {
        let sooner = outgoing.sooner.notified();
        match outgoing.next_deadline() {
            None => sooner.await,
            Some(at) => drop(tokio::time::timeout_at(at.into(), sooner).await),
        }
        for call in outgoing.late(Instant::now()) {
            call.expire();
        }
    }
}
