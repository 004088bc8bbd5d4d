//! What a node and its controller tell each other: who is there, what they offer, and how two nodes meet.
//!
//! Lists that would make a frame too long are cut into several frames when they are written, and put together when they
//! are read, so nobody else thinks about sizes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{CallbackNumber, Endpoint, Name, NodeId, NodeIdentity, Signature, Ticket};

mod decode;
mod encode;
mod parts;

pub use parts::ControlReader;

/// The flag of a frame whose list goes on in the next one.
const MORE: u8 = 1;

/// One callback of a node, as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackInfo {
    /// What requests call it by.
    pub number: CallbackNumber,
    /// What people call it by.
    pub name: Name,
    /// What it accepts.
    pub signature: Arc<Signature>,
}

impl CallbackInfo {
    /// Adds callbacks to the `known` ones of a node. One of a number that is known takes the place of that one.
    pub(crate) fn merge(known: &mut Vec<Self>, news: &[Self]) {
        let places = known.iter().enumerate();
        // Ordered: the node chooses the numbers, and could choose such as share a place in a table that hashes them.
        let mut places: BTreeMap<_, _> = places.map(|(place, info)| (info.number, place)).collect();
        for new in news {
            let place = *places.entry(new.number).or_insert(known.len());
            match known.get_mut(place) {
                Some(other) => *other = new.clone(),
                None => known.push(new.clone()),
            }
        }
    }
}

/// A node that is there, and what it offers, in order of registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who it is.
    pub identity: NodeIdentity,
    /// What it offers.
    pub callbacks: Vec<CallbackInfo>,
}

/// Why a node is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[repr(u8)]
pub enum LeftReason {
    /// It left on purpose.
    #[error("it left")]
    Goodbye = 1,
    /// Its connection broke, or it was silent for too long.
    #[error("its connection broke, or it was silent")]
    Lost = 2,
    /// Its place was taken: by another process of its name, or by itself when it connected again.
    #[error("its place was taken")]
    Replaced = 3,
}

/// Why a node does not take a direct link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExpectRefusal {
    /// It makes and takes no direct links.
    RelayOnly = 1,
    /// It listens nowhere.
    NoEndpoint = 2,
    /// It is stopping.
    Stopping = 3,
}

/// What a node says to a caller it is asked to expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectOutcome {
    /// It can be dialled at any of these, in its order of preference.
    At(Vec<Endpoint>),
    /// It does not want to.
    Refused(ExpectRefusal),
}

/// Why two nodes do not meet and the controller relays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RelayReason {
    /// The target does not take direct links.
    Refused = 1,
    /// The target did not answer in time.
    Timeout = 2,
}

/// The answer to a node that wants to meet another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntroductionOutcome {
    /// Dial one of these endpoints and show the ticket.
    Meet {
        /// Where the target listens.
        endpoints: Vec<Endpoint>,
        /// What to show there.
        ticket: Ticket,
    },
    /// Use the call lane.
    Relay(RelayReason),
    /// The target is not there, or has gone meanwhile.
    Gone,
}

/// A frame of a control connection. See [`FrameKind`](crate::FrameKind) for who sends which.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the frames are described at FrameKind, their fields at the types"
)]
pub enum ControlFrame {
    Register {
        callbacks: Vec<CallbackInfo>,
    },
    Unregister {
        numbers: Vec<CallbackNumber>,
    },
    /// Everyone else who is there; `done` unless more of them follow.
    Snapshot {
        members: Vec<Member>,
        done: bool,
    },
    Joined {
        member: Member,
    },
    Left {
        node: NodeId,
        reason: LeftReason,
    },
    Registered {
        node: NodeId,
        callbacks: Vec<CallbackInfo>,
    },
    Unregistered {
        node: NodeId,
        numbers: Vec<CallbackNumber>,
    },
    Introduce {
        target: NodeId,
    },
    Expect {
        caller: NodeId,
        ticket: Ticket,
    },
    Expecting {
        caller: NodeId,
        ticket: Ticket,
        outcome: ExpectOutcome,
    },
    Introduced {
        target: NodeId,
        outcome: IntroductionOutcome,
    },
    OpenLane,
    Ping {
        token: u64,
    },
    Pong {
        token: u64,
    },
    Goodbye {
        reason: String,
    },
    Stop,
}
