//! The bound in bytes of what a node holds: requests that are read and not answered, and answers that callers do not
//! read.
//!
//! Where a request does not fit, its link is not read any further, so that its caller feels the backpressure; it is
//! refused where nothing is given back for long. `serve::sources::admission` says who waits and in which order. An
//! answer that does not fit is kept all the same: `serve::link::life` judges a caller that reads none.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use daffi_proto::{Builtin, Failure, FailureCode, Request};

/// What a request costs beside its bytes. 4 KiB: its entries in tables, and the task of an async callback in Python.
const BESIDE: u64 = 4 << 10;
/// The same of one that only waits for its time. 1 KiB: it has no task yet.
const BESIDE_DELAYED: u64 = 1 << 10;
/// Requests that a node answers itself are not counted up to this length, so that they are answered at the bound, too.
/// 64 KiB: all that nodes of ours ask there but the arguments of a scheduled task.
const UNCOUNTED: u64 = 64 << 10;
/// The share that requests may hold which wait for their time, which may be days: half.
const DELAYED_SHARE: u64 = 2;
/// A request larger than the whole bound is let in alone. It counts as alone where others hold a sixteenth at most: a
/// node with a long poll under way would never take it otherwise.
const ALONE_SHARE: u64 = 16;

/// The share of requests that are let in past one that waits: a sixteenth. The one that waits is let in as if they held
/// nothing, so they never hold it up, and the bound is exceeded by no more than that.
const PASSING_SHARE: u64 = ALONE_SHARE;
/// The share that kept answers count for at most when a request asks to be let in, however much more they hold: half,
/// so that callers that do not read leave room for the others.
const ANSWERS_SHARE: u64 = 2;

/// How a request is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// If it fits; it waits otherwise.
    IfItFits,
    /// If it is small; it waits otherwise, as others do before it.
    Behind,
    /// If it fits; it is refused otherwise.
    OrRefused,
}

/// On what terms the next request of a link is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) admission: Admission,
    /// Whether it may exceed the bound, as messages on its link are half received.
    pub(crate) may_overdraw: bool,
}

impl Terms {
    /// Those of a link beside which none waits.
    pub(crate) const fn usual() -> Self {
        Self {
            admission: Admission::IfItFits,
            may_overdraw: false,
        }
    }
}

/// Why a request has no share.
#[derive(Debug)]
pub(crate) enum NoShare {
    /// It waits for others to give theirs back.
    Wait,
    Refused(Failure),
}

/// The bytes that all requests of a group hold together. Only the leader takes; any thread gives back.
#[derive(Debug)]
pub(crate) struct Budget {
    most: u64,
    /// By requests that run or are about to.
    active: AtomicU64,
    /// By those of them that are half received.
    partial: AtomicU64,
    /// By those of them that were let in past a request that waits.
    passing: AtomicU64,
    /// By those that wait for their time.
    delayed: AtomicU64,
    /// By answers that the kernel has not taken.
    answers: AtomicU64,
    /// The leader is to be told when something is given back.
    is_awaited: AtomicBool,
    /// How often something was given back while the leader waited for that.
    given_back: AtomicU64,
    doorbell: Arc<OwnedFd>,
}

/// What one request holds, as long as this lives.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: u64,
    is_delayed: bool,
    is_partial: bool,
    is_passing: bool,
}

/// What the answers of one link hold that are kept for its caller, as long as this lives.
#[derive(Debug)]
pub(crate) struct Kept {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    pub(crate) fn new(most: u64, doorbell: Arc<OwnedFd>) -> Self {
        Self {
            most,
            active: AtomicU64::new(0),
            partial: AtomicU64::new(0),
            passing: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            delayed: AtomicU64::new(0),
            is_awaited: AtomicBool::new(false),
            given_back: AtomicU64::new(0),
            doorbell,
        }
    }

