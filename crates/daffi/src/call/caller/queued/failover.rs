//! A call in flight that fails over: where it has certainly not begun at one process, it goes to another by itself.
//!
//! A thread that waits for its call looks for another candidate itself (see [`Search`](crate::Search)). This is for calls
//! that return at once: what it takes to make them again is kept until they are answered.

use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use daffi_link::{Body, Received, WaitEnd};
use daffi_proto::{CallbackNumber, Name, NodeId};
use parking_lot::Mutex;

use super::QueuedCall;
use crate::call::caller::Caller;
use crate::call::options::CallOptions;
use crate::call::sent::{Opened, SentCall};
use crate::call::times::Times;
use crate::call::unsent::Unsent;
use crate::error::{CallError, NotBegun};
use crate::members::choose::Elsewhere;
use crate::members::target::Target;

/// The most bytes of arguments that are kept of one call. 64 KiB: nearly all calls have fewer, and what the kernel holds of
/// them meanwhile is no less. Larger ones travel as values beside the payload, in memory of objects that may change.
const MOST_KEPT: usize = 64 << 10;

/// One call that was sent, and where it goes if it was not taken.
///
/// ```text
///  under way --answered, gone, late, cancelled--> ended    the outcome is here
///     |
///     +--certainly not begun, others are there--> moved    the outcome is that of the call which waits to be sent
/// ```
pub(crate) struct FailoverCall {
    caller: Arc<Caller>,
    call: SentCall,
    /// Whether it may move, so that its end is not the end of the call in flight.
    may_move: bool,
    /// It has ended here. Beside the state, as it is looked at with locks of languages held, and in forked children.
    ended: AtomicBool,
    moved: OnceLock<Arc<QueuedCall>>,
    state: Mutex<State>,
}

enum State {
    UnderWay(Option<Again>),
    Moved,
    /// The outcome, until it was taken.
    Ended(Option<Result<Received, CallError>>),
}

/// What it takes to make a call again.
pub(crate) struct Again {
    elsewhere: Elsewhere,
    /// Where it was sent.
    tried: (NodeId, CallbackNumber),
    options: CallOptions,
    times: Times,
    kept: Kept,
}

enum Kept {
    Arguments { body: Body, room: u64 },
    Nothing,
}

impl Again {
    /// Of a call that has been sent to this target, if it is told where else to go: takes the arguments, if they are few and
    /// there is room for them.
    pub(crate) fn of(caller: &Caller, target: &Target, call: &mut Unsent) -> Option<Self> {
        let elsewhere = call.elsewhere.take()?;
        Some(Self {
            elsewhere,
            tried: (target.candidate.node, target.candidate.number),
            options: call.options,
            times: call.times,
            kept: Kept::of(caller, &mut call.body),
        })
    }
}

impl Kept {
    fn of(caller: &Caller, body: &mut Body) -> Self {
        let room = body.payload.capacity() as u64;
        let is_small = body.blobs.is_empty() && body.payload.len() <= MOST_KEPT;
        if is_small && caller.outgoing.keep(room) {
            let body = mem::take(body);
            Self::Arguments { body, room }
        } else {
            Self::Nothing
        }
    }

    const fn room(&self) -> u64 {
        match self {
            Self::Arguments { room, .. } => *room,
            Self::Nothing => 0,
        }
    }
}

impl FailoverCall {
    /// A call in flight, which moves only with `again`.
    pub(crate) fn new(caller: Arc<Caller>, call: SentCall, again: Option<Again>) -> Arc<Self> {
        Arc::new(Self {
            caller,
            call,
            may_move: again.is_some(),
            ended: AtomicBool::new(false),
            moved: OnceLock::new(),
            state: Mutex::new(State::UnderWay(again)),
        })
    }

    pub(crate) const fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// Has it move as soon as it must, though nobody looks at it.
    pub(crate) fn attend(self: &Arc<Self>) {
        if self.may_move {
            let this = Arc::clone(self);
            // Let go of at the end of the call in flight, which comes in any case.
            self.call.at_end(move || {
                this.settle();
            });
        }
    }

    pub(crate) fn process(&self) -> Name {
        match self.moved.get() {
            Some(moved) => moved.process(),
            None => self.call.process().clone(),
        }
    }

