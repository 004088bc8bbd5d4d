//! Virtual time and the connections between the parts: bytes arrive late but in order, and everything can break.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::AddAssign;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use daffi_proto::{Head, Hello, NodeId, Refused, RelayFrame, Welcome};

use crate::controller::SimController;
use crate::node::SimNode;
use crate::rng::Rng;

/// How long things go wrong, and how long the world then rests: longer than every deadline of the rules together.
const TROUBLE: Duration = Duration::from_secs(30);
const REST: Duration = Duration::from_secs(60);

/// The same for every world, so that the same history looks the same.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

pub(crate) type Conn = u64;

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Dialler,
    Acceptor,
}

impl End {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Dialler => Self::Acceptor,
            Self::Acceptor => Self::Dialler,
        }
    }
}

/// Who holds an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Node(usize),
    /// The controller of this start.
    Controller(u64),
}

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) dialler: Party,
    pub(crate) acceptor: Party,
    open: BTreeMap<End, bool>,
    /// When the last thing arrives at each end: nothing overtakes.
    last: BTreeMap<End, Duration>,
}

/// What travels.
#[derive(Clone, Debug)]
pub(crate) enum Wire {
    Hello(Hello),
    Welcome(Welcome),
    Refused(Refused),
    /// Bytes of a control connection.
    Control(Vec<u8>),
    /// A frame of a call; the bytes of its body are imagined.
    Call(RelayFrame),
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Arrives {
        conn: Conn,
        at: End,
        what: Wire,
    },
    Closes {
        conn: Conn,
        at: End,
    },
    NodeTick(usize),
    ControllerTick,
    Redial(usize),
    CatchUp {
        lane: Conn,
    },
    /// A direct link could not be made: nothing listens there.
    DialFails {
        node: usize,
        target: NodeId,
    },
    /// A callback of this node has finished.
    Finished {
        node: usize,
        conn: Conn,
        head: Head,
    },
    GiveUp {
        node: usize,
        call: usize,
    },
    Trouble,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) target: NodeId,
    pub(crate) ends: Vec<&'static str>,
}

/// How often the histories came to what they are meant to test.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reached {
    pub(crate) replies: u64,
    pub(crate) direct: u64,
    pub(crate) relayed: u64,
    pub(crate) held: u64,
    pub(crate) paused: u64,
    pub(crate) cancelled: u64,
    pub(crate) failed: u64,
    pub(crate) peers_gone: u64,
    pub(crate) names_taken: u64,
    pub(crate) replaced: u64,
    pub(crate) restarts: u64,
    pub(crate) freezes: u64,
    pub(crate) tickets_refused: u64,
}

impl Reached {
    fn each(&self) -> [u64; 13] {
        [
            self.replies,
            self.direct,
            self.relayed,
            self.held,
            self.paused,
            self.cancelled,
            self.failed,
            self.peers_gone,
            self.names_taken,
            self.replaced,
            self.restarts,
            self.freezes,
            self.tickets_refused,
        ]
    }

    pub(crate) fn assert_everything(&self) {
        assert!(self.each().iter().all(|count| *count > 0), "{self:#?}");
    }
}

