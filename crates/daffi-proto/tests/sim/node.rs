//! The runtime of a node as the simulator has it: connections, calls on them, and callbacks that take a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_proto::{
    CallId, CallbackInfo, CallbackNumber, ControlFrame, Endpoint, ExpectedCallers, FrameDecoder,
    FrameKind, Head, Hello, HostIdentity, InFlight, Limits, Name, NodeAction, NodeEvent, NodeId,
    NodeIdentity, NodeSettings, NodeState, PeerGoneReason, Purpose, RefusalReason, Signature,
    Ticket, Welcome,
};

use crate::calls::Sent;
use crate::world::{Conn, End, Event, Party, Wire, World};

/// What a connection is to the node that dialled or accepted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Control,
    CallLane,
    ServeLane,
    /// A direct link to this node.
    Calls(NodeId),
    /// A direct link of a caller.
    Serves,
}

pub(crate) struct SimNode {
    pub(crate) id: NodeId,
    pub(crate) name: Name,
    pub(crate) lives: bool,
    pub(crate) state: NodeState,
    pub(crate) callbacks: Vec<CallbackInfo>,
    pub(crate) next_number: u32,
    pub(crate) uses: BTreeMap<Conn, Use>,
    pub(crate) up: BTreeSet<Conn>,
    pub(crate) decoder: FrameDecoder,
    pub(crate) session: Option<Ticket>,
    pub(crate) expected: ExpectedCallers,
    /// Calls that wait for a way to their node.
    pub(crate) waiting: BTreeMap<NodeId, Vec<usize>>,
    /// Nodes that are called over the call lane, and calls that wait for it to open.
    pub(crate) relayed: BTreeSet<NodeId>,
    pub(crate) for_the_lane: Vec<usize>,
    pub(crate) sent: BTreeMap<Conn, InFlight<Sent>>,
    pub(crate) next_call: u64,
    /// Requests that came and are not answered; bytes of blobs that are yet to come.
    pub(crate) running: BTreeMap<(Conn, CallId), (u64, Head)>,
    /// Replies of which blobs are yet to come.
    pub(crate) replies: BTreeMap<(Conn, CallId), u64>,
    pub(crate) tick: Option<Instant>,
}

impl SimNode {
    pub(crate) fn callback_names(&self) -> Vec<Name> {
        self.callbacks
            .iter()
            .map(|callback| callback.name.clone())
            .collect()
    }

    pub(crate) fn conn(&self, purpose: Use) -> Option<Conn> {
        self.uses
            .iter()
            .find(|(_, other)| **other == purpose)
            .map(|(conn, _)| *conn)
    }
}

fn callback(number: u32) -> CallbackInfo {
    CallbackInfo {
        number: CallbackNumber(number),
        name: Name::new(&format!("callback_{number}")).unwrap(),
        signature: Arc::new(Signature::any()),
    }
}

/// Coming and going.
impl World {
    pub(crate) fn start_node(&mut self, name: Option<Name>) {
        let node = self.nodes.len();
        let id = NodeId::new(self.rng.next().max(1)).unwrap();
        let name = name.unwrap_or_else(|| Name::new(&format!("node-{node}")).unwrap());
        let host = format!("host-{}", id.raw() % 2);
        let identity = NodeIdentity {
            id,
            process: name.clone(),
            host: HostIdentity::new(&host).unwrap(),
            pid: node as u32,
        };
        let endpoints = ["unix:@x", "tcp:10.0.0.1:1"]
            .map(|text| Endpoint::new(text).unwrap())
            .to_vec();
        let settings = NodeSettings {
            identity,
            direct: self.rng.percent(60),
            endpoints,
        };
        let callbacks: Vec<_> = (1..=self.rng.below(3) as u32).map(callback).collect();
        let mut state = NodeState::new(settings);
        state.handle(
            self.now(),
            NodeEvent::Register(callbacks.clone()),
            &mut Vec::new(),
        );
        self.nodes.push(SimNode {
            id,
            name,
            lives: true,
            state,
            next_number: callbacks.len() as u32 + 1,
            callbacks,
            uses: BTreeMap::new(),
            up: BTreeSet::new(),
            decoder: FrameDecoder::new(Limits::default()),
            session: None,
            expected: ExpectedCallers::new(),
            waiting: BTreeMap::new(),
            relayed: BTreeSet::new(),
            for_the_lane: Vec::new(),
            sent: BTreeMap::new(),
            next_call: 0,
            running: BTreeMap::new(),
            replies: BTreeMap::new(),
            tick: None,
        });
        self.dial_controller(node);
    }

