//! What a process offers: a callback, one request to it, and the way its answer goes back.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use daffi_link::{Body, Received};
use daffi_proto::{
    ChainId, Failure, FailureCode, Name, NodeId, ReplyStatus, Signature, Wanted, stream_opened,
};
use parking_lot::Mutex;

use crate::serve::gate::{Gate, Slot, Turn};
use crate::serve::generator::{Outlets, Source};
use crate::stop::StopSignal;

/// A callback as it is registered.
#[derive(Clone)]
pub struct Definition {
    /// What others call it by.
    pub name: Name,
    /// What it accepts; checked at the caller.
    pub signature: Signature,
    /// What runs.
    pub run: Arc<dyn Callback>,
    /// How many of its calls may run at once, of a generator until it is over. The others wait in the order in which they
    /// came, without a thread.
    pub at_once: Option<NonZeroUsize>,
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Definition({}{})", self.name, self.signature.text())
    }
}

/// Runs requests. Called on a serving thread, by several at once; it may block, and it may answer later from elsewhere.
pub trait Callback: Send + Sync + 'static {
    /// Runs one request.
    fn call(&self, invocation: Invocation);

    /// Whether [`Self::call`] only hands the request on, without waiting for anything. Then it is called on the reading
    /// thread, in the order in which requests come, and takes no serving thread; what runs the request asks
    /// [`Invocation::begin`] first.
    fn runs_elsewhere(&self) -> bool {
        false
    }
}

impl<F: Fn(Invocation) + Send + Sync + 'static> Callback for F {
    fn call(&self, invocation: Invocation) {
        self(invocation);
    }
}

/// One request to a callback.
#[derive(Debug)]
pub struct Invocation {
    /// The arguments, as the caller's language wrote them.
    pub body: Received,
    /// Where the answer goes.
    pub responder: Responder,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
    /// Who calls; not known of relayed calls.
    pub caller: Option<NodeId>,
    /// Whether the caller still wants an answer.
    pub cancelled: CancelFlag,
    /// What the calls that it makes belong to.
    pub chain: ChainId,
}

impl Invocation {
    /// Asked before the request is run: answers it, and gives nothing, where nobody waits for it any more, or the process
    /// stops.
    #[inline(always)]
    pub fn begin(self) -> Option<Self> {
        let mut wanted = self.if_wanted()?;
        wanted.responder.begin();
        Some(wanted)
    }

    /// The same for what does not run yet.
    #[inline(always)]
    pub(crate) fn if_wanted(self) -> Option<Self> {
        let in_vain = self.cancelled.in_vain(self.deadline);
        let stopping = || self.responder.is_refused().then(Failure::stopping);
        match in_vain.or_else(stopping) {
            Some(failure) => self.responder.fail(&failure),
            None => return Some(self),
        }
        None
    }
}

/// The way back of one answer. Dropped without an answer, the caller gets a failure.
pub struct Responder(Option<Box<Unanswered>>);

/// What a call has until it is answered. It passes through many hands, in a box: to copy it each time costs more.
struct Unanswered {
    way: Way,
    /// What the call lends to those who work for it, until it is over.
    flag: CancelFlag,
    places: Places,
    callee: Arc<Callee>,
    /// The chain of the call, for an answer that is a generator; none where nobody would iterate.
    chain: Option<ChainId>,
}

/// What every call needs of the process that runs it, until it is answered. In one piece: each call has it.
pub(crate) struct Callee {
    /// Where calls wait for their turn on the event loop.
    pub(crate) loop_gate: Arc<Gate>,
    /// Where answers go that are generators.
    pub(crate) outlets: Arc<Outlets>,
    /// Whether the process stops.
    pub(crate) stop: Arc<StopSignal>,
}

/// A place among the calls that run elsewhere.
#[derive(Debug)]
pub struct LoopPlace(Option<Slot>);

/// A call on its way from a thread to elsewhere.
#[derive(Debug)]
pub struct Move {
    /// None where it needs no place.
    gate: Option<Arc<Gate>>,
    flag: CancelFlag,
}

