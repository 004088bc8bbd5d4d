//! The runtime of a controller as the simulator has it: it does what the rules say, and checks that they may.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use daffi_proto::{
    CallId, ConnectionId, ControlFrame, ControllerAction, ControllerEvent, ControllerState,
    Failure, FrameDecoder, FrameKind, Head, LeftReason, Limits, News, RefusalReason, RelayFrame,
    ReplyStatus, Ticket,
};

use crate::rng::Rng;
use crate::world::{Conn, End, Event, Wire, World};

pub(crate) struct SimController {
    /// Which start of the controller this is.
    pub(crate) start: u64,
    pub(crate) state: ControllerState,
    /// What is open as the rules know it.
    pub(crate) open: BTreeSet<Conn>,
    welcomed: BTreeSet<Conn>,
    decoders: BTreeMap<Conn, FrameDecoder>,
    pub(crate) held: BTreeMap<CallId, Vec<RelayFrame>>,
    /// Lanes that are not read, or have yet to catch up: what has come meanwhile.
    paused: BTreeMap<Conn, (bool, VecDeque<RelayFrame>)>,
    tick: Option<Instant>,
    /// Since the start of the world.
    pub(crate) frozen_until: Duration,
}

impl SimController {
    pub(crate) fn new(start: u64, seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ (start << 32));
        let tickets = move || {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&rng.next().to_le_bytes());
            bytes[8..].copy_from_slice(&rng.next().to_le_bytes());
            Ticket(bytes)
        };
        Self {
            start,
            state: ControllerState::new(start, Limits::default(), tickets),
            open: BTreeSet::new(),
            welcomed: BTreeSet::new(),
            decoders: BTreeMap::new(),
            held: BTreeMap::new(),
            paused: BTreeMap::new(),
            tick: None,
            frozen_until: Duration::ZERO,
        }
    }
}

impl World {
    pub(crate) fn controller_receives(&mut self, conn: Conn, what: Wire) {
        let connection = ConnectionId(conn);
        match what {
            Wire::Hello(hello) => {
                self.controller.open.insert(conn);
                self.controller_event(ControllerEvent::Opened { connection, hello });
            }
            Wire::Control(bytes) => {
                let decoders = &mut self.controller.decoders;
                let decoder = decoders
                    .entry(conn)
                    .or_insert_with(|| FrameDecoder::new(Limits::default()));
                decoder.feed(&bytes);
                while let Some(frame) = self
                    .controller
                    .decoders
                    .get_mut(&conn)
                    .and_then(|decoder| decoder.next_frame().unwrap())
                {
                    let frame = ControlFrame::decode(&frame.head, &frame.body).unwrap();
                    self.controller_event(ControllerEvent::Control { connection, frame });
                }
            }
            Wire::Call(frame) => match self.controller.paused.get_mut(&conn) {
                Some((_, queue)) => queue.push_back(frame),
                None => self.relay(conn, &frame),
            },
            Wire::Welcome(_) | Wire::Refused(_) => panic!("a controller dials no one"),
        }
    }

    fn relay(&mut self, conn: Conn, frame: &RelayFrame) {
        let event = ControllerEvent::Relay {
            lane: ConnectionId(conn),
            frame: frame.clone(),
        };
        let actions = self.controller_actions(event);
        let fates = actions.iter().filter(|action| {
            matches!(
                action,
                ControllerAction::Forward { .. }
                    | ControllerAction::Hold { .. }
                    | ControllerAction::Drop
            )
        });
        assert_eq!(
            fates.count(),
            1,
            "seed {}: a frame has one fate: {frame:?} {actions:?}",
            self.seed
        );
        for action in actions {
            self.controller_does(action, Some(frame));
        }
    }

    /// A lane is read again: first what has come meanwhile.
    pub(crate) fn catch_up(&mut self, lane: Conn) {
        while let Some((false, queue)) = self.controller.paused.get_mut(&lane) {
            match queue.pop_front() {
                Some(frame) => self.relay(lane, &frame),
                None => {
                    self.controller.paused.remove(&lane);
                }
            }
        }
    }

    pub(crate) fn controller_loses(&mut self, conn: Conn) {
        if self.controller.open.contains(&conn) {
            self.forget(conn);
            self.controller_event(ControllerEvent::Closed {
                connection: ConnectionId(conn),
            });
        }
    }

    fn forget(&mut self, conn: Conn) {
        self.controller.open.remove(&conn);
        self.controller.welcomed.remove(&conn);
        self.controller.paused.remove(&conn);
    }

    pub(crate) fn controller_event(&mut self, event: ControllerEvent) {
        for action in self.controller_actions(event) {
            self.controller_does(action, None);
        }
    }

