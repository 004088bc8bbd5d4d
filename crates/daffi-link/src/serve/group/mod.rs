//! A serving group: the threads, the baton and the links of one node, put together.

mod lingering_close;

use std::cell::{Cell, RefCell};
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use daffi_proto::{Failure, NodeId};
use parking_lot::Mutex;

use self::lingering_close::linger;
use super::link::{ServedLink, ServedLinkId};
use super::responder::{Deferred, inline, no_longer_inline};
use super::shared::{HANDED_IN, Handed, Shared};
use super::sources::{Job, Sources};
use super::threads::SlowCallbacks;
use super::threads::{Baton, Held, RunningCall};
use super::threads::{Duty, ThreadPool};
use super::{Asked, HandedIn, ServeOptions, Service};
use crate::wait::Ladder;
use crate::wait::Waiter;
use crate::wire::{Interest, Wire};

/// After so many requests a batch ends: its answers go out, and the language's lock (the GIL) is free for a moment.
const BATCH: usize = 64;
/// After so many bytes of answers a batch ends, too. 1 MiB: with more, more would be kept than the kernel takes at a time
/// before this side finds that a caller does not read.
const BATCH_BYTES: u64 = 1 << 20;
/// After this time a batch ends, too. 1 ms: answers, and other threads that want the language's lock, wait no longer
/// than that.
const BATCH_TIME: Duration = Duration::from_millis(1);

/// All serving threads and inbound links of one node.
pub struct ServeGroup {
    inner: Arc<Inner>,
}

struct Inner {
    service: Arc<dyn Service>,
    shared: Arc<Shared>,
    pool: ThreadPool,
    core: Mutex<Core>,
    slow: SlowCallbacks,
    next_link: AtomicU64,
    stopping: AtomicBool,
    stack_size: Option<usize>,
    patience: Duration,
}

/// What only the leader touches; the lock is never contended, the baton sees to that.
struct Core {
    sources: Sources,
    ladder: Ladder,
    /// Links with answers that were left for the next flush.
    dirty: Vec<Arc<ServedLink>>,
}

impl Core {
    /// Notes the link of an answer for the next flush.
    fn add_dirty(&mut self, answer: Option<Deferred>) {
        if let Some(Deferred { link, .. }) = answer
            && !self.dirty.iter().any(|dirty| Arc::ptr_eq(dirty, &link))
        {
            self.dirty.push(link);
        }
    }

    /// Sends the answers that the kernel takes at once, without a copy that takes long.
    fn send_small(&mut self) {
        let sources = &mut self.sources;
        self.dirty.retain(|link| !sources.flush_small(link));
    }
}

/// What a leader does next.
enum Step {
    /// Run what is ready.
    Run,
    /// Wait for what comes, so long at most.
    Wait(Option<Duration>),
}

/// Another thread has taken the lead.
struct LeadLost;

thread_local! {
    /// The callback that this thread runs inline.
    static RUNNING: Cell<Option<RunningCall>> = const { Cell::new(None) };
    /// The group that this thread belongs to.
    static MEMBER_OF: RefCell<Option<Arc<Inner>>> = const { RefCell::new(None) };
    /// Whether what this thread runs answers a request, so that a stop inside of it must not wait for that request.
    static ANSWERS: Cell<bool> = const { Cell::new(false) };
}

/// Tells the group whose callback this thread runs that it is going to block: another thread takes over reading now,
/// without waiting for the monitor. Does nothing on other threads.
#[inline]
pub fn blocking_in_callback() {
    if let Some(call) = RUNNING.take() {
        leave(call);
    }
}

#[cold]
fn leave(call: RunningCall) {
    let group = MEMBER_OF.with_borrow(Clone::clone);
    if let Some(group) = group {
        group.leave(call);
    }
}

/// In a forked child: what this thread ran belongs to the parent, and is leaked, as dropping it would touch locks and
/// links.
pub(super) fn forked() {
    RUNNING.set(None);
    Box::leak(Box::new(MEMBER_OF.take()));
}

