//! Members that the controller does not show (any more): who is kept for now, and who is gone at once.
//!
//! A controller that was restarted, or frozen until all nodes gave it up, knows nobody at first; and a node may lose its
//! connection for a moment. Neither may end calls between nodes that have met, or hide a name whose process still lives.
//!
//! ```text
//! shown -+-- Left: goodbye or replaced --------------------------> gone
//!        +-- Left: lost; no direct link -------------------------> gone
//!        +-- Left: lost; a direct link is up, or the controller
//!        |         is back for less than 3 s --------> kept 3 s -> gone      back to shown: the member joins again
//!        +-- missing in the snapshot:
//!              a direct link is up --> kept until the link is lost -> gone
//!              no link ------------------------------> kept 3 s -> gone
//!        +-- it says itself that it leaves: offers nothing,
//!              kept until the link is lost ------------------> gone
//!        +-- its link is lost while there is no controller -> kept 5 s -> gone
//! ```

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::peers::INTRODUCTION;
use super::{NodeAction, NodeState, PeerGoneReason, Step, Way};
use crate::{LeftReason, NodeId};

/// How long a member may need to connect again. 3 s: nodes try at least every second.
pub(super) const GRACE: Duration = Duration::from_secs(3);

/// Until when a member is kept that the controller does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// Until then, or until a direct link to it is lost.
    Until(Instant),
    /// Until the direct link to it is lost.
    WhileLinked,
}

impl Absence {
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Until(until) => Some(*until),
            Self::WhileLinked => None,
        }
    }
}

impl NodeState {
    pub(super) fn left(&mut self, step: &mut Step<'_>, node: NodeId, reason: LeftReason) {
        if reason == LeftReason::Lost && (self.is_linked(node) || self.may_return(step, node)) {
            self.await_return(step, node);
        } else {
            self.drop_member(step, node, PeerGoneReason::Left(reason));
        }
    }

    /// Whether a member that the controller has lost may just be slower than this node to connect again. Else it has
    /// most likely died, and calls go elsewhere at once.
    pub(super) fn may_return(&self, step: &Step<'_>, node: NodeId) -> bool {
        let control = self.control.as_ref();
        let settles_at = control.and_then(|control| control.settles_at);
        settles_at.is_some_and(|at| step.now < at) && self.registry.member(node).is_some()
    }

    /// The controller has lost a member that is kept for a while; calls to it wait.
    pub(super) fn await_return(&mut self, step: &mut Step<'_>, node: NodeId) {
        if self.registry.member(node).is_none() {
            return;
        }
        let back_by = step.now + GRACE;
        self.absent.insert(node, Absence::Until(back_by));
        match self.ways.get_mut(&node) {
            Some(Way::Introducing { until, asked }) => {
                *asked = false;
                *until = back_by.max(*until);
            }
            Some(Way::Relayed) => {
                self.ways.remove(&node);
                step.push(NodeAction::AskAnew(node));
            }
            Some(Way::Dialing { .. } | Way::Direct) | None => {}
        }
    }

    /// The snapshot is complete, and shows only these.
    pub(super) fn mark_missing(&mut self, step: &Step<'_>, shown: &BTreeSet<NodeId>) {
        let registry = self.registry();
        let missing = registry
            .members()
            .map(|member| member.identity.id)
            .filter(|id| !shown.contains(id));
        for node in missing {
            let absence = if self.is_linked(node) {
                Absence::WhileLinked
            } else {
                Absence::Until(step.now + GRACE)
            };
            self.absent.insert(node, absence);
        }
    }

    pub(super) fn check_absent(&mut self, step: &mut Step<'_>) {
        let is_over = |absence: &Absence| absence.deadline().is_some_and(|until| until <= step.now);
        let over = self.absent.iter().filter(|(_, absence)| is_over(absence));
        for node in over.map(|(node, _)| *node).collect::<Vec<_>>() {
            self.drop_member(step, node, PeerGoneReason::Left(LeftReason::Lost));
        }
    }

    /// A peer says itself that it takes no new calls: nobody chooses it from now on, whether the controller knows of it
    /// or is away.
    pub(super) fn peer_leaves(&mut self, step: &mut Step<'_>, node: NodeId) {
        let registry = self.registry();
        let Some(member) = registry.member(node) else {
            return;
        };
        let numbers: Vec<_> = member.callbacks.iter().map(|info| info.number).collect();
        if !self.is_linked(node) {
            // Its link ended before this was read.
            let goodbye = PeerGoneReason::Left(LeftReason::Goodbye);
            return self.drop_member(step, node, goodbye);
        }
        if !numbers.is_empty() {
            self.change(step, |registry| registry.unregister(node, &numbers));
        }
        self.absent.insert(node, Absence::WhileLinked);
    }

    /// A direct link is lost while nobody can introduce its ends anew: most likely its node has gone. It has as long to
    /// be seen again as a call waits for a controller.
    pub(super) fn doubt(&mut self, step: &Step<'_>, node: NodeId) {
        if self.control.is_none() && self.registry.member(node).is_some() {
            let until = step.now + INTRODUCTION;
            self.absent.insert(node, Absence::Until(until));
        }
    }

    /// The direct link to a node is lost: if that is all that kept it, it is gone.
    pub(super) fn drop_if_absent(&mut self, step: &mut Step<'_>, node: NodeId) {
        if self.absent.contains_key(&node) {
            self.drop_member(step, node, PeerGoneReason::Left(LeftReason::Lost));
        }
    }

    fn drop_member(&mut self, step: &mut Step<'_>, node: NodeId, reason: PeerGoneReason) {
        self.absent.remove(&node);
        self.change(step, |registry| registry.leave(node));
        self.peer_gone(step, node, reason);
    }

    fn is_linked(&self, node: NodeId) -> bool {
        matches!(self.ways.get(&node), Some(Way::Direct))
    }

    /// There is no member of this id any more. A direct link to it stays until it ends by itself.
    pub(super) fn peer_gone(&mut self, step: &mut Step<'_>, node: NodeId, reason: PeerGoneReason) {
        self.absent.remove(&node);
        match self.ways.get(&node) {
            None | Some(Way::Direct) => {}
            Some(Way::Introducing { .. } | Way::Dialing { .. } | Way::Relayed) => {
                self.ways.remove(&node);
                step.push(NodeAction::PeerGone { node, reason });
            }
        }
    }
}
