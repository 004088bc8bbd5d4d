//! Who is there: nodes come, offer callbacks, stay in touch, and go, and all others hear of it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::timers::Timer;
use super::{CloseReason, ConnectionId, ControllerAction, ControllerState, News, Role, Turn};
use crate::liveness::{Beat, Heartbeat};
use crate::{
    CallbackInfo, CallbackNumber, ControlFrame, LeftReason, Member, Name, NodeId, NodeIdentity,
    RefusalReason, Ticket, Welcome,
};

/// A node whose control connection is up.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) member: Member,
    /// Others know it: from its first `Register` on, which it sends at once, so that they see it with its callbacks.
    pub(super) is_announced: bool,
    pub(super) control: ConnectionId,
    /// What its lanes show.
    pub(super) session: Ticket,
    pub(super) call_lane: Option<ConnectionId>,
    pub(super) serve_lane: Option<ConnectionId>,
    /// It has answered all that it took on its serve lane, and takes no more.
    pub(super) takes_no_calls: bool,
    heartbeat: Heartbeat,
}

/// A request that all nodes stop, until they have or the time is up.
#[derive(Debug)]
pub(super) struct StopAll {
    except: Option<NodeId>,
    waiting: BTreeSet<NodeId>,
    /// Who fell silent before it had stopped, and may go on when it wakes.
    silent: Vec<Name>,
}

impl ControllerState {
    /// A process wants to be a node.
    pub(super) fn newcomer(
        &mut self,
        turn: &mut Turn<'_>,
        connection: ConnectionId,
        identity: NodeIdentity,
    ) {
        let is_stopping = self
            .stop_all
            .as_ref()
            .is_some_and(|stop| stop.except != Some(identity.id));
        if is_stopping {
            return turn.refuse(
                connection,
                RefusalReason::Stopping,
                "all nodes are asked to stop",
            );
        }
        self.forget_contests_of(turn, identity.id);
        // It may connect again before we noticed that it was gone: its own place is its own, and others may wait for it.
        let freed = self.remove(
            turn,
            identity.id,
            LeftReason::Lost,
            Some(CloseReason::Replaced),
        );
        let process = identity.process.clone();
        if self.nodes.len() + self.contests.len() >= self.limits.nodes {
            let text = format!(
                "the controller has {} nodes, as many as it takes",
                self.nodes.len()
            );
            turn.refuse(connection, RefusalReason::Full, &text);
        } else if let Some(holder) = self.holder(&process) {
            self.contest(turn, connection, identity, holder);
        } else {
            self.admit(turn, connection, identity);
        }
        for process in freed.iter().chain([&process]) {
            self.settle_contests(turn, process);
        }
    }

    /// The live node of this process name.
    pub(super) fn holder(&self, process: &Name) -> Option<NodeId> {
        let mut nodes = self.nodes.values();
        nodes
            .find(|node| node.member.identity.process == *process)
            .map(|node| node.member.identity.id)
    }

    pub(super) fn admit(
        &mut self,
        turn: &mut Turn<'_>,
        connection: ConnectionId,
        identity: NodeIdentity,
    ) {
        let id = identity.id;
        let session = (self.tickets)();
        turn.push(ControllerAction::Welcome {
            connection,
            welcome: Welcome::new(self.instance, Some(session)),
        });
        let members = self.members().cloned().collect();
        turn.send(
            connection,
            ControlFrame::Snapshot {
                members,
                done: true,
            },
        );
        self.connections.insert(connection, Role::Control(id));
        let heartbeat = Heartbeat::new(turn.now);
        self.timers.set(Timer::Heartbeat(id), heartbeat.next_look());
        let node = Node {
            member: Member {
                identity,
                callbacks: Vec::new(),
            },
            is_announced: false,
            control: connection,
            session,
            call_lane: None,
            serve_lane: None,
            takes_no_calls: false,
            heartbeat,
        };
        self.nodes.insert(id, node);
    }

