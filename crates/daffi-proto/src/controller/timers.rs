//! What a controller waits for, and until when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::ConnectionId;
use crate::NodeId;

/// One thing that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Is this node still there?
    Heartbeat(NodeId),
    /// Does the node whose name this newcomer wants still answer?
    Contest(ConnectionId),
    /// Does the target say where the caller can dial it?
    Introduction { caller: NodeId, target: NodeId },
    /// Does this node open its serve lane?
    ServeLane(NodeId),
    /// Do the last answers of a node that has said goodbye come on this lane?
    LastAnswers(ConnectionId),
    /// Have all nodes stopped?
    StopAll,
}

/// At most one point in time for each timer.
#[derive(Debug, Default)]
pub(super) struct Timers {
    by_timer: BTreeMap<Timer, Instant>,
    by_time: BTreeSet<(Instant, Timer)>,
}

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.cancel(timer);
        self.by_timer.insert(timer, at);
        self.by_time.insert((at, timer));
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        if let Some(at) = self.by_timer.remove(&timer) {
            self.by_time.remove(&(at, timer));
        }
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes out the first timer that is due.
    pub(super) fn due(&mut self, now: Instant) -> Option<Timer> {
        let (_, timer) = *self.by_time.first().filter(|(at, _)| *at <= now)?;
        self.cancel(timer);
        Some(timer)
    }
}