    pub(crate) fn dial_controller(&mut self, node: usize) {
        if !self.nodes[node].lives || self.nodes[node].conn(Use::Control).is_some() {
            return;
        }
        let identity = self.identity(node);
        self.open(
            node,
            Party::Controller(self.controller.start),
            Use::Control,
            Purpose::Control(identity),
        );
        self.nodes[node].decoder = FrameDecoder::new(Limits::default());
    }

    fn identity(&self, node: usize) -> NodeIdentity {
        let SimNode { id, name, .. } = &self.nodes[node];
        NodeIdentity {
            id: *id,
            process: name.clone(),
            host: HostIdentity::new(&format!("host-{}", id.raw() % 2)).unwrap(),
            pid: node as u32,
        }
    }

    fn open(&mut self, node: usize, acceptor: Party, purpose: Use, hello: Purpose) {
        let conn = self.dial(node, acceptor, Hello::new(hello));
        self.nodes[node].uses.insert(conn, purpose);
    }

    /// The process is killed: the system closes its connections.
    pub(crate) fn kill(&mut self, node: usize) {
        if !self.nodes[node].lives {
            return;
        }
        for (conn, end) in self.ends(node) {
            self.close(conn, end);
        }
        self.bury(node, "the caller died");
    }

    /// The machine is gone: nobody is told. Direct links notice by their keepalive.
    pub(crate) fn freeze(&mut self, node: usize) {
        if !self.nodes[node].lives {
            return;
        }
        for (conn, end) in self.ends(node) {
            let at = end.other();
            self.after(Duration::from_secs(20), Event::Closes { conn, at });
        }
        self.bury(node, "the caller froze");
    }

    fn ends(&self, node: usize) -> Vec<(Conn, End)> {
        let end = |purpose: &Use| {
            if *purpose == Use::Serves {
                End::Acceptor
            } else {
                End::Dialler
            }
        };
        self.nodes[node]
            .uses
            .iter()
            .map(|(conn, purpose)| (*conn, end(purpose)))
            .collect()
    }

    fn bury(&mut self, node: usize, how: &'static str) {
        let dead = &mut self.nodes[node];
        dead.lives = false;
        let mut calls: Vec<usize> = std::mem::take(&mut dead.waiting)
            .into_values()
            .flatten()
            .collect();
        calls.append(&mut dead.for_the_lane);
        for mut sent in std::mem::take(&mut dead.sent).into_values() {
            calls.extend(sent.drain_all().into_iter().map(|(_, sent)| sent.call));
        }
        for call in calls {
            self.end_call(call, how);
        }
    }

    pub(crate) fn register_more(&mut self, node: usize) {
        let number = self.nodes[node].next_number;
        self.nodes[node].next_number += 1;
        self.nodes[node].callbacks.push(callback(number));
        self.node_event(node, NodeEvent::Register(vec![callback(number)]));
    }

    pub(crate) fn unregister_one(&mut self, node: usize) {
        if !self.nodes[node].callbacks.is_empty() {
            let gone = self.nodes[node].callbacks.remove(0);
            self.node_event(node, NodeEvent::Unregister(vec![gone.number]));
        }
    }
}

/// Events and actions of the rules.
impl World {
    pub(crate) fn node_event(&mut self, node: usize, event: NodeEvent) {
        if !self.nodes[node].lives {
            return;
        }
        let now = self.now();
        let mut actions = Vec::new();
        self.nodes[node].state.handle(now, event, &mut actions);
        self.note(&(node, &actions));
        let next = self.nodes[node].state.next_deadline();
        if next != self.nodes[node].tick {
            self.nodes[node].tick = next;
            if let Some(next) = next {
                self.at(next, Event::NodeTick(node));
            }
        }
        for action in actions {
            self.node_does(node, action);
        }
    }

