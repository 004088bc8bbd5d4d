//! How many calls run at once: of one callback with `at_once`, and on the event loop of the process. The others wait in
//! the order in which they came, without a thread; what waits is bounded in number, and by its patience ([`super`]).
//!
//! ```text
//!            room, and nobody waits                 its answer
//!   comes --+-----------------------------> runs --------------> over
//!           |                                ^
//!           +--> waits ----------------------+  a slot is free, and those before it have begun
//!           |      +--> refused: cancelled, the node stops, or none has ended for as long as the patience
//!           +--> refused: too many wait, the node stops
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_proto::{Failure, FailureCode};
use parking_lot::Mutex;

use super::patience::Patience;
use crate::serve::cancel::CancelFlag;

/// What becomes of a call that asked to run.
pub(crate) enum Turn {
    /// It runs, and holds this until it is over.
    Now(Slot),
    /// It does not, for this reason.
    Never(Failure),
}

/// One of the places of a gate; free again when it is dropped.
pub(crate) struct Slot {
    gate: Arc<Gate>,
    /// What holds it runs, or has.
    has_begun: bool,
}

impl Slot {
    const fn new(gate: Arc<Gate>) -> Self {
        Self {
            gate,
            has_begun: false,
        }
    }

    /// What holds it runs from now on: its end is a step for those who wait, and what never began is none.
    pub(crate) const fn begin(&mut self) {
        self.has_begun = true;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.gate.leave(self.has_begun);
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({:?})", self.gate)
    }
}

/// Lets so many run at once.
pub(crate) struct Gate {
    /// What runs, as its refusals name it.
    what: String,
    at_once: NonZeroUsize,
    patience: Arc<Patience>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    /// By a number that rises, so that the first is the first who came.
    waiting: BTreeMap<u64, Waiting>,
    next: u64,
    /// When one that ran has last ended, while others waited.
    moved: Option<Instant>,
    /// A thread lets in who waits; whoever else frees a place leaves it to that.
    is_letting_in: bool,
    closed: bool,
}

struct Waiting {
    since: Instant,
    go: Box<dyn FnOnce(Turn) + Send>,
}

impl Gate {
    /// For [`Gates::gate`], which keeps track of it.
    pub(super) fn new(patience: Arc<Patience>, what: String, at_once: NonZeroUsize) -> Self {
        Self {
            what,
            at_once,
            patience,
            state: Mutex::default(),
        }
    }

    /// Runs `go` when it is its turn, at once if it is, or says why that never comes. On whichever thread frees a place:
    /// it must be quick and must not wait.
    pub(crate) fn enter(
        self: &Arc<Self>,
        flag: &CancelFlag,
        go: impl FnOnce(Turn) + Send + 'static,
    ) {
        if let Some(slot) = self.try_enter() {
            return go(Turn::Now(slot));
        }
        let place = {
            let mut state = self.state.lock();
            state.next += 1;
            state.next
        };
        // Before it waits: what runs it later has a hook of its own.
        let gate = Arc::downgrade(self);
        flag.on_cancel(move || {
            if let Some(gate) = gate.upgrade() {
                gate.give_up(place);
            }
        });
        self.wait(place, go);
        if flag.is_cancelled() {
            // It may have been before it waited.
            self.give_up(place);
        }
    }

    fn wait(self: &Arc<Self>, place: u64, go: impl FnOnce(Turn) + Send + 'static) {
        let since = Instant::now();
        let mut state = self.state.lock();
        if self.is_open(&state) {
            state.running += 1;
            drop(state);
            return go(Turn::Now(Slot::new(Arc::clone(self))));
        }
        if state.closed || state.waiting.len() >= self.patience.most_waiting() {
            let is_closed = state.closed;
            drop(state);
            let failure = if is_closed {
                Failure::stopping()
            } else {
                self.too_many()
            };
            return go(Turn::Never(failure));
        }
        let go = Box::new(go);
        state.waiting.insert(place, Waiting { since, go });
        drop(state);
        self.patience.check_after(since);
    }

    /// A place, if there is one and nobody waits for it.
    pub(crate) fn try_enter(self: &Arc<Self>) -> Option<Slot> {
        let mut state = self.state.lock();
        if !self.is_open(&state) {
            return None;
        }
        state.running += 1;
        drop(state);
        Some(Slot::new(Arc::clone(self)))
    }

    fn is_open(&self, state: &State) -> bool {
        !state.closed && state.running < self.at_once.get() && state.waiting.is_empty()
    }

    /// How many may run at once.
    pub(crate) const fn at_once(&self) -> NonZeroUsize {
        self.at_once
    }

