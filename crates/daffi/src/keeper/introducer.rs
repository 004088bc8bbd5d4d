//! Who introduces this node to the others: today a controller, as [`NodeState`] and the [`Control`] connection know it.
//!
//! [`Ask`] and [`Told`] are all that the rest of the house-keeper says to it and hears from it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use daffi_proto::{
    CallbackInfo, CallbackNumber, ControlFrame, Endpoint, NodeAction, NodeEvent, NodeId, NodeState,
    PeerGoneReason, Registry, Ticket,
};

use super::control::Control;

/// What a node tells whoever introduces it, or wants to know.
#[derive(Debug)]
pub(super) enum Ask {
    /// It offers more callbacks.
    Offer(Vec<CallbackInfo>),
    /// It offers fewer callbacks.
    Withdraw(Vec<CallbackNumber>),
    /// A call waits for a way to this node: [`Told::Dial`], [`Told::Relay`] or [`Told::Gone`] follows.
    Want(NodeId),
    /// A [`Told::Dial`] has come to its end.
    Dialled { target: NodeId, is_met: bool },
    /// The direct link to this node has ended.
    LinkLost(NodeId),
    /// This node has said on its link that it takes no new calls.
    PeerLeaves(NodeId),
    /// It leaves.
    Leave,
}

/// What whoever introduces a node tells it.
#[derive(Debug)]
pub(super) enum Told {
    /// The node is taken in, and knows who else is there.
    Ready,
    /// Who else is there, from now on.
    Members(Arc<Registry>),
    /// Dial one of these endpoints and show the ticket.
    Dial {
        target: NodeId,
        endpoints: Vec<Endpoint>,
        ticket: Ticket,
    },
    /// Let this caller in, once, until then.
    Expect {
        caller: NodeId,
        ticket: Ticket,
        until: Instant,
    },
    /// Send the calls to this node over the lane.
    Relay(NodeId),
    /// The calls to this node no longer travel on the lane.
    AskAnew(NodeId),
    /// A relayed call waits for the lane that brings such calls here.
    OpenServeLane { session: Ticket },
    /// There is no way to this node any more.
    Gone {
        node: NodeId,
        reason: PeerGoneReason,
    },
    /// Nobody introduces this node for now, and what was relayed ends.
    Silent,
    /// This process is to stop.
    Stop,
}

/// A node's rules, and its connection to the controller.
pub(super) struct Introducer {
    state: NodeState,
    control: Rc<Control>,
}

impl Introducer {
    pub(super) const fn new(state: NodeState, control: Rc<Control>) -> Self {
        Self { state, control }
    }

    pub(super) fn ask(&mut self, ask: Ask) -> Vec<Told> {
        self.handle(match ask {
            Ask::Offer(callbacks) => NodeEvent::Register(callbacks),
            Ask::Withdraw(numbers) => NodeEvent::Unregister(numbers),
            Ask::Want(node) => NodeEvent::Want(node),
            Ask::Dialled { target, is_met } if is_met => NodeEvent::DialSucceeded(target),
            Ask::Dialled { target, .. } => NodeEvent::DialFailed(target),
            Ask::LinkLost(node) => NodeEvent::LinkLost(node),
            Ask::PeerLeaves(node) => NodeEvent::PeerLeaves(node),
            Ask::Leave => NodeEvent::Leave {
                reason: "stopped".to_owned(),
            },
        })
    }

    /// The controller has taken this node in, which others can dial there.
    pub(super) fn connected(&mut self, session: Ticket, endpoints: Vec<Endpoint>) -> Vec<Told> {
        self.state.set_endpoints(endpoints);
        self.handle(NodeEvent::ControlUp { session })
    }

    pub(super) fn heard(&mut self, frame: ControlFrame) -> Vec<Told> {
        self.handle(NodeEvent::Control(frame))
    }

    /// The control connection has ended. Where the rules have closed it, they know.
    pub(super) fn disconnected(&mut self) -> Vec<Told> {
        if self.control.is_closed_by_rules() {
            return Vec::new();
        }
        self.handle(NodeEvent::ControlLost)
    }

    /// When [`Self::tick`] has something to do; asked again after everything else.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.state.next_deadline()
    }

    pub(super) fn tick(&mut self) -> Vec<Told> {
        self.handle(NodeEvent::Tick)
    }

    fn handle(&mut self, event: NodeEvent) -> Vec<Told> {
        let mut actions = Vec::new();
        self.state.handle(Instant::now(), event, &mut actions);
        let told = actions
            .into_iter()
            .filter_map(|action| self.carry_out(action));
        told.collect()
    }

    /// Does what is between this node and its controller; the rest is for the others.
    fn carry_out(&self, action: NodeAction) -> Option<Told> {
        Some(match action {
            NodeAction::Send(frame) => {
                self.control.send(&frame);
                return None;
            }
            NodeAction::CloseControl => {
                self.control.close_silently();
                Told::Silent
            }
            NodeAction::Ready => Told::Ready,
            NodeAction::RegistryChanged => Told::Members(self.state.registry()),
            NodeAction::Dial {
                target,
                endpoints,
                ticket,
            } => Told::Dial {
                target,
                endpoints,
                ticket,
            },
            NodeAction::ExpectCaller {
                caller,
                ticket,
                until,
            } => Told::Expect {
                caller,
                ticket,
                until,
            },
            NodeAction::Relay(node) => Told::Relay(node),
            NodeAction::AskAnew(node) => Told::AskAnew(node),
            NodeAction::OpenServeLane { session } => Told::OpenServeLane { session },
            NodeAction::PeerGone { node, reason } => Told::Gone { node, reason },
            NodeAction::StopRequested => Told::Stop,
        })
    }
}
