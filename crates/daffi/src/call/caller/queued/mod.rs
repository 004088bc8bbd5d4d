//! A call that waits to be sent, as its caller sees it: sent later, ended before, or cancelled, each exactly once.

pub(crate) mod failover;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use daffi_link::{Received, SendError, WaitEnd, blocking_in_callback};
use daffi_proto::{CallbackNumber, Name, NodeId};
use parking_lot::{Condvar, Mutex, MutexGuard};

use self::failover::{Again, FailoverCall};
use super::Caller;
use crate::call::sent::{Opened, SentCall};
use crate::call::unsent::Unsent;
use crate::error::CallError;
use crate::members::peer::Peer;
use crate::members::route::Route;
use crate::members::target::Target;
use crate::wait::Wait;

type Hook = Box<dyn FnOnce() + Send>;

/// One call that could not be sent at once.
///
/// ```text
///  waiting --sent by the house-keeper--> sent       the outcome is that of the call in flight
///     |
///     +--cancelled, late, nobody to call--> ended   it has not run
/// ```
pub(crate) struct QueuedCall {
    caller: Arc<Caller>,
    /// Of its arguments.
    pub(crate) bytes: u64,
    /// Until when it must be sent.
    pub(crate) deadline: Option<Instant>,
    /// The deadline is that of the call, and not just of its sending.
    is_limit_of_call: bool,
    /// In which order it came.
    order: AtomicU64,
    /// The call in flight. Beside the state, as it is looked at with locks of languages held, and in forked children.
    sent: OnceLock<Arc<FailoverCall>>,
    /// It ended unsent.
    ended: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    target: Target,
    progress: Progress,
    /// What to call at the end.
    hooks: Vec<Hook>,
}

enum Progress {
    Waiting(Box<Unsent>),
    Sent,
    /// Why it was not sent, until that was taken.
    Ended(Option<CallError>),
}

/// What an attempt to send has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It is sent, or over before.
    Done,
    /// The link has no room now.
    NotNow,
    /// The link has ended.
    Lost,
}