impl ServeGroup {
    /// Starts the first thread; it reads what [`Self::add`] brings.
    ///
    /// # Errors
    /// The system gives no descriptor or no thread.
    pub fn start(service: Arc<dyn Service>, options: ServeOptions) -> io::Result<Self> {
        let ServeOptions {
            allocator,
            limits,
            threads,
            pending_bytes,
            stack_size,
            patience,
        } = options;
        let (baton, held) = Baton::new();
        let shared = Shared::new(limits.message_bytes, pending_bytes, service.over(), baton)?;
        let shared = Arc::new(shared);
        let sources = Sources::new(shared.clone(), service.clone(), allocator, limits, patience);
        let inner = Arc::new(Inner {
            service,
            shared,
            pool: ThreadPool::new(threads.max(2)),
            core: Mutex::new(Core {
                sources,
                ladder: Ladder::new(),
                dirty: Vec::new(),
            }),
            slow: SlowCallbacks::default(),
            next_link: AtomicU64::new(HANDED_IN + 1),
            stopping: AtomicBool::new(false),
            stack_size,
            patience,
        });
        let is_first = inner.pool.enlist(false);
        debug_assert!(is_first, "nothing has stopped the group");
        inner.spawn(Some(held))?;
        Ok(Self { inner })
    }

    /// Serves a connected wire from now on. A group that has ended closes it.
    pub fn add(&self, wire: Wire, peer: Option<NodeId>) -> ServedLinkId {
        let id = ServedLinkId(self.inner.next_link.fetch_add(1, Ordering::Relaxed));
        let shared = &self.inner.shared;
        wire.limit_unacknowledged();
        let link = Arc::new(ServedLink::new(
            id,
            peer,
            wire,
            shared.epoll.clone(),
            &shared.budget,
        ));
        shared.links.lock().insert(id, link.clone());
        if shared.hand_in(Handed::Link(link.clone())).is_err() {
            shared.links.lock().remove(&id);
            // Nothing of it was read, so its caller may call another process.
            link.say_all_answered();
            link.close();
        }
        id
    }

    /// Ends one link; its caller sees a hang-up.
    pub fn close(&self, link: ServedLinkId) {
        // A group that has ended has closed it.
        drop(self.inner.shared.hand_in(Handed::Close(link)));
    }

    /// Has a serving thread run a job, as if it had come in as a request: refused like one where no thread becomes free
    /// for as long as the patience, and where the group stops before.
    pub fn submit(&self, job: HandedIn) {
        if let Err(Handed::Job(job)) = self.inner.shared.hand_in(Handed::Job(job)) {
            job.refuse(&Failure::stopping());
        }
    }

    /// How many requests are not answered yet.
    pub fn unanswered(&self) -> u64 {
        self.inner.shared.unanswered.count()
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    /// Waits until every request is answered but the one that the calling thread serves, if it does.
    pub(super) fn wait_for_answers(&self, until: Instant) -> bool {
        let inside = self.is_inside();
        if inside {
            blocking_in_callback();
        }
        self.see_answered(until)
    }

    /// The same for a thread that does not lead. The request that the thread itself serves is not waited for.
    fn see_answered(&self, until: Instant) -> bool {
        let own = u64::from(self.is_inside() && ANSWERS.get());
        let unanswered = &self.inner.shared.unanswered;
        // A new waiter: that of the thread is gone where this runs as its thread-locals are dropped.
        unanswered.wait(&Waiter::new(), own, until)
    }

    /// Whether the calling thread is one of this group.
    fn is_inside(&self) -> bool {
        let is_member = |group: &RefCell<Option<Arc<Inner>>>| {
            let group = group.borrow();
            group
                .as_ref()
                .is_some_and(|group| Arc::ptr_eq(group, &self.inner))
        };
        // No member any more where this runs as the thread-locals of the thread are dropped.
        MEMBER_OF.try_with(is_member).unwrap_or(false)
    }

    /// Stops reading, lets running callbacks answer within the bound, ends all links and threads.
    ///
    /// True if everything ended in time; a callback that did not is left to itself, its answer dropped. May be called
    /// from inside a callback, which then is not waited for, and more than once.
    pub fn stop(&self, bound: Duration) -> bool {
        let until = Instant::now() + bound;
        let inner = &self.inner;
        let inside = self.is_inside();
        let _inside = inside.then(|| inner.pool.stop_inside());
        if inside {
            blocking_in_callback();
        }
        inner.stopping.store(true, Ordering::SeqCst);
        inner.pool.stop();
        inner.shared.ring();
        let threads_ended = inner.pool.wait_for_end(until);
        let answered = self.see_answered(until);
        inner.close_links(until);
        threads_ended && answered
    }
}

impl Drop for ServeGroup {
    fn drop(&mut self) {
        // Without a stop its threads would read for ever.
        self.inner.stopping.store(true, Ordering::SeqCst);
        self.inner.pool.stop();
        self.inner.shared.ring();
    }
}

impl Inner {
    /// Starts a thread that leads or stands by, and was enlisted. It ends when the group stops, or when it is not
    /// needed any more.
    fn spawn(self: &Arc<Self>, held: Option<Held>) -> io::Result<()> {
        let standing_by = held.is_none();
        let group = self.clone();
        let mut thread = std::thread::Builder::new().name("daffi-serve".into());
        if let Some(bytes) = self.stack_size {
            thread = thread.stack_size(bytes);
        }
        let thread = thread.spawn(move || {
            MEMBER_OF.set(Some(group.clone()));
            let mut held = held;
            let service = group.service.clone();
            service.run_thread(&mut || group.serve(held.take()));
            drop(MEMBER_OF.take());
            group.pool.discharge(false);
        });
        thread
            .map(drop)
            .inspect_err(|_| self.pool.discharge(standing_by))
    }