    pub(crate) fn wait(
        &self,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> WaitEnd {
        if self.moved.get().is_none() {
            let end = self.call.wait(until, interrupt);
            if end != WaitEnd::Done {
                return end;
            }
        }
        match self.settle() {
            Some(moved) => moved.wait(until, interrupt),
            None => WaitEnd::Done,
        }
    }

    pub(crate) fn look(&self) -> bool {
        if self.moved.get().is_none() && !self.call.look() {
            return false;
        }
        self.settle().is_none_or(|moved| moved.look())
    }

    pub(crate) fn is_done(&self) -> bool {
        match self.moved.get() {
            Some(moved) => moved.is_done(),
            None if self.may_move => self.ended.load(Ordering::Acquire),
            None => self.call.is_done(),
        }
    }

    /// The outcome, once: the first to ask after the end gets it.
    pub(crate) fn take(&self) -> Option<Result<Received, CallError>> {
        if let Some(moved) = self.settle() {
            return moved.take();
        }
        match &mut *self.state.lock() {
            State::Ended(outcome) => outcome.take(),
            State::UnderWay(_) | State::Moved => None,
        }
    }

    pub(crate) fn opened(&self, value: &Received) -> Option<Opened> {
        match self.moved.get() {
            Some(moved) => moved.opened(value),
            None => self.call.opened(value),
        }
    }

    pub(crate) fn cancel(&self) -> bool {
        self.call.cancel() || self.settle().is_some_and(|moved| moved.cancel())
    }

    pub(crate) fn on_done(self: &Arc<Self>, f: impl FnOnce() + Send + 'static) {
        let this = Arc::clone(self);
        self.call.on_done(move || match this.settle() {
            Some(moved) => moved.on_done(Box::new(f)),
            None => f(),
        });
    }

    /// Makes of the end of the call in flight the end of this, or the call that takes its place, which it gives. Whoever
    /// sees that end does it, once.
    fn settle(&self) -> Option<&Arc<QueuedCall>> {
        if self.moved.get().is_some() || self.ended.load(Ordering::Acquire) {
            return self.moved.get();
        }
        let mut state = self.state.lock();
        if let State::UnderWay(again) = &mut *state
            && let Some(outcome) = self.call.take()
        {
            match self.move_on(again.take(), outcome) {
                Ok(moved) => {
                    *state = State::Moved;
                    // Only here, under the lock and once.
                    let _ = self.moved.set(moved);
                }
                Err(outcome) => {
                    *state = State::Ended(Some(outcome));
                    self.ended.store(true, Ordering::Release);
                }
            }
        }
        drop(state);
        self.moved.get()
    }

    /// The call that takes the place of this, where it has certainly not begun and may go elsewhere; else its outcome.
    fn move_on(
        &self,
        again: Option<Again>,
        outcome: Result<Received, CallError>,
    ) -> Result<Arc<QueuedCall>, Result<Received, CallError>> {
        let Some(again) = again else {
            return Err(outcome);
        };
        let caller = &self.caller;
        caller.outgoing.let_go(again.kept.room());
        match outcome.map_err(|error| caller.true_cause(error)) {
            Err(error @ CallError::Vanished { .. }) => self.make_again(again, error).map_err(Err),
            outcome => Err(outcome),
        }
    }

    fn make_again(&self, mut again: Again, error: CallError) -> Result<Arc<QueuedCall>, CallError> {
        let caller = &self.caller;
        let target = caller.elsewhere(&mut again.elsewhere, again.tried, error)?;
        let body = match again.kept {
            Kept::Arguments { body, .. } => body,
            Kept::Nothing => {
                return Err(CallError::Vanished {
                    process: self.call.process().clone(),
                    why: NotBegun::NotKept,
                });
            }
        };
        let unsent = Unsent {
            body,
            options: again.options,
            times: again.times,
            route: None,
            elsewhere: Some(again.elsewhere),
        };
        // Its bytes were counted when it was made, and are few.
        caller.queue(target, unsent, false)
    }
}

impl fmt::Debug for FailoverCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "FailoverCall({:?}, moved: {})",
            self.call,
            self.moved.get().is_some()
        )
    }
}