    fn leave(self: &Arc<Self>, has_run: bool) {
        {
            let mut state = self.state.lock();
            state.running -= 1;
            if state.waiting.is_empty() {
                return;
            }
            if has_run {
                state.moved = Some(Instant::now());
            }
            if std::mem::replace(&mut state.is_letting_in, true) {
                return;
            }
        }
        // Not one inside of the other: a thousand that wait may all be refused further on.
        while let Some(first) = self.next() {
            let slot = Slot::new(Arc::clone(self));
            // A panic is the end of that call alone: whoever frees a place later leaves it to this thread to go on.
            let run = AssertUnwindSafe(|| (first.go)(Turn::Now(slot)));
            if std::panic::catch_unwind(run).is_err() {
                tracing::error!("{}: one panicked when it was its turn", self.what);
            }
        }
    }

    /// Who runs next.
    fn next(&self) -> Option<Waiting> {
        let mut state = self.state.lock();
        let has_room = state.running < self.at_once.get();
        let first = if has_room {
            state.waiting.pop_first()
        } else {
            None
        };
        match first {
            Some((_, first)) => {
                state.running += 1;
                Some(first)
            }
            None => {
                state.is_letting_in = false;
                None
            }
        }
    }

    fn give_up(&self, place: u64) {
        let waiting = self.state.lock().waiting.remove(&place);
        if let Some(waiting) = waiting {
            let failure = Failure::new(FailureCode::Cancelled, "cancelled before it ran");
            (waiting.go)(Turn::Never(failure));
        }
    }

    /// Refuses those whose patience is over; when that of the next one will be.
    pub(crate) fn check(&self, now: Instant, patience: Duration) -> Option<Instant> {
        let (over, next) = {
            let mut state = self.state.lock();
            let moved = state.moved;
            let ends = |waiting: &Waiting| {
                let since = moved.map_or(waiting.since, |moved| moved.max(waiting.since));
                since.checked_add(patience)
            };
            let mut over = Vec::new();
            while let Some(first) = state.waiting.first_entry() {
                if ends(first.get()).is_none_or(|end| end > now) {
                    break;
                }
                over.push(first.remove());
            }
            let first = state.waiting.first_key_value();
            (over, first.and_then(|(_, first)| ends(first)))
        };
        for waiting in over {
            (waiting.go)(Turn::Never(self.stands_still(patience)));
        }
        next
    }

    /// Lets nobody in any more.
    pub(crate) fn close(&self) {
        let waiting = {
            let mut state = self.state.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        for (_, waiting) in waiting {
            (waiting.go)(Turn::Never(Failure::stopping()));
        }
    }

    fn too_many(&self) -> Failure {
        let Self {
            what,
            at_once,
            patience,
            ..
        } = self;
        let text = format!(
            "{what}: {at_once} run at once there, and {} wait already\n\
             hint: at_once= of the callback or max_tasks= of that Global let more run",
            patience.most_waiting()
        );
        Failure::new(FailureCode::Overloaded, text)
    }

    fn stands_still(&self, patience: Duration) -> Failure {
        let Self { what, at_once, .. } = self;
        let text = format!(
            "{what}: {at_once} run at once there, and none has ended for {} s\n\
             hint: at_once= of the callback or max_tasks= of that Global let more run, patience= lets calls wait longer",
            patience.as_secs_f64()
        );
        Failure::new(FailureCode::Overloaded, text)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        let (running, waiting) = (state.running, state.waiting.len());
        write!(f, "Gate({}, {running} run, {waiting} wait)", self.what)
    }
}

#[cfg(test)]
mod tests {
    use daffi_proto::Limits;

    use super::super::Gates;
    use super::*;

    struct Bench {
        gates: Arc<Gates>,
        gate: Arc<Gate>,
        turns: Arc<Mutex<Vec<Had>>>,
    }

    /// Who was let in, with the place, or refused.
    type Had = (u32, Result<Option<Slot>, FailureCode>);

    impl Bench {
        fn new(at_once: usize, limits: &Limits) -> Self {
            let gates = Gates::new(limits);
            let at_once = NonZeroUsize::new(at_once).expect("not zero");
            Self {
                gate: gates.gate("calls of 'f'".to_owned(), at_once),
                gates,
                turns: Arc::default(),
            }
        }

        fn enters(&self, who: u32) -> CancelFlag {
            let (flag, turns) = (CancelFlag::default(), Arc::clone(&self.turns));
            self.gate.enter(&flag, move |turn| {
                let turn = match turn {
                    Turn::Now(slot) => Ok(Some(slot)),
                    Turn::Never(failure) => Err(failure.code),
                };
                turns.lock().push((who, turn));
            });
            flag
        }

        /// It has run.
        fn leaves(&self, who: u32) {
            self.slot_of(who).begin();
        }

        fn slot_of(&self, who: u32) -> Slot {
            let mut turns = self.turns.lock();
            let turn = turns.iter_mut().find(|(other, _)| *other == who);
            let slot = turn.and_then(|(_, turn)| turn.as_mut().ok()?.take());
            slot.expect("it is in")
        }