impl AddAssign for Reached {
    fn add_assign(&mut self, other: Self) {
        self.replies += other.replies;
        self.direct += other.direct;
        self.relayed += other.relayed;
        self.held += other.held;
        self.paused += other.paused;
        self.cancelled += other.cancelled;
        self.failed += other.failed;
        self.peers_gone += other.peers_gone;
        self.names_taken += other.names_taken;
        self.replaced += other.replaced;
        self.restarts += other.restarts;
        self.freezes += other.freezes;
        self.tickets_refused += other.tickets_refused;
    }
}

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) rng: Rng,
    start: Instant,
    elapsed: Duration,
    queue: BTreeMap<(Duration, u64), Event>,
    queued: u64,
    pub(crate) connections: BTreeMap<Conn, Connection>,
    pub(crate) controller: SimController,
    pub(crate) nodes: Vec<SimNode>,
    pub(crate) calls: Vec<Call>,
    pub(crate) reached: Reached,
    /// A hash over everything that happened, in order, where it is wanted: it takes longer than the rest.
    pub(crate) trace: Option<u64>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut world = Self {
            seed,
            rng: Rng::new(seed),
            start: *START,
            elapsed: Duration::ZERO,
            queue: BTreeMap::new(),
            queued: 0,
            connections: BTreeMap::new(),
            controller: SimController::new(1, seed),
            nodes: Vec::new(),
            calls: Vec::new(),
            reached: Reached::default(),
            trace: None,
        };
        for _ in 0..2 + world.rng.below(4) {
            world.start_node(None);
        }
        world.after(Duration::from_millis(50), Event::Trouble);
        world
    }

    pub(crate) fn now(&self) -> Instant {
        self.start + self.elapsed
    }

    pub(crate) fn after(&mut self, delay: Duration, event: Event) {
        self.queued += 1;
        self.queue
            .insert((self.elapsed + delay, self.queued), event);
    }

    /// Schedules a tick at an instant of the rules.
    pub(crate) fn at(&mut self, at: Instant, event: Event) {
        self.after(at.saturating_duration_since(self.now()), event);
    }

    pub(crate) fn run(&mut self) {
        while let Some(((at, _), event)) = self.queue.pop_first() {
            if at > TROUBLE + REST {
                break;
            }
            self.elapsed = at;
            if at < self.controller.frozen_until && self.is_for_the_controller(&event) {
                // It wakes to all that has come meanwhile, and to its timers, in order.
                self.queued += 1;
                let wakes = (self.controller.frozen_until, self.queued);
                self.queue.insert(wakes, event);
                continue;
            }
            self.note(&(at, &event));
            self.happen(event);
        }
    }

    fn is_for_the_controller(&self, event: &Event) -> bool {
        match event {
            Event::Arrives { conn, at, .. } | Event::Closes { conn, at } => {
                matches!(self.holder(*conn, *at), Some(Party::Controller(_)))
            }
            Event::ControllerTick | Event::CatchUp { .. } => true,
            _ => false,
        }
    }

    /// Takes something into the trace, if there is one.
    pub(crate) fn note(&mut self, what: &impl Debug) {
        if let Some(trace) = &mut self.trace {
            for byte in format!("{what:?}").bytes() {
                *trace = (*trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrives { conn, at, what } => match self.holder(conn, at) {
                Some(Party::Node(node)) => self.node_receives(node, conn, at, what),
                Some(Party::Controller(_)) => self.controller_receives(conn, what),
                // Whom it was sent to has died meanwhile: nothing listens there.
                None if matches!(what, Wire::Hello(_)) => self.close(conn, at),
                None => {}
            },
            Event::Closes { conn, at } => {
                let holder = self.holder(conn, at);
                self.shut(conn, at);
                match holder {
                    Some(Party::Node(node)) => self.node_loses(node, conn, at),
                    Some(Party::Controller(_)) => self.controller_loses(conn),
                    None => {}
                }
            }
            Event::NodeTick(node) => self.node_event(node, daffi_proto::NodeEvent::Tick),
            Event::ControllerTick => self.controller_event(daffi_proto::ControllerEvent::Tick),
            Event::Redial(node) => self.dial_controller(node),
            Event::CatchUp { lane } => self.catch_up(lane),
            Event::DialFails { node, target } => {
                self.node_event(node, daffi_proto::NodeEvent::DialFailed(target));
            }
            Event::Finished { node, conn, head } => self.reply(node, conn, head),
            Event::GiveUp { node, call } => self.give_up(node, call),
            Event::Trouble => self.trouble(),
        }
    }

    /// Who holds an end, if it is open and they live.
    fn holder(&self, conn: Conn, end: End) -> Option<Party> {
        let connection = self.connections.get(&conn)?;
        let party = match end {
            End::Dialler => connection.dialler,
            End::Acceptor => connection.acceptor,
        };
        let lives = match party {
            Party::Node(node) => self.nodes[node].lives,
            Party::Controller(start) => self.controller.start == start,
        };
        (connection.open[&end] && lives).then_some(party)
    }

    pub(crate) fn dial(&mut self, dialler: usize, acceptor: Party, hello: Hello) -> Conn {
        let conn = self.connections.len() as Conn + 1;
        let both = |value| BTreeMap::from([(End::Dialler, value), (End::Acceptor, value)]);
        let connection = Connection {
            dialler: Party::Node(dialler),
            acceptor,
            open: both(true),
            last: BTreeMap::from([(End::Dialler, self.elapsed), (End::Acceptor, self.elapsed)]),
        };
        self.connections.insert(conn, connection);
        self.send(conn, End::Dialler, Wire::Hello(hello));
        conn
    }

    /// Sends from one end to the other.
    pub(crate) fn send(&mut self, conn: Conn, from: End, what: Wire) {
        let at = from.other();
        if self.connections[&conn].open[&from] {
            self.arrive(conn, at, Event::Arrives { conn, at, what });
        }
    }

    /// Closes one end; the other notices.
    pub(crate) fn close(&mut self, conn: Conn, from: End) {
        if self.connections[&conn].open[&from] {
            self.shut(conn, from);
            let at = from.other();
            self.arrive(conn, at, Event::Closes { conn, at });
        }
    }

    fn shut(&mut self, conn: Conn, end: End) {
        self.connections
            .get_mut(&conn)
            .unwrap()
            .open
            .insert(end, false);
    }

    fn arrive(&mut self, conn: Conn, at: End, event: Event) {
        let delay = if self.rng.percent(2) {
            self.rng.millis(20, 300)
        } else {
            self.rng.millis(0, 3)
        };
        let connection = self.connections.get_mut(&conn).unwrap();
        let last = connection.last.get_mut(&at).unwrap();
        let arrival = (self.elapsed + delay).max(*last);
        *last = arrival;
        self.queued += 1;
        self.queue.insert((arrival, self.queued), event);
    }

    /// Something is done to the world, and soon something else.
    fn trouble(&mut self) {
        if self.elapsed > TROUBLE {
            return;
        }
        let node = self.rng.below(self.nodes.len() as u64) as usize;
        match self.rng.below(100) {
            0..70 => self.call_someone(node),
            70..76 => self.register_more(node),
            76..80 => self.unregister_one(node),
            80..84 => self.break_something(node),
            84..87 => self.kill(node),
            87..89 => self.freeze(node),
            89..94 if self.nodes.len() < 12 => {
                let name = self.nodes[node].name.clone();
                let name = self.rng.percent(60).then_some(name);
                self.start_node(name);
            }
            94..96 if self.rng.percent(50) => self.restart_controller(),
            96..97 if self.rng.percent(50) => self.freeze_controller(),
            _ => {}
        }
        let pause = if self.rng.percent(60) {
            self.rng.millis(0, 2)
        } else {
            self.rng.millis(10, 400)
        };
        self.after(pause, Event::Trouble);
    }

    fn break_something(&mut self, node: usize) {
        let mine = |connection: &Connection| connection.dialler == Party::Node(node);
        let open: Vec<Conn> = self
            .connections
            .iter()
            .filter(|(_, connection)| mine(connection) && connection.open[&End::Dialler])
            .map(|(conn, _)| *conn)
            .collect();
        if open.is_empty() {
            return;
        }
        let conn = open[self.rng.below(open.len() as u64) as usize];
        // Half of the time only the dialler notices at once; the acceptor when it is told, or by silence.
        self.arrive(
            conn,
            End::Dialler,
            Event::Closes {
                conn,
                at: End::Dialler,
            },
        );
        if self.rng.percent(50) {
            self.arrive(
                conn,
                End::Acceptor,
                Event::Closes {
                    conn,
                    at: End::Acceptor,
                },
            );
        } else {
            self.after(
                Duration::from_secs(20),
                Event::Closes {
                    conn,
                    at: End::Acceptor,
                },
            );
        }
    }

    /// The controller stands still for a while, also longer than nodes wait for it.
    fn freeze_controller(&mut self) {
        self.reached.freezes += 1;
        let wakes = self.elapsed + self.rng.millis(500, 25_000);
        self.controller.frozen_until = wakes.max(self.controller.frozen_until);
    }

    fn restart_controller(&mut self) {
        self.reached.restarts += 1;
        let start = self.controller.start + 1;
        let conns: Vec<Conn> = self.controller.open.iter().copied().collect();
        for conn in conns {
            self.close(conn, End::Acceptor);
        }
        self.controller = SimController::new(start, self.seed);
        self.note(&("restart", start));
    }

    pub(crate) fn end_call(&mut self, call: usize, how: &'static str) {
        self.note(&("end", call, how));
        self.calls[call].ends.push(how);
        let ends = &self.calls[call].ends;
        assert_eq!(
            ends.len(),
            1,
            "seed {}: call {call} ended more than once: {ends:?}",
            self.seed
        );
    }

    /// The world is at rest: what was promised?
    pub(crate) fn check_promises(&self) {
        let seed = self.seed;
        for (number, call) in self.calls.iter().enumerate() {
            assert_eq!(
                call.ends.len(),
                1,
                "seed {seed}: call {number} has not ended: {call:?}"
            );
        }
        assert_eq!(
            self.controller.state.relayed_calls(),
            0,
            "seed {seed}: relayed calls are left"
        );
        assert!(
            self.controller.held.is_empty(),
            "seed {seed}: held frames are left"
        );
        let live: Vec<&SimNode> = self.nodes.iter().filter(|node| node.lives).collect();
        let truth = |of: &SimNode| {
            let mut others: Vec<_> = live
                .iter()
                .filter(|node| node.id != of.id)
                .map(|node| (node.name.clone(), node.callback_names()))
                .collect();
            others.sort();
            others
        };
        for node in &live {
            assert!(
                node.state.is_connected(),
                "seed {seed}: {} is not connected",
                node.name
            );
            assert!(
                node.waiting.is_empty(),
                "seed {seed}: {} waits for {:?}",
                node.name,
                node.waiting
            );
            let mut known = node.state.registry().listing();
            known.sort();
            assert_eq!(
                known,
                truth(node),
                "seed {seed}: the registry of {} is wrong",
                node.name
            );
        }
        assert_eq!(
            self.controller.state.members().count(),
            live.len(),
            "seed {seed}"
        );
        let mut names: Vec<_> = live.iter().map(|node| &node.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), live.len(), "seed {seed}: a name lives twice");
    }
}
