//! The calls that pass through: each has an id on the lane of its caller and another on that of its callee, and ends
//! exactly once.
//!
//! ```text
//!                 the target has a serve lane
//!  request -+-----------------------------------------> sent
//!           |                                          ^ |
//!           |                   the serve lane opens   | +-- the last byte of the reply ---> over, forwarded
//!           +--> held ---------------------------------+ +-- the serve lane is lost -------> over, failed: NodeGone
//!           |                                            +-- "all is answered" comes on it -> over, failed: Stopping (3)
//!           |     +-- 3 s pass, the target goes --> over, failed: Unreachable
//!           |     +-- the caller cancels or goes -> over   +-- the caller cancels or goes -> over, cancelled (1, 2)
//!           +--> over, failed: no such target, or too many calls
//! ```
//! (1) A cancel that comes after the reply has begun changes nothing. (2) A caller that does not want the outcome and
//! has sent the whole request may go: the call runs all the same. What is held for it goes on when the lane is there.
//! (3) It has not run, and its caller may go elsewhere. A callee that says goodbye is read to the end of its serve lane
//! first: its last answers may be behind that on another connection. They have 3 s. A request that wants no reply is
//! over when its last byte is sent. What comes for a call that is over is dropped.

use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

use super::events::{LanesUnderWay, RelayFrame};
use super::{ConnectionId, ControllerAction, Step};
use crate::{CallId, FailureCode, FrameKind, Head, Limits, NodeId, ReplyStatus, Wanted};
use load::{Blobs, Loads};

mod load;

/// How many bytes may be held for callers that have gone, in all. 64 MiB: sixteen lanes' worth; they wait for seconds.
const ORPHANED_BYTES: u64 = 64 << 20;

/// A frame that a peer of ours does not send. The lane it came on ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Violation;

/// Where a request goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Route {
    /// The target has a serve lane.
    Lane(NodeId, ConnectionId),
    /// The target is there, its serve lane is not.
    Waiting(NodeId),
    /// There is no such target.
    None,
}

/// A call as its caller knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Origin {
    /// The lane of the caller.
    lane: ConnectionId,
    /// The id on that lane.
    call: CallId,
}

/// One call that passes through.
#[derive(Debug)]
struct Relayed {
    from: Origin,
    target: NodeId,
    /// The lane of its callee; none while it is held.
    to: Option<ConnectionId>,
    /// What is yet to come of the request.
    request: Blobs,
    /// What is yet to come of the reply; none before it.
    reply: Option<Blobs>,
    wanted: Wanted,
    /// The caller has gone, and what it asked for is still to be sent.
    is_orphan: bool,
    held_bytes: u64,
}

/// The table of relayed calls, by the id they go on with, which no two of them ever share.
#[derive(Debug)]
pub(super) struct Relay {
    calls: FxHashMap<CallId, Relayed>,
    /// Ordered: callers choose their ids, and could choose such as share a place in a table that hashes them.
    by_caller: BTreeMap<Origin, CallId>,
    /// Held calls by their target, in order.
    waiting: BTreeMap<NodeId, Vec<CallId>>,
    loads: Loads,
    /// Bytes held for callers that have gone.
    orphaned: u64,
    last_call: u64,
    limits: Limits,
}

