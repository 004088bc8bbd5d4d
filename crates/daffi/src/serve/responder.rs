//! How a request is answered: the way back to its caller, and the places that it holds until then.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use daffi_link::Body;
use daffi_proto::{ChainId, Failure, FailureCode, Limits, ReplyStatus, stream_opened};

use crate::serve::cancel::CancelFlag;
use crate::serve::gates::Gates;
use crate::serve::gates::gate::{Gate, Slot, Turn};
use crate::serve::generator::{Generators, Source};
use crate::serve::way_back::WayBack;
use crate::stop::StopSignal;

/// The way back of one answer. Dropped without an answer, the caller gets a failure.
pub struct Responder(Option<Box<Unanswered>>);

/// What a call has until it is answered. It passes through many hands, in a box: to copy it each time costs more.
struct Unanswered {
    back: WayBack,
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
    pub(crate) generators: Arc<Generators>,
    /// Whether the process stops.
    pub(crate) stop: Arc<StopSignal>,
    /// What the chains of this process begin with.
    chains: u64,
}

impl Callee {
    pub(crate) fn new(gates: &Gates, limits: &Limits, stop: Arc<StopSignal>) -> Self {
        Self {
            loop_gate: gates.gate("async calls".to_owned(), limits.loop_calls),
            generators: Generators::new(limits.calls_in_flight),
            stop,
            chains: RandomState::new().hash_one("chains"),
        }
    }

    /// The chain that begins with a request. It must differ from those of all requests that are here now, and nothing else:
    /// the address of the request does, mixed with a random number.
    pub(crate) fn chain_of(&self, request: &CancelFlag) -> ChainId {
        ChainId(self.chains ^ request.address() as u64)
    }
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

impl Responder {
    pub(crate) fn new(
        link: daffi_link::Responder,
        flag: CancelFlag,
        callee: Arc<Callee>,
        chain: ChainId,
    ) -> Self {
        Self(Some(Box::new(Unanswered {
            back: WayBack::of_link(link, flag),
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
            back: WayBack::own(end, flag),
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
            flag: call.map(|call| call.back.flag()).unwrap_or_default(),
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
    pub(super) fn begin(&mut self) {
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
    pub(super) fn is_refused(&self) -> bool {
        let call = self.0.as_deref();
        call.is_some_and(|call| call.callee.stop.refuses_requests())
    }

    /// Whether it answers a request of another process, or of this one to itself.
    pub(crate) fn is_of_link(&self) -> bool {
        self.0.as_deref().is_some_and(|call| call.back.is_of_link())
    }

    /// Answers with a stream of items; they are produced when the caller asks for them.
    pub fn open(mut self, source: Arc<dyn Source>) {
        let opened = self.0.as_mut().and_then(|call| {
            let (chain, place) = (call.chain.take()?, call.places.of_callback.take());
            Some(call.callee.generators.open(source, chain, place))
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
        self.0
            .as_deref()
            .is_some_and(|call| call.back.wants_value())
    }

    /// Sends the value, or the record of what was raised.
    pub fn reply(mut self, status: ReplyStatus, body: Body) {
        if let Some(back) = self.end() {
            back.reply(status, body);
        }
    }

    /// Tells the caller that there is no outcome of the callback.
    pub fn fail(mut self, failure: &Failure) {
        if let Some(back) = self.end() {
            back.fail(failure);
        }
    }

    /// The way back alone, for what is answered without the places of a callback.
    pub(crate) fn into_way_back(mut self) -> Option<WayBack> {
        self.0.take().map(|call| call.back)
    }

    /// The way back, once. From now on the call lends nothing any more.
    fn end(&mut self) -> Option<WayBack> {
        let Unanswered { back, places, .. } = *self.0.take()?;
        back.over();
        // Before the caller hears of the end: its next call finds the place free.
        drop(places);
        Some(back)
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        // It answers when it is dropped itself.
        drop(self.end());
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_cancel_that_comes_after_the_answer_runs_no_hook() {
        let runs = Arc::new(AtomicUsize::new(0));
        let flag = CancelFlag::default();
        let count = Arc::clone(&runs);
        flag.on_cancel(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let limits = Limits::default();
        let callee = Callee::new(&Gates::new(&limits), &limits, Arc::new(StopSignal::new()));
        let responder = Responder::own(flag.clone(), Arc::new(callee), |_, _| {});
        assert!(!flag.is_over());
        responder.reply(ReplyStatus::Value, Body::default());
        flag.cancel();
        assert!(flag.is_over());
        assert_eq!(runs.load(Ordering::Relaxed), 0);
    }
}