    /// The share of a request with so many bytes of arguments; none where it needs none.
    ///
    /// It may overdraw where messages on its link are half received, as those end only when the link is read on; it
    /// does so where nothing but half-received messages is held, so that nobody else will give anything back.
    pub(crate) fn take(
        self: &Arc<Self>,
        request: &Request,
        bytes: u64,
        Terms {
            admission,
            may_overdraw,
        }: Terms,
    ) -> Result<Option<Share>, NoShare> {
        let own = Builtin::of(request.callback);
        if bytes <= UNCOUNTED && own.is_some_and(|own| own != Builtin::Transfer) {
            return Ok(None);
        }
        let is_delayed = !request.delay.is_zero();
        let beside = if is_delayed { BESIDE_DELAYED } else { BESIDE };
        let bytes = bytes.saturating_add(beside);
        let delayed = self.delayed.load(Ordering::Relaxed);
        if is_delayed {
            if delayed.saturating_add(bytes) > self.most / DELAYED_SHARE {
                return Err(NoShare::Refused(self.refusal(delayed)));
            }
            return Ok(Some(self.share(bytes, true)));
        }
        let active = self.active.load(Ordering::SeqCst);
        let answers = self.answers.load(Ordering::Relaxed);
        let others = delayed.saturating_add(answers.min(self.most / ANSWERS_SHARE));
        // Requests that were let past another do not count against it.
        let before = active.saturating_sub(self.passing.load(Ordering::Relaxed));
        let has_room = |held: u64| held.saturating_add(others).saturating_add(bytes) <= self.most;
        let fits = has_room(before) || before <= self.most / ALONE_SHARE;
        let whole = before.saturating_sub(self.partial.load(Ordering::Relaxed));
        match admission {
            _ if may_overdraw && whole <= self.most / ALONE_SHARE => {
                Ok(Some(self.share(bytes, false)))
            }
            Admission::Behind if has_room(active) => {
                self.pass(bytes).map(Some).ok_or(NoShare::Wait)
            }
            Admission::Behind => Err(NoShare::Wait),
            _ if fits => Ok(Some(self.share(bytes, false))),
            Admission::IfItFits => Err(NoShare::Wait),
            Admission::OrRefused => Err(NoShare::Refused(self.refusal(active + delayed))),
        }
    }

    /// The share of a request that is let in past one that waits.
    fn pass(self: &Arc<Self>, bytes: u64) -> Option<Share> {
        let passing = self.passing.load(Ordering::Relaxed).saturating_add(bytes);
        if passing > self.most / PASSING_SHARE {
            return None;
        }
        self.passing.fetch_add(bytes, Ordering::Relaxed);
        let mut share = self.share(bytes, false);
        share.is_passing = true;
        Some(share)
    }

    /// Whether another might pass.
    pub(crate) fn lets_pass(&self) -> bool {
        self.passing.load(Ordering::Relaxed).saturating_add(BESIDE) <= self.most / PASSING_SHARE
    }

    /// The answers of a link, none so far.
    pub(crate) fn keep(self: &Arc<Self>) -> Kept {
        Kept {
            budget: self.clone(),
            bytes: 0,
        }
    }

    /// Whether more is held than may be, or requests wait for their share.
    pub(crate) fn is_short(&self) -> bool {
        let held = [&self.active, &self.delayed, &self.answers];
        let held = held.map(|held| held.load(Ordering::Relaxed));
        let all = held.into_iter().fold(0, u64::saturating_add);
        all > self.most || self.is_awaited.load(Ordering::Relaxed)
    }

    fn share(self: &Arc<Self>, bytes: u64, is_delayed: bool) -> Share {
        self.held(is_delayed).fetch_add(bytes, Ordering::Relaxed);
        Share {
            budget: self.clone(),
            bytes,
            is_delayed,
            is_partial: false,
            is_passing: false,
        }
    }

    fn held(&self, is_delayed: bool) -> &AtomicU64 {
        if is_delayed {
            &self.delayed
        } else {
            &self.active
        }
    }

