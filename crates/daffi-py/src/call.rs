//! One call from Python: choose a target, check and encode the arguments, send, wait, decode.

use std::time::Instant;

use daffi::{Answer, Body, CallError, CallOptions, Global, PendingCall, Target, WaitEnd};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::codec;
use crate::context::time_for;
use crate::errors::{Kind, call_error};
use crate::plan::{How, Plan};
use crate::remote_stream::{self, value_of};
use crate::result::AsyncResult;
use crate::runtime::with_current;
use crate::schedule::schedule;
use crate::stream;
use crate::waiter::without_lock;

/// How much time a call has, fixed when it is made: another candidate gets what is left.
#[derive(Clone, Copy)]
struct Budget(Option<Instant>);

impl Budget {
    fn of(py: Python<'_>, plan: &Plan) -> PyResult<Self> {
        let timeout = time_for(py, plan.timeout)?;
        Ok(Self(timeout.and_then(|timeout| {
            Instant::now().checked_add(timeout.saturating_add(plan.delay))
        })))
    }

    fn options(self, plan: &Plan, answer: Answer) -> CallOptions {
        let left = self
            .0
            .map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| left.saturating_sub(plan.delay));
        CallOptions {
            timeout,
            delay: plan.delay,
            answer,
        }
    }
}

/// How often another candidate is tried when one vanishes before the call was sent. 8: each try has lost a node, and
/// the registry drops it meanwhile.
pub(crate) const TRIES: usize = 8;

/// The arguments of a call, as they were given.
pub(crate) struct Given<'a, 'py> {
    pub(crate) name: &'a str,
    pub(crate) args: &'a Bound<'py, PyTuple>,
    pub(crate) kwargs: Option<&'a Bound<'py, PyDict>>,
}

/// Runs a call as its plan says.
///
/// # Errors
/// An exception of the tree, or what a signal handler raised.
pub(crate) fn run<'py>(
    py: Python<'py>,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, PyAny>> {
    let global = with_current(py, Global::clone)?;
    if let Some(policy) = &plan.retry {
        return retried(py, &global, given, plan, policy.bind(py));
    }
    match plan.how {
        How::Period => schedule(py, &global, given, plan),
        How::Foreground => foreground(py, &global, given, plan),
        How::Background => Ok(background(py, &global, given, plan)?.into_any()),
        How::Stream => stream::run(py, given, plan, false),
        How::NoReturn => {
            let result = background(py, &global, given, plan)?;
            AsyncResult::add_done_callback(&result, log_failure(py)?.unbind())?;
            Ok(py.None().into_bound(py))
        }
        How::Broadcast | How::Gather => broadcast(py, &global, given, plan),
    }
}

/// Sends the call in the background, whatever its plan says about waiting.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_in_background<'py>(
    py: Python<'py>,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, PyAny>> {
    let global = with_current(py, Global::clone)?;
    match &plan.retry {
        Some(policy) => {
            let once = plan.once(None);
            retry(
                py,
                "background",
                (policy, given.name, once, given.args, given.kwargs),
            )
        }
        None => Ok(background(py, &global, given, plan)?.into_any()),
    }
}

/// Makes a call as often as its policy says.
fn retried<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let Given { name, args, kwargs } = *given;
    match plan.how {
        How::Foreground => retry(
            py,
            "foreground",
            (policy, name, plan.once(None), args, kwargs),
        ),
        How::Background => retry(
            py,
            "background",
            (policy, name, plan.once(None), args, kwargs),
        ),
        How::NoReturn => {
            let result = retry(
                py,
                "background",
                (policy, name, plan.once(None), args, kwargs),
            )?;
            AsyncResult::add_done_callback(result.cast()?, log_failure(py)?.unbind())?;
            Ok(py.None().into_bound(py))
        }
        // It has no policy: what was taken is not taken back.
        How::Stream => stream::run(py, given, plan, false),
        // It has no policy; see the modifier.
        How::Period => schedule(py, global, given, plan),
        How::Broadcast | How::Gather => {
            let targets = global.targets(name, plan.nodes.as_deref());
            let targets = targets.map_err(|error| call_error(py, name, error))?;
            let plans: Vec<_> = targets
                .iter()
                .map(|target| target.process().as_str().to_owned())
                .map(|node| (node.clone(), plan.once(Some(node))))
                .collect();
            if plan.how == How::Gather {
                return retry(py, "gather", (policy, name, plans, args, kwargs));
            }
            for (_, once) in plans {
                let result = retry(py, "background", (policy, name, once, args, kwargs))?;
                AsyncResult::add_done_callback(result.cast()?, log_failure(py)?.unbind())?;
            }
            Ok(py.None().into_bound(py))
        }
    }
}

fn retry<'py>(
    py: Python<'py>,
    how: &str,
    arguments: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<Bound<'py, PyAny>> {
    let arguments = arguments.into_pyobject(py)?;
    py.import(intern!(py, "daffi._retry"))?
        .getattr(how)?
        .call1(arguments)
}

