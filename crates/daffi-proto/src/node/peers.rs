//! The way to each node that is called: a direct link where the two can meet, the call lane otherwise.

use std::time::{Duration, Instant};

use super::{NodeAction, NodeState, PeerGoneReason, Step};
use crate::{ControlFrame, IntroductionOutcome, NodeId};

/// How long an introduction may take before the call is relayed. 5 s: the controller gives its answer within 3.
pub(super) const INTRODUCTION: Duration = Duration::from_secs(5);
/// How long dialling may take before the call is relayed. 10 s, as long as the ticket is good; runtimes give up sooner.
const DIALLING: Duration = Duration::from_secs(10);

/// How far the way to one node is made.
///
/// ```text
///           want                     Introduced: Meet           DialSucceeded
/// (unknown) ----> Introducing -----------------------> Dialing ---------------> Direct
///     |              | Introduced: Relay, 5 s pass        | DialFailed, 10 s pass  | LinkLost
///     | want, and    v                                    v                        v
///     | not direct  Relayed <-----------------------------+                    (unknown)
///     +------------> | the control connection ends
///                    v
///                (unknown)         Introduced: Gone, the member leaves: (unknown), from all but Direct,
///                                  or back to Introducing where the member may return
/// ```
/// Without a control connection an introduction waits for one; after 5 s the peer is given up instead of relayed.
/// A node that is absent is not asked for until it is back: it is waited for as long as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The controller was asked, or will be when it is back and knows the node.
    Introducing { until: Instant, asked: bool },
    /// The runtime dials.
    Dialing { until: Instant },
    /// A direct link is up.
    Direct,
    /// Calls go over the call lane.
    Relayed,
}

impl Way {
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Introducing { until, .. } | Self::Dialing { until } => Some(*until),
            Self::Direct | Self::Relayed => None,
        }
    }
}

impl NodeState {
    pub(super) fn want(&mut self, step: &mut Step<'_>, node: NodeId) {
        match self.ways.get(&node) {
            Some(Way::Relayed) => step.push(NodeAction::Relay(node)),
            // The answer is on its way. Where a link was lost, the runtime reports that before it asks again.
            Some(Way::Introducing { .. } | Way::Dialing { .. } | Way::Direct) => {}
            None if self.registry.member(node).is_none() => {
                step.push(NodeAction::PeerGone {
                    node,
                    reason: PeerGoneReason::Unknown,
                });
            }
            None => {
                self.ways.insert(
                    node,
                    Way::Introducing {
                        until: step.now + INTRODUCTION,
                        asked: false,
                    },
                );
                self.ask_waiting(step);
            }
        }
    }

    /// Asks for the introductions that can be asked for now: the controller is there and knows the node.
    pub(super) fn ask_waiting(&mut self, step: &mut Step<'_>) {
        if self
            .control
            .as_ref()
            .is_none_or(|control| control.snapshot.is_some())
        {
            return;
        }
        let is_waiting = |way: &Way| matches!(way, Way::Introducing { asked: false, .. });
        let ways = self
            .ways
            .iter()
            .filter(|(node, way)| is_waiting(way) && !self.absent.contains_key(node));
        for node in ways.map(|(node, _)| *node).collect::<Vec<_>>() {
            if !self.settings.direct {
                self.relay(step, node);
            } else if let Some(Way::Introducing { asked, until }) = self.ways.get_mut(&node) {
                *asked = true;
                // Some of the time may have gone by before there was a controller, or before it knew the node.
                *until = step.now + INTRODUCTION;
                step.send(ControlFrame::Introduce { target: node });
            }
        }
    }

    pub(super) fn introduced(
        &mut self,
        step: &mut Step<'_>,
        node: NodeId,
        outcome: IntroductionOutcome,
    ) {
        if !matches!(self.ways.get(&node), Some(Way::Introducing { .. })) {
            return; // Too late, or not asked for.
        }
        match outcome {
            IntroductionOutcome::Meet { endpoints, ticket } => {
                let endpoints = self.reachable(node, endpoints);
                if endpoints.is_empty() {
                    return self.relay(step, node);
                }
                self.ways.insert(
                    node,
                    Way::Dialing {
                        until: step.now + DIALLING,
                    },
                );
                step.push(NodeAction::Dial {
                    target: node,
                    endpoints,
                    ticket,
                });
            }
            IntroductionOutcome::Relay(_) => self.relay(step, node),
            IntroductionOutcome::Gone if self.may_return(step, node) => {
                self.await_return(step, node);
            }
            IntroductionOutcome::Gone => self.peer_gone(step, node, PeerGoneReason::Unknown),
        }
    }

    /// The endpoints that can be dialled from here: local ones first where both run on the same host, not at all
    /// elsewhere.
    fn reachable(&self, node: NodeId, endpoints: Vec<crate::Endpoint>) -> Vec<crate::Endpoint> {
        let host = self
            .registry
            .member(node)
            .map(|member| &member.identity.host);
        let is_same_host = host == Some(&self.settings.identity.host);
        let (mut best, others): (Vec<_>, Vec<_>) =
            endpoints.into_iter().partition(crate::Endpoint::is_local);
        if !is_same_host {
            best.clear();
        }
        best.extend(others);
        best
    }

    pub(super) fn dial_succeeded(&mut self, node: NodeId) {
        // Even if the attempt had been given up: the link is up, and better than a relay.
        self.ways.insert(node, Way::Direct);
    }

    pub(super) fn dial_failed(&mut self, step: &mut Step<'_>, node: NodeId) {
        if matches!(self.ways.get(&node), Some(Way::Dialing { .. })) {
            self.relay(step, node);
        }
    }

    pub(super) fn link_lost(&mut self, step: &mut Step<'_>, node: NodeId) {
        if matches!(self.ways.get(&node), Some(Way::Direct)) {
            self.ways.remove(&node);
            self.drop_if_absent(step, node);
            self.doubt(step, node);
        }
    }

    pub(super) fn check_ways(&mut self, step: &mut Step<'_>) {
        let is_over = |way: &Way| way.deadline().is_some_and(|until| until <= step.now);
        let over = self.ways.iter().filter(|(_, way)| is_over(way));
        for node in over.map(|(node, _)| *node).collect::<Vec<_>>() {
            self.relay(step, node);
        }
    }

    /// Lanes ended with the control connection: the way to those who were relayed is found anew, and what was asked of
    /// the controller is asked again.
    pub(super) fn forget_relays(&mut self) {
        self.ways.retain(|_, way| *way != Way::Relayed);
        for way in self.ways.values_mut() {
            if let Way::Introducing { asked, .. } = way {
                *asked = false;
            }
        }
    }

    /// Calls to this node go over the call lane, if there is a controller, and as soon as that knows the node.
    fn relay(&mut self, step: &mut Step<'_>, node: NodeId) {
        let awaited = self.awaited_until(step, node);
        if let Some(until) = awaited {
            let asked = false;
            self.ways.insert(node, Way::Introducing { until, asked });
        } else if self.control.is_some() {
            self.ways.insert(node, Way::Relayed);
            step.push(NodeAction::Relay(node));
        } else {
            self.ways.remove(&node);
            step.push(NodeAction::PeerGone {
                node,
                reason: PeerGoneReason::NoController,
            });
        }
    }

    /// Until when a node may still come that the controller, which is there, does not show; or who is there is still to
    /// be heard.
    fn awaited_until(&self, step: &Step<'_>, node: NodeId) -> Option<Instant> {
        let control = self.control.as_ref()?;
        if control.snapshot.is_some() {
            return Some(step.now + INTRODUCTION);
        }
        self.absent.get(&node)?.deadline()
    }
}
