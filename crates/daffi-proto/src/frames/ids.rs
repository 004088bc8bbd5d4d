//! The names of things on the wire: nodes, calls, callbacks, tickets. Parsed once at the edge, valid ever after.

use core::fmt;
use std::sync::Arc;

/// The identity of a node for as long as its process lives: random, chosen by the node itself, never zero.
///
/// It stays the same when the node reconnects, so that a node takes its own place back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u64);

impl NodeId {
    /// The node of this number; `None` for zero, which stands for "no node" on the wire.
    pub const fn new(raw: u64) -> Option<Self> {
        if raw == 0 { None } else { Some(Self(raw)) }
    }

    /// The number as it travels.
    pub const fn raw(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({:016x})", self.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Calls that were made because of each other, from the first callback that called on. A random number, so that nobody
/// need agree on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChainId(pub u64);

/// One call on one link: unique among the calls of the side that made it, for the life of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

impl CallId {
    /// What frames carry that belong to no call.
    pub const NONE: Self = Self(0);
}

/// The number a node gave one of its callbacks when it registered it; never given twice in the life of a node.
///
/// Callers know it from the registry, so a request needs no name and no agreement per link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallbackNumber(pub u32);

/// A one-time secret that the controller gives two nodes so that the one may dial the other.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub [u8; 16]);

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

/// A process or callback name: 1 to 255 bytes of UTF-8 without control characters. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// A text that cannot be a [`Name`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// The text is empty.
    #[error("a name must not be empty")]
    Empty,
    /// The text has more than 255 bytes of UTF-8.
    #[error("a name has at most 255 bytes of UTF-8, not {0}")]
    TooLong(usize),
    /// The text holds a control character, which would spoil logs and listings.
    #[error("a name must not hold control characters: {0:?}")]
    ControlCharacter(String),
}

impl Name {
    /// The most bytes of UTF-8 a name may have: its length travels in one byte.
    pub const MAX_BYTES: usize = 255;

    /// Checks a text once; what comes back is valid ever after.
    ///
    /// # Errors
    /// [`InvalidName`] says what is wrong with the text.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidName::TooLong(text.len()));
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidName::ControlCharacter(text.to_owned()));
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Where a process runs, as an opaque text compared for equality: equal ones can meet over a unix socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostIdentity(Name);

impl HostIdentity {
    /// Checks the text by the rules of a [`Name`].
    ///
    /// # Errors
    /// [`InvalidName`] says what is wrong with the text.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        Name::new(text).map(Self)
    }

    /// The identity as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Where a node can be dialled: `unix:@name` for an abstract socket of the same host, `unix:/path`, or `tcp:address:port`.
///
/// Texts of another form are valid too and left out by those who do not know them, so that a newer version can add one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint(Name);

impl Endpoint {
    /// The most endpoints that a node names. 16: a host has a few addresses, one socket each.
    pub const MAX_LISTED: usize = 16;

    /// Checks the text by the rules of a [`Name`].
    ///
    /// # Errors
    /// [`InvalidName`] says what is wrong with the text.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        Name::new(text).map(Self)
    }

    /// The endpoint as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether only processes with the same [`HostIdentity`] can dial it.
    pub fn is_local(&self) -> bool {
        self.as_str().starts_with("unix:")
    }
}