    fn controller_actions(&mut self, event: ControllerEvent) -> Vec<ControllerAction> {
        let mut actions = Vec::new();
        let now = self.now();
        self.controller.state.handle(now, event, &mut actions);
        self.note(&actions);
        let next = self.controller.state.next_deadline();
        if next != self.controller.tick {
            self.controller.tick = next;
            if let Some(next) = next {
                self.at(next, Event::ControllerTick);
            }
        }
        actions
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each action")]
    fn controller_does(&mut self, action: ControllerAction, current: Option<&RelayFrame>) {
        match action {
            ControllerAction::Welcome {
                connection,
                welcome,
            } => {
                assert!(
                    self.controller.open.contains(&connection.0),
                    "seed {}: closed",
                    self.seed
                );
                self.controller.welcomed.insert(connection.0);
                self.send(connection.0, End::Acceptor, Wire::Welcome(welcome));
            }
            ControllerAction::Refuse {
                connection,
                refused,
            } => {
                assert!(
                    !self.controller.welcomed.contains(&connection.0),
                    "refused after a welcome"
                );
                self.reached.names_taken += u64::from(refused.reason == RefusalReason::NameTaken);
                self.controller_sends(connection, Wire::Refused(refused), false);
                self.forget(connection.0);
                self.close(connection.0, End::Acceptor);
            }
            ControllerAction::Send { connection, frame } => {
                self.controller_tells(connection, &frame);
            }
            ControllerAction::Announce { connections, frame } => {
                let is_replaced = matches!(
                    frame,
                    ControlFrame::Left {
                        reason: LeftReason::Replaced,
                        ..
                    }
                );
                self.reached.replaced += u64::from(is_replaced);
                for connection in connections {
                    self.controller_tells(connection, &frame);
                }
            }
            ControllerAction::Close { connection, .. } => {
                assert!(
                    self.controller.open.contains(&connection.0),
                    "seed {}: closed twice",
                    self.seed
                );
                self.forget(connection.0);
                self.close(connection.0, End::Acceptor);
            }
            ControllerAction::Forward { to, call } => {
                self.reached.relayed += 1;
                self.forward(to, call, current.unwrap().clone());
            }
            ControllerAction::Hold { call } => {
                self.reached.held += 1;
                self.controller
                    .held
                    .entry(call)
                    .or_default()
                    .push(current.unwrap().clone());
            }
            ControllerAction::Release { call, to } => {
                for frame in self.controller.held.remove(&call).unwrap() {
                    self.forward(to, call, frame);
                }
            }
            ControllerAction::Discard { call } => {
                assert!(
                    self.controller.held.remove(&call).is_some(),
                    "nothing to discard"
                );
            }
            ControllerAction::Pause { lane } => {
                self.reached.paused += 1;
                self.controller.paused.entry(lane.0).or_default().0 = true;
            }
            ControllerAction::Resume { lane } => {
                assert!(
                    self.controller.open.contains(&lane.0),
                    "seed {}: resumes a closed lane",
                    self.seed
                );
                self.controller.paused.get_mut(&lane.0).unwrap().0 = false;
                // Later, so that it comes after what is being done now.
                self.after(Duration::ZERO, Event::CatchUp { lane: lane.0 });
            }
            ControllerAction::ReplyFailed { to, call, code } => {
                self.reached.failed += 1;
                let length = Failure::new(code, "").to_payload().len() as u32;
                let head = Head::new(FrameKind::Reply, ReplyStatus::Failed.flags(), call, length);
                self.controller_sends(to, Wire::Call(frame(head)), true);
            }
            ControllerAction::Cancel { to, call } => {
                let head = Head::new(FrameKind::Cancel, 0, call, 0);
                self.controller_sends(to, Wire::Call(frame(head)), true);
            }
            ControllerAction::Tell(News::Silent { process }) => {
                // Some node of this name; another may live, and wait for the name.
                let mut nodes = self.nodes.iter().filter(|node| node.name == process);
                assert!(
                    nodes.any(|node| !node.lives),
                    "seed {}: {process} lives and is thrown out",
                    self.seed
                );
            }
            ControllerAction::Drop
            | ControllerAction::MembersChanged
            | ControllerAction::Tell(_)
            | ControllerAction::StoppedAll { .. } => {}
        }
    }

    fn forward(&mut self, to: ConnectionId, call: CallId, mut frame: RelayFrame) {
        frame.head.call = call;
        self.controller_sends(to, Wire::Call(frame), true);
    }

    fn controller_tells(&mut self, to: ConnectionId, frame: &ControlFrame) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        self.controller_sends(to, Wire::Control(bytes), true);
    }

    fn controller_sends(&mut self, to: ConnectionId, what: Wire, needs_welcome: bool) {
        let seed = self.seed;
        assert!(
            self.controller.open.contains(&to.0),
            "seed {seed}: {what:?} to a closed connection"
        );
        if needs_welcome {
            assert!(
                self.controller.welcomed.contains(&to.0),
                "seed {seed}: {what:?} before a welcome"
            );
        }
        self.send(to.0, End::Acceptor, what);
    }
}

pub(crate) fn frame(head: Head) -> RelayFrame {
    RelayFrame {
        head,
        target: None,
        blobs: Vec::new(),
    }
}