impl Move {
    /// Calls `go` when there is room, at once or on whichever thread makes room, with the place of the call; or with why
    /// there never is. It must be quick and must not wait.
    pub fn wait(self, go: impl FnOnce(Result<LoopPlace, Failure>) + Send + 'static) {
        let Some(gate) = self.gate else {
            return go(Ok(LoopPlace(None)));
        };
        gate.enter(&self.flag, |turn| match turn {
            Turn::Now(slot) => go(Ok(LoopPlace(Some(slot)))),
            Turn::Never(failure) => go(Err(failure)),
        });
    }
}

/// The places that a call holds until it is over.
#[derive(Debug, Default)]
struct Places {
    /// Among those of its callback; a generator keeps it.
    of_callback: Option<Slot>,
    /// Among those on the event loop.
    on_loop: Option<Slot>,
}

enum Way {
    /// To the caller.
    Link(daffi_link::Responder),
    /// To this process itself, which made the request.
    Own(Box<dyn FnOnce(ReplyStatus, Body) + Send>),
}

impl Responder {
    pub(crate) fn new(
        link: daffi_link::Responder,
        flag: CancelFlag,
        callee: Arc<Callee>,
        chain: ChainId,
    ) -> Self {
        Self(Some(Box::new(Unanswered {
            way: Way::Link(link),
            flag,
            places: Places::default(),
            callee,
            chain: Some(chain),
        })))
    }

    /// For a request that this process makes to a callback of its own: the answer comes to `end`, on whichever thread
    /// has it.
    pub(crate) fn own(
        flag: CancelFlag,
        callee: Arc<Callee>,
        end: impl FnOnce(ReplyStatus, Body) + Send + 'static,
    ) -> Self {
        Self(Some(Box::new(Unanswered {
            way: Way::Own(Box::new(end)),
            flag,
            places: Places::default(),
            callee,
            chain: None,
        })))
    }

    /// It is the turn of the call at its callback.
    pub(crate) fn hold_place(&mut self, slot: Slot) {
        if let Some(call) = &mut self.0 {
            call.places.of_callback = Some(slot);
        }
    }

    /// It is the turn of the call on the event loop.
    pub(crate) fn hold_place_on_loop(&mut self, slot: Slot) {
        if let Some(call) = &mut self.0 {
            call.places.on_loop = Some(slot);
        }
    }

    /// For a call that turns out to run elsewhere, as on an event loop, when it has begun on a thread: how it waits for its
    /// turn there.
    pub fn move_elsewhere(&self) -> Move {
        let call = self.0.as_deref();
        let without_place = call.filter(|call| call.places.on_loop.is_none());
        Move {
            gate: without_place.map(|call| Arc::clone(&call.callee.loop_gate)),
            flag: call.map(|call| call.flag.clone()).unwrap_or_default(),
        }
    }

    /// Takes the place that a [`Move`] gave.
    pub fn take_place(&mut self, place: LoopPlace) {
        if let LoopPlace(Some(mut slot)) = place {
            slot.begin();
            self.hold_place_on_loop(slot);
        }
    }

    /// The call runs from now on.
    #[inline]
    fn begin(&mut self) {
        if let Some(call) = &mut self.0 {
            let Places {
                of_callback,
                on_loop,
            } = &mut call.places;
            let places = of_callback.iter_mut().chain(on_loop);
            places.for_each(Slot::begin);
        }
    }

    /// Whether the process runs nothing more.
    #[inline]
    fn is_refused(&self) -> bool {
        let call = self.0.as_deref();
        call.is_some_and(|call| call.callee.stop.refuses_requests())
    }

    /// Whether it answers a request of another process, or of this one to itself.
    pub(crate) fn is_of_link(&self) -> bool {
        matches!(
            self.0.as_deref(),
            Some(Unanswered {
                way: Way::Link(_),
                ..
            })
        )
    }

