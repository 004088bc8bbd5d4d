//! A generator that a callback gave, at the callee: its items wait here until the caller asks for them.
//!
//! The reply of the call says `opened` and a number. With that number the caller makes two kinds of requests of its
//! own: one that is held open as long as the caller iterates, and one each time it wants more items. When the first
//! is cancelled, as by the caller's death, the generator is closed.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use daffi_link::{Body, Received, blocking_in_callback};
use daffi_proto::{
    ChainId, Failure, FailureCode, Flow, ItemWriter, Outflow, ReplyStatus, StreamRequest,
};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::serve::cancel::CancelFlag;
use crate::serve::gates::gate::Slot;
use crate::serve::way_back::WayBack;

/// How long a generator waits for its caller to hold it open. 60 s: the request for it follows the reply at once, so
/// later there is no caller.
const UNHELD: Duration = Duration::from_secs(60);

/// Something that gives items when it is asked to.
pub trait Source: Send + Sync + 'static {
    /// Gives items to [`Outlet::push`] until that says false, then ends itself with [`Outlet::end`]; or has it done
    /// elsewhere. Called on a serving thread, never while an earlier run is not over.
    fn produce(&self, outlet: &Arc<Outlet>);

    /// Whether [`Self::produce`] only hands the work on, without waiting for anything; it takes no serving thread then.
    fn runs_elsewhere(&self) -> bool {
        false
    }

    /// Nobody wants more. Called once, from any thread; it must not block. What is producing may go on to its next item.
    /// Whoever ends it says so with [`Outlet::over`].
    fn close(&self, outlet: &Arc<Outlet>, is_producing: bool);
}

/// The generators of a node that are not over.
pub(crate) struct Generators {
    most: usize,
    next: AtomicU64,
    open: Mutex<FxHashMap<u64, Arc<Outlet>>>,
}

/// One generator and the items that wait to be asked for.
pub struct Outlet {
    number: u64,
    generators: Weak<Generators>,
    source: Arc<dyn Source>,
    chain: ChainId,
    /// Whether nobody iterates any more, for what the generator calls.
    flag: CancelFlag,
    opened: Instant,
    state: Mutex<State>,
    /// Among those that may run at once, until the generator has come to its end.
    place: Mutex<Option<Slot>>,
}

#[derive(Default)]
struct State {
    flow: Outflow<Body>,
    /// The request that is held open.
    held: Option<WayBack>,
    /// The request that wants items.
    pull: Option<WayBack>,
    /// How the generator ended.
    end: Option<(ReplyStatus, Body)>,
    closed: bool,
}

impl Generators {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            next: AtomicU64::new(1),
            open: Mutex::default(),
        })
    }

    /// Takes a generator in; its number, or none where there are too many.
    pub(crate) fn open(
        self: &Arc<Self>,
        source: Arc<dyn Source>,
        chain: ChainId,
        place: Option<Slot>,
    ) -> Option<u64> {
        self.forget_unheld();
        let mut open = self.open.lock();
        if open.len() >= self.most {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let outlet = Outlet {
            number,
            generators: Arc::downgrade(self),
            source,
            chain,
            flag: CancelFlag::default(),
            opened: Instant::now(),
            state: Mutex::default(),
            place: Mutex::new(place),
        };
        open.insert(number, Arc::new(outlet));
        Some(number)
    }

    /// Answers a request of whoever iterates, now or later.
    pub(crate) fn serve(&self, body: &Received, back: WayBack) {
        let Some(request) = StreamRequest::parse(&body.payload) else {
            let text = "this is no request about a stream";
            return back.fail(&Failure::new(FailureCode::BadArguments, text));
        };
        let number = match request {
            StreamRequest::Hold(number) | StreamRequest::Pull(number) => number,
        };
        let outlet = self.open.lock().get(&number).cloned();
        let Some(outlet) = outlet else {
            let text = "this stream is over";
            return back.fail(&Failure::new(FailureCode::Dropped, text));
        };
        match request {
            StreamRequest::Hold(_) => outlet.hold(back),
            StreamRequest::Pull(_) => outlet.pull(back),
        }
    }

    /// Whether [`Self::serve`] answers this request without a thread that may take its time.
    pub(crate) fn is_quick(&self, body: &Received) -> bool {
        let Some(StreamRequest::Pull(number)) = StreamRequest::parse(&body.payload) else {
            return true;
        };
        let open = self.open.lock();
        open.get(&number)
            .is_none_or(|outlet| outlet.source.runs_elsewhere())
    }

    /// Ends all generators: the node stops.
    pub(crate) fn close(&self) {
        let all: Vec<_> = self.open.lock().drain().collect();
        for (_, outlet) in all {
            outlet.close(FailureCode::NodeGone);
        }
    }

    fn forget(&self, number: u64) {
        self.open.lock().remove(&number);
    }

    /// Ends what nobody has held open: its caller died before it could.
    fn forget_unheld(&self) {
        let unheld: Vec<_> = {
            let open = self.open.lock();
            let unheld = open.values().filter(|outlet| {
                outlet.opened.elapsed() > UNHELD && outlet.state.lock().held.is_none()
            });
            unheld.cloned().collect()
        };
        for outlet in unheld {
            outlet.close(FailureCode::Cancelled);
        }
    }
}

