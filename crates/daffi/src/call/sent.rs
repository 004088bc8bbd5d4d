//! A call in flight: sent on a route, and what its outcome means to its caller.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use daffi_link::{Lost, Outcome, Received, SendError, WaitEnd, blocking_in_callback};
use daffi_proto::{Failure, FailureCode, Name, ReplyStatus, read_stream_opened};

use crate::call::options::Answer;
use crate::call::unsent::Unsent;
use crate::error::{CallError, NotBegun};
use crate::members::peer::Peer;
use crate::members::route::Route;
use crate::members::target::Target;

/// A call in flight.
pub(crate) struct SentCall {
    pending: daffi_link::Call,
    route: Arc<Route>,
    answer: Answer,
    peer: Arc<Peer>,
}

/// A remote generator that the value of a call stands for: where it runs, and its number there.
pub(crate) struct Opened {
    pub(crate) peer: Arc<Peer>,
    /// It lives as long as this.
    pub(crate) route: Arc<Route>,
    pub(crate) number: u64,
}

impl SentCall {
    pub(crate) fn new(
        pending: daffi_link::Call,
        (route, answer): (Arc<Route>, Answer),
        peer: Arc<Peer>,
    ) -> Self {
        peer.call_began(&route);
        Self {
            pending,
            route,
            answer,
            peer,
        }
    }

    /// Sends a call, and waits for room on the route; `None` where no answer is wanted.
    pub(crate) fn send(
        target: &Target,
        route: &Route,
        unsent: &mut Unsent,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Option<daffi_link::Call>, SendError> {
        let request = unsent.request(target, route);
        let (answer, deadline) = (unsent.options.answer, unsent.times.deadline);
        let body = &mut unsent.body;
        if answer == Answer::None {
            let is_late = || deadline.is_some_and(|deadline| deadline <= Instant::now());
            let sent = route
                .link
                .send_without_reply(&request, body, &mut || is_late() || interrupt());
            route.see_out();
            return match sent {
                Err(SendError::Interrupted) if is_late() => Err(SendError::TimedOut),
                sent => sent.map(|()| None),
            };
        }
        let pending = route.link.call(&request, body, deadline, interrupt)?;
        if matches!(answer, Answer::Later | Answer::Failure) {
            route.sweep();
        }
        Ok(Some(pending))
    }

    /// Sends a call if nothing is to be waited for; `None` where something is, and the call is as it was.
    pub(crate) fn try_send(
        target: &Target,
        route: &Arc<Route>,
        unsent: &mut Unsent,
    ) -> Result<Option<Self>, SendError> {
        let request = unsent.request(target, route);
        let deadline = unsent.times.deadline;
        let Some(pending) = route.link.try_call(&request, &mut unsent.body, deadline)? else {
            return Ok(None);
        };
        route.sweep();
        route.see_out();
        let by = (Arc::clone(route), unsent.options.answer);
        Ok(Some(Self::new(pending, by, Arc::clone(&target.peer))))
    }

    pub(crate) fn process(&self) -> &Name {
        self.peer.process()
    }

    pub(crate) fn wait(
        &self,
        until: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> WaitEnd {
        if self.pending.is_done() {
            return WaitEnd::Done;
        }
        blocking_in_callback();
        self.pending.wait(until, interrupt)
    }

    pub(crate) fn look(&self) -> bool {
        self.pending.look()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.pending.is_done()
    }

    pub(crate) fn take(&self) -> Option<Result<Received, CallError>> {
        let outcome = self.pending.take()?;
        Some(self.read(outcome))
    }

    pub(crate) fn opened(&self, value: &Received) -> Option<Opened> {
        let number = read_stream_opened(&value.payload)?;
        Some(Opened {
            peer: Arc::clone(&self.peer),
            route: Arc::clone(&self.route),
            number,
        })
    }

    pub(crate) fn cancel(&self) -> bool {
        self.pending.cancel()
    }

    pub(crate) fn on_done(&self, f: impl FnOnce() + Send + 'static) {
        if self.pending.is_done() {
            return f();
        }
        let watch = self.route.watch();
        self.pending.on_done(Box::new(move || {
            drop(watch);
            f();
        }));
    }

    /// Calls `f` when the call has ended, as soon as somebody reads that.
    pub(crate) fn at_end(&self, f: impl FnOnce() + Send + 'static) {
        self.pending.on_done(Box::new(f));
    }

    fn is_ended_by_us(&self) -> bool {
        self.route.ended_by_us.load(Ordering::Acquire)
    }

    fn read(&self, outcome: Outcome) -> Result<Received, CallError> {
        let process = || self.peer.process().clone();
        match outcome {
            Outcome::Reply { status, body } => match status {
                ReplyStatus::Value => Ok(body),
                ReplyStatus::Raised => Err(CallError::Raised {
                    process: process(),
                    record: body,
                }),
                ReplyStatus::Failed => Err(read_failure(
                    process(),
                    Failure::from_payload(&body.payload),
                )),
            },
            // Nobody waits for it, so that it is told of: it was taken, and its process has stopped too early.
            Outcome::Unsent(_) if self.is_ended_by_us() && !self.answer.wants_value() => {
                Err(CallError::Unsent { process: process() })
            }
            Outcome::Lost(_) | Outcome::Unsent(_) if self.is_ended_by_us() => {
                Err(CallError::Stopped)
            }
            // It has not run, and another candidate may be there.
            Outcome::Unsent(lost) => Err(CallError::Vanished {
                process: process(),
                why: self.not_begun(lost),
            }),
            Outcome::Lost(_) if self.route.relayed => {
                Err(CallError::RelayGone { process: process() })
            }
            Outcome::Lost(Lost::Left) => Err(CallError::away(self.peer.process())),
            Outcome::Lost(Lost::Silent) => Err(CallError::NodeSilent {
                process: process(),
                silence: self.route.silence,
            }),
            Outcome::Lost(_) => Err(CallError::NodeGone { process: process() }),
            Outcome::TimedOut => Err(CallError::TimedOut),
            Outcome::Cancelled => Err(CallError::Cancelled),
        }
    }

    fn not_begun(&self, lost: Lost) -> NotBegun {
        match lost {
            _ if self.route.relayed => NotBegun::RelayGone,
            Lost::Silent => NotBegun::Silent(self.route.silence),
            Lost::HungUp | Lost::Left | Lost::Violation | Lost::Closed => NotBegun::Away,
        }
    }
}

impl Drop for SentCall {
    fn drop(&mut self) {
        self.peer.call_ended(&self.route);
        if !self.pending.is_done() {
            self.route.sweep();
        }
    }
}

impl fmt::Debug for SentCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SentCall({}, done: {})", self.process(), self.is_done())
    }
}

/// What a failure of the callee or the controller means to the caller.
fn read_failure(process: Name, failure: Failure) -> CallError {
    match failure.code {
        FailureCode::NodeGone => CallError::NodeGone { process },
        // The callback has not run, and another candidate may be there.
        FailureCode::Unreachable | FailureCode::UnknownCallback | FailureCode::Stopping => {
            CallError::away(&process)
        }
        FailureCode::Expired => CallError::TimedOut,
        FailureCode::Cancelled => CallError::Cancelled,
        FailureCode::Overloaded
        | FailureCode::BadArguments
        | FailureCode::BadResult
        | FailureCode::Dropped => CallError::Failed { process, failure },
    }
}
