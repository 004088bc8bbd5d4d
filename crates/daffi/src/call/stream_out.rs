//! A stream to every process that offers a callback, on the side of its producer.
//!
//! The producer pushes items and waits where the slowest receiver holds it back. Each receiver has a thread that sends
//! it what is there, one batch after the other, and waits for the answers; it ends with the stream, and the
//! node joins it.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use daffi_link::{Body, WaitEnd, blocking_in_callback};
use daffi_proto::{ChainId, Fanout, ItemWriter, Name};
use parking_lot::{Condvar, Mutex};

use crate::call::caller::Caller;
use crate::call::options::{Answer, CallOptions};
use crate::call::pending::PendingCall;
use crate::call::unsent::Unsent;
use crate::call::workers::Workers;
use crate::error::CallError;
use crate::members::target::Target;
use crate::wait::Wait;

/// The sending end of a stream. Dropped before [`Self::finish`], it ends the stream at once.
pub struct StreamSender {
    shared: Arc<Shared>,
    receivers: Vec<Name>,
}

/// The streams of a node that are under way, and the threads that send them.
#[derive(Default)]
pub(crate) struct Streams {
    open: Mutex<Vec<Weak<Shared>>>,
    workers: Arc<Workers>,
}

impl Streams {
    fn add(&self, stream: &Arc<Shared>) {
        let mut open = self.open.lock();
        // As many as there are streams: those that are over are left out here.
        open.retain(|other| other.strong_count() > 0);
        open.push(Arc::downgrade(stream));
    }

    /// Ends all of them: the process stops.
    pub(crate) fn close(&self) {
        let open = std::mem::take(&mut *self.open.lock());
        for stream in open.iter().filter_map(Weak::upgrade) {
            stream.end_early(Some(CallError::Stopped));
        }
    }

    /// Waits for their threads, which end with them.
    pub(crate) fn join(&self, until: Instant) {
        self.workers.join(until);
    }
}

struct Shared {
    caller: Arc<Caller>,
    deadline: Option<Instant>,
    chain: Option<ChainId>,
    state: Mutex<State>,
    /// There is something to send, or the stream is over; for the threads of the receivers.
    work: Condvar,
    /// There is room, everything is taken, or the stream is over; for the producer.
    progress: Condvar,
}

/// ```text
///  open --end--> ended --all taken--> drained
///    |             |
///    +--failure----+--> over: with the error of the first receiver that failed, or without one where it was closed
/// ```
struct State {
    fanout: Fanout<Arc<Body>>,
    /// No items will come.
    ended: bool,
    /// The stream ended early: nothing more is sent.
    over: bool,
    /// Why, until it was told.
    failure: Option<CallError>,
    /// The batch that is under way to each receiver.
    under_way: Vec<Option<Arc<PendingCall>>>,
    /// Receivers that wait for work.
    idle: usize,
    /// Who is told when the producer may go on.
    on_progress: Option<Box<dyn FnOnce() + Send>>,
}

impl StreamSender {
    /// Begins a stream to these targets that ends within `timeout`. Nothing is sent before the first item.
    ///
    /// # Errors
    /// [`CallError::TooManyCalls`]: the system gives no thread for a receiver.
    pub(crate) fn start(
        caller: &Arc<Caller>,
        streams: &Streams,
        targets: Vec<Target>,
        timeout: Option<Duration>,
        chain: Option<ChainId>,
    ) -> Result<Self, CallError> {
        let shared = Arc::new(Shared {
            caller: Arc::clone(caller),
            chain,
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            state: Mutex::new(State {
                fanout: Fanout::new(targets.len()),
                ended: false,
                over: false,
                failure: None,
                under_way: targets.iter().map(|_| None).collect(),
                idle: 0,
                on_progress: None,
            }),
            work: Condvar::new(),
            progress: Condvar::new(),
        });
        let sender = Self {
            shared: Arc::clone(&shared),
            receivers: targets
                .iter()
                .map(|target| target.process().clone())
                .collect(),
        };
        streams.add(&shared);
        for (receiver, target) in targets.into_iter().enumerate() {
            let shared = Arc::clone(&shared);
            let process = target.process().clone();
            let deliver = move || shared.deliver(receiver, &target);
            let spawned = streams.workers.spawn("daffi-stream", deliver);
            spawned.map_err(|_| caller.true_cause(CallError::TooManyCalls { process }))?;
        }
        if caller.stop.refuses_calls() {
            // It may not have been among those that the stop has ended.
            shared.end_early(Some(CallError::Stopped));
        }
        Ok(sender)
    }