impl Relay {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            calls: FxHashMap::default(),
            by_caller: BTreeMap::new(),
            waiting: BTreeMap::new(),
            loads: Loads::new(limits),
            orphaned: 0,
            last_call: 0,
            limits: limits.clone(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    pub(super) fn lanes_under_way(&self) -> LanesUnderWay {
        let mut lanes = LanesUnderWay::default();
        for relayed in self.calls.values() {
            lanes.callers.insert(relayed.from.lane);
            lanes.callees.extend(relayed.to);
        }
        lanes
    }

    /// A request of a caller. Whether the target must be asked for its serve lane.
    pub(super) fn request(
        &mut self,
        step: &mut Step<'_>,
        lane: ConnectionId,
        frame: RelayFrame,
        route: Route,
    ) -> Result<bool, Violation> {
        let from = Origin {
            lane,
            call: frame.head.call,
        };
        if self.by_caller.contains_key(&from) {
            return Err(Violation);
        }
        let wanted = Wanted::of(frame.head.flags);
        let request = Blobs::new(frame.blobs);
        let calls = self.loads.calls(lane);
        let (target, to) = match route {
            Route::Lane(target, to) => (target, Some(to)),
            Route::Waiting(target) => (target, None),
            Route::None => return self.decline(step, from, wanted, FailureCode::Unreachable),
        };
        let is_too_much = to.is_some_and(|to| !self.loads.has_room(to, &request));
        if is_too_much || calls >= self.limits.calls_in_flight {
            return self.decline(step, from, wanted, FailureCode::Overloaded);
        }
        self.last_call += 1;
        let call = CallId(self.last_call);
        self.loads.begin(lane);
        self.by_caller.insert(from, call);
        let relayed = Relayed {
            from,
            target,
            to,
            request,
            reply: None,
            wanted,
            is_orphan: false,
            held_bytes: 0,
        };
        self.calls.insert(call, relayed);
        if let Some(to) = to {
            step.push(ControllerAction::Forward { to, call });
            self.sent(step, call, to);
            return Ok(false);
        }
        self.hold(step, call, &frame.head);
        let must_ask = !self.waiting.contains_key(&target);
        self.waiting.entry(target).or_default().push(call);
        Ok(must_ask)
    }

    /// A request that goes nowhere; its chunks, if any come, find no call and are dropped.
    fn decline(
        &self,
        step: &mut Step<'_>,
        from: Origin,
        wanted: Wanted,
        code: FailureCode,
    ) -> Result<bool, Violation> {
        step.push(ControllerAction::Drop);
        if wanted != Wanted::Nothing {
            let Origin { lane: to, call } = from;
            step.push(ControllerAction::ReplyFailed { to, call, code });
        }
        Ok(false)
    }

    pub(super) fn chunk_from_caller(
        &mut self,
        step: &mut Step<'_>,
        lane: ConnectionId,
        frame: &RelayFrame,
    ) -> Result<(), Violation> {
        let call = frame.head.call;
        let Some(&call) = self.by_caller.get(&Origin { lane, call }) else {
            step.push(ControllerAction::Drop);
            return Ok(());
        };
        let relayed = self.calls.get_mut(&call).ok_or(Violation)?;
        relayed.request.take(frame.head.length)?;
        match relayed.to {
            Some(to) => {
                step.push(ControllerAction::Forward { to, call });
                self.settle_request(step, call, to);
            }
            None => self.hold(step, call, &frame.head),
        }
        Ok(())
    }

    /// The caller waits no more. The call is over here; a reply that still comes is dropped.
    ///
    /// A reply that has begun is let through to its end: the caller's link has made room for its blobs, and waits for
    /// all of them before it finds that nobody wants them.
    pub(super) fn cancel(&mut self, step: &mut Step<'_>, lane: ConnectionId, id: CallId) {
        let call = self.by_caller.get(&Origin { lane, call: id }).copied();
        let call = call.filter(|call| {
            self.calls
                .get(call)
                .is_some_and(|relayed| relayed.reply.is_none())
        });
        let ended = call.and_then(|call| Some((call, self.end(step, call)?.to)));
        match ended {
            Some((call, Some(to))) => step.push(ControllerAction::Forward { to, call }),
            Some((call, None)) => {
                step.push(ControllerAction::Drop);
                step.push(ControllerAction::Discard { call });
            }
            None => step.push(ControllerAction::Drop),
        }
    }

    /// A frame of a callee: a reply, or a chunk of one.
    pub(super) fn callee_frame(
        &mut self,
        step: &mut Step<'_>,
        lane: ConnectionId,
        frame: RelayFrame,
    ) -> Result<(), Violation> {
        let call = frame.head.call;
        let kind = frame.head.known_kind();
        // A status that does not exist would end the lane of the caller.
        let is_sound = match kind {
            Some(FrameKind::Reply) => ReplyStatus::from_flags(frame.head.flags).is_some(),
            kind => kind == Some(FrameKind::Chunk),
        };
        if !is_sound {
            return Err(Violation);
        }
        let Some(relayed) = self.calls.get_mut(&call) else {
            step.push(ControllerAction::Drop);
            return Ok(());
        };
        let Origin { lane: to, call: id } = relayed.from;
        if relayed.to != Some(lane) {
            return Err(Violation);
        }
        match (&mut relayed.reply, kind) {
            (Some(reply), Some(FrameKind::Chunk)) => reply.take(frame.head.length)?,
            (None, Some(FrameKind::Reply)) => {
                let reply = Blobs::new(frame.blobs);
                if !self.loads.has_room(to, &reply) {
                    step.push(ControllerAction::Drop);
                    self.fail(step, call, FailureCode::Dropped);
                    return Ok(());
                }
                self.loads.announce(to, &reply);
                if let Some(relayed) = self.calls.get_mut(&call) {
                    relayed.reply = Some(reply);
                }
            }
            _ => return Err(Violation),
        }
        step.push(ControllerAction::Forward { to, call: id });
        let is_over = self
            .calls
            .get(&call)
            .and_then(|relayed| relayed.reply.as_ref())
            .is_some_and(Blobs::is_empty);
        if is_over {
            self.end(step, call);
        }
        Ok(())
    }

    /// What waited for this target goes on.
    pub(super) fn serve_lane_opened(
        &mut self,
        step: &mut Step<'_>,
        target: NodeId,
        to: ConnectionId,
    ) {
        for call in self.waiting.remove(&target).unwrap_or_default() {
            let Some(relayed) = self.calls.get(&call) else {
                continue;
            };
            if !self.loads.has_room(to, &relayed.request) {
                self.fail(step, call, FailureCode::Overloaded);
                continue;
            }
            step.push(ControllerAction::Release { call, to });
            self.let_go(step, call);
            self.sent(step, call, to);
        }
    }

    /// The target has not opened its serve lane.
    pub(super) fn give_up_waiting(&mut self, step: &mut Step<'_>, target: NodeId) {
        for call in self.waiting.remove(&target).unwrap_or_default() {
            self.fail(step, call, FailureCode::Unreachable);
        }
    }

    pub(super) fn serve_lane_lost(&mut self, step: &mut Step<'_>, lane: ConnectionId) {
        self.loads.forget(lane);
        for call in self.calls_where(|relayed| relayed.to == Some(lane)) {
            self.fail(step, call, FailureCode::NodeGone);
        }
    }

    /// What the callee has not answered on this lane did not run, and will not.
    pub(super) fn all_answered(&mut self, step: &mut Step<'_>, lane: ConnectionId) {
        for call in self.calls_where(|relayed| relayed.to == Some(lane)) {
            self.fail(step, call, FailureCode::Stopping);
        }
    }

    /// Whether answers are owed on the lane of a callee.
    pub(super) fn has_calls_on(&self, lane: ConnectionId) -> bool {
        self.calls.values().any(|relayed| relayed.to == Some(lane))
    }

    /// What it has not answered ends, but for what is still awaited on the lane that is `answering`.
    pub(super) fn target_gone(
        &mut self,
        step: &mut Step<'_>,
        target: NodeId,
        answering: Option<ConnectionId>,
    ) {
        self.give_up_waiting(step, target);
        let has_gone = |relayed: &Relayed| {
            relayed.target == target && (answering.is_none() || relayed.to != answering)
        };
        for call in self.calls_where(has_gone) {
            self.fail(step, call, FailureCode::NodeGone);
        }
    }

    /// What the caller waited for is cancelled; what it only wanted done is done, if the whole request has come.
    pub(super) fn call_lane_lost(&mut self, step: &mut Step<'_>, lane: ConnectionId) {
        self.loads.forget(lane);
        for call in self.calls_where(|relayed| relayed.from.lane == lane) {
            let Some(relayed) = self.calls.get_mut(&call) else {
                continue;
            };
            let runs_on = relayed.wanted != Wanted::Outcome && relayed.request.is_empty();
            match relayed.to {
                Some(_) if runs_on => {
                    self.end(step, call);
                }
                Some(to) => {
                    self.end(step, call);
                    step.push(ControllerAction::Cancel { to, call });
                }
                None if runs_on && self.orphaned + relayed.held_bytes <= ORPHANED_BYTES => {
                    self.orphaned += relayed.held_bytes;
                    relayed.is_orphan = true;
                    relayed.wanted = Wanted::Nothing;
                    self.by_caller.remove(&relayed.from);
                }
                None => {
                    self.end(step, call);
                    step.push(ControllerAction::Discard { call });
                }
            }
        }
    }

    /// Every lane is closed already: what is held is dropped.
    pub(super) fn abandon(&mut self, step: &mut Step<'_>) {
        for call in self.calls_where(|relayed| relayed.to.is_none()) {
            step.push(ControllerAction::Discard { call });
        }
        *self = Self {
            last_call: self.last_call,
            ..Self::new(&self.limits)
        };
    }

    /// In order of their ids, so that the same events give the same actions.
    fn calls_where(&self, meant: impl Fn(&Relayed) -> bool) -> Vec<CallId> {
        let mut calls: Vec<_> = self
            .calls
            .iter()
            .filter(|(_, relayed)| meant(relayed))
            .map(|(call, _)| *call)
            .collect();
        calls.sort_unstable();
        calls
    }

    /// Ends a call without its callee.
    fn fail(&mut self, step: &mut Step<'_>, call: CallId, code: FailureCode) {
        let Some(relayed) = self.end(step, call) else {
            return;
        };
        if relayed.to.is_none() {
            step.push(ControllerAction::Discard { call });
        }
        if relayed.wanted != Wanted::Nothing {
            let Origin { lane: to, call } = relayed.from;
            step.push(ControllerAction::ReplyFailed { to, call, code });
        }
    }

    /// Takes a call out of every table.
    fn end(&mut self, step: &mut Step<'_>, call: CallId) -> Option<Relayed> {
        self.let_go(step, call);
        let relayed = self.calls.remove(&call)?;
        self.by_caller.remove(&relayed.from);
        if let Some(to) = relayed.to {
            self.loads.retract(to, &relayed.request);
        } else if let Some(waiting) = self.waiting.get_mut(&relayed.target) {
            waiting.retain(|other| *other != call);
        }
        if let Some(reply) = &relayed.reply {
            self.loads.retract(relayed.from.lane, reply);
        }
        self.loads.end(relayed.from.lane);
        Some(relayed)
    }

    /// A request is on its way to its callee.
    fn sent(&mut self, step: &mut Step<'_>, call: CallId, to: ConnectionId) {
        if let Some(relayed) = self.calls.get_mut(&call) {
            relayed.to = Some(to);
            self.loads.announce(to, &relayed.request);
        }
        self.settle_request(step, call, to);
    }

    /// If the last byte of a request was sent, only its reply is waited for, if that.
    fn settle_request(&mut self, step: &mut Step<'_>, call: CallId, to: ConnectionId) {
        let Some(relayed) = self
            .calls
            .get_mut(&call)
            .filter(|relayed| relayed.request.is_empty())
        else {
            return;
        };
        self.loads.retract(to, &relayed.request);
        relayed.request = Blobs::default();
        if relayed.wanted == Wanted::Nothing {
            self.end(step, call);
        }
    }

    fn hold(&mut self, step: &mut Step<'_>, call: CallId, head: &Head) {
        let bytes = Head::SIZE as u64 + u64::from(head.length);
        step.push(ControllerAction::Hold { call });
        if let Some(relayed) = self.calls.get_mut(&call) {
            relayed.held_bytes += bytes;
            self.loads.hold(step, relayed.from.lane, bytes);
        }
    }

    fn let_go(&mut self, step: &mut Step<'_>, call: CallId) {
        if let Some(relayed) = self.calls.get_mut(&call) {
            let bytes = core::mem::take(&mut relayed.held_bytes);
            if relayed.is_orphan {
                self.orphaned -= bytes;
            }
            self.loads.let_go(step, relayed.from.lane, bytes);
        }
    }
}
