//! The lanes of the nodes: which connection they are, and what opening and losing one means for the calls on it.

use std::time::Duration;

use super::events::RelayFrame;
use super::relay::{Route, Violation};
use super::timers::Timer;
use super::{CloseReason, ConnectionId, ControllerAction, ControllerState, Role, Step};
use crate::{ControlFrame, FrameKind, Leaving, NodeId, RefusalReason, Ticket, Welcome};

/// How long a node has to open its serve lane. 3 s: its house-keeping thread dials in a millisecond on one host, in a
/// round trip or two elsewhere.
const OPENING: Duration = Duration::from_secs(3);

/// How long the lane of a node that has said goodbye may take for its last answers. 3 s: they were sent before that,
/// and only wait to be read.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

impl ControllerState {
    /// A node opens a lane, in place of one it had: that one is broken, even if it does not look so from here.
    pub(super) fn lane_opened(
        &mut self,
        step: &mut Step<'_>,
        connection: ConnectionId,
        role: Role,
        session: Ticket,
    ) {
        let (Role::CallLane(id) | Role::ServeLane(id)) = role else {
            return;
        };
        let node = self
            .nodes
            .get_mut(&id)
            .filter(|node| node.session == session);
        let Some(node) = node else {
            let text = "the node has no such session here, or no longer";
            return step.refuse(connection, RefusalReason::UnknownSession, text);
        };
        let lane = match role {
            Role::ServeLane(_) => &mut node.serve_lane,
            _ => &mut node.call_lane,
        };
        if matches!(role, Role::ServeLane(_)) {
            node.takes_no_calls = false;
        }
        if let Some(earlier) = lane.replace(connection) {
            step.close(earlier, CloseReason::Replaced);
            self.forget_lane(step, earlier);
        }
        self.connections.insert(connection, role);
        step.push(ControllerAction::Welcome {
            connection,
            welcome: Welcome::new(self.instance, None),
        });
        if matches!(role, Role::ServeLane(_)) {
            self.timers.cancel(Timer::ServeLane(id));
            self.relay.serve_lane_opened(step, id, connection);
        }
    }

    pub(super) fn lane_closed(&mut self, step: &mut Step<'_>, connection: ConnectionId) {
        let node = self
            .nodes
            .values_mut()
            .find(|node| node.call_lane == Some(connection) || node.serve_lane == Some(connection));
        if let Some(node) = node {
            node.call_lane.take_if(|lane| *lane == connection);
            node.serve_lane.take_if(|lane| *lane == connection);
        }
        self.forget_lane(step, connection);
    }

    fn forget_lane(&mut self, step: &mut Step<'_>, connection: ConnectionId) {
        match self.connections.remove(&connection) {
            Some(Role::CallLane(_)) => self.relay.call_lane_lost(step, connection),
            Some(Role::ServeLane(_)) => {
                self.timers.cancel(Timer::LastAnswers(connection));
                self.relay.serve_lane_lost(step, connection);
            }
            Some(Role::Contesting | Role::Control(_)) | None => {}
        }
    }

    /// The node of a serve lane says that all it took has its answer, and the rest did not run.
    fn all_answered(&mut self, step: &mut Step<'_>, lane: ConnectionId, id: NodeId) {
        let node = self.nodes.get_mut(&id);
        if let Some(node) = node.filter(|node| node.serve_lane == Some(lane)) {
            node.takes_no_calls = true;
        }
        self.relay.all_answered(step, lane);
    }

    /// A node says goodbye: whether answers may still come on its lane, which is read to its end then. Its goodbye may
    /// overtake them, as it comes on another connection.
    pub(super) fn awaits_last_answers(&mut self, step: &mut Step<'_>, lane: ConnectionId) -> bool {
        let is_awaited = self.relay.has_calls_on(lane);
        if is_awaited {
            let until = step.now + LAST_ANSWERS;
            self.timers.set(Timer::LastAnswers(lane), until);
        }
        is_awaited
    }

    /// A node has gone, and its lanes with it, but for one that is read to its end.
    pub(super) fn end_relaying(
        &mut self,
        step: &mut Step<'_>,
        id: NodeId,
        call_lane: Option<ConnectionId>,
        answering: Option<ConnectionId>,
    ) {
        if let Some(lane) = call_lane {
            self.relay.call_lane_lost(step, lane);
        }
        self.timers.cancel(Timer::ServeLane(id));
        self.relay.target_gone(step, id, answering);
    }

    /// A frame came on a lane.
    pub(super) fn relay_frame(
        &mut self,
        step: &mut Step<'_>,
        lane: ConnectionId,
        frame: RelayFrame,
    ) {
        let result = match self.connections.get(&lane) {
            None => {
                step.push(ControllerAction::Drop);
                Ok(())
            }
            Some(&role) if frame.head.known_kind() == Some(FrameKind::Leaving) => {
                step.push(ControllerAction::Drop);
                let leaving = Leaving::from_flags(frame.head.flags);
                if let (Role::ServeLane(id), Leaving::AllAnswered) = (role, leaving) {
                    self.all_answered(step, lane, id);
                }
                Ok(())
            }
            Some(&Role::CallLane(caller)) => self.caller_frame(step, (caller, lane), frame),
            Some(Role::ServeLane(_)) => self.relay.callee_frame(step, lane, frame),
            Some(Role::Contesting | Role::Control(_)) => Err(Violation),
        };
        if result == Err(Violation) {
            step.push(ControllerAction::Drop);
            self.violation(step, lane, CloseReason::Protocol);
        }
    }

    fn caller_frame(
        &mut self,
        step: &mut Step<'_>,
        (caller, lane): (NodeId, ConnectionId),
        frame: RelayFrame,
    ) -> Result<(), Violation> {
        match frame.head.known_kind() {
            Some(FrameKind::Request) => {}
            Some(FrameKind::Chunk) => return self.relay.chunk_from_caller(step, lane, &frame),
            Some(FrameKind::Cancel) => {
                self.relay.cancel(step, lane, frame.head.call);
                return Ok(());
            }
            _ => return Err(Violation),
        }
        let target = frame.target.filter(|target| *target != caller);
        let target = target.and_then(|id| Some((id, self.nodes.get(&id)?)));
        let route = match target {
            None => Route::None,
            Some((_, node)) if node.takes_no_calls => Route::None,
            Some((id, node)) => node
                .serve_lane
                .map_or(Route::Waiting(id), |to| Route::Lane(id, to)),
        };
        let control = target.map(|(_, node)| node.control);
        if self.relay.request(step, lane, frame, route)?
            && let Route::Waiting(id) = route
            && let Some(control) = control
        {
            step.send(control, ControlFrame::OpenLane);
            self.timers.set(Timer::ServeLane(id), step.now + OPENING);
        }
        Ok(())
    }
}