    /// Starts another thread where none stands by and the limit allows it; whether there still is none that could take
    /// over.
    #[inline]
    fn is_alone(self: &Arc<Self>) -> bool {
        self.pool.is_short() && !self.has_another()
    }

    #[cold]
    fn has_another(self: &Arc<Self>) -> bool {
        if !self.pool.enlist(true) {
            return false;
        }
        if let Err(error) = self.spawn(None) {
            tracing::warn!(%error, "no thread to stand by: only what cannot block is served until one is free");
            return false;
        }
        true
    }

    /// The life of a serving thread: lead, run callbacks that others left behind, stand by.
    fn serve(self: &Arc<Self>, mut held: Option<Held>) {
        loop {
            let lead = match held.take() {
                Some(lead) => lead,
                None => match self.pool.stand_by(&self.shared.baton) {
                    Duty::Lead(lead) => lead,
                    Duty::End => return,
                },
            };
            self.is_alone();
            if lead.is_stolen {
                self.send_left();
            }
            if !self.lead(lead) {
                return;
            }
            if self.pool.come_back() {
                self.shared.ring();
            }
        }
    }

    /// Sends the answers that another thread has left for a flush after its callback, which goes on.
    fn send_left(&self) {
        let links = self.shared.all_links();
        let waiting = links.iter().filter(|link| link.is_waiting());
        waiting.for_each(|link| link.flush());
    }

    /// Reads and runs until another thread has taken over (true) or the group stops (false).
    fn lead(self: &Arc<Self>, mut held: Held) -> bool {
        loop {
            if !self.await_jobs() {
                return false;
            }
            let (mut ran, mut lost) = (false, false);
            self.service.run_batch(&mut || {
                ran = true;
                lost = !self.run_batch(&mut held);
            });
            if lost {
                return true;
            }
            if !ran {
                // The language around has ended. Dropped responders tell the callers that there is no answer.
                let left = self.core.lock().sources.ready.drain();
                drop(left);
            }
        }
    }

    /// Runs what is ready, as far as a batch goes, and sends what it answered; false if another thread has taken over
    /// meanwhile.
    fn run_batch(self: &Arc<Self>, held: &mut Held) -> bool {
        let mut began = None;
        let mut answered = None;
        for _ in 0..BATCH {
            let is_alone = self.pool.is_short();
            let (job, is_last) = {
                let mut core = self.core.lock();
                core.add_dirty(answered.take());
                let ready = &mut core.sources.ready;
                (ready.pop(is_alone), !ready.has_next(is_alone))
            };
            let Some(job) = job else {
                break;
            };
            // The clock is read only where something waits.
            if !is_last && began.is_none() {
                began = Some(Instant::now());
            }
            match self.run(job, held) {
                Ok(answer) => answered = answer,
                Err(LeadLost) => return false,
            }
            let is_much = answered.as_ref().is_some_and(|it| it.bytes >= BATCH_BYTES);
            if is_last || is_much || began.is_some_and(|began| began.elapsed() >= BATCH_TIME) {
                break;
            }
        }
        // Before the language's lock is given back, which takes longer than this.
        let mut core = self.core.lock();
        core.add_dirty(answered);
        core.send_small();
        true
    }

    /// Sends the answers of the last batch and waits for requests; false if the group stops.
    fn await_jobs(self: &Arc<Self>) -> bool {
        let mut core = self.core.lock();
        let Core {
            sources,
            ladder,
            dirty,
        } = &mut *core;
        if !dirty.is_empty() {
            // The answers of the last batch that were too large for `send_small`.
            dirty.drain(..).for_each(|link| sources.flush(&link));
        }
        if sources.ready.has_next(self.pool.is_short()) {
            // There was more than a batch: the other links are read before it goes on.
            sources.look_around();
        }
        while !self.stopping.load(Ordering::SeqCst) {
            match self.next_step(sources) {
                Step::Run => return true,
                Step::Wait(at_most) => {
                    if !ladder.climb(|| sources.attempt()) {
                        sources.block(at_most);
                    }
                }
            }
        }
        for job in sources.ready.drain() {
            job.refuse(&Failure::stopping());
        }
        false
    }

