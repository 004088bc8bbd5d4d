//! The items of a remote generator, at the caller: asked for one batch ahead, given one by one.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use daffi_link::{Received, WaitEnd};
use daffi_proto::{Builtin, Candidate, Failure, FailureCode, Name, Signature, StreamRequest};
use parking_lot::Mutex;

use crate::call::caller::Caller;
use crate::call::items::split_items;
use crate::call::pending::PendingCall;
use crate::call::sent::Opened;
use crate::error::CallError;
use crate::members::route::Route;
use crate::members::target::Target;

/// A remote generator that a call has given and nobody iterates yet.
pub struct OpenedStream {
    caller: Arc<Caller>,
    opened: Opened,
}

/// The receiving end of a remote generator. Dropped or closed early, it ends the generator.
pub struct StreamReader {
    caller: Arc<Caller>,
    target: Target,
    /// The route of the call: the generator lives as long as it.
    route: Arc<Route>,
    number: u64,
    /// The request that keeps the generator; its end is that of the generator.
    hold: PendingCall,
    /// Held by who takes in what a request brought, so that another thread that iterates waits for that.
    taking: Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    items: VecDeque<Received>,
    /// The request for the next items.
    pull: Option<Arc<PendingCall>>,
    /// Why there will be no more items than these.
    failure: Option<CallError>,
    over: bool,
}

impl PendingCall {
    /// The remote generator that this value of the call stands for; `None` where it is a value of its own.
    pub fn opened(&self, value: &Received) -> Option<OpenedStream> {
        let (opened, caller) = self.opened_at(value)?;
        Some(OpenedStream {
            caller: Arc::clone(caller),
            opened,
        })
    }
}

impl OpenedStream {
    /// Holds the generator open and asks for its first items. Never waits.
    ///
    /// # Errors
    /// [`CallError`]: the process has gone meanwhile.
    pub fn read(self) -> Result<StreamReader, CallError> {
        let Self { caller, opened } = self;
        let Opened {
            peer,
            route,
            number,
        } = opened;
        let candidate = Candidate {
            node: peer.id(),
            process: peer.process().clone(),
            number: Builtin::Stream.number(),
            signature: Arc::new(Signature::any()),
        };
        let candidate = Arc::new(candidate);
        let target = Target { candidate, peer };
        let hold = StreamRequest::Hold(number);
        let hold = request(&caller, &route, &target, hold)?;
        let reader = StreamReader {
            caller,
            target,
            route,
            number,
            hold,
            taking: Mutex::new(()),
            state: Mutex::default(),
        };
        let pull = reader.ask()?;
        reader.state.lock().pull = Some(pull);
        Ok(reader)
    }
}

impl StreamReader {
    /// The process of the generator.
    pub fn process(&self) -> &Name {
        self.target.process()
    }

    /// The next item; none at the end, and ever after. `interrupt` is asked at least every 100 ms with no lock held.
    ///
    /// # Errors
    /// [`CallError`]: the generator raised, or its process has gone; the stream is over then. Or
    /// [`CallError::Interrupted`], and it goes on.
    pub fn next(&self, interrupt: &mut dyn FnMut() -> bool) -> Result<Option<Received>, CallError> {
        loop {
            let pull = {
                let mut state = self.state.lock();
                if let Some(item) = state.items.pop_front() {
                    return Ok(Some(item));
                }
                if let Some(failure) = state.failure.take() {
                    drop(state);
                    return Err(self.end(failure));
                }
                match (&state.pull, state.over) {
                    (Some(pull), false) => Arc::clone(pull),
                    (None, _) | (_, true) => return Ok(None),
                }
            };
            if pull.wait(None, interrupt) == WaitEnd::Interrupted {
                return Err(CallError::Interrupted);
            }
            self.take_in(&pull)?;
        }
    }

    /// Whether [`Self::next`] would not wait.
    pub fn is_ready(&self) -> bool {
        let state = self.state.lock();
        let pull = state.pull.as_ref();
        let is_there = !state.items.is_empty() || state.failure.is_some();
        state.over || is_there || pull.is_none_or(|pull| pull.is_done())
    }

    /// Calls `f` when [`Self::next`] would not wait, at once if that is so. It must be quick and must not wait.
    pub fn on_ready(&self, f: impl FnOnce() + Send + 'static) {
        let pull = {
            let state = self.state.lock();
            let waits = state.items.is_empty() && state.failure.is_none() && !state.over;
            state.pull.clone().filter(|_| waits)
        };
        match pull {
            Some(pull) => pull.on_done(f),
            None => f(),
        }
    }

    /// Ends the generator where it is.
    pub fn close(&self) {
        let pull = {
            let mut state = self.state.lock();
            state.over = true;
            state.items.clear();
            state.failure = None;
            state.pull.take()
        };
        self.hold.cancel();
        if let Some(pull) = pull {
            pull.cancel();
        }
    }

    /// Takes in what a request for items brought, and asks for more.
    fn take_in(&self, pull: &Arc<PendingCall>) -> Result<(), CallError> {
        let _taking = self.taking.lock();
        {
            let state = self.state.lock();
            if !state
                .pull
                .as_ref()
                .is_some_and(|current| Arc::ptr_eq(current, pull))
            {
                // Another thread iterates, too, and has taken it in.
                return Ok(());
            }
        }
        let Some(outcome) = pull.take() else {
            return Ok(());
        };
        let items = match outcome.map(|mut received| split_items(&mut received)) {
            Ok(Some(Ok(items))) => items,
            // No items: that was the last.
            Ok(None) => Vec::new(),
            Ok(Some(Err(error))) => return Err(self.end(self.unreadable(&error.to_string()))),
            Err(error) => return Err(self.end(error)),
        };
        if items.is_empty() {
            let mut state = self.state.lock();
            state.over = true;
            state.pull = None;
            return Ok(());
        }
        // Travels while these are used.
        let next = self.ask();
        let mut state = self.state.lock();
        state.items.extend(items);
        match next {
            Ok(next) => state.pull = Some(next),
            // After these items.
            Err(error) => state.failure = Some(error),
        }
        Ok(())
    }

    fn ask(&self) -> Result<Arc<PendingCall>, CallError> {
        let pull = StreamRequest::Pull(self.number);
        request(&self.caller, &self.route, &self.target, pull).map(Arc::new)
    }

    fn end(&self, error: CallError) -> CallError {
        self.close();
        self.caller.true_cause_for_stream(error)
    }

    fn unreadable(&self, text: &str) -> CallError {
        CallError::Failed {
            process: self.process().clone(),
            failure: Failure::new(FailureCode::BadResult, text),
        }
    }
}

fn request(
    caller: &Arc<Caller>,
    route: &Arc<Route>,
    target: &Target,
    request: StreamRequest,
) -> Result<PendingCall, CallError> {
    let body = request.to_payload().into();
    PendingCall::dispatch_on(caller, route, target, body)
}

impl Drop for StreamReader {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for OpenedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "OpenedStream({}, {})",
            self.opened.peer.process(),
            self.opened.number
        )
    }
}

impl fmt::Debug for StreamReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamReader({}, {})", self.process(), self.number)
    }
}