    /// Adds an item, and waits before that while the slowest receiver has too much before it. `interrupt` is asked at
    /// least every 100 ms with no lock held; true ends the wait. Legal inside a callback.
    ///
    /// # Errors
    /// [`CallError`]: a receiver failed or the time is over, and the stream has ended everywhere; or
    /// [`CallError::Interrupted`].
    pub fn push(&self, item: Body, interrupt: &mut dyn FnMut() -> bool) -> Result<(), CallError> {
        let (size, limit) = (item.len(), self.shared.caller.message_bytes);
        if size > limit {
            return Err(CallError::TooLarge { size, limit });
        }
        self.wait(interrupt, |state| state.fanout.has_room())?;
        let mut state = self.shared.state.lock();
        let alone = !item.blobs.is_empty();
        let bytes = usize::try_from(size).unwrap_or(usize::MAX);
        state.fanout.push(Arc::new(item), bytes, alone);
        if state.idle > 0 {
            self.shared.work.notify_all();
        }
        Ok(())
    }

    /// Whether [`Self::push`] would not wait.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn has_room(&self) -> Result<bool, CallError> {
        self.look(|state| state.fanout.has_room())
    }

    /// Says that no items will come; whether every receiver has taken the last.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn end(&self) -> Result<bool, CallError> {
        self.shared.state.lock().ended = true;
        self.shared.work.notify_all();
        self.look(|state| state.fanout.is_drained())
    }

    /// [`Self::end`], and waits until every receiver has taken the last item.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(&self, interrupt: &mut dyn FnMut() -> bool) -> Result<(), CallError> {
        self.end()?;
        self.wait(interrupt, |state| state.fanout.is_drained())
    }

    /// Calls `f` at the next change that lets the producer go on: room, everything taken, or the end; at once where
    /// one of them is so already. A second `f` takes the place of the first. It runs on a thread of the stream, must
    /// be quick and must not wait.
    pub fn on_progress(&self, f: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.state.lock();
        if state.may_go_on() {
            drop(state);
            return f();
        }
        state.on_progress = Some(Box::new(f));
    }

    /// The processes that have not taken every item pushed so far.
    pub fn behind(&self) -> Vec<Name> {
        let state = self.shared.state.lock();
        let behind = state.fanout.behind();
        behind
            .filter_map(|place| self.receivers.get(place).cloned())
            .collect()
    }

    /// Ends the stream where it is: what is under way is cancelled.
    pub fn close(&self) {
        self.shared.end_early(None);
    }

    fn look(&self, wanted: impl Fn(&State) -> bool) -> Result<bool, CallError> {
        self.shared.expire();
        let mut state = self.shared.state.lock();
        if state.over {
            return Err(state.failure.take().unwrap_or(CallError::Cancelled));
        }
        Ok(wanted(&state))
    }

    fn wait(
        &self,
        interrupt: &mut dyn FnMut() -> bool,
        wanted: impl Fn(&State) -> bool,
    ) -> Result<(), CallError> {
        if self.look(&wanted)? {
            return Ok(());
        }
        blocking_in_callback();
        let mut wait = Wait::new(self.shared.deadline, interrupt);
        loop {
            {
                let mut state = self.shared.state.lock();
                if !state.over && !wanted(&state) {
                    let look = wait.next_look();
                    self.shared.progress.wait_until(&mut state, look);
                }
            }
            if self.look(&wanted)? {
                return Ok(());
            }
            if wait.is_interrupted() {
                return Err(CallError::Interrupted);
            }
        }
    }
}

impl Shared {
    /// The life of the thread of one receiver.
    fn deliver(&self, receiver: usize, target: &Target) {
        let mut has_begun = false;
        while let Some(batch) = self.next_batch(receiver) {
            if let Err(error) = self.send(receiver, target, &batch) {
                return self.end_early(Some(self.true_cause(error, has_begun)));
            }
            has_begun = true;
            let mut state = self.state.lock();
            state.under_way[receiver] = None;
            state.fanout.taken(receiver);
            self.tell_progress(state);
        }
    }

