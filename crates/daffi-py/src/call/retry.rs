//! Calls that have a `RetryPolicy`: when they fail they are made again. When is a rule of the protocol's crate
//! ([`daffi::Retries`]), which failures are worth it says `daffi._api.retry`, and threads of the runtime make the attempts.

use std::sync::Arc;
use std::time::Instant;

use daffi::{Due, Global, PendingCall, Reach, Retried, Retries, RetryRule, Target};
use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;

use crate::call::broadcast;
use crate::call::given::{Arguments, Given, Taken};
use crate::call::one;
use crate::call::plan::{How, Plan};
use crate::codec::errors::call_error;
use crate::errors::Kind;
use crate::hooks;
use crate::interpreter::context::{Blocking, Context, lent_here, within};
use crate::interpreter::current::with_current;
use crate::interpreter::durations::seconds;
use crate::interpreter::forked::only_parent_goes_on;
use crate::interpreter::notifier::notify;
use crate::interpreter::waiter::without_lock;
use crate::result::async_result::AsyncResult;
use crate::result::pending::Pending;
use crate::result::promise::Promise;

/// Makes a call as often as its policy says, and waits as its plan says.
#[inline(never)]
pub(crate) fn run<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    match plan.how {
        How::Foreground => {
            let target = global.target(given.name, plan.node()).ok();
            let attempt = Attempt {
                name: given.name.to_owned(),
                taken: given.take(target.as_ref())?,
                once: plan.once(How::Foreground, None),
            };
            foreground(py, global, &attempt, &Policy::of(policy)?)
        }
        How::Background => Ok(background(py, global, given, plan, policy)?.into_any()),
        How::NoReturn => {
            // Dropped, it tells of a failure.
            background(py, global, given, plan, policy)?;
            Ok(py.None().into_bound(py))
        }
        How::Gather => {
            let gathered = gather_in_background(py, global, given, plan, policy)?;
            let values = gathered.call_method0(intern!(py, "get"));
            // Nothing where they are there; after Ctrl+C nobody wants them any more.
            gathered.call_method0(intern!(py, "cancel"))?;
            values
        }
        How::Broadcast => {
            // As above, each of them.
            each(py, global, given, plan, policy)?;
            Ok(py.None().into_bound(py))
        }
        How::Stream | How::Period => {
            Err(Kind::Initialization.error(py, "streams and scheduled calls have no retry policy"))
        }
    }
}

/// Makes a call as often as its policy says, without holding up anybody. What no attempt could change is raised at once.
pub(crate) fn background<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, AsyncResult>> {
    let fits = global
        .search(given.name, plan.node())
        .fitting(&given.shape()?)
        .map_err(|error| call_error(py, given.name, error));
    let target = unless_worth(fits, policy)?;
    let attempt = Attempt {
        name: given.name.to_owned(),
        taken: given.take(target.as_ref())?,
        once: plan.once(How::Background, None),
    };
    start(py, global, attempt, policy)
}

/// The same for each process that offers the callback, or is named, by its name.
fn each<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Vec<(String, Bound<'py, AsyncResult>)>> {
    let Reach { targets, missing } = broadcast::reach(py, global, given, plan)?;
    let taken = given.take(targets.first())?;
    let nodes = targets.iter().map(|target| target.process().to_string());
    // An attempt finds who is missing now, or says why not.
    let rows = nodes
        .chain(missing.into_iter().map(|(node, _)| node))
        .map(|node| {
            let attempt = Attempt {
                name: given.name.to_owned(),
                taken: taken.clone(),
                once: plan.once(How::Background, Some(node.clone())),
            };
            Ok((node, start(py, global, attempt, policy)?))
        });
    rows.collect()
}

/// One result of all of them.
pub(crate) fn gather_in_background<'py>(
    py: Python<'py>,
    global: &Global,
    given: &Given<'_, 'py>,
    plan: &Plan,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, AsyncResult>> {
    let rows = each(py, global, given, plan, policy)?;
    broadcast::gathered(py, given.name, rows)
}

/// The target; none where another attempt may find one; the error where none could.
fn unless_worth(target: PyResult<Target>, policy: &Bound<'_, PyAny>) -> PyResult<Option<Target>> {
    let error = match target {
        Ok(target) => return Ok(Some(target)),
        Err(error) => error,
    };
    if is_worth(policy, &error)? {
        Ok(None)
    } else {
        Err(error)
    }
}

