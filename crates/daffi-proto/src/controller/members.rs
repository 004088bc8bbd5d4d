//! Who is there: nodes come, offer callbacks, stay in touch, and go, and all others hear of it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::introductions::Pair;
use super::timers::Timer;
use super::{CloseReason, ConnectionId, ControllerAction, ControllerState, News, Role, Step};
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
    /// The nodes that fell silent before they had stopped: frozen ones may go on when they wake.
    silent: Vec<Name>,
}

impl ControllerState {
    /// A process wants to be a node.
    pub(super) fn newcomer(
        &mut self,
        step: &mut Step<'_>,
        connection: ConnectionId,
        identity: NodeIdentity,
    ) {
        let is_stopping = self
            .stop_all
            .as_ref()
            .is_some_and(|stop| stop.except != Some(identity.id));
        if is_stopping {
            return step.refuse(
                connection,
                RefusalReason::Stopping,
                "all nodes are asked to stop",
            );
        }
        self.forget_contests_of(step, identity.id);
        // It may connect again before this side has noticed that its connection was lost. It then replaces itself,
        // without a contest, as others may be waiting for it.
        let freed = self.remove(
            step,
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
            step.refuse(connection, RefusalReason::Full, &text);
        } else if let Some(holder) = self.holder(&process) {
            self.contest(step, connection, identity, holder);
        } else {
            self.admit(step, connection, identity);
        }
        for process in freed.iter().chain([&process]) {
            self.settle_contests(step, process);
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
        step: &mut Step<'_>,
        connection: ConnectionId,
        identity: NodeIdentity,
    ) {
        let id = identity.id;
        let session = (self.tickets)();
        step.push(ControllerAction::Welcome {
            connection,
            welcome: Welcome::new(self.instance, Some(session)),
        });
        let members = self.members().cloned().collect();
        step.send(
            connection,
            ControlFrame::Snapshot {
                members,
                done: true,
            },
        );
        self.connections.insert(connection, Role::Control(id));
        let heartbeat = Heartbeat::new(step.now);
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
        step: &mut Step<'_>,
        connection: ConnectionId,
        frame: ControlFrame,
    ) {
        let id = match self.connections.get(&connection) {
            None => return,
            Some(&Role::Control(id)) => id,
            Some(_) => return self.violation(step, connection, CloseReason::Protocol),
        };
        if let Some(node) = self.nodes.get_mut(&id) {
            node.heartbeat.heard(step.now);
        }
        match frame {
            ControlFrame::Register { callbacks } => self.register(step, id, callbacks),
            ControlFrame::Unregister { numbers } => self.unregister(step, id, numbers),
            ControlFrame::Introduce { target } => {
                self.introduce(step, Pair { caller: id, target });
            }
            ControlFrame::Expecting {
                caller,
                ticket,
                outcome,
            } => {
                self.expecting(step, Pair { caller, target: id }, ticket, outcome);
            }
            ControlFrame::Ping { token } => step.send(connection, ControlFrame::Pong { token }),
            ControlFrame::Pong { token } => self.holder_answered(step, id, token),
            ControlFrame::Goodbye { .. } => {
                self.node_left(step, id, LeftReason::Goodbye, Some(CloseReason::Goodbye));
            }
            ControlFrame::Snapshot { .. }
            | ControlFrame::Joined { .. }
            | ControlFrame::Left { .. }
            | ControlFrame::Registered { .. }
            | ControlFrame::Unregistered { .. }
            | ControlFrame::Expect { .. }
            | ControlFrame::Introduced { .. }
            | ControlFrame::OpenLane
            | ControlFrame::Stop => self.violation(step, connection, CloseReason::Protocol),
        }
    }

    fn register(&mut self, step: &mut Step<'_>, id: NodeId, callbacks: Vec<CallbackInfo>) {
        let most = self.limits.callbacks;
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        CallbackInfo::merge(&mut node.member.callbacks, &callbacks);
        if node.member.callbacks.len() > most {
            let control = node.control;
            return self.violation(step, control, CloseReason::TooManyCallbacks);
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
        self.announce(step, id, frame);
        step.push(ControllerAction::MembersChanged);
    }

    fn unregister(&mut self, step: &mut Step<'_>, id: NodeId, numbers: Vec<CallbackNumber>) {
        let Some(node) = self.nodes.get_mut(&id).filter(|node| node.is_announced) else {
            return;
        };
        node.member
            .callbacks
            .retain(|callback| !numbers.contains(&callback.number));
        self.announce(step, id, ControlFrame::Unregistered { node: id, numbers });
        step.push(ControllerAction::MembersChanged);
    }

    /// Tells everyone but the node it is about.
    fn announce(&self, step: &mut Step<'_>, about: NodeId, frame: ControlFrame) {
        let others = self.nodes.iter().filter(|(id, _)| **id != about);
        let connections: Vec<_> = others.map(|(_, node)| node.control).collect();
        if !connections.is_empty() {
            step.push(ControllerAction::Announce { connections, frame });
        }
    }

    /// A node has gone; its name is free for those who wait for it.
    pub(super) fn node_left(
        &mut self,
        step: &mut Step<'_>,
        id: NodeId,
        reason: LeftReason,
        close: Option<CloseReason>,
    ) {
        if let Some(process) = self.remove(step, id, reason, close) {
            self.settle_contests(step, &process);
        }
    }

    /// Takes a node out with all that hangs on it. `close` closes its control connection, where that is still open.
    pub(super) fn remove(
        &mut self,
        step: &mut Step<'_>,
        id: NodeId,
        reason: LeftReason,
        close: Option<CloseReason>,
    ) -> Option<Name> {
        let node = self.nodes.remove(&id)?;
        self.timers.cancel(Timer::Heartbeat(id));
        self.connections.remove(&node.control);
        if let Some(reason) = close {
            step.close(node.control, reason);
        }
        let answering = node.serve_lane.filter(|_| reason == LeftReason::Goodbye);
        let answering = answering.filter(|lane| self.awaits_last_answers(step, *lane));
        let lanes = [node.call_lane, node.serve_lane].into_iter().flatten();
        for lane in lanes.filter(|lane| Some(*lane) != answering) {
            step.close(lane, CloseReason::NodeLeft);
            self.connections.remove(&lane);
        }
        self.end_relaying(step, id, node.call_lane, answering);
        self.end_introductions(step, id);
        if node.is_announced {
            self.announce(step, id, ControlFrame::Left { node: id, reason });
            step.push(ControllerAction::MembersChanged);
        }
        let process = node.member.identity.process;
        let silent = (close == Some(CloseReason::Silent)).then_some(&process);
        self.has_stopped(step, id, silent);
        Some(process)
    }

    pub(super) fn check_heartbeat(&mut self, step: &mut Step<'_>, id: NodeId) {
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        let beat = node.heartbeat.look(step.now);
        let (next, control) = (node.heartbeat.next_look(), node.control);
        match beat {
            Beat::Lives => {}
            Beat::Ask => {
                let token = self.next_token();
                step.send(control, ControlFrame::Ping { token });
            }
            Beat::Lost => {
                let process = node.member.identity.process.clone();
                step.push(ControllerAction::Tell(News::Silent { process }));
                return self.node_left(step, id, LeftReason::Lost, Some(CloseReason::Silent));
            }
        }
        self.timers.set(Timer::Heartbeat(id), next);
    }

    /// Asks all nodes but one to stop. A second request while the first waits restarts the wait; both get one answer.
    pub(super) fn start_stop_all(
        &mut self,
        step: &mut Step<'_>,
        except: Option<NodeId>,
        wait: Duration,
    ) {
        self.refuse_contests(step, "all nodes are asked to stop");
        let others = || self.nodes.iter().filter(|(id, _)| Some(**id) != except);
        let waiting: BTreeSet<_> = others().map(|(id, _)| *id).collect();
        let connections: Vec<_> = others().map(|(_, node)| node.control).collect();
        if waiting.is_empty() {
            return step.push(ControllerAction::StoppedAll {
                remaining: Vec::new(),
            });
        }
        step.push(ControllerAction::Announce {
            connections,
            frame: ControlFrame::Stop,
        });
        self.stop_all = Some(StopAll {
            except,
            waiting,
            silent: Vec::new(),
        });
        self.timers.set(Timer::StopAll, step.now + wait);
    }

    /// A node has gone: it stopped, unless it is this one, which only fell `silent`.
    fn has_stopped(&mut self, step: &mut Step<'_>, id: NodeId, silent: Option<&Name>) {
        let Some(stop) = &mut self.stop_all else {
            return;
        };
        if stop.waiting.remove(&id) {
            stop.silent.extend(silent.cloned());
        }
        if stop.waiting.is_empty() {
            self.timers.cancel(Timer::StopAll);
            self.stop_all_is_due(step);
        }
    }

    pub(super) fn stop_all_is_due(&mut self, step: &mut Step<'_>) {
        let Some(stop) = self.stop_all.take() else {
            return;
        };
        let waiting = stop.waiting.iter().filter_map(|id| self.nodes.get(id));
        let waiting = waiting.map(|node| node.member.identity.process.clone());
        let remaining = stop.silent.into_iter().chain(waiting).collect();
        step.push(ControllerAction::StoppedAll { remaining });
    }

    /// Says goodbye to everyone. Their calls over lanes end as the lanes do.
    pub(super) fn shut_down(&mut self, step: &mut Step<'_>) {
        self.is_shut_down = true;
        self.refuse_contests(step, "the controller is stopping");
        let connections: Vec<_> = self.nodes.values().map(|node| node.control).collect();
        if !connections.is_empty() {
            let frame = ControlFrame::Goodbye {
                reason: "the controller stops".to_owned(),
            };
            step.push(ControllerAction::Announce { connections, frame });
        }
        for connection in core::mem::take(&mut self.connections).into_keys() {
            step.close(connection, CloseReason::Shutdown);
        }
        if self.stop_all.is_some() {
            self.stop_all_is_due(step);
        }
        self.nodes.clear();
        self.introductions.clear();
        self.relay.abandon(step);
        self.timers = super::Timers::default();
    }
}