    /// Waits for items for this receiver; none at the end.
    fn next_batch(&self, receiver: usize) -> Option<Vec<Arc<Body>>> {
        let mut state = self.state.lock();
        loop {
            if state.over {
                return None;
            }
            let batch = state.fanout.next_batch(receiver);
            if !batch.is_empty() {
                return Some(batch);
            }
            if state.ended {
                return None;
            }
            state.idle += 1;
            self.work.wait(&mut state);
            state.idle -= 1;
        }
    }

    fn send(&self, receiver: usize, target: &Target, batch: &[Arc<Body>]) -> Result<(), CallError> {
        let now = Instant::now();
        let left = self
            .deadline
            .map(|deadline| deadline.saturating_duration_since(now));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(CallError::TimedOut);
        }
        let options = CallOptions {
            timeout: left,
            answer: Answer::Awaited,
            chain: self.chain,
            ..CallOptions::default()
        };
        let unsent = Unsent::new(pack(batch)?, options, None);
        let mut is_over = || self.state.lock().over;
        let sent = PendingCall::begin(&self.caller, target, unsent, &mut is_over);
        let pending = match sent {
            Ok(Some(pending)) => Arc::new(pending),
            Ok(None) => return Ok(()),
            Err(error) => return Err(error),
        };
        self.state.lock().under_way[receiver] = Some(Arc::clone(&pending));
        if is_over() || pending.wait(None, &mut is_over) == WaitEnd::Interrupted {
            pending.cancel();
        }
        match pending.take() {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(error),
            None => Err(CallError::Cancelled),
        }
    }

    /// Why the stream really ended. Others may have taken what one receiver has not: it is no call that can be made again.
    fn true_cause(&self, error: CallError, has_begun: bool) -> CallError {
        match self.caller.true_cause(error) {
            CallError::Vanished { process, why } => CallError::StreamCut {
                process,
                why,
                has_begun,
            },
            error => error,
        }
    }

    /// Ends the stream for all receivers; the first reason counts.
    fn end_early(&self, failure: Option<CallError>) {
        let mut state = self.state.lock();
        if state.over {
            return;
        }
        state.over = true;
        state.failure = failure;
        let under_way = std::mem::take(&mut state.under_way);
        state.under_way = under_way.iter().map(|_| None).collect();
        self.tell_progress(state);
        self.work.notify_all();
        for pending in under_way.into_iter().flatten() {
            pending.cancel();
        }
    }

    /// Ends the stream where its time is over.
    fn expire(&self) {
        if self
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now())
            && !self.state.lock().is_delivered()
        {
            self.end_early(Some(CallError::TimedOut));
        }
    }

    fn tell_progress(&self, mut state: parking_lot::MutexGuard<'_, State>) {
        if !state.may_go_on() {
            return;
        }
        let told = state.on_progress.take();
        drop(state);
        self.progress.notify_all();
        if let Some(told) = told {
            told();
        }
    }
}

impl State {
    fn may_go_on(&self) -> bool {
        self.over || self.is_delivered() || (!self.ended && self.fanout.has_room())
    }

    fn is_delivered(&self) -> bool {
        self.ended && self.fanout.is_drained()
    }
}

impl Drop for StreamSender {
    fn drop(&mut self) {
        // Nothing to cancel where it was finished: then all is taken. The threads see it and end by themselves: whoever
        // drops this may hold a language's lock, and they may be waiting for that, with a value for someone else in hand.
        self.close();
    }
}

/// The message with these items.
fn pack(batch: &[Arc<Body>]) -> Result<Body, CallError> {
    let mut writer = ItemWriter::new();
    for item in batch {
        if !writer.push(&item.payload) {
            return Err(CallError::TooLarge {
                size: item.len(),
                limit: u64::from(u32::MAX),
            });
        }
    }
    let blobs = match batch {
        [item] => item.blobs.clone(),
        _ => Vec::new(),
    };
    Ok(Body {
        payload: writer.into_payload(),
        blobs,
    })
}

impl fmt::Debug for StreamSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamSender(to {} receivers)", self.receivers.len())
    }
}