fn is_worth(policy: &Bound<'_, PyAny>, error: &PyErr) -> PyResult<bool> {
    let py = policy.py();
    let is_worth = policy.call_method1(intern!(py, "is_worth"), (error.value(py),))?;
    is_worth.is_truthy()
}

/// A `RetryPolicy` as the seam acts on it.
struct Policy {
    object: Py<PyAny>,
    rule: RetryRule,
}

impl Policy {
    fn of(policy: &Bound<'_, PyAny>) -> PyResult<Self> {
        let rule = policy.call_method0(intern!(policy.py(), "_rule"))?;
        let (attempts, within, pause): (Option<u64>, f64, f64) = rule.extract()?;
        let within = seconds(within)?;
        Ok(Self {
            object: policy.clone().unbind(),
            rule: RetryRule {
                attempts,
                within: (!within.is_zero()).then_some(within),
                pause: seconds(pause)?,
            },
        })
    }

    /// When the call is made again that has failed now, which people are told; none where it is not.
    fn next(
        &self,
        py: Python<'_>,
        (name, error): (&str, &PyErr),
        retries: &mut Retries,
        may_go_on: impl FnOnce() -> bool,
    ) -> PyResult<Option<Instant>> {
        if !is_worth(self.object.bind(py), error)? {
            return Ok(None);
        }
        let next = retries.fail(Instant::now()).filter(|_| may_go_on());
        if next.is_some() {
            let wait = self.rule.pause.as_secs_f64();
            let told = (name, retries.failed(), wait, error.value(py));
            hooks::LOG_RETRY.get(py)?.call1(told)?;
        }
        Ok(next)
    }
}

/// One call, to be made as often as it takes: with the arguments as they were when the call was made.
struct Attempt {
    name: String,
    taken: Taken,
    once: Plan,
}

impl Attempt {
    fn given<'py>(&self) -> Given<'_, 'py> {
        Given {
            name: &self.name,
            arguments: Arguments::Taken(&self.taken),
        }
    }
}

fn foreground<'py>(
    py: Python<'py>,
    global: &Global,
    attempt: &Attempt,
    policy: &Policy,
) -> PyResult<Bound<'py, PyAny>> {
    let lent = lent_here(py)?;
    let may_go_on = || global.is_running() && !lent.as_ref().is_some_and(Context::is_in_vain);
    let mut retries = Retries::begin(policy.rule, Instant::now());
    loop {
        let error = match one::foreground(py, global, &attempt.given(), &attempt.once) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let next = policy.next(py, (&attempt.name, &error), &mut retries, may_go_on)?;
        let Some(next) = next else {
            return Err(error);
        };
        let (blocking, pause) = (Blocking::of(py)?, Promise::default());
        without_lock(py, |interrupt| {
            let is_over = &mut || interrupt() || !may_go_on();
            blocking.wait(|| false, || pause.wait(Some(next), is_over))
        })?;
        if !may_go_on() {
            return Err(error);
        }
    }
}

/// Makes the first attempt of a call in the background, and has those after it made when their time has come.
fn start<'py>(
    py: Python<'py>,
    global: &Global,
    attempt: Attempt,
    policy: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, AsyncResult>> {
    let policy = Policy::of(policy)?;
    let retried = global
        .retried(attempt.taken.len())
        .map_err(|error| call_error(py, &attempt.name, error))?;
    let promise = Arc::new(Promise::default());
    let result = AsyncResult::of(&attempt.name, Pending::Promise(Arc::clone(&promise)));
    let attempts = Arc::new(Attempts {
        state: Mutex::new(State {
            retries: Retries::begin(policy.rule, Instant::now()),
            under_way: None,
        }),
        lent: lent_here(py)?,
        attempt,
        policy,
        retried,
        promise,
    });
    let cancelled = Arc::downgrade(&attempts);
    attempts.promise.on_done(move || {
        if let Some(attempts) = cancelled.upgrade() {
            attempts.end();
        }
    });
    attempts.make(py);
    Bound::new(py, result)
}

