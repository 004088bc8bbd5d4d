//! Calls that are made without waiting: what cannot be sent at once waits here, in order, until the house-keeper sends it.
//!
//! A call is sent by the thread that makes it where nothing has to be waited for: the two nodes have met, the link takes
//! bytes, and no earlier call to that node waits. Else it is kept, within bounds, and a task of the house-keeper takes
//! the calls to one node one after the other (see `sending`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use daffi_proto::NodeId;
use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;

use super::queued::QueuedCall;

/// What may wait to be sent in one process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitingLimits {
    /// Bytes of arguments; a larger message waits alone.
    pub(crate) bytes: u64,
    /// Calls.
    pub(crate) calls: usize,
}

/// The calls of a node that wait to be sent.
pub(crate) struct Outgoing {
    limits: WaitingLimits,
    /// How many wait: what the path of every call looks at.
    count: AtomicUsize,
    /// Bytes of calls under way that are kept to be made again.
    kept: AtomicU64,
    state: Mutex<State>,
    /// A deadline is sooner than before.
    pub(crate) sooner: Notify,
    /// Fewer wait than before.
    fewer: Condvar,
}

#[derive(Default)]
struct State {
    queues: BTreeMap<NodeId, VecDeque<Arc<QueuedCall>>>,
    /// Calls with a deadline, by it and the order in which they came.
    deadlines: BTreeMap<(Instant, u64), Arc<QueuedCall>>,
    /// Of the calls that wait.
    bytes: u64,
    calls: usize,
    /// Calls in `queues`, over or not: those that ended before they were sent are taken out when they are many.
    queued: usize,
    last: u64,
    closed: bool,
}

/// What became of a call that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queued {
    /// It is the first for its node: someone must start to send.
    First,
    /// It waits behind others.
    Behind,
    /// There is no room for it beside these.
    NoRoom { calls: usize, bytes: u64 },
    /// The node stops.
    Closed,
}

impl Outgoing {
    pub(crate) fn new(limits: WaitingLimits) -> Self {
        Self {
            limits,
            count: AtomicUsize::new(0),
            kept: AtomicU64::new(0),
            state: Mutex::default(),
            sooner: Notify::new(),
            fewer: Condvar::new(),
        }
    }

    /// Whether calls to this node wait, so that another must go behind them.
    pub(crate) fn waits(&self, node: NodeId) -> bool {
        self.count.load(Ordering::Acquire) > 0 && self.state.lock().queues.contains_key(&node)
    }

    /// How many calls to this node wait.
    pub(crate) fn waiting_for(&self, node: NodeId) -> usize {
        if self.count.load(Ordering::Acquire) == 0 {
            return 0;
        }
        let state = self.state.lock();
        state.queues.get(&node).map_or(0, VecDeque::len)
    }

    /// Keeps a call until it can be sent. One whose caller waits for it needs no room: its thread is the bound.
    pub(crate) fn add(&self, node: NodeId, call: &Arc<QueuedCall>, needs_room: bool) -> Queued {
        let mut state = self.state.lock();
        if state.closed {
            return Queued::Closed;
        }
        let bytes = state.bytes.saturating_add(call.bytes);
        let is_full = state.calls >= self.limits.calls || bytes > self.limits.bytes;
        if needs_room && is_full && state.calls > 0 {
            return Queued::NoRoom {
                calls: state.calls,
                bytes: state.bytes,
            };
        }
        state.bytes = bytes;
        state.calls += 1;
        state.last += 1;
        call.enter(state.last);
        if let Some(deadline) = call.deadline {
            let key = (deadline, state.last);
            let is_soonest = state
                .deadlines
                .first_key_value()
                .is_none_or(|(first, _)| key < *first);
            state.deadlines.insert(key, Arc::clone(call));
            if is_soonest {
                self.sooner.notify_one();
            }
        }
        let is_first = state.push(node, Arc::clone(call));
        self.count.store(state.queued, Ordering::Release);
        if is_first {
            Queued::First
        } else {
            Queued::Behind
        }
    }

    /// Whether these bytes of a call that was sent may be kept until it is answered: as many as may wait to be sent, beside
    /// those.
    pub(crate) fn keep(&self, bytes: u64) -> bool {
        let before = self.kept.fetch_add(bytes, Ordering::Relaxed);
        let has_room = before.saturating_add(bytes) <= self.limits.bytes;
        if !has_room {
            self.let_go(bytes);
        }
        has_room
    }