    /// Whether there is something to run now. A request that waits for a thread is refused when the patience is over.
    fn next_step(self: &Arc<Self>, sources: &mut Sources) -> Step {
        let is_alone = sources.ready.has_blocking() && self.is_alone();
        if !self.pool.is_short() {
            sources.shortage = None;
        }
        let patience = sources.admit_waiting();
        if sources.ready.has_next(is_alone) {
            return Step::Run;
        }
        if !is_alone {
            return Step::Wait(patience);
        }
        let since = sources.shortage.get_or_insert_default().since;
        let left = self.patience.saturating_sub(since.elapsed());
        if left.is_zero() {
            sources.refuse_waiting(self.pool.busy(), self.pool.limit());
        }
        if !self.pool.await_one() && sources.ready.has_blocking() {
            return Step::Run;
        }
        let left = (!left.is_zero()).then_some(left);
        Step::Wait(left.into_iter().chain(patience).min())
    }

    /// Runs one job; gives its answer if that was left for a flush.
    fn run(&self, job: Job, held: &mut Held) -> Result<Option<Deferred>, LeadLost> {
        let baton = &self.shared.baton;
        let call = baton.begin(held);
        self.pool.callback_began();
        RUNNING.set(Some(call));
        ANSWERS.set(job.is_request());
        let (answer, callback) = match job {
            Job::Run(job) => {
                guarded(|| job.run());
                (None, None)
            }
            Job::Serve(asked) => {
                let callback = asked.served.request.callback;
                (self.serve_one(asked, call), Some(callback))
            }
        };
        let left_by_itself = RUNNING.take().is_none();
        if baton.end(held) {
            return Ok(answer);
        }
        if let Some(answer) = answer {
            answer.link.flush();
        }
        if let Some(callback) = callback
            && !left_by_itself
        {
            self.slow.was_slow(callback);
        }
        Err(LeadLost)
    }

    /// Serves one request; gives its answer if that was left for a flush.
    fn serve_one(&self, asked: Box<Asked>, running: RunningCall) -> Option<Deferred> {
        let callback = asked.served.request.callback;
        let call = asked.responder.inline(running);
        let serve = || {
            let Asked { served, responder } = *asked;
            self.service.serve(served, responder);
        };
        if !self.slow.expect(callback) {
            return inline(call, || guarded(serve));
        }
        blocking_in_callback();
        let start = Instant::now();
        guarded(serve);
        self.slow.took(callback, start.elapsed());
        None
    }

    /// Gives up the lead because the running callback is going to block.
    fn leave(self: &Arc<Self>, call: RunningCall) {
        if self.is_alone() {
            // No other thread could read. The service said that this cannot block, and it does: it keeps the lead,
            // since a callback that is held up is better than links that nobody will ever read.
            return;
        }
        no_longer_inline();
        if self.shared.baton.leave(call) {
            self.pool.lead_is_vacant();
        }
    }

    /// Sends the rest of the answers, as long as the bound allows, and ends all links.
    fn close_links(&self, until: Instant) {
        let links = self.shared.all_links();
        for link in &links {
            link.flush();
            while link.is_waiting() {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                link.wire.block(
                    Interest {
                        read: false,
                        write: true,
                    },
                    left,
                );
                link.flush();
            }
            link.say_all_answered();
        }
        linger(&links, until);
        // The core is locked only by a leader that did not end in time: then the links are ended without it.
        match self.core.try_lock() {
            Some(mut core) => core.sources.close(),
            None => {
                refuse_all(self.shared.close());
                links.iter().for_each(|link| link.close());
            }
        }
    }
}

fn refuse_all(handed_in: Vec<Handed>) {
    for handed in handed_in {
        if let Handed::Job(job) = handed {
            job.refuse(&Failure::stopping());
        }
    }
}

/// Runs a user's callback. A panic in it ends its call alone: the responder answers when it is dropped.
fn guarded(run: impl FnOnce()) {
    if std::panic::catch_unwind(AssertUnwindSafe(run)).is_err() {
        tracing::error!("a callback panicked; its caller is told");
    }
}

impl std::fmt::Debug for ServeGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ServeGroup({} links)",
            self.inner.shared.links.lock().len()
        )
    }
}
