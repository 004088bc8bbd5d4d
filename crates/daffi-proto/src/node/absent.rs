//! Members that the controller does not show (any more): who is kept for now, and who is gone at once.
//!
//! A restarted controller knows nobody at first, and a node may lose its connection for a moment: neither must end calls
//! between nodes that have met, or let a name vanish that is still there.
//!
//! ```text
//! shown -+-- Left: goodbye or replaced ------------------------> gone
//!        +-- Left: lost; no direct link -----------------------> gone
//!        +-- Left: lost; a direct link is up ------> kept 3 s -> gone      back to shown: the member joins again
//!        +-- missing in the snapshot:
//!              a direct link is up ----------------> kept until the link is lost -> gone
//!              no link, the controller restarted --> kept 3 s -> gone
//!              no link, the same controller ------------------------> gone
//!        +-- it says itself that it leaves: offers nothing,
//!              kept until the link is lost ----------------> gone
//!        +-- its link is lost while there is no controller -> kept 5 s -> gone
//! ```

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::peers::INTRODUCTION;
use super::{NodeAction, NodeState, PeerGoneReason, Turn, Way};
use crate::{LeftReason, NodeId};

/// How long a member may need to connect again. 3 s: nodes try at least every second.
const GRACE: Duration = Duration::from_secs(3);

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
    pub(super) fn left(&mut self, turn: &mut Turn<'_>, node: NodeId, reason: LeftReason) {
        if reason == LeftReason::Lost
            && self.is_linked(node)
            && self.registry.member(node).is_some()
        {
            self.absent.insert(node, Absence::Until(turn.now + GRACE));
        } else {
            self.drop_member(turn, node, PeerGoneReason::Left(reason));
        }
    }

    /// The snapshot is complete, and shows only these.
    pub(super) fn mark_missing(
        &mut self,
        turn: &mut Turn<'_>,
        shown: &BTreeSet<NodeId>,
        is_restarted: bool,
    ) {
        let registry = self.registry();
        let missing = registry
            .members()
            .map(|member| member.identity.id)
            .filter(|id| !shown.contains(id));
        for node in missing {
            if self.is_linked(node) {
                self.absent.insert(node, Absence::WhileLinked);
            } else if is_restarted {
                self.absent.insert(node, Absence::Until(turn.now + GRACE));
            } else {
                self.drop_member(turn, node, PeerGoneReason::Left(LeftReason::Lost));
            }
        }
    }

    pub(super) fn check_absent(&mut self, turn: &mut Turn<'_>) {
        let is_over = |absence: &Absence| absence.deadline().is_some_and(|until| until <= turn.now);
        let over = self.absent.iter().filter(|(_, absence)| is_over(absence));
        for node in over.map(|(node, _)| *node).collect::<Vec<_>>() {
            self.drop_member(turn, node, PeerGoneReason::Left(LeftReason::Lost));
        }
    }

    /// A peer says itself that it takes no new calls: nobody chooses it from now on, whether the controller knows of it or
    /// is away.
    pub(super) fn peer_leaves(&mut self, turn: &mut Turn<'_>, node: NodeId) {
        let registry = self.registry();
        let Some(member) = registry.member(node) else {
            return;
        };
        let numbers: Vec<_> = member.callbacks.iter().map(|info| info.number).collect();
        if !self.is_linked(node) {
            // Its link ended before this was read.
            let goodbye = PeerGoneReason::Left(LeftReason::Goodbye);
            return self.drop_member(turn, node, goodbye);
        }
        if !numbers.is_empty() {
            self.change(turn, |registry| registry.unregister(node, &numbers));
        }
        self.absent.insert(node, Absence::WhileLinked);
    }

    /// A direct link is lost while nobody can introduce its ends anew: most likely its node has gone. It has as long to
    /// be seen again as a call waits for a controller.
    pub(super) fn doubt(&mut self, turn: &Turn<'_>, node: NodeId) {
        if self.control.is_none() && self.registry.member(node).is_some() {
            let until = turn.now + INTRODUCTION;
            self.absent.insert(node, Absence::Until(until));
        }
    }

    /// The direct link to a node is lost: if that is all that kept it, it is gone.
    pub(super) fn drop_if_absent(&mut self, turn: &mut Turn<'_>, node: NodeId) {
        if self.absent.contains_key(&node) {
            self.drop_member(turn, node, PeerGoneReason::Left(LeftReason::Lost));
        }
    }

    fn drop_member(&mut self, turn: &mut Turn<'_>, node: NodeId, reason: PeerGoneReason) {
        self.absent.remove(&node);
        self.change(turn, |registry| registry.leave(node));
        self.peer_gone(turn, node, reason);
    }

    fn is_linked(&self, node: NodeId) -> bool {
        matches!(self.ways.get(&node), Some(Way::Direct))
    }

    /// There is no member of this id any more; a direct link to it lives as long as it lives.
    pub(super) fn peer_gone(&mut self, turn: &mut Turn<'_>, node: NodeId, reason: PeerGoneReason) {
        self.absent.remove(&node);
        match self.ways.get(&node) {
            None | Some(Way::Direct) => {}
            Some(Way::Introducing { .. } | Way::Dialing { .. } | Way::Relayed) => {
                self.ways.remove(&node);
                turn.push(NodeAction::PeerGone { node, reason });
            }
        }
    }
}