    /// Answers with a stream of items; they are produced when the caller asks for them.
    pub fn open(mut self, source: Arc<dyn Source>) {
        let opened = self.0.as_mut().and_then(|call| {
            let (chain, place) = (call.chain.take()?, call.places.of_callback.take());
            Some(call.callee.outlets.open(source, chain, place))
        });
        match opened {
            None => self.reply(ReplyStatus::Value, Body::default()),
            Some(Some(number)) => self.reply(ReplyStatus::Value, stream_opened(number).into()),
            Some(None) => self.fail(&Failure::new(
                FailureCode::Overloaded,
                "too many generators are open there",
            )),
        }
    }

    /// Whether the value is wanted. Where it is not, there is no need to encode it, and a generator runs to its end here,
    /// as nobody would iterate it.
    pub fn wants_value(&self) -> bool {
        match self.0.as_deref() {
            Some(Unanswered {
                way: Way::Link(link),
                ..
            }) => link.wanted() == Wanted::Outcome,
            Some(Unanswered {
                way: Way::Own(_), ..
            })
            | None => false,
        }
    }

    /// Sends the value, or the record of what was raised.
    pub fn reply(mut self, status: ReplyStatus, body: Body) {
        match self.end() {
            Some(Way::Link(link)) => link.reply(status, body),
            Some(Way::Own(end)) => end(status, body),
            None => {}
        }
    }

    /// Tells the caller that there is no outcome of the callback.
    pub fn fail(mut self, failure: &Failure) {
        match self.end() {
            Some(Way::Link(link)) => link.fail(failure),
            Some(Way::Own(end)) => end(ReplyStatus::Failed, failure.to_payload().into()),
            None => {}
        }
    }

    /// The way back, once. From now on the call lends nothing any more.
    fn end(&mut self) -> Option<Way> {
        let Unanswered {
            way, flag, places, ..
        } = *self.0.take()?;
        flag.end();
        // Before the caller hears of the end: its next call finds the place free.
        drop(places);
        Some(way)
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        match self.end() {
            Some(Way::Own(end)) => {
                let failure = Failure::new(FailureCode::Dropped, "the callback gave no answer");
                end(ReplyStatus::Failed, failure.to_payload().into());
            }
            // It answers when it is dropped itself.
            Some(Way::Link(_)) | None => {}
        }
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder(..)")
    }
}

/// Whether a running request was cancelled: by its caller, its deadline, or the loss of the link; and whether it has its
/// answer. Cheap to clone.
#[derive(Clone, Default)]
pub struct CancelFlag(Arc<CancelState>);

#[derive(Default)]
struct CancelState {
    cancelled: AtomicBool,
    over: AtomicBool,
    /// Whether there was ever something to run: most requests have nothing, and need not look for it.
    had_hook: AtomicBool,
    /// What to run when it happens; taken once.
    hook: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

#[cold]
fn cancelled() -> Failure {
    Failure::new(FailureCode::Cancelled, "cancelled before it ran")
}

#[cold]
fn expired() -> Failure {
    Failure::new(FailureCode::Expired, "its time was over before it ran")
}

impl CancelFlag {
    /// Whether nobody waits for the answer any more.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Why a request with this deadline that has not begun need not; nothing where someone still waits for it.
    #[inline]
    pub fn in_vain(&self, deadline: Option<Instant>) -> Option<Failure> {
        if self.is_cancelled() {
            return Some(cancelled());
        }
        let is_over = deadline.is_some_and(|deadline| deadline <= Instant::now());
        is_over.then(expired)
    }

    /// Whether the request has its answer. What works on after that does so on its own account.
    pub fn is_over(&self) -> bool {
        self.0.over.load(Ordering::Acquire)
    }

    /// What calls belong to that are made by what the request left behind: another chain than that of any request that
    /// is here now, as long as someone holds this.
    pub fn chain_after(&self) -> ChainId {
        static SALT: OnceLock<u64> = OnceLock::new();
        let salt = SALT.get_or_init(|| RandomState::new().hash_one("after"));
        ChainId(salt ^ self.address() as u64)
    }