    pub(super) fn control_frame(
        &mut self,
        turn: &mut Turn<'_>,
        connection: ConnectionId,
        frame: ControlFrame,
    ) {
        let id = match self.connections.get(&connection) {
            None => return,
            Some(&Role::Control(id)) => id,
            Some(_) => return self.violation(turn, connection, CloseReason::Protocol),
        };
        if let Some(node) = self.nodes.get_mut(&id) {
            node.heartbeat.heard(turn.now);
        }
        match frame {
            ControlFrame::Register { callbacks } => self.register(turn, id, callbacks),
            ControlFrame::Unregister { numbers } => self.unregister(turn, id, numbers),
            ControlFrame::Introduce { target } => self.introduce(turn, id, target),
            ControlFrame::Expecting {
                caller,
                ticket,
                outcome,
            } => {
                self.expecting(turn, (caller, id), ticket, outcome);
            }
            ControlFrame::Ping { token } => turn.send(connection, ControlFrame::Pong { token }),
            ControlFrame::Pong { token } => self.holder_answered(turn, id, token),
            ControlFrame::Goodbye { .. } => {
                self.node_left(turn, id, LeftReason::Goodbye, Some(CloseReason::Goodbye));
            }
            ControlFrame::Snapshot { .. }
            | ControlFrame::Joined { .. }
            | ControlFrame::Left { .. }
            | ControlFrame::Registered { .. }
            | ControlFrame::Unregistered { .. }
            | ControlFrame::Expect { .. }
            | ControlFrame::Introduced { .. }
            | ControlFrame::OpenLane
            | ControlFrame::Stop => self.violation(turn, connection, CloseReason::Protocol),
        }
    }

    fn register(&mut self, turn: &mut Turn<'_>, id: NodeId, callbacks: Vec<CallbackInfo>) {
        let most = self.limits.callbacks;
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        CallbackInfo::merge(&mut node.member.callbacks, &callbacks);
        if node.member.callbacks.len() > most {
            let control = node.control;
            return self.violation(turn, control, CloseReason::TooManyCallbacks);
        }
        let frame = if node.is_announced {
            ControlFrame::Registered {
                node: id,
                callbacks,
            }
        } else {
            node.is_announced = true;
            ControlFrame::Joined {
                member: node.member.clone(),
            }
        };
        self.announce(turn, id, frame);
        turn.push(ControllerAction::MembersChanged);
    }

    fn unregister(&mut self, turn: &mut Turn<'_>, id: NodeId, numbers: Vec<CallbackNumber>) {
        let Some(node) = self.nodes.get_mut(&id).filter(|node| node.is_announced) else {
            return;
        };
        node.member
            .callbacks
            .retain(|callback| !numbers.contains(&callback.number));
        self.announce(turn, id, ControlFrame::Unregistered { node: id, numbers });
        turn.push(ControllerAction::MembersChanged);
    }

    /// Tells everyone but the node it is about.
    fn announce(&self, turn: &mut Turn<'_>, about: NodeId, frame: ControlFrame) {
        let others = self.nodes.iter().filter(|(id, _)| **id != about);
        let connections: Vec<_> = others.map(|(_, node)| node.control).collect();
        if !connections.is_empty() {
            turn.push(ControllerAction::Announce { connections, frame });
        }
    }

    /// A node has gone; its name is free for those who wait for it.
    pub(super) fn node_left(
        &mut self,
        turn: &mut Turn<'_>,
        id: NodeId,
        reason: LeftReason,
        close: Option<CloseReason>,
    ) {
        if let Some(process) = self.remove(turn, id, reason, close) {
            self.settle_contests(turn, &process);
        }
    }

    /// Takes a node out with all that hangs on it. `close` closes its control connection, where that is still open.
    pub(super) fn remove(
        &mut self,
        turn: &mut Turn<'_>,
        id: NodeId,
        reason: LeftReason,
        close: Option<CloseReason>,
    ) -> Option<Name> {
        let node = self.nodes.remove(&id)?;
        self.timers.cancel(Timer::Heartbeat(id));
        self.connections.remove(&node.control);
        if let Some(reason) = close {
            turn.close(node.control, reason);
        }
        let answering = node.serve_lane.filter(|_| reason == LeftReason::Goodbye);
        let answering = answering.filter(|lane| self.awaits_last_answers(turn, *lane));
        let lanes = [node.call_lane, node.serve_lane].into_iter().flatten();
        for lane in lanes.filter(|lane| Some(*lane) != answering) {
            turn.close(lane, CloseReason::NodeLeft);
            self.connections.remove(&lane);
        }
        self.end_relaying(turn, id, node.call_lane, answering);
        self.end_introductions(turn, id);
        if node.is_announced {
            self.announce(turn, id, ControlFrame::Left { node: id, reason });
            turn.push(ControllerAction::MembersChanged);
        }
        let process = node.member.identity.process;
        let silent = (close == Some(CloseReason::Silent)).then_some(&process);
        self.has_stopped(turn, id, silent);
        Some(process)
    }