/// The attempts at one call, one after the other, until one is good or nobody wants the result any more.
///
/// ```text
///            made                ended               worth another, and its time has come
///  (start) -------> under way ----------> judged ------------------------------------------> under way ...
///                       |                   |
///                       |                   +-- a value, or not worth another, or the last -> given
///                       +-- its result is cancelled ------------------------------------------> given
/// ```
/// They are held by what comes next: the hook of the attempt that is under way, the timer, or the thread that judges.
struct Attempts {
    attempt: Attempt,
    policy: Policy,
    /// Of the callback that makes the call.
    lent: Option<Context>,
    state: Mutex<State>,
    promise: Arc<Promise>,
    retried: Retried,
}

struct State {
    retries: Retries,
    under_way: Option<Arc<UnderWay>>,
}

/// An attempt that was sent, and how it is read when it has ended.
struct UnderWay(Pending);

impl Attempts {
    /// Makes an attempt; never waits.
    fn make(self: &Arc<Self>, py: Python<'_>) {
        if self.promise.is_done() {
            return;
        }
        let pending = match self.begin(py) {
            Ok(pending) => Arc::new(UnderWay(pending)),
            // Judged where code of users may take long.
            Err(error) => return self.judge_soon(Err(error)),
        };
        self.state.lock().under_way = Some(Arc::clone(&pending));
        let this = Arc::clone(self);
        pending.0.on_done(move || {
            let ended = this.state.lock().under_way.take();
            if let Some(ended) = ended {
                this.judge_soon(Ok(ended));
            }
        });
        // Set first and looked at after, as `end` does it the other way round: one of the two sees the other.
        if self.promise.is_done() {
            self.end();
        }
    }

    fn begin(&self, py: Python<'_>) -> PyResult<Pending> {
        let begin = || {
            let global = with_current(py, Global::clone)?;
            one::begin_in_background(py, &global, &self.attempt.given(), &self.attempt.once)
        };
        match &self.lent {
            Some(lent) => within(py, lent.clone(), begin).0,
            None => begin(),
        }
    }

    /// Has a thread read what became of an attempt: its value or its error may be an object of a user's class.
    fn judge_soon(self: &Arc<Self>, ended: PyResult<Arc<UnderWay>>) {
        let this = Arc::clone(self);
        self.retried.run_soon(move |due| match due {
            Due::Now => {
                // As in `make_at`.
                let _ = Python::try_attach(|py| this.judge(py, ended));
            }
            // Called on any thread, which must not run Python.
            _ => notify(move |py| this.judge(py, ended)),
        });
    }

    fn judge(self: &Arc<Self>, py: Python<'_>, ended: PyResult<Arc<UnderWay>>) {
        let outcome = ended.and_then(|ended| ended.0.take(py, &self.attempt.name));
        only_parent_goes_on(py);
        let error = match outcome {
            Ok(value) => return self.settle(Ok(value)),
            Err(error) => error,
        };
        let mut retries = self.state.lock().retries.clone();
        let failed = (self.attempt.name.as_str(), &error);
        let next = self
            .policy
            .next(py, failed, &mut retries, || self.may_go_on());
        only_parent_goes_on(py);
        self.state.lock().retries = retries;
        match next {
            Ok(Some(next)) => self.make_at(next, error),
            Ok(None) => self.settle(Err(error)),
            Err(other) => self.settle(Err(other)),
        }
    }

    /// Gives the outcome, unless the result was cancelled before.
    fn settle(&self, outcome: PyResult<Py<PyAny>>) {
        self.promise.give(outcome);
    }

    fn may_go_on(&self) -> bool {
        let in_vain = self.lent.as_ref().is_some_and(Context::is_in_vain);
        self.retried.may_go_on() && !in_vain && !self.promise.is_done()
    }

    /// Makes the next attempt then; where that is not to be, `error` is the end of the call.
    fn make_at(self: &Arc<Self>, next: Instant, error: PyErr) {
        let this = Arc::clone(self);
        self.retried.run_at(next, move |due| {
            if due == Due::Now && this.may_go_on() {
                // None where the interpreter shuts down: nobody asks for the result then.
                let _ = Python::try_attach(|py| this.make(py));
            } else {
                this.settle(Err(error));
            }
        });
    }

    /// The result is given or cancelled: what is under way is not needed any more. Runs no Python.
    fn end(&self) {
        let under_way = self.state.lock().under_way.take();
        if let Some(under_way) = under_way {
            under_way.cancel();
        }
    }
}

impl UnderWay {
    fn cancel(&self) {
        if let Pending::Call(call, _) = &self.0 {
            PendingCall::cancel(call);
        }
    }
}