/// Sends the call to all its targets, encoded once, and waits for them in turn.
fn broadcast<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, PyAny>> {
    let gather = plan.how == How::Gather;
    let targets = global.targets(given.name, plan.nodes.as_deref());
    let targets = targets.map_err(|error| call_error(py, given.name, error))?;
    for target in &targets {
        check_arguments(py, given, target)?;
    }
    let Some(first) = targets.first() else {
        return Err(vanished(py, given.name));
    };
    let body = encode(given, first)?;
    let answer = if gather {
        Answer::Awaited
    } else {
        plan.answer_later()
    };
    let options = Budget::of(py, plan)?.options(plan, answer);
    let outcomes = without_lock(py, |interrupt| {
        let sent: Vec<_> = targets
            .iter()
            .map(|target| global.begin(target, body.clone(), options, interrupt))
            .collect();
        for pending in sent.iter().flatten().flatten().filter(|_| gather) {
            if pending.wait(None, interrupt) == WaitEnd::Interrupted {
                pending.cancel();
            }
        }
        sent
    })?;
    if !gather {
        for outcome in outcomes {
            let result = match outcome {
                Ok(Some(pending)) => AsyncResult::new(given.name, pending),
                Ok(None) => continue,
                Err(error) => AsyncResult::failed(given.name, call_error(py, given.name, error)),
            };
            AsyncResult::add_done_callback(&Bound::new(py, result)?, log_failure(py)?.unbind())?;
        }
        return Ok(py.None().into_bound(py));
    }
    let values = PyDict::new(py);
    for (target, outcome) in targets.iter().zip(outcomes) {
        let outcome = outcome.and_then(|pending| {
            pending
                .and_then(|pending| remote_stream::take(&pending))
                .unwrap_or(Err(CallError::Cancelled))
        });
        let value = match outcome {
            Ok((received, opened)) => value_of(py, given.name, received, opened),
            Err(error) => Err(call_error(py, given.name, error)),
        };
        // A node's failure is its value.
        let value = value.unwrap_or_else(|error| error.into_value(py).into_bound(py).into_any());
        values.set_item(target.process().as_str(), value)?;
    }
    Ok(values.into_any())
}

fn background<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, AsyncResult>> {
    let budget = Budget::of(py, plan)?;
    let answer = plan.answer_later();
    let (_, pending) = send(py, global, given, plan, budget, answer, |pending, _| {
        pending
    })?;
    Bound::new(py, AsyncResult::new(given.name, pending))
}

/// Logs the failure of a call that nobody looks at.
fn log_failure(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static LOG_FAILURE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    Ok(LOG_FAILURE.import(py, "daffi._log", "log_failure")?.clone())
}

fn foreground<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
) -> PyResult<Bound<'py, PyAny>> {
    let budget = Budget::of(py, plan)?;
    for _ in 0..TRIES {
        let wait = |pending: PendingCall, interrupt: &mut dyn FnMut() -> bool| {
            if pending.wait(None, interrupt) == WaitEnd::Interrupted {
                pending.cancel();
            }
            remote_stream::take(&pending)
        };
        let answer = if plan.wants_value {
            Answer::Awaited
        } else {
            Answer::Failure
        };
        let (sent_to_one_of, outcome) = send(py, global, given, plan, budget, answer, wait)?;
        match outcome {
            Some(Ok((received, opened))) => return value_of(py, given.name, received, opened),
            // It has not run, so it may run elsewhere.
            Some(Err(CallError::Vanished { .. })) if sent_to_one_of > 1 => {}
            Some(Err(error)) => return Err(call_error(py, given.name, error)),
            None => return Err(call_error(py, given.name, CallError::Cancelled)),
        }
    }
    Err(vanished(py, given.name))
}

/// Sends the call to one of its candidates and does `then` with it, all without the interpreter lock. Gives how many
/// candidates may still be tried, 1 where the call named its node.
fn send<'py, T: Send>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    budget: Budget,
    answer: Answer,
    then: impl Fn(PendingCall, &mut dyn FnMut() -> bool) -> T + Send + Sync,
) -> PyResult<(usize, T)> {
    let node = plan.node();
    for attempt in 0..TRIES {
        let options = budget.options(plan, answer);
        let target = match global.target(given.name, node) {
            Ok(target) => target,
            Err(CallError::UnknownCallback { .. }) if attempt > 0 => break,
            Err(error) => return Err(call_error(py, given.name, error)),
        };
        check_arguments(py, given, &target)?;
        let body = encode(given, &target)?;
        let sent = without_lock(py, |interrupt| {
            global
                .begin(&target, body, options, interrupt)
                .map(|pending| pending.map(|pending| then(pending, interrupt)))
        })?;
        match sent {
            Ok(Some(done)) => return Ok((if node.is_some() { 1 } else { TRIES - attempt }, done)),
            Ok(None) => {
                return Err(Kind::Cancelled.error(py, "a call without an answer has no outcome"));
            }
            Err(CallError::Vanished { .. }) if node.is_none() => {}
            Err(error) => return Err(call_error(py, given.name, error)),
        }
    }
    Err(vanished(py, given.name))
}

pub(crate) fn vanished(py: Python<'_>, name: &str) -> PyErr {
    let text = format!("{name}: every process that offered it went away before the call was sent");
    Kind::NoCandidate.error(py, text)
}

pub(crate) fn check_arguments(
    py: Python<'_>,
    given: &Given<'_, '_>,
    target: &Target,
) -> PyResult<()> {
    let signature = target.signature();
    let positional = given.args.len();
    let checked = match given.kwargs {
        None => signature.check(positional, std::iter::empty()),
        Some(kwargs) => {
            let names: Vec<String> = kwargs
                .keys()
                .iter()
                .map(|name| name.extract())
                .collect::<PyResult<_>>()?;
            signature.check(positional, names.iter().map(String::as_str))
        }
    };
    checked.map_err(|problem| {
        let (name, signature) = (given.name.to_owned(), signature.text().to_owned());
        call_error(
            py,
            given.name,
            CallError::Arguments {
                name,
                signature,
                problem,
            },
        )
    })
}

pub(crate) fn encode(given: &Given<'_, '_>, target: &Target) -> PyResult<Body> {
    let name_of = |place: usize| {
        target
            .signature()
            .parameters()
            .get(place)
            .map(|parameter| parameter.name.as_str().to_owned())
    };
    codec::encode_arguments(given.args, given.kwargs, &name_of)
}