impl QueuedCall {
    pub(crate) fn new(
        caller: &Arc<Caller>,
        target: Target,
        unsent: Unsent,
        deadline: Option<Instant>,
        is_limit_of_call: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            caller: Arc::clone(caller),
            bytes: unsent.body.len(),
            deadline,
            is_limit_of_call,
            order: AtomicU64::new(0),
            sent: OnceLock::new(),
            ended: AtomicBool::new(false),
            state: Mutex::new(State {
                target,
                progress: Progress::Waiting(Box::new(unsent)),
                hooks: Vec::new(),
            }),
            changed: Condvar::new(),
        })
    }

    /// It is among those that wait, as the one of this number.
    pub(crate) fn enter(&self, order: u64) {
        self.order.store(order, Ordering::Relaxed);
    }

    pub(crate) fn order(&self) -> u64 {
        self.order.load(Ordering::Relaxed)
    }

    pub(crate) fn target(&self) -> Target {
        self.state.lock().target.clone()
    }

    pub(crate) fn process(&self) -> Name {
        match self.sent.get() {
            Some(sent) => sent.process(),
            None => self.state.lock().target.process().clone(),
        }
    }

    pub(crate) const fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// Whether it need not be sent any more.
    pub(crate) fn is_over(&self) -> bool {
        self.sent.get().is_some() || self.ended.load(Ordering::Acquire)
    }

    /// Whether its caller waits for the value.
    pub(crate) fn wants_value(&self) -> bool {
        match &self.state.lock().progress {
            Progress::Waiting(unsent) => unsent.options.answer.wants_value(),
            Progress::Sent | Progress::Ended(_) => false,
        }
    }

    /// Whether its caller waits for the value, and it was to go to this peer, or to one that is gone.
    pub(crate) fn is_waited_for_at(&self, peer: &Arc<Peer>) -> bool {
        let own = self.target().peer;
        self.wants_value() && (Arc::ptr_eq(&own, peer) || own.is_gone())
    }

    /// The one route it may take.
    pub(crate) fn only_route(&self) -> Option<Arc<Route>> {
        match &self.state.lock().progress {
            Progress::Waiting(unsent) => unsent.route.clone(),
            Progress::Sent | Progress::Ended(_) => None,
        }
    }

    /// Sends it on this route, if that is possible without waiting.
    pub(crate) fn try_send(&self, route: &Arc<Route>) -> Attempt {
        let mut state = self.state.lock();
        let State {
            target, progress, ..
        } = &mut *state;
        let Progress::Waiting(unsent) = progress else {
            return Attempt::Done;
        };
        match SentCall::try_send(target, route, unsent) {
            Ok(Some(sent)) => {
                let again = Again::of(&self.caller, target, unsent);
                let before = std::mem::replace(progress, Progress::Sent);
                self.sent(
                    state,
                    &FailoverCall::new(Arc::clone(&self.caller), sent, again),
                );
                // Not under the lock: it may hold objects of another language.
                drop(before);
                Attempt::Done
            }
            Ok(None) => Attempt::NotNow,
            Err(SendError::Lost(_)) => Attempt::Lost,
            Err(error) => {
                let error = CallError::of_sending(error, target.process());
                drop(state);
                self.end(error);
                Attempt::Done
            }
        }
    }

    fn sent(&self, mut state: MutexGuard<'_, State>, sent: &Arc<FailoverCall>) {
        // Only here, under the lock and once.
        let _ = self.sent.set(Arc::clone(sent));
        let hooks = std::mem::take(&mut state.hooks);
        drop(state);
        self.caller.outgoing.left(self);
        self.changed.notify_all();
        sent.attend();
        for hook in hooks {
            sent.on_done(hook);
        }
    }

    /// Ends it unsent; false where it is sent or over.
    pub(crate) fn end(&self, error: CallError) -> bool {
        let mut state = self.state.lock();
        if !matches!(state.progress, Progress::Waiting(_)) {
            return false;
        }
        let before = std::mem::replace(&mut state.progress, Progress::Ended(Some(error)));
        self.ended.store(true, Ordering::Release);
        let hooks = std::mem::take(&mut state.hooks);
        drop(state);
        self.caller.outgoing.left(self);
        self.changed.notify_all();
        drop(before);
        hooks.into_iter().for_each(|hook| hook());
        true
    }

    /// Ends it, as its time to be sent is over.
    pub(crate) fn expire(&self) -> bool {
        let process = self.process();
        self.end(if self.is_limit_of_call {
            CallError::TimedOut
        } else {
            CallError::Unsent { process }
        })
    }

    /// Whether it may still be sent to the same process: nobody waits for it, that process is there, and there is time. It
    /// may have been frozen for a moment.
    pub(crate) fn meets_again(&self) -> bool {
        let mut state = self.state.lock();
        let State {
            target, progress, ..
        } = &mut *state;
        let Progress::Waiting(unsent) = progress else {
            return false;
        };
        let is_there = self
            .caller
            .members
            .registry()
            .member(target.node())
            .is_some();
        if unsent.options.answer.wants_value() || unsent.route.is_some() || !is_there {
            return false;
        }
        target.peer = self
            .caller
            .members
            .peer(target.node(), &target.candidate.process);
        true
    }

    /// Chooses another candidate, as the one that it was to go to has vanished; none where it ends with that.
    pub(crate) fn choose_another(&self) -> Option<NodeId> {
        let mut state = self.state.lock();
        let State {
            target, progress, ..
        } = &mut *state;
        let Progress::Waiting(unsent) = progress else {
            return None;
        };
        let vanished: (NodeId, CallbackNumber) = (target.candidate.node, target.candidate.number);
        let error = target.peer.unreached();
        let error = if unsent.route.is_some() {
            self.caller.true_cause_for_stream(error)
        } else {
            self.caller.true_cause(error)
        };
        let other = match &mut unsent.elsewhere {
            Some(elsewhere) if matches!(error, CallError::Vanished { .. }) => {
                self.caller.elsewhere(elsewhere, vanished, error)
            }
            Some(_) | None => Err(error),
        };
        match other {
            Ok(other) => {
                let node = other.node();
                *target = other;
                Some(node)
            }
            Err(error) => {
                drop(state);
                self.end(error);
                None
            }
        }
    }

    /// Waits for the outcome; see [`PendingCall::wait`](crate::PendingCall::wait).
    pub(crate) fn wait(
        &self,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> WaitEnd {
        if let Some(end) = self.wait_sent(&mut Wait::new(until, interrupt)) {
            return end;
        }
        let sent = self.sent.get();
        sent.map_or(WaitEnd::Done, |call| call.wait(until, interrupt))
    }

    pub(crate) fn look(&self) -> bool {
        match self.sent.get() {
            Some(sent) => sent.look(),
            None => self.is_done(),
        }
    }

    /// The outcome, once.
    pub(crate) fn take(&self) -> Option<Result<Received, CallError>> {
        match self.sent.get() {
            Some(sent) => sent.take(),
            None => self.take_error().map(Err),
        }
    }

    pub(crate) fn opened(&self, value: &Received) -> Option<Opened> {
        self.sent.get()?.opened(value)
    }

    pub(crate) fn cancel(&self) -> bool {
        self.end(CallError::Cancelled) || self.sent.get().is_some_and(|call| call.cancel())
    }

    /// Waits until it is sent or over; then `None`. `wait` is the caller's patience.
    pub(crate) fn wait_sent(&self, wait: &mut Wait<'_>) -> Option<WaitEnd> {
        blocking_in_callback();
        loop {
            let look = wait.next_look();
            let limit = self.deadline.map_or(look, |deadline| deadline.min(look));
            {
                let mut state = self.state.lock();
                if matches!(state.progress, Progress::Waiting(_)) {
                    self.changed.wait_until(&mut state, limit);
                }
                if !matches!(state.progress, Progress::Waiting(_)) {
                    return None;
                }
            }
            if self
                .deadline
                .is_some_and(|deadline| deadline <= Instant::now())
            {
                self.expire();
            } else if wait.is_late() {
                return Some(WaitEnd::TimedOut);
            } else if wait.is_interrupted() {
                return Some(WaitEnd::Interrupted);
            }
        }
    }

    /// Whether the call has ended, sent or not.
    pub(crate) fn is_done(&self) -> bool {
        match self.sent.get() {
            Some(sent) => sent.is_done(),
            None => self.ended.load(Ordering::Acquire),
        }
    }

    /// Why it was not sent, once.
    pub(crate) fn take_error(&self) -> Option<CallError> {
        match &mut self.state.lock().progress {
            Progress::Ended(error) => error.take(),
            Progress::Waiting(_) | Progress::Sent => None,
        }
    }

    /// Calls `f` at the end, at once where that has been.
    pub(crate) fn on_done(&self, f: Hook) {
        let mut state = self.state.lock();
        if matches!(state.progress, Progress::Waiting(_)) {
            return state.hooks.push(f);
        }
        drop(state);
        match self.sent.get() {
            Some(sent) => sent.on_done(f),
            None => f(),
        }
    }
}

impl fmt::Debug for QueuedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QueuedCall({}, {} bytes)", self.order(), self.bytes)
    }
}
