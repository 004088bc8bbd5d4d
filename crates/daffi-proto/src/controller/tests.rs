//! The rules of the controller, each as a fact; histories of many nodes are in the simulator.
#![expect(clippy::panic, reason = "a test that finds something else stops there")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use crate::{
    CallId, CallbackInfo, CallbackNumber, ControlFrame, FrameKind, Head, HostIdentity, LeftReason,
    Name, NodeIdentity, Signature,
};

mod leaving;
mod meeting;
mod members;
mod relay;

/// A controller, its time, and what it did last.
struct Bench {
    state: ControllerState,
    start: Instant,
    now: Instant,
    did: Vec<ControllerAction>,
}

const ONE: u64 = 1;
const TWO: u64 = 2;
const THREE: u64 = 3;

fn node(raw: u64) -> NodeId {
    NodeId::new(raw).expect("the number is not zero")
}

/// The control connection of a node, in these tests.
const fn control(node: u64) -> ConnectionId {
    ConnectionId(node * 10)
}

const fn call_lane(node: u64) -> ConnectionId {
    ConnectionId(node * 10 + 1)
}

const fn serve_lane(node: u64) -> ConnectionId {
    ConnectionId(node * 10 + 2)
}

fn identity(raw: u64, process: &str) -> NodeIdentity {
    NodeIdentity {
        id: node(raw),
        process: Name::new(process).expect("the text is a name"),
        host: HostIdentity::new("host").expect("the text is a name"),
        pid: 7,
    }
}

fn callback(number: u32) -> CallbackInfo {
    CallbackInfo {
        number: CallbackNumber(number),
        name: Name::new(&format!("callback_{number}")).expect("the text is a name"),
        signature: Arc::new(Signature::any()),
    }
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let mut last = 0;
        let tickets = move || {
            last += 1;
            Ticket([last; 16])
        };
        let now = Instant::now();
        Self {
            state: ControllerState::new(99, limits, tickets),
            start: now,
            now,
            did: Vec::new(),
        }
    }

    /// With these nodes, named after their numbers, announced, and with a callback each.
    fn with_nodes(nodes: &[u64]) -> Self {
        let mut bench = Self::new(Limits::default());
        for &raw in nodes {
            bench.join(raw, &format!("node-{raw}"));
        }
        bench
    }

    fn does(&mut self, event: ControllerEvent) -> &[ControllerAction] {
        self.did.clear();
        self.state.handle(self.now, event, &mut self.did);
        &self.did
    }

    fn opens(&mut self, connection: ConnectionId, purpose: Purpose) -> &[ControllerAction] {
        self.does(ControllerEvent::Opened {
            connection,
            hello: Hello::new(purpose),
        })
    }

    fn join(&mut self, raw: u64, process: &str) {
        self.opens(control(raw), Purpose::Control(identity(raw, process)));
        self.hears(
            raw,
            ControlFrame::Register {
                callbacks: vec![callback(1)],
            },
        );
    }

    fn hears(&mut self, from: u64, frame: ControlFrame) -> &[ControllerAction] {
        self.does(ControllerEvent::Control {
            connection: control(from),
            frame,
        })
    }

    fn closes(&mut self, connection: ConnectionId) -> &[ControllerAction] {
        self.does(ControllerEvent::Closed { connection })
    }

    /// Time passes: every deadline on the way is met.
    fn waits(&mut self, duration: Duration) -> Vec<ControllerAction> {
        let end = self.now + duration;
        let mut did = Vec::new();
        while let Some(next) = self.state.next_deadline().filter(|next| *next <= end) {
            self.now = next.max(self.now);
            did.extend_from_slice(self.does(ControllerEvent::Tick));
            assert!(
                self.state
                    .next_deadline()
                    .is_none_or(|next| next > self.now),
                "a tick leaves nothing due"
            );
        }
        self.now = end;
        did
    }

    fn session(&self, raw: u64) -> Ticket {
        self.state.nodes[&node(raw)].session
    }

    fn opens_call_lane(&mut self, raw: u64) {
        let purpose = Purpose::CallLane {
            node: node(raw),
            session: self.session(raw),
        };
        self.opens(call_lane(raw), purpose);
    }

    fn opens_serve_lane(&mut self, raw: u64) -> &[ControllerAction] {
        let purpose = Purpose::ServeLane {
            node: node(raw),
            session: self.session(raw),
        };
        self.opens(serve_lane(raw), purpose)
    }
}

fn sends(to: u64, frame: ControlFrame) -> ControllerAction {
    ControllerAction::Send {
        connection: control(to),
        frame,
    }
}

fn announces(to: &[u64], frame: ControlFrame) -> ControllerAction {
    let connections = to.iter().map(|raw| control(*raw)).collect();
    ControllerAction::Announce { connections, frame }
}

fn closes(connection: ConnectionId, reason: CloseReason) -> ControllerAction {
    ControllerAction::Close { connection, reason }
}

fn left(raw: u64, reason: LeftReason) -> ControlFrame {
    ControlFrame::Left {
        node: node(raw),
        reason,
    }
}

fn refusal(actions: &[ControllerAction]) -> Option<(ConnectionId, RefusalReason)> {
    actions.iter().find_map(|action| match action {
        ControllerAction::Refuse {
            connection,
            refused,
        } => Some((*connection, refused.reason)),
        _ => None,
    })
}

fn welcomes(actions: &[ControllerAction], who: ConnectionId) -> bool {
    actions.iter().any(|action| matches!(action, ControllerAction::Welcome { connection, .. } if *connection == who))
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