    pub(super) fn check_heartbeat(&mut self, turn: &mut Turn<'_>, id: NodeId) {
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        let beat = node.heartbeat.look(turn.now);
        let (next, control) = (node.heartbeat.next_look(), node.control);
        match beat {
            Beat::Lives => {}
            Beat::Ask => {
                let token = self.next_token();
                turn.send(control, ControlFrame::Ping { token });
            }
            Beat::Lost => {
                let process = node.member.identity.process.clone();
                turn.push(ControllerAction::Tell(News::Silent { process }));
                return self.node_left(turn, id, LeftReason::Lost, Some(CloseReason::Silent));
            }
        }
        self.timers.set(Timer::Heartbeat(id), next);
    }

    /// Asks all nodes but one to stop. Asked again while it waits, it waits anew, and answers once.
    pub(super) fn start_stop_all(
        &mut self,
        turn: &mut Turn<'_>,
        except: Option<NodeId>,
        wait: Duration,
    ) {
        self.refuse_contests(turn, "all nodes are asked to stop");
        let others = || self.nodes.iter().filter(|(id, _)| Some(**id) != except);
        let waiting: BTreeSet<_> = others().map(|(id, _)| *id).collect();
        let connections: Vec<_> = others().map(|(_, node)| node.control).collect();
        if waiting.is_empty() {
            return turn.push(ControllerAction::StoppedAll {
                remaining: Vec::new(),
            });
        }
        turn.push(ControllerAction::Announce {
            connections,
            frame: ControlFrame::Stop,
        });
        self.stop_all = Some(StopAll {
            except,
            waiting,
            silent: Vec::new(),
        });
        self.timers.set(Timer::StopAll, turn.now + wait);
    }

    /// A node has gone: it stopped, unless it is this one, which only fell `silent`.
    fn has_stopped(&mut self, turn: &mut Turn<'_>, id: NodeId, silent: Option<&Name>) {
        let Some(stop) = &mut self.stop_all else {
            return;
        };
        if stop.waiting.remove(&id) {
            stop.silent.extend(silent.cloned());
        }
        if stop.waiting.is_empty() {
            self.timers.cancel(Timer::StopAll);
            self.stop_all_is_due(turn);
        }
    }

    pub(super) fn stop_all_is_due(&mut self, turn: &mut Turn<'_>) {
        let Some(stop) = self.stop_all.take() else {
            return;
        };
        let waiting = stop.waiting.iter().filter_map(|id| self.nodes.get(id));
        let waiting = waiting.map(|node| node.member.identity.process.clone());
        let remaining = stop.silent.into_iter().chain(waiting).collect();
        turn.push(ControllerAction::StoppedAll { remaining });
    }

    /// Says goodbye to everyone. Their calls over lanes end as the lanes do.
    pub(super) fn shut_down(&mut self, turn: &mut Turn<'_>) {
        self.is_shut_down = true;
        self.refuse_contests(turn, "the controller is stopping");
        let connections: Vec<_> = self.nodes.values().map(|node| node.control).collect();
        if !connections.is_empty() {
            let frame = ControlFrame::Goodbye {
                reason: "the controller stops".to_owned(),
            };
            turn.push(ControllerAction::Announce { connections, frame });
        }
        for connection in core::mem::take(&mut self.connections).into_keys() {
            turn.close(connection, CloseReason::Shutdown);
        }
        if self.stop_all.is_some() {
            self.stop_all_is_due(turn);
        }
        self.nodes.clear();
        self.introductions.clear();
        self.relay.abandon(turn);
        self.timers = super::Timers::default();
    }
}
