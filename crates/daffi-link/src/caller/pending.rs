//! The outcome of one call, to come: it ends exactly once, and any thread may wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use daffi_proto::{CallId, ReplyStatus};
use parking_lot::Mutex;

use crate::message::Received;
use crate::wait::Waiter;

/// Why a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Lost {
    /// The peer hung up: its process has gone or closed the link.
    #[error("the peer hung up")]
    HungUp,
    /// The peer left on purpose, and had answered all it had taken: what has no answer did not run.
    #[error("the peer has left")]
    Left,
    /// The peer owed something and gave no sign of life.
    #[error("the peer gave no sign of life")]
    Silent,
    /// The peer sent bytes that no peer of ours sends.
    #[error("the peer sent what cannot be read")]
    Violation,
    /// This side closed the link.
    #[error("the link was closed here")]
    Closed,
}

/// How a call ended.
#[derive(Debug)]
pub enum Outcome {
    /// The callee answered.
    Reply {
        /// What the answer is.
        status: ReplyStatus,
        /// The answer.
        body: Received,
    },
    /// The link ended first.
    Lost(Lost),
    /// The link ended first, and the request had not gone out in whole: the callback has not run.
    Unsent(Lost),
    /// The deadline passed first.
    TimedOut,
    /// The caller cancelled first.
    Cancelled,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitEnd {
    /// The outcome is there.
    Done,
    /// The time given to the wait is over; the call goes on.
    TimedOut,
    /// `interrupt` said so; the call goes on.
    Interrupted,
}

/// A function to be called once, by whichever thread ends the call.
pub type OnDone = Box<dyn FnOnce() + Send>;

/// One call in flight, as its link knows it. It knows no link: the link holds it, and a cycle would keep both.
///
/// ```text
///  in flight --reply--> Reply     In flight means: the table of its link owns it. Taking it out of the table is
///            --hang-up-> Lost     what ends it, so it ends once; whoever takes it out gives the outcome.
///            --deadline-> TimedOut
///            --cancel---> Cancelled
/// ```
pub(super) struct Pending {
    pub(super) id: CallId,
    pub(super) deadline: Option<Instant>,
    done: AtomicBool,
    /// The callee is told that nobody waits. Set before the cancel is sent, so that a thread which still sends the
    /// request finds it set afterwards, and sends another cancel behind the request.
    abandoned: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    outcome: Option<Outcome>,
    /// Parked threads that wait for this call.
    followers: Vec<Arc<Waiter>>,
    on_done: Vec<OnDone>,
}

impl Pending {
    pub(super) fn new(id: CallId, deadline: Option<Instant>) -> Self {
        Self {
            id,
            deadline,
            done: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    /// Whether the outcome is there, or has been taken.
    pub(super) fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// The outcome, once: the first to ask after the end gets it.
    pub(super) fn take(&self) -> Option<Outcome> {
        if !self.is_done() {
            return None;
        }
        self.state.lock().outcome.take()
    }

    /// Calls `f` when the outcome is there: at once if it is, else on the thread that ends the call. It must be quick.
    pub(super) fn on_done(&self, f: OnDone) {
        let mut state = self.state.lock();
        if self.is_done() {
            drop(state);
            f();
        } else {
            state.on_done.push(f);
        }
    }

    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// Gives the outcome. Only whoever took the call out of its table may.
    pub(super) fn end(&self, outcome: Outcome) {
        let (followers, on_done) = {
            let mut state = self.state.lock();
            state.outcome = Some(outcome);
            self.done.store(true, Ordering::Release);
            (
                std::mem::take(&mut state.followers),
                std::mem::take(&mut state.on_done),
            )
        };
        for follower in followers {
            follower.wake();
        }
        for f in on_done {
            f();
        }
    }

    /// Asks for `waiter` to be woken at the end of the call; false if it has ended already.
    pub(super) fn wake_at_end(&self, waiter: &Arc<Waiter>) -> bool {
        let mut state = self.state.lock();
        if self.is_done() {
            return false;
        }
        if !state
            .followers
            .iter()
            .any(|other| Arc::ptr_eq(other, waiter))
        {
            state.followers.push(waiter.clone());
        }
        true
    }

    pub(super) fn forget_waiter(&self, waiter: &Arc<Waiter>) {
        self.state
            .lock()
            .followers
            .retain(|other| !Arc::ptr_eq(other, waiter));
    }
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pending({:?}, done: {})", self.id, self.is_done())
    }
}
