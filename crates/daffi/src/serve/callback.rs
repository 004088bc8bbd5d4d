//! What a process offers: a callback, and one request to it.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use daffi_link::Received;
use daffi_proto::{ChainId, Failure, Name, NodeId, Signature};

use crate::serve::cancel::CancelFlag;
use crate::serve::responder::Responder;

/// A callback as it is registered.
#[derive(Clone)]
pub struct Definition {
    /// What others call it by.
    pub name: Name,
    /// What it accepts; checked at the caller.
    pub signature: Signature,
    /// What runs.
    pub run: Arc<dyn Callback>,
    /// How many of its calls may run at once, of a generator until it is over. The others wait in the order in which they
    /// came, without a thread.
    pub at_once: Option<NonZeroUsize>,
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Definition({}{})", self.name, self.signature.text())
    }
}

/// Runs requests. Called on a serving thread, by several at once; it may block, and it may answer later from elsewhere.
pub trait Callback: Send + Sync + 'static {
    /// Runs one request.
    fn call(&self, invocation: Invocation);

    /// Whether [`Self::call`] only hands the request on, without waiting for anything. Then it is called on the reading
    /// thread, in the order in which requests come, and takes no serving thread; what runs the request asks
    /// [`Invocation::begin`] first.
    fn runs_elsewhere(&self) -> bool {
        false
    }
}

impl<F: Fn(Invocation) + Send + Sync + 'static> Callback for F {
    fn call(&self, invocation: Invocation) {
        self(invocation);
    }
}

/// One request to a callback.
#[derive(Debug)]
pub struct Invocation {
    /// The arguments, as the caller's language wrote them.
    pub body: Received,
    /// Where the answer goes.
    pub responder: Responder,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
    /// Who calls; not known of relayed calls.
    pub caller: Option<NodeId>,
    /// Whether the caller still wants an answer.
    pub cancelled: CancelFlag,
    /// What the calls that it makes belong to.
    pub chain: ChainId,
}

impl Invocation {
    /// Asked before the request is run: answers it, and gives nothing, where nobody waits for it any more, or the process
    /// stops.
    #[inline(always)]
    pub fn begin(self) -> Option<Self> {
        let mut wanted = self.if_wanted()?;
        wanted.responder.begin();
        Some(wanted)
    }

    /// The same for what does not run yet.
    #[inline(always)]
    pub(crate) fn if_wanted(self) -> Option<Self> {
        let unwanted = self.cancelled.in_vain(self.deadline);
        let stopping = || self.responder.is_refused().then(Failure::stopping);
        match unwanted.or_else(stopping) {
            Some(failure) => self.responder.fail(&failure),
            None => return Some(self),
        }
        None
    }
}
