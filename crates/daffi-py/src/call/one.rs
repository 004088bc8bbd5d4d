//! One call from Python: choose a target, check and encode the arguments, send, wait, decode.

use std::time::{Duration, Instant};

use daffi::{
    Answer, CallError, CallOptions, ChainId, Elsewhere, Global, PendingCall, Search, Target,
    WaitEnd,
};
use pyo3::prelude::*;

use crate::call::given::Given;
use crate::call::plan::Plan;
use crate::codec::Giver;
use crate::codec::errors::{call_error, call_error_at};
use crate::errors::Kind;
use crate::interpreter::context::{Blocking, bounds};
use crate::interpreter::waiter::{unlocked, without_lock};
use crate::result::async_result::AsyncResult;
use crate::result::pending::Pending;
use crate::result::remote_stream::{self, value_of};

/// How much time a call has, fixed when it is made: another candidate gets what is left. And the chain that it is of.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
    until: Option<Instant>,
    /// What that is in all.
    limit: Option<Duration>,
    chain: Option<ChainId>,
}

impl Budget {
    pub(crate) fn of(py: Python<'_>, plan: &Plan) -> PyResult<Self> {
        let (limit, chain) = bounds(py, plan.timeout)?;
        let until =
            limit.and_then(|limit| Instant::now().checked_add(limit.saturating_add(plan.delay)));
        Ok(Self {
            until,
            limit,
            chain,
        })
    }

    pub(crate) fn options(self, plan: &Plan, answer: Answer) -> CallOptions {
        let left = self
            .until
            .map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| left.saturating_sub(plan.delay));
        CallOptions {
            timeout,
            delay: plan.delay,
            answer,
            chain: self.chain,
        }
    }
}

#[inline(never)]
pub(crate) fn background<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, AsyncResult>> {
    let pending = begin_in_background(py, global, given, plan)?;
    Bound::new(py, AsyncResult::of(given.name, pending))
}

/// Makes a call without waiting for anything.
pub(crate) fn begin_in_background<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Pending> {
    let budget = Budget::of(py, plan)?;
    let options = budget.options(plan, plan.answer_later());
    let failed = |error| call_error(py, given.name, error);
    let shape = given.shape()?;
    let target = global.search(given.name, plan.node()).fitting(&shape);
    let target = target.map_err(failed)?;
    let body = given.encode(Some(&target), Giver::GoesOn)?;
    let elsewhere = Elsewhere::new(given.name.to_owned(), plan.node().map(str::to_owned), shape);
    let pending = unlocked(py, || {
        global.dispatch(target, body, options, Some(elsewhere))
    });
    Ok(Pending::Call(pending.map_err(failed)?, budget.limit))
}

pub(crate) fn foreground<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, PyAny>> {
    let (budget, blocking) = (Budget::of(py, plan)?, Blocking::of(py)?);
    let mut search = global.search(given.name, plan.node());
    loop {
        let wait = |pending: PendingCall, interrupt: &mut dyn FnMut() -> bool| {
            let ended = blocking.wait(|| pending.look(), || pending.wait(None, interrupt));
            if ended == WaitEnd::Interrupted {
                pending.cancel();
            }
            remote_stream::take(&pending)
        };
        let answer = if plan.wants_value {
            Answer::Awaited
        } else {
            Answer::Failure
        };
        let (target, outcome) = send(py, &mut search, given, (plan, budget, answer), wait)?;
        match outcome {
            Some(Ok((received, opened))) => return value_of(py, given.name, received, opened),
            // It has not run, so it may run elsewhere.
            Some(Err(error @ CallError::Vanished { .. })) => search.vanished(&target, error),
            Some(Err(error)) => {
                let at = (target.process(), budget.limit);
                return Err(call_error_at(py, given.name, error, at));
            }
            None => return Err(call_error(py, given.name, CallError::Cancelled)),
        }
    }
}

/// Sends the call to one of its candidates, which it gives, and does `then` with it, all without the interpreter lock.
fn send<'py, T: Send>(
    py: Python<'py>,
    search: &mut Search<'_>,
    given: &Given<'_, 'py>,
    (plan, budget, answer): (&Plan, Budget, Answer),
    then: impl Fn(PendingCall, &mut dyn FnMut() -> bool) -> T + Send + Sync,
) -> PyResult<(Target, T)> {
    let shape = given.shape()?;
    loop {
        let options = budget.options(plan, answer);
        let target = search
            .fitting(&shape)
            .map_err(|error| call_error(py, given.name, error))?;
        let body = given.encode(Some(&target), Giver::Waits)?;
        let global = search.global();
        let sent = without_lock(py, |interrupt| {
            global
                .begin(&target, body, options, interrupt)
                .map(|pending| pending.map(|pending| then(pending, interrupt)))
        })?;
        match sent {
            Ok(Some(done)) => return Ok((target, done)),
            Ok(None) => {
                return Err(Kind::Cancelled.error(py, "a call without an answer has no outcome"));
            }
            Err(error @ CallError::Vanished { .. }) => search.vanished(&target, error),
            Err(error) => {
                let at = (target.process(), budget.limit);
                return Err(call_error_at(py, given.name, error, at));
            }
        }
    }
}

pub(crate) fn check_arguments(
    py: Python<'_>,
    given: &Given<'_, '_>,
    target: &Target,
) -> PyResult<()> {
    let checked = given.shape()?.check(given.name, target);
    checked.map_err(|error| call_error(py, given.name, error))
}