    /// The request has its answer. A cancel comes too late from now on.
    pub(crate) fn end(&self) {
        self.0.over.store(true, Ordering::Release);
        self.forget_hook();
    }

    /// Runs `hook` when the request is cancelled, at once where it already is. A second hook takes the place of the
    /// first. The hook runs on the thread that cancels, a serving one mostly, and must not block.
    pub fn on_cancel(&self, hook: impl FnOnce() + Send + 'static) {
        // First: an end that comes after sees it.
        self.0.had_hook.store(true, Ordering::SeqCst);
        let before = self.0.hook.lock().replace(Box::new(hook));
        // Not under the lock: what it holds may be an object of another language.
        drop(before);
        if self.is_cancelled() {
            self.run_hook();
        }
    }

    fn forget_hook(&self) {
        if !self.0.had_hook.load(Ordering::SeqCst) {
            return;
        }
        let hook = self.0.hook.lock().take();
        // Not under the lock: what it holds may be an object of another language.
        drop(hook);
    }

    /// Which of this process it is, among those that are there now.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    pub(crate) fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.run_hook();
    }

    fn run_hook(&self) {
        let hook = self.0.hook.lock().take();
        if let Some(hook) = hook {
            hook();
        }
    }
}

impl fmt::Debug for CancelFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CancelFlag({})", self.is_cancelled())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::gates::Gates;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn a_cancel_hook_runs_once_whether_it_comes_before_or_after() {
        let runs = Arc::new(AtomicUsize::new(0));
        let count = || {
            let runs = Arc::clone(&runs);
            move || {
                runs.fetch_add(1, Ordering::Relaxed);
            }
        };
        let before = CancelFlag::default();
        before.on_cancel(count());
        before.cancel();
        before.cancel();
        let after = CancelFlag::default();
        after.cancel();
        after.on_cancel(count());
        assert_eq!(runs.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_hook_whose_place_another_takes_goes_without_the_lock() {
        // What it held was dropped under the lock: where that came back to the flag, its thread waited for itself.
        struct ComesBack(CancelFlag, Arc<AtomicUsize>);
        impl Drop for ComesBack {
            fn drop(&mut self) {
                let free = self.0.0.hook.try_lock().is_some();
                self.1.fetch_add(usize::from(free), Ordering::Relaxed);
            }
        }
        let (flag, free) = (CancelFlag::default(), Arc::default());
        let held = ComesBack(flag.clone(), Arc::clone(&free));
        flag.on_cancel(move || drop(held));
        flag.on_cancel(|| {});
        assert_eq!(free.load(Ordering::Relaxed), 1);
    }

    impl Callee {
        /// Of a process that lets everything in.
        fn of_tests() -> Self {
            let limits = daffi_proto::Limits::default();
            Self {
                loop_gate: Gates::new(&limits).gate("async calls".to_owned(), limits.loop_calls),
                outlets: Outlets::new(limits.calls_in_flight),
                stop: Arc::new(StopSignal::new()),
            }
        }
    }

    #[test]
    fn a_cancel_that_comes_after_the_answer_runs_no_hook() {
        let runs = Arc::new(AtomicUsize::new(0));
        let flag = CancelFlag::default();
        let count = Arc::clone(&runs);
        flag.on_cancel(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let responder = Responder::own(flag.clone(), Arc::new(Callee::of_tests()), |_, _| {});
        assert!(!flag.is_over());
        responder.reply(ReplyStatus::Value, Body::default());
        flag.cancel();
        assert!(flag.is_over());
        assert_eq!(runs.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_requests_leave_behind_is_of_chains_of_its_own() {
        let (first, second) = (CancelFlag::default(), CancelFlag::default());
        assert_eq!(first.chain_after(), first.chain_after());
        assert_ne!(first.chain_after(), second.chain_after());
    }
}