        /// Who had a turn, in order, and what it was.
        fn seen(&self) -> Vec<(u32, Option<FailureCode>)> {
            let turns = self.turns.lock();
            turns
                .iter()
                .map(|(who, turn)| (*who, turn.as_ref().err().copied()))
                .collect()
        }
    }

    #[test]
    fn so_many_run_at_once_and_the_others_follow_in_order() {
        let bench = Bench::new(2, &Limits::default());
        for who in 1..=5 {
            bench.enters(who);
        }
        assert_eq!(bench.seen(), [(1, None), (2, None)]);
        assert!(bench.gate.try_enter().is_none());
        bench.leaves(2);
        bench.leaves(1);
        assert_eq!(bench.seen().last(), Some(&(4, None)));
        bench.leaves(3);
        bench.leaves(4);
        bench.leaves(5);
        assert!(bench.gate.try_enter().is_some());
        let order: Vec<_> = bench.seen().iter().map(|(who, _)| *who).collect();
        assert_eq!(order, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn one_that_is_cancelled_while_it_waits_is_passed_over() {
        let bench = Bench::new(1, &Limits::default());
        bench.enters(1);
        let second = bench.enters(2);
        bench.enters(3);
        second.cancel();
        bench.leaves(1);
        let wanted = [(1, None), (2, Some(FailureCode::Cancelled)), (3, None)];
        assert_eq!(bench.seen(), wanted);
    }

    #[test]
    fn more_than_may_wait_are_refused() {
        let limits = Limits {
            waiting_calls: 1,
            ..Limits::default()
        };
        let bench = Bench::new(1, &limits);
        for who in 1..=3 {
            bench.enters(who);
        }
        let refused = (3, Some(FailureCode::Overloaded));
        assert_eq!(bench.seen(), [(1, None), refused]);
    }

    #[test]
    fn who_waits_is_refused_once_none_has_ended_for_as_long_as_the_patience() {
        let bench = Bench::new(1, &Limits::default());
        for who in 1..=3 {
            bench.enters(who);
        }
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let next = bench.gate.check(start, second).expect("two wait");
        assert!(next > start && next <= start + second);
        bench.leaves(1);
        // That was a step: the patience begins anew.
        let after = bench.gate.check(next, second).expect("one waits");
        assert!(after > next);
        assert_eq!(bench.seen(), [(1, None), (2, None)]);
        assert_eq!(bench.gate.check(after, second), None);
        assert_eq!(bench.seen()[2], (3, Some(FailureCode::Overloaded)));
    }

    #[test]
    fn one_that_is_refused_further_on_is_no_step_for_those_who_wait() {
        // Their patience began anew with each that found no thread: the last of a thousand waited for a minute.
        let bench = Bench::new(1, &Limits::default());
        for who in 1..=3 {
            bench.enters(who);
        }
        let patience = Duration::from_secs(1);
        let over = Instant::now() + patience;
        drop(bench.slot_of(1));
        assert_eq!(bench.seen(), [(1, None), (2, None)]);
        assert_eq!(bench.gate.check(over, patience), None);
        assert_eq!(bench.seen()[2], (3, Some(FailureCode::Overloaded)));
    }

    #[test]
    fn a_thousand_that_are_refused_further_on_do_not_pile_up() {
        // Each that gave its place back at once let the next one in from inside of that.
        let bench = Bench::new(1, &Limits::default());
        bench.enters(0);
        let runs = Arc::new(Mutex::new(0));
        for _ in 0..10_000 {
            let runs = Arc::clone(&runs);
            bench.gate.enter(&CancelFlag::default(), move |turn| {
                *runs.lock() += 1;
                drop(turn);
            });
        }
        bench.leaves(0);
        assert_eq!(*runs.lock(), 10_000);
    }

    #[test]
    fn one_that_panics_when_it_is_its_turn_holds_up_nobody() {
        let bench = Bench::new(1, &Limits::default());
        bench.enters(1);
        bench
            .gate
            .enter(&CancelFlag::default(), |_turn| panic!("as meant"));
        bench.enters(2);
        let gone = std::panic::catch_unwind(AssertUnwindSafe(|| bench.leaves(1)));
        assert!(gone.is_ok(), "it is not the panic of the one that left");
        bench.enters(3);
        bench.leaves(2);
        assert_eq!(bench.seen(), [(1, None), (2, None), (3, None)]);
    }

    #[test]
    fn a_stop_refuses_who_waits_and_who_comes() {
        let bench = Bench::new(1, &Limits::default());
        bench.enters(1);
        bench.enters(2);
        bench.gates.close();
        bench.enters(3);
        let refused = [2, 3].map(|who| (who, Some(FailureCode::Stopping)));
        assert_eq!(bench.seen()[1..], refused);
    }
}
