//! The serving side: one thread reads all inbound links and runs callbacks inline; when one takes long, another takes
//! over reading.
//!
//! [`threads`] has who leads and who stands by; [`sources`] reads the links and says what runs next; [`group`] puts them
//! together, [`responder`] carries answers back, [`unanswered`] counts them.
//! One thread always goes on reading: a request that may block runs only where another could take over.

mod group;
mod handed_in;
mod life;
mod link;
mod responder;
mod shared;
mod sources;
mod threads;
mod unanswered;

use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(doc)]
use daffi_proto::FailureCode;
use daffi_proto::{CallId, Limits, NodeId, Request};

use crate::message::{Allocator, Received};

pub use group::{ServeGroup, blocking_in_callback};
pub use handed_in::HandedIn;
pub use link::ServedLinkId;
pub use responder::Responder;
pub use shared::Over;

/// In a forked child: its only thread may have served a request of its parent.
pub(crate) fn forked() {
    group::forked();
    responder::forked();
}

/// How a [`ServeGroup`] is set up.
pub struct ServeOptions {
    /// Where large arguments land.
    pub allocator: Arc<dyn Allocator>,
    /// What is accepted from callers.
    pub limits: Limits,
    /// The most threads, two at least: one reads, the others run callbacks that take long or block. While all of them do,
    /// requests that may block wait, and what cannot block goes on.
    pub threads: usize,
    /// The most bytes that requests hold together which are read and not answered. What does not fit is left unread; a
    /// single larger one goes where hardly anything else is there.
    pub pending_bytes: u64,
    /// The bytes of each thread's stack; what the standard library of Rust gives where nothing is said.
    pub stack_size: Option<usize>,
    /// How long requests wait at one of these bounds while nothing moves there: no thread becomes free, no bytes are
    /// given back. Then they fail as [`FailureCode::Overloaded`], and so do those that come until something does.
    pub patience: Duration,
}

impl std::fmt::Debug for ServeOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServeOptions({} threads)", self.threads)
    }
}

/// One request that has come in whole.
#[derive(Debug)]
pub struct Served {
    /// The link it came on.
    pub link: ServedLinkId,
    /// The node at the other end; none on a lane to the controller.
    pub peer: Option<NodeId>,
    /// Its number on that link; a cancel names it.
    pub call: CallId,
    /// Which callback, for how long, after how long.
    pub request: Request,
    /// The arguments.
    pub body: Received,
    /// When the time of the request is over, by this side's clock; the delay counts before it.
    pub deadline: Option<Instant>,
}

/// A request and the way of its answer. It is moved in a box, as a copy at each of its many moves would cost more.
#[derive(Debug)]
pub struct Asked {
    /// The request.
    pub served: Served,
    /// The way of its answer.
    pub responder: Responder,
}

/// What runs the callbacks of a node.
pub trait Service: Send + Sync + 'static {
    /// Wraps the whole life of a serving thread. A language attaches the thread here once and for all.
    fn run_thread(&self, body: &mut (dyn FnMut() + Send)) {
        body();
    }

    /// Wraps the requests of one read. A language takes its lock here once for all of them.
    fn run_batch(&self, body: &mut (dyn FnMut() + Send)) {
        body();
    }

    /// Who hears of the end of the requests that [`Responder::tell_when_over`] names. Asked once.
    fn over(&self) -> Option<Arc<dyn Over>> {
        None
    }

    /// Sees a request first, on the reading thread and in the order in which requests came. Gives it back to have it
    /// served by [`Self::serve`]; `None` where it was taken, to be answered later. Must be quick and must not wait.
    ///
    /// From here on [`Self::cancelled`] and [`Self::link_lost`] may name the request, on this thread or on the one that
    /// reads next, also before it is served: whoever keeps track of requests enters them here, and strikes them out with
    /// [`Responder::tell_when_over`].
    fn accept(&self, asked: Box<Asked>) -> Option<Box<Asked>> {
        Some(asked)
    }

    /// Whether serving this request may take long or block. What does not is served though all threads are taken.
    fn may_block(&self, _served: &Served) -> bool {
        true
    }

    /// Runs one request on the calling thread and answers through `responder`, now or later, from any thread.
    ///
    /// It may take long and may block where [`Self::may_block`] said so: another thread takes over reading.
    fn serve(&self, served: Served, responder: Responder);

    /// Nobody waits for this call any more. Called by the reading thread; must be quick.
    fn cancelled(&self, _link: ServedLinkId, _call: CallId) {}

    /// A link has ended. Called by the reading thread; must be quick.
    fn link_lost(&self, _link: ServedLinkId) {}
}
