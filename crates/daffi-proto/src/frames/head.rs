//! The sixteen bytes before every frame: how long it is, what it is, which call it belongs to.
//!
//! ```text
//! 0       4    5     6          8                16
//! | length | kind | flags | reserved | call id       | body ... |
//! ```
//! All numbers are little-endian; `length` counts the bytes of the body, not the head.

use crate::{CallId, Limits};

/// What a frame is. A kind that this version does not know is skipped when it is optional (see [`FrameKind::from_wire`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FrameKind {
    // Handshake, in this order; 0x04 to 0x07 are kept for authentication between Hello and Welcome.
    /// Who dials, what for, with which version and credentials.
    Hello = 0x01,
    /// The hello is accepted.
    Welcome = 0x02,
    /// The hello is refused, with a reason; the connection ends.
    Refused = 0x03,

    // Node and controller, on the control connection.
    /// Node to controller: these callbacks exist now.
    Register = 0x10,
    /// Node to controller: these callbacks are gone.
    Unregister = 0x11,
    /// Controller to node: everyone who is there.
    Snapshot = 0x12,
    /// Controller to node: a node has come, or has come back.
    Joined = 0x13,
    /// Controller to node: a node has gone, and why.
    Left = 0x14,
    /// Controller to node: another node has new callbacks.
    Registered = 0x15,
    /// Controller to node: another node has fewer callbacks.
    Unregistered = 0x16,
    /// Node to controller: I want to meet that node.
    Introduce = 0x17,
    /// Controller to node: expect a caller with this ticket.
    Expect = 0x18,
    /// Node to controller: I expect it at these endpoints, or I do not.
    Expecting = 0x19,
    /// Controller to node: the answer to `Introduce`.
    Introduced = 0x1a,
    /// Controller to node: open your serving lane, a relayed call waits.
    OpenLane = 0x1b,
    /// Are you alive? Answered by the house-keeping thread, never by user code.
    Ping = 0x1c,
    /// The answer to `Ping`.
    Pong = 0x1d,
    /// The side that sends it leaves on purpose.
    Goodbye = 0x1e,
    /// Controller to node: please stop (`kill_all`).
    Stop = 0x1f,

    // Calls, on direct links and lanes.
    /// Caller to callee: run this.
    Request = 0x20,
    /// Callee to caller: how it ended.
    Reply = 0x21,
    /// Bytes of a large value that a request or reply announced.
    Chunk = 0x22,
    /// Caller to callee: nobody waits for this call any more.
    Cancel = 0x23,

    // Optional: a side that does not know them skips them.
    /// Callee to caller: I owe you something, and I live.
    Alive = 0x80,
    /// Callee to caller: I am leaving and take no new calls; see [`Leaving`].
    Leaving = 0x81,
}

/// What a frame of kind [`FrameKind::Leaving`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// No new calls are taken. Those that were are still answered; those that cross this are refused.
    TakesNoCalls,
    /// Every call that was taken has its answer before this: one that has none did not run.
    AllAnswered,
}

impl Leaving {
    const ALL_ANSWERED: u8 = 1;

    /// The flags of the frame.
    pub const fn flags(self) -> u8 {
        match self {
            Self::TakesNoCalls => 0,
            Self::AllAnswered => Self::ALL_ANSWERED,
        }
    }

    /// What these flags say; other flags are left to newer versions.
    pub const fn from_flags(flags: u8) -> Self {
        if flags & Self::ALL_ANSWERED == 0 {
            Self::TakesNoCalls
        } else {
            Self::AllAnswered
        }
    }
}

impl FrameKind {
    /// Whether a side that does not know it skips it.
    pub const fn is_optional(self) -> bool {
        self as u8 >= 0x80
    }

    /// The kind with this number; `None` for one that this version does not know.
    ///
    /// Unknown kinds from 0x80 up are optional and skipped by the reader; below, they end the connection.
    #[inline]
    pub const fn from_wire(raw: u8) -> Option<Self> {
        Some(match raw {
            0x01 => Self::Hello,
            0x02 => Self::Welcome,
            0x03 => Self::Refused,
            0x10 => Self::Register,
            0x11 => Self::Unregister,
            0x12 => Self::Snapshot,
            0x13 => Self::Joined,
            0x14 => Self::Left,
            0x15 => Self::Registered,
            0x16 => Self::Unregistered,
            0x17 => Self::Introduce,
            0x18 => Self::Expect,
            0x19 => Self::Expecting,
            0x1a => Self::Introduced,
            0x1b => Self::OpenLane,
            0x1c => Self::Ping,
            0x1d => Self::Pong,
            0x1e => Self::Goodbye,
            0x1f => Self::Stop,
            0x20 => Self::Request,
            0x21 => Self::Reply,
            0x22 => Self::Chunk,
            0x23 => Self::Cancel,
            0x80 => Self::Alive,
            0x81 => Self::Leaving,
            _ => return None,
        })
    }
}

/// The head of a frame, with a kind that may be unknown to this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Bytes of body after the head.
    pub length: u32,
    /// The number of the [`FrameKind`], as it came.
    pub kind: u8,
    /// What the kind makes of it.
    pub flags: u8,
    /// The call the frame belongs to, or [`CallId::NONE`].
    pub call: CallId,
}

/// A head that no peer of ours sends: the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHead {
    /// The body would be longer than the limit of a frame.
    #[error("a frame of {length} bytes is over the limit of {limit}")]
    TooLong {
        /// What the head says.
        length: u32,
        /// What is allowed.
        limit: u32,
    },
    /// The kind is unknown and not optional.
    #[error("frame kind {0:#04x} is unknown")]
    UnknownKind(u8),
    /// The reserved bytes are not zero.
    #[error("the reserved bytes of a frame are not zero")]
    Reserved,
}

impl Head {
    /// Bytes of a head.
    pub const SIZE: usize = 16;

    /// A head of a known kind.
    pub const fn new(kind: FrameKind, flags: u8, call: CallId, length: u32) -> Self {
        Self {
            length,
            kind: kind as u8,
            flags,
            call,
        }
    }

    /// The head as it travels.
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let (length, rest) = bytes.split_at_mut(4);
        length.copy_from_slice(&self.length.to_le_bytes());
        let (middle, call) = rest.split_at_mut(4);
        middle.copy_from_slice(&[self.kind, self.flags, 0, 0]);
        call.copy_from_slice(&self.call.0.to_le_bytes());
        bytes
    }

    /// Reads a head and checks it against the limits, before anything is allocated for its body.
    ///
    /// # Errors
    /// [`BadHead`]: the connection cannot go on.
    pub fn parse(bytes: [u8; Self::SIZE], limits: &Limits) -> Result<Self, BadHead> {
        let [l0, l1, l2, l3, kind, flags, r0, r1, call @ ..] = bytes;
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        if length > limits.frame_bytes {
            return Err(BadHead::TooLong {
                length,
                limit: limits.frame_bytes,
            });
        }
        if kind < 0x80 && FrameKind::from_wire(kind).is_none() {
            return Err(BadHead::UnknownKind(kind));
        }
        if r0 != 0 || r1 != 0 {
            return Err(BadHead::Reserved);
        }
        Ok(Self {
            length,
            kind,
            flags,
            call: CallId(u64::from_le_bytes(call)),
        })
    }

    /// The kind, where this version knows it.
    pub const fn known_kind(&self) -> Option<FrameKind> {
        FrameKind::from_wire(self.kind)
    }
}