    fn node_does(&mut self, node: usize, action: NodeAction) {
        match action {
            NodeAction::Send(frame) => {
                let conn = self.nodes[node]
                    .conn(Use::Control)
                    .expect("the rules know the connection is up");
                let mut bytes = Vec::new();
                frame.encode(&mut bytes);
                self.send(conn, End::Dialler, Wire::Control(bytes));
            }
            NodeAction::Dial {
                target,
                endpoints,
                ticket,
            } => {
                assert!(!endpoints.is_empty());
                let other = self
                    .nodes
                    .iter()
                    .position(|other| other.id == target)
                    .unwrap();
                if !self.nodes[other].lives || self.rng.percent(20) {
                    let delay = self.rng.millis(0, 200);
                    return self.after(delay, Event::DialFails { node, target });
                }
                let id = self.nodes[node].id;
                let ticket = if self.rng.percent(3) {
                    Ticket([0; 16])
                } else {
                    ticket
                };
                self.open(
                    node,
                    Party::Node(other),
                    Use::Calls(target),
                    Purpose::Direct { node: id, ticket },
                );
            }
            NodeAction::Relay(target) => {
                self.nodes[node].relayed.insert(target);
                for call in self.nodes[node].waiting.remove(&target).unwrap_or_default() {
                    self.send_relayed(node, call);
                }
            }
            NodeAction::AskAnew(target) => {
                self.nodes[node].relayed.remove(&target);
                let calls = &self.calls;
                let lane = &mut self.nodes[node].for_the_lane;
                let anew = lane.extract_if(.., |call| calls[*call].target == target);
                let anew: Vec<_> = anew.collect();
                if !anew.is_empty() {
                    let waiting = &mut self.nodes[node].waiting;
                    waiting.entry(target).or_default().extend(anew);
                    self.node_event(node, NodeEvent::Want(target));
                }
            }
            NodeAction::ExpectCaller {
                caller,
                ticket,
                until,
            } => {
                let now = self.now();
                self.nodes[node].expected.expect(now, caller, ticket, until);
            }
            NodeAction::OpenServeLane { session } => self.open_lane(node, Use::ServeLane, session),
            NodeAction::PeerGone { node: peer, reason } => self.peer_gone(node, peer, reason),
            NodeAction::CloseControl => {
                if let Some(conn) = self.nodes[node].conn(Use::Control) {
                    self.close(conn, End::Dialler);
                    self.control_is_down(node, conn);
                }
            }
            NodeAction::Ready | NodeAction::RegistryChanged | NodeAction::StopRequested => {}
        }
    }

    fn peer_gone(&mut self, node: usize, peer: NodeId, _reason: PeerGoneReason) {
        self.reached.peers_gone += 1;
        self.nodes[node].relayed.remove(&peer);
        let mut over = self.nodes[node].waiting.remove(&peer).unwrap_or_default();
        let lane = self.nodes[node].conn(Use::CallLane);
        let calls = &self.calls;
        let waits = &mut self.nodes[node].for_the_lane;
        over.extend(waits.iter().filter(|call| calls[**call].target == peer));
        waits.retain(|call| calls[*call].target != peer);
        if let Some(sent) = lane.and_then(|lane| self.nodes[node].sent.get_mut(&lane)) {
            let (gone, kept): (Vec<_>, Vec<_>) = sent
                .drain_all()
                .into_iter()
                .partition(|(_, sent)| sent.target == peer);
            for (id, kept) in kept {
                sent.insert(id, kept, None).unwrap();
            }
            over.extend(gone.into_iter().map(|(_, sent)| sent.call));
        }
        for call in over {
            self.end_call(call, "peer gone");
        }
    }

    pub(crate) fn open_lane(&mut self, node: usize, lane: Use, session: Ticket) {
        if let Some(conn) = self.nodes[node].conn(lane) {
            if !self.nodes[node].up.contains(&conn) {
                return; // It is being dialled.
            }
            self.close(conn, End::Dialler);
            self.node_loses(node, conn, End::Dialler);
        }
        let id = self.nodes[node].id;
        let hello = match lane {
            Use::ServeLane => Purpose::ServeLane { node: id, session },
            _ => Purpose::CallLane { node: id, session },
        };
        self.open(node, Party::Controller(self.controller.start), lane, hello);
    }
}

