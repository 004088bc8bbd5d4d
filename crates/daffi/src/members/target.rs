//! Where a call can go: one node that offers the callback.

use std::fmt;
use std::sync::Arc;

use daffi_proto::{Candidate, Name, NodeId, Signature};

use crate::members::peer::Peer;

/// Where a call can go: one node that offers the callback.
#[derive(Clone)]
pub struct Target {
    pub(crate) candidate: Arc<Candidate>,
    pub(crate) peer: Arc<Peer>,
}

impl Target {
    /// What the callback accepts.
    pub fn signature(&self) -> &Signature {
        &self.candidate.signature
    }

    /// The name of the process.
    pub fn process(&self) -> &Name {
        &self.candidate.process
    }

    /// The node.
    pub fn node(&self) -> NodeId {
        self.candidate.node
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.candidate.process)
    }
}