impl Outlet {
    /// Adds an item; whether the generator shall go on now. If not, it is asked to produce again, or is closed.
    pub fn push(&self, item: Body) -> bool {
        let (bytes, alone) = (item.len(), !item.blobs.is_empty());
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut state = self.state.lock();
        if state.closed {
            return false;
        }
        let flow = state.flow.push(item, bytes, alone);
        let produce = flow.produce;
        self.carry_out(state, &flow);
        produce
    }

    /// The generator gives no more: it returned, or this is the record of what it raised.
    pub fn end(&self, status: ReplyStatus, body: Body) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        state.end = Some((status, body));
        let flow = state.flow.end();
        self.carry_out(state, &flow);
    }

    /// Whether nobody wants more items.
    pub fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// What the calls belong to that the generator makes.
    pub const fn chain(&self) -> ChainId {
        self.chain
    }

    /// Whether the one who iterates is still there; for what the generator calls.
    pub fn cancel_flag(&self) -> CancelFlag {
        self.flag.clone()
    }

    /// The generator has come to its end, its `finally` included: what it started goes on on its own account.
    pub fn over(&self) {
        self.flag.end();
        let place = self.place.lock().take();
        drop(place);
    }

    fn hold(self: &Arc<Self>, back: WayBack) {
        let cancelled = back.flag();
        {
            let mut state = self.state.lock();
            if state.closed || state.held.is_some() {
                return;
            }
            state.held = Some(back);
        }
        let outlet = Arc::downgrade(self);
        cancelled.on_cancel(move || {
            if let Some(outlet) = outlet.upgrade() {
                outlet.close(FailureCode::Cancelled);
            }
        });
    }

    fn pull(self: &Arc<Self>, back: WayBack) {
        let flow = {
            let mut state = self.state.lock();
            if state.closed {
                return;
            }
            // A second pull beside the first: no peer of ours sends one. The first is dropped, and its caller told.
            state.pull = Some(back);
            state.flow.pull()
        };
        if flow.produce && !self.source.runs_elsewhere() {
            // It may take its time: neither the answer below nor other requests may wait for this thread.
            blocking_in_callback();
        }
        self.carry_out(self.state.lock(), &flow);
        if flow.produce {
            self.source.produce(self);
        }
    }

    /// Answers the request that wants items, where there is something to answer.
    fn carry_out(&self, mut state: parking_lot::MutexGuard<'_, State>, flow: &Flow<Body>) {
        if !flow.ends && flow.items.is_empty() {
            return;
        }
        let pull = state.pull.take();
        if !flow.ends {
            drop(state);
            let body = pack(&flow.items);
            return match (pull, body) {
                (Some(pull), Some(body)) => pull.reply(ReplyStatus::Value, body),
                (Some(pull), None) => pull.fail(&Failure::new(
                    FailureCode::BadResult,
                    "an item is too large to travel",
                )),
                (None, _) => (),
            };
        }
        state.closed = true;
        let (end, held) = (state.end.take(), state.held.take());
        drop(state);
        self.over();
        if let Some(generators) = self.generators.upgrade() {
            generators.forget(self.number);
        }
        if let (Some(pull), Some((status, body))) = (pull, end) {
            pull.reply(status, body);
        }
        if let Some(held) = held {
            held.reply(ReplyStatus::Value, Vec::new().into());
        }
    }

    fn close(self: &Arc<Self>, why: FailureCode) {
        let (pull, held, is_producing) = {
            let mut state = self.state.lock();
            if state.closed {
                return;
            }
            state.closed = true;
            let is_producing = state.flow.is_producing();
            (state.pull.take(), state.held.take(), is_producing)
        };
        if let Some(generators) = self.generators.upgrade() {
            generators.forget(self.number);
        }
        self.flag.cancel();
        let failure = Failure::new(why, "the stream was closed");
        for back in pull.into_iter().chain(held) {
            back.fail(&failure);
        }
        self.source.close(self, is_producing);
    }
}

/// The message with these items; none where one is too long.
fn pack(items: &[Body]) -> Option<Body> {
    let mut writer = ItemWriter::new();
    if !items.iter().all(|item| writer.push(&item.payload)) {
        return None;
    }
    let blobs = match items {
        [item] => item.blobs.clone(),
        _ => Vec::new(),
    };
    Some(Body {
        payload: writer.into_payload(),
        blobs,
    })
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outlet({})", self.number)
    }
}
