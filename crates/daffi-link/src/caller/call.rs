//! One call as its caller holds it: the outcome to come, and the link on which it comes.

use std::sync::Arc;
use std::time::Instant;

use super::CallerLink;
use super::pending::{OnDone, Outcome, Pending, WaitEnd};

/// A call that was sent. It may be dropped at any time: the call goes on for as long as its link.
///
/// It holds the link, and what the link holds of it does not: a reference cycle would keep both for ever.
pub struct Call {
    link: Arc<CallerLink>,
    pending: Arc<Pending>,
}

impl Call {
    pub(super) const fn new(link: Arc<CallerLink>, pending: Arc<Pending>) -> Self {
        Self { link, pending }
    }

    /// Whether the outcome is there, or has been taken.
    pub fn is_done(&self) -> bool {
        self.pending.is_done()
    }

    /// The outcome, once: the first to ask after the end gets it.
    pub fn take(&self) -> Option<Outcome> {
        self.pending.take()
    }

    /// Waits for the outcome; the waiting thread itself reads the link if nobody else does.
    ///
    /// `interrupt` is asked at least every 100 ms, and after every signal, with no lock held; true ends the wait. At
    /// the deadline of the call the call ends with [`Outcome::TimedOut`].
    pub fn wait(&self, until: Option<Instant>, interrupt: &mut dyn FnMut() -> bool) -> WaitEnd {
        self.link.wait(&self.pending, until, interrupt)
    }

    /// Reads the link without blocking, for as long as looking has been paying; whether the outcome is there. For a
    /// thread with other work to do, like one that runs an event loop.
    pub fn look(&self) -> bool {
        self.is_done() || self.link.look(&self.pending)
    }

    /// Ends the call here and tells the callee that nobody waits any more. True if it was still in flight.
    pub fn cancel(&self) -> bool {
        self.link.abandon(self.pending.id, Outcome::Cancelled)
    }

    /// Calls `f` when the outcome is there: at once if it is, else on the thread that ends the call. It must be quick.
    pub fn on_done(&self, f: OnDone) {
        self.pending.on_done(f);
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (id, is_done) = (self.pending.id, self.is_done());
        write!(f, "Call({id:?}, done: {is_done})")
    }
}