    /// These bytes are not kept any more.
    pub(crate) fn let_go(&self, bytes: u64) {
        self.kept.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Puts a call that is here already behind those to another node; whether it is the first there.
    pub(crate) fn redirect(&self, node: NodeId, call: &Arc<QueuedCall>) -> bool {
        let mut state = self.state.lock();
        let is_first = state.push(node, Arc::clone(call));
        self.count.store(state.queued, Ordering::Release);
        is_first
    }

    /// The call that is to be sent next to this node; without one, nobody sends to it any more.
    pub(crate) fn front(&self, node: NodeId) -> Option<Arc<QueuedCall>> {
        let mut state = self.state.lock();
        let front = state.queues.get(&node).and_then(VecDeque::front).cloned();
        if front.is_none() {
            state.queues.remove(&node);
        }
        front
    }

    /// The call at the front is sent, over, or goes elsewhere.
    pub(crate) fn pop(&self, node: NodeId) {
        let mut state = self.state.lock();
        let popped = state.queues.get_mut(&node).and_then(VecDeque::pop_front);
        state.queued -= usize::from(popped.is_some());
        self.count.store(state.queued, Ordering::Release);
    }

    /// The calls that wait for a node, in order.
    pub(crate) fn waiting(&self, node: NodeId) -> Vec<Arc<QueuedCall>> {
        let state = self.state.lock();
        let waiting = state.queues.get(&node).into_iter().flatten();
        waiting.cloned().collect()
    }

    /// Takes those of these numbers out of the calls that wait for a node, once each: one may have come back behind the
    /// others.
    pub(crate) fn take_out(&self, node: NodeId, mut numbers: BTreeSet<u64>) {
        let mut state = self.state.lock();
        let Some(queue) = state.queues.get_mut(&node) else {
            return;
        };
        let before = queue.len();
        queue.retain(|call| !numbers.remove(&call.order()));
        let taken = before - queue.len();
        state.queued -= taken;
        self.count.store(state.queued, Ordering::Release);
    }

    /// A call waits no longer: it was sent, or has ended.
    pub(crate) fn left(&self, call: &QueuedCall) {
        let mut state = self.state.lock();
        state.bytes -= call.bytes;
        state.calls -= 1;
        if let Some(deadline) = call.deadline {
            state.deadlines.remove(&(deadline, call.order()));
        }
        if state.queued > 64 && state.queued > 2 * state.calls {
            state.sort_out();
        }
        self.count.store(state.queued, Ordering::Release);
        self.fewer.notify_all();
    }

    /// The calls whose deadline has passed.
    pub(crate) fn late(&self, now: Instant) -> Vec<Arc<QueuedCall>> {
        let state = self.state.lock();
        let late = state.deadlines.range(..=(now, u64::MAX));
        late.map(|(_, call)| Arc::clone(call)).collect()
    }

    /// When the next deadline passes.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let state = self.state.lock();
        state.deadlines.first_key_value().map(|((at, _), _)| *at)
    }

    /// All that wait now.
    pub(crate) fn all(&self) -> Vec<Arc<QueuedCall>> {
        let state = self.state.lock();
        state.queues.values().flatten().cloned().collect()
    }

    /// Takes no more calls.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
    }

    /// Waits until no call waits, or the time is over.
    pub(crate) fn drained(&self, until: Instant) {
        let mut state = self.state.lock();
        while state.calls > 0 {
            if self.fewer.wait_until(&mut state, until).timed_out() {
                return;
            }
        }
    }
}

impl State {
    /// Whether nobody sends to this node yet: a queue, also an empty one, is there as long as somebody does.
    fn push(&mut self, node: NodeId, call: Arc<QueuedCall>) -> bool {
        let is_first = !self.queues.contains_key(&node);
        self.queues.entry(node).or_default().push_back(call);
        self.queued += 1;
        is_first
    }

    /// Takes out what has ended, except the first of each queue, which whoever sends looks at.
    fn sort_out(&mut self) {
        for queue in self.queues.values_mut() {
            let front = queue.pop_front();
            queue.retain(|call| !call.is_over());
            queue.extend(front);
            queue.rotate_right(usize::from(!queue.is_empty()));
        }
        self.queued = self.queues.values().map(VecDeque::len).sum();
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        write!(f, "Outgoing({} calls, {} bytes)", state.calls, state.bytes)
    }
}