/// Connections of a node.
impl World {
    pub(crate) fn node_receives(&mut self, node: usize, conn: Conn, at: End, what: Wire) {
        match what {
            Wire::Hello(hello) => self.caller_arrives(node, conn, &hello),
            Wire::Welcome(welcome) => self.welcomed(node, conn, &welcome),
            Wire::Refused(refused) => {
                let purpose = self.nodes[node].uses[&conn];
                if purpose == Use::Control && refused.reason == RefusalReason::NameTaken {
                    return self.kill(node);
                }
                self.close(conn, at);
                self.node_loses(node, conn, at);
            }
            Wire::Control(bytes) => {
                self.nodes[node].decoder.feed(&bytes);
                while let Some(frame) = self.nodes[node].decoder.next_frame().unwrap() {
                    let frame = ControlFrame::decode(&frame.head, &frame.body).unwrap();
                    self.node_event(node, NodeEvent::Control(frame));
                }
            }
            Wire::Call(frame) => match frame.head.known_kind() {
                Some(FrameKind::Request) => self.request_arrives(node, conn, &frame),
                Some(FrameKind::Reply) => self.reply_arrives(node, conn, &frame),
                Some(FrameKind::Chunk) => self.chunk_arrives(node, conn, frame.head),
                Some(FrameKind::Cancel) => {
                    self.nodes[node].running.remove(&(conn, frame.head.call));
                }
                kind => panic!("{kind:?} on a lane or link"),
            },
        }
    }

    fn caller_arrives(&mut self, node: usize, conn: Conn, hello: &Hello) {
        let Purpose::Direct {
            node: caller,
            ticket,
        } = hello.purpose
        else {
            panic!("a node takes direct links only");
        };
        let now = self.now();
        if self.nodes[node].expected.admit(now, caller, ticket) {
            self.nodes[node].uses.insert(conn, Use::Serves);
            let welcome = Welcome::new(self.nodes[node].id.raw(), None);
            self.send(conn, End::Acceptor, Wire::Welcome(welcome));
        } else {
            self.reached.tickets_refused += 1;
            self.close(conn, End::Acceptor);
        }
    }

    fn welcomed(&mut self, node: usize, conn: Conn, welcome: &Welcome) {
        self.nodes[node].up.insert(conn);
        match self.nodes[node].uses[&conn] {
            Use::Control => {
                let session = welcome.session.unwrap();
                self.nodes[node].session = Some(session);
                self.node_event(node, NodeEvent::ControlUp { session });
            }
            Use::CallLane => {
                for call in std::mem::take(&mut self.nodes[node].for_the_lane) {
                    self.send_call(node, conn, call);
                }
            }
            Use::Calls(target) => {
                self.reached.direct += 1;
                self.node_event(node, NodeEvent::DialSucceeded(target));
                for call in self.nodes[node].waiting.remove(&target).unwrap_or_default() {
                    self.send_call(node, conn, call);
                }
            }
            Use::ServeLane => {}
            Use::Serves => panic!("acceptors are not welcomed"),
        }
    }

    pub(crate) fn node_loses(&mut self, node: usize, conn: Conn, _at: End) {
        let Some(purpose) = self.nodes[node].uses.remove(&conn) else {
            return;
        };
        let was_up = self.nodes[node].up.remove(&conn);
        self.nodes[node]
            .running
            .retain(|(other, _), _| *other != conn);
        self.nodes[node]
            .replies
            .retain(|(other, _), _| *other != conn);
        if let Some(mut sent) = self.nodes[node].sent.remove(&conn) {
            for (_, sent) in sent.drain_all() {
                self.end_call(sent.call, "connection lost");
            }
        }
        match purpose {
            Use::Control => {
                if was_up {
                    self.node_event(node, NodeEvent::ControlLost);
                }
                self.control_is_down(node, conn);
            }
            Use::CallLane => {
                for call in std::mem::take(&mut self.nodes[node].for_the_lane) {
                    self.end_call(call, "no lane");
                }
            }
            Use::Calls(target) if was_up => self.node_event(node, NodeEvent::LinkLost(target)),
            Use::Calls(target) => self.node_event(node, NodeEvent::DialFailed(target)),
            Use::ServeLane | Use::Serves => {}
        }
    }

    /// Lanes go with the control connection; another attempt follows.
    fn control_is_down(&mut self, node: usize, conn: Conn) {
        self.nodes[node].uses.remove(&conn);
        self.nodes[node].up.remove(&conn);
        self.nodes[node].relayed.clear();
        self.nodes[node].session = None;
        for lane in [Use::CallLane, Use::ServeLane] {
            if let Some(conn) = self.nodes[node].conn(lane) {
                self.close(conn, End::Dialler);
                self.node_loses(node, conn, End::Dialler);
            }
        }
        for call in std::mem::take(&mut self.nodes[node].for_the_lane) {
            self.end_call(call, "no controller");
        }
        let delay = self.rng.millis(10, 800);
        self.after(delay, Event::Redial(node));
    }
}
