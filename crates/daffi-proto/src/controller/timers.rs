//! What a controller waits for, and until when.
//!
//! A timer that fires late means that this process was held up, by a freeze for example: the answer it waited for may
//! have come and be unread. So such a timer is put off once, for a moment in which the answer is read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::ConnectionId;
use crate::NodeId;
use crate::liveness::LATE;

/// How long a timer that comes late is put off. 1 s: what has come is read in milliseconds, and a peer that was asked
/// just before the freeze answers in less.
const PUT_OFF: Duration = Duration::from_secs(1);

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
    /// Those that were late.
    put_off: BTreeSet<Timer>,
}

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.cancel(timer);
        self.by_timer.insert(timer, at);
        self.by_time.insert((at, timer));
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        self.put_off.remove(&timer);
        if let Some(at) = self.by_timer.remove(&timer) {
            self.by_time.remove(&(at, timer));
        }
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes out the first timer that is due.
    pub(super) fn due(&mut self, now: Instant) -> Option<Timer> {
        loop {
            let (at, timer) = *self.by_time.first().filter(|(at, _)| *at <= now)?;
            let was_put_off = self.put_off.contains(&timer);
            self.cancel(timer);
            // A heartbeat takes into account itself how late it is.
            let is_late = now - at >= LATE && !matches!(timer, Timer::Heartbeat(_));
            if was_put_off || !is_late {
                return Some(timer);
            }
            self.set(timer, now + PUT_OFF);
            self.put_off.insert(timer);
        }
    }
}