    fn refusal(&self, held: u64) -> Failure {
        Failure::new(
            FailureCode::Overloaded,
            format!(
                "requests that have no answer yet hold {held} bytes there, of at most {}\n\
                 hint: raise the setting max_pending_bytes of that Global, or send less at once",
                self.most
            ),
        )
    }

    /// There is more room than before.
    fn tell(&self) {
        if self.is_awaited.load(Ordering::SeqCst) {
            // Fails only when the counter is full, and then the bell rings anyway.
            let _ = rustix::io::write(&self.doorbell, &1u64.to_ne_bytes());
        }
    }

    /// Whether the leader is told from now on when something is given back; how often it has been so far.
    pub(crate) fn set_awaited(&self, is_awaited: bool) -> u64 {
        self.is_awaited.store(is_awaited, Ordering::SeqCst);
        self.given_back.load(Ordering::SeqCst)
    }
}

impl Share {
    /// Whether its request is half received.
    pub(crate) fn set_partial(&mut self, is_partial: bool) {
        if self.is_partial == is_partial || self.is_delayed {
            return;
        }
        self.is_partial = is_partial;
        let partial = &self.budget.partial;
        if is_partial {
            partial.fetch_add(self.bytes, Ordering::Relaxed);
        } else {
            partial.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set_partial(false);
        let held = self.budget.held(self.is_delayed);
        held.fetch_sub(self.bytes, Ordering::SeqCst);
        if self.is_passing {
            // It makes no room for the requests that it was let past.
            self.budget.passing.fetch_sub(self.bytes, Ordering::Relaxed);
        } else if self.budget.is_awaited.load(Ordering::SeqCst) {
            self.budget.given_back.fetch_add(1, Ordering::SeqCst);
        }
        self.budget.tell();
    }
}

impl Kept {
    /// So much is kept now.
    pub(crate) fn set(&mut self, bytes: u64) {
        let before = std::mem::replace(&mut self.bytes, bytes);
        let answers = &self.budget.answers;
        if bytes > before {
            answers.fetch_add(bytes - before, Ordering::Relaxed);
        } else if bytes < before {
            answers.fetch_sub(before - bytes, Ordering::SeqCst);
            self.budget.tell();
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use daffi_proto::{CallbackNumber, Wanted};
    use rustix::event::{EventfdFlags, eventfd};

    use super::*;

    const MOST: u64 = 1 << 20;

    fn budget() -> Arc<Budget> {
        let doorbell = eventfd(0, EventfdFlags::NONBLOCK).expect("a descriptor");
        Arc::new(Budget::new(MOST, Arc::new(doorbell)))
    }

    fn request(callback: CallbackNumber, delay: Duration) -> Request {
        Request {
            wanted: Wanted::Outcome,
            chain: None,
            target: None,
            callback,
            time_left: None,
            delay,
        }
    }

    fn take(budget: &Arc<Budget>, bytes: u64, admission: Admission) -> Result<Share, NoShare> {
        let request = request(CallbackNumber(1), Duration::ZERO);
        let terms = Terms {
            admission,
            may_overdraw: false,
        };
        let share = budget.take(&request, bytes, terms)?;
        Ok(share.expect("a callback's arguments count"))
    }

    #[test]
    fn what_does_not_fit_waits_or_is_refused_until_something_is_given_back() {
        let budget = budget();
        let first = take(&budget, MOST / 2, Admission::IfItFits).expect("the first");
        let half = |admission| take(&budget, MOST / 2, admission);
        assert!(matches!(half(Admission::IfItFits), Err(NoShare::Wait)));
        assert!(matches!(
            half(Admission::OrRefused),
            Err(NoShare::Refused(_))
        ));
        assert!(matches!(
            take(&budget, MOST / 4, Admission::Behind),
            Err(NoShare::Wait)
        ));
        budget.set_awaited(true);
        drop(first);
        assert_eq!(budget.set_awaited(false), 1);
        half(Admission::IfItFits).expect("there is room again");
    }

    #[test]
    fn what_is_half_received_goes_beyond_where_nothing_else_can_end() {
        let budget = budget();
        let request = request(CallbackNumber(1), Duration::ZERO);
        let terms = Terms {
            admission: Admission::Behind,
            may_overdraw: true,
        };
        let beyond = || budget.take(&request, MOST, terms);
        let mut half = take(&budget, MOST / 2, Admission::IfItFits).expect("the first");
        assert!(matches!(beyond(), Err(NoShare::Wait)));
        half.set_partial(true);
        drop(beyond().expect("beside what is half received"));
        half.set_partial(false);
        assert!(matches!(beyond(), Err(NoShare::Wait)));
        assert_eq!(budget.partial.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn small_ones_go_past_one_that_waits_and_hold_a_sixteenth_at_most() {
        // What came behind one that did not fit waited with it, though there was room.
        let budget = budget();
        let _first = take(&budget, MOST / 2, Admission::IfItFits).expect("the first");
        assert!(matches!(
            take(&budget, MOST, Admission::IfItFits),
            Err(NoShare::Wait)
        ));
        budget.set_awaited(true);
        let mut passing = Vec::new();
        while let Ok(share) = take(&budget, 100, Admission::Behind) {
            passing.push(share);
        }
        let count = passing.len() as u64;
        assert_eq!(count, MOST / PASSING_SHARE / (BESIDE + 100));
        assert!(!budget.lets_pass());
        let rest = take(&budget, MOST / 2 - 2 * BESIDE, Admission::IfItFits);
        let rest = rest.expect("they are not in its way");
        drop(passing);
        assert_eq!(
            budget.set_awaited(false),
            0,
            "no step for the one that waits"
        );
        assert!(budget.lets_pass());
        drop(rest);
    }

    #[test]
    fn answers_that_are_kept_take_room_from_requests_up_to_half() {
        let budget = budget();
        let _small = take(&budget, MOST / 8, Admission::IfItFits).expect("the first");
        let mut kept = budget.keep();
        assert!(!budget.is_short());
        kept.set(10 * MOST);
        assert!(budget.is_short());
        let large = || take(&budget, MOST / 2, Admission::IfItFits);
        assert!(matches!(large(), Err(NoShare::Wait)));
        take(&budget, MOST / 4, Admission::IfItFits).expect("the other half");
        kept.set(MOST / 8);
        assert!(!budget.is_short());
        large().expect("there is room again");
        drop(kept);
        assert_eq!(budget.answers.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_request_larger_than_all_goes_alone() {
        let budget = budget();
        let long_poll = take(&budget, 10, Admission::IfItFits).expect("a small one");
        let large = take(&budget, 10 * MOST, Admission::IfItFits).expect("alone");
        assert!(matches!(
            take(&budget, 1, Admission::IfItFits),
            Err(NoShare::Wait)
        ));
        drop((long_poll, large));
        assert_eq!(budget.active.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_waits_for_its_time_keeps_within_half() {
        let budget = budget();
        let later = request(CallbackNumber(1), Duration::from_secs(3600));
        let delayed = || budget.take(&later, MOST / 5, Terms::usual());
        let _shares = [
            delayed().expect("the first"),
            delayed().expect("the second"),
        ];
        assert!(matches!(delayed(), Err(NoShare::Refused(_))));
        take(&budget, MOST / 2, Admission::IfItFits).expect("the other half");
    }

    #[test]
    fn what_every_node_answers_goes_on_at_the_bound() {
        let budget = budget();
        let _all = take(&budget, MOST, Admission::IfItFits).expect("all");
        let stream = request(Builtin::Stream.number(), Duration::ZERO);
        let terms = Terms {
            admission: Admission::Behind,
            may_overdraw: false,
        };
        let share = budget.take(&stream, 16, terms);
        assert!(matches!(share, Ok(None)));
        let transfer = request(Builtin::Transfer.number(), Duration::ZERO);
        let share = budget.take(&transfer, 16, Terms::usual());
        assert!(matches!(share, Err(NoShare::Wait)));
    }
}
