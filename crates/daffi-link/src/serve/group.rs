//! A serving group: the threads, the baton and the links of one node, put together.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use daffi_proto::{Failure, FailureCode, NodeId};
use parking_lot::{Condvar, Mutex};
use rustc_hash::FxHashMap;
use rustix::event::{EventfdFlags, epoll, eventfd};

use super::baton::{Baton, Held, RunningCall};
use super::crew::{Crew, Duty};
use super::link::{ServedLink, ServedLinkId};
use super::responder::{Responder, inline, no_longer_inline};
use super::slow::SlowCallbacks;
use super::sources::{HANDED_IN, Sources};
use super::{ServeOptions, Served, Service};
use crate::fork::Registered;
use crate::ladder::Ladder;
use crate::wire::{Interest, Wire};

/// After so many requests of one batch their answers go out, and the language's lock is free for a moment.
const BATCH: usize = 64;

/// One thing for the leader to do.
pub(crate) enum Job {
    /// Serve a request.
    Serve(Arc<ServedLink>, Served, Responder),
    /// Run what [`ServeGroup::submit`] was given.
    Run(Box<dyn FnOnce() + Send>),
}

/// What other threads hand in for the leader.
pub(crate) enum Handed {
    Link(Arc<ServedLink>),
    Close(ServedLinkId),
    Job(Box<dyn FnOnce() + Send>),
}

/// What links, responders and threads share.
pub(crate) struct Shared {
    _registered: [Registered; 2],
    pub(crate) epoll: Arc<OwnedFd>,
    /// Readable while something is handed in.
    doorbell: OwnedFd,
    /// None once the group has ended.
    handed_in: Mutex<Option<Vec<Handed>>>,
    pub(crate) links: Mutex<FxHashMap<ServedLinkId, Arc<ServedLink>>>,
    /// Requests that are not answered yet; a stop waits for them.
    unanswered: Mutex<usize>,
    answered: Condvar,
    /// The most bytes of one answer.
    pub(crate) message_bytes: u64,
}

impl Shared {
    fn new(message_bytes: u64) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let doorbell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(
            &epoll,
            &doorbell,
            epoll::EventData::new_u64(HANDED_IN),
            epoll::EventFlags::IN,
        )?;
        Ok(Self {
            _registered: [
                Registered::new(epoll.as_raw_fd()),
                Registered::new(doorbell.as_raw_fd()),
            ],
            epoll: Arc::new(epoll),
            doorbell,
            handed_in: Mutex::new(Some(Vec::new())),
            links: Mutex::default(),
            unanswered: Mutex::new(0),
            answered: Condvar::new(),
            message_bytes,
        })
    }

    /// Whether the leader will see it: not when the group has ended. A job is dropped then.
    fn hand_in(&self, handed: Handed) -> bool {
        let mut handed_in = self.handed_in.lock();
        let Some(list) = &mut *handed_in else {
            return false;
        };
        list.push(handed);
        drop(handed_in);
        self.ring();
        true
    }

    fn ring(&self) {
        // Fails only when the counter is full, and then the bell rings anyway.
        let _ = rustix::io::write(&self.doorbell, &1u64.to_ne_bytes());
    }

    pub(crate) fn take_handed_in(&self) -> Vec<Handed> {
        let mut counter = [0; 8];
        let _ = rustix::io::read(&self.doorbell, &mut counter);
        self.handed_in
            .lock()
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Takes what was handed in, and nothing more from now on.
    pub(crate) fn close(&self) -> Vec<Handed> {
        self.handed_in.lock().take().unwrap_or_default()
    }

    pub(crate) fn responder_made(&self) {
        *self.unanswered.lock() += 1;
    }

    pub(crate) fn responder_done(&self) {
        *self.unanswered.lock() -= 1;
        // Not only the last: a stop inside a callback does not wait for that one.
        self.answered.notify_all();
    }
}

/// All serving threads and inbound links of one node.
pub struct ServeGroup {
    inner: Arc<Inner>,
}

struct Inner {
    service: Arc<dyn Service>,
    shared: Arc<Shared>,
    baton: Baton,
    crew: Crew,
    core: Mutex<Core>,
    slow: SlowCallbacks,
    next_link: AtomicU64,
    stopping: AtomicBool,
}

/// What only the leader touches; the lock is never contended, the baton sees to that.
struct Core {
    sources: Sources,
    ladder: Ladder,
    /// Links with answers that are not sent yet.
    dirty: Vec<Arc<ServedLink>>,
}

thread_local! {
    /// The group and the callback that this thread runs inline.
    static RUNNING: RefCell<Option<(Arc<Inner>, RunningCall)>> = const { RefCell::new(None) };
    /// The group this thread belongs to, by address.
    static MEMBER_OF: RefCell<Option<usize>> = const { RefCell::new(None) };
}

/// Tells the group whose callback this thread runs that it is going to block: another thread takes over reading now,
/// without waiting for the monitor. Does nothing on other threads.
pub fn blocking_in_callback() {
    let Some((group, call)) = RUNNING.take() else {
        return;
    };
    group.leave(call);
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
        } = options;
        let shared = Arc::new(Shared::new(limits.message_bytes)?);
        let (baton, held) = Baton::new();
        let sources = Sources::new(shared.clone(), service.clone(), allocator, limits);
        let inner = Arc::new(Inner {
            service,
            shared,
            baton,
            crew: Crew::new(threads.max(2)),
            core: Mutex::new(Core {
                sources,
                ladder: Ladder::new(),
                dirty: Vec::new(),
            }),
            slow: SlowCallbacks::default(),
            next_link: AtomicU64::new(HANDED_IN + 1),
            stopping: AtomicBool::new(false),
        });
        inner.spawn(Some(held))?;
        Ok(Self { inner })
    }

    /// Serves a connected wire from now on. A group that has ended closes it.
    pub fn add(&self, wire: Wire, peer: Option<NodeId>) -> ServedLinkId {
        let id = ServedLinkId(self.inner.next_link.fetch_add(1, Ordering::Relaxed));
        let shared = &self.inner.shared;
        let link = Arc::new(ServedLink::new(id, peer, wire, shared.epoll.clone()));
        shared.links.lock().insert(id, link.clone());
        if !shared.hand_in(Handed::Link(link.clone())) {
            shared.links.lock().remove(&id);
            link.close();
        }
        id
    }

    /// Ends one link; its caller sees a hang-up.
    pub fn close(&self, link: ServedLinkId) {
        self.inner.shared.hand_in(Handed::Close(link));
    }

    /// Has a serving thread run a job, as if it had come in as a request.
    pub fn submit(&self, job: Box<dyn FnOnce() + Send>) {
        // Dropped where the group has ended, and what it holds answers then.
        self.inner.shared.hand_in(Handed::Job(job));
    }

    /// How many requests are not answered yet.
    pub fn unanswered(&self) -> usize {
        *self.inner.shared.unanswered.lock()
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
        self.inner.wait_for_answers(usize::from(inside), until)
    }

    /// Whether the calling thread is one of this group.
    fn is_inside(&self) -> bool {
        let address = Arc::as_ptr(&self.inner) as usize;
        MEMBER_OF.with_borrow(|member| *member == Some(address))
    }

    /// Stops reading, lets running callbacks answer within the bound, ends all links and threads.
    ///
    /// True if everything ended in time; a callback that did not is left to itself, its answer dropped. May be called
    /// from inside a callback, which then is not waited for, and more than once.
    pub fn stop(&self, bound: Duration) -> bool {
        let until = Instant::now() + bound;
        let inner = &self.inner;
        let inside = self.is_inside();
        let _inside = inside.then(|| inner.crew.stop_inside());
        if inside {
            blocking_in_callback();
        }
        inner.stopping.store(true, Ordering::SeqCst);
        inner.crew.stop();
        inner.shared.ring();
        let threads_ended = inner.crew.wait_for_end(until);
        let answered = inner.wait_for_answers(usize::from(inside), until);
        inner.close_links(until);
        threads_ended && answered
    }
}

impl Drop for ServeGroup {
    fn drop(&mut self) {
        // Threads that nobody stopped would read for ever.
        self.inner.stopping.store(true, Ordering::SeqCst);
        self.inner.crew.stop();
        self.inner.shared.ring();
    }
}

impl Inner {
    /// Starts a thread that leads or stands by. It ends when the group stops, or when it is not needed any more.
    fn spawn(self: &Arc<Self>, held: Option<Held>) -> io::Result<()> {
        let standing_by = held.is_none();
        if !self.crew.enlist(standing_by) {
            return Err(io::Error::other(
                "the group has as many threads as it may, or stops",
            ));
        }
        let group = self.clone();
        let thread = std::thread::Builder::new()
            .name("daffi-serve".into())
            .spawn(move || {
                MEMBER_OF.set(Some(Arc::as_ptr(&group) as usize));
                let mut held = held;
                let service = group.service.clone();
                service.run_thread(&mut || group.serve(held.take()));
                group.crew.discharge(false);
            });
        thread
            .map(drop)
            .inspect_err(|_| self.crew.discharge(standing_by))
    }

    /// The life of a serving thread: lead, run callbacks that others left behind, stand by.
    fn serve(self: &Arc<Self>, mut held: Option<Held>) {
        loop {
            let lead = match held.take() {
                Some(lead) => lead,
                None => match self.crew.stand_by(&self.baton) {
                    Duty::Lead(lead) => lead,
                    Duty::End => return,
                },
            };
            if self.crew.is_short()
                && let Err(error) = self.spawn(None)
                && !self.stopping.load(Ordering::Acquire)
            {
                tracing::warn!(%error, "no thread to stand by: a callback that takes long holds up others");
            }
            if !self.lead(lead) {
                return;
            }
            self.crew.come_back();
        }
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
                for _ in 0..BATCH {
                    let Some(job) = self.core.lock().sources.ready.pop_front() else {
                        break;
                    };
                    if !self.run(job, &mut held) {
                        lost = true;
                        break;
                    }
                }
            });
            if lost {
                return true;
            }
            if !ran {
                // The language is gone: who waits is told by the responders as they are dropped.
                let left = std::mem::take(&mut self.core.lock().sources.ready);
                drop(left);
            }
        }
    }

    /// Sends the answers of the last batch and waits for requests; false if the group stops.
    fn await_jobs(&self) -> bool {
        let mut core = self.core.lock();
        let Core {
            sources,
            ladder,
            dirty,
        } = &mut *core;
        for link in dirty.drain(..) {
            link.flush();
        }
        while !self.stopping.load(Ordering::SeqCst) {
            if !sources.ready.is_empty() {
                return true;
            }
            if !ladder.climb(|| sources.attempt()) {
                sources.block();
            }
        }
        for job in sources.ready.drain(..) {
            if let Job::Serve(_, _, responder) = job {
                responder.fail(&Failure::new(FailureCode::Stopping, "the node is stopping"));
            }
        }
        false
    }

    /// Runs one job; false if another thread has taken over meanwhile.
    fn run(self: &Arc<Self>, job: Job, held: &mut Held) -> bool {
        let call = self.baton.begin(held);
        self.crew.callback_began();
        RUNNING.set(Some((self.clone(), call)));
        let (link, callback) = match job {
            Job::Run(job) => {
                guarded(job);
                (None, None)
            }
            Job::Serve(link, served, responder) => {
                let callback = served.request.callback;
                let deferred = self.serve_one(&link, served, responder);
                (deferred.then_some(link), Some(callback))
            }
        };
        let left_by_itself = RUNNING.take().is_none();
        let leads = self.baton.end(held);
        if leads {
            if let Some(link) = link {
                let mut core = self.core.lock();
                if !core.dirty.iter().any(|dirty| Arc::ptr_eq(dirty, &link)) {
                    core.dirty.push(link);
                }
            }
        } else {
            if let Some(link) = link {
                link.flush();
            }
            if let Some(callback) = callback
                && !left_by_itself
            {
                self.slow.was_slow(callback);
            }
        }
        leads
    }

    /// Serves one request; whether its answer waits for a flush.
    fn serve_one(
        self: &Arc<Self>,
        link: &Arc<ServedLink>,
        served: Served,
        responder: Responder,
    ) -> bool {
        let (callback, call) = (served.request.callback, served.call);
        if !self.slow.expect(callback) {
            return inline(link, call, || {
                guarded(|| self.service.serve(served, responder));
            });
        }
        blocking_in_callback();
        let start = Instant::now();
        guarded(|| self.service.serve(served, responder));
        self.slow.took(callback, start.elapsed());
        false
    }

    /// Gives up the lead because the running callback is going to block.
    fn leave(self: &Arc<Self>, call: RunningCall) {
        if self.crew.is_short() && self.spawn(None).is_err() {
            // Nobody could take over: better to hold up others than to leave the links unread.
            return;
        }
        no_longer_inline();
        if self.baton.leave(call) {
            self.crew.lead_is_vacant();
        }
    }

    fn wait_for_answers(&self, but: usize, until: Instant) -> bool {
        let mut unanswered = self.shared.unanswered.lock();
        while *unanswered > but {
            if self
                .shared
                .answered
                .wait_until(&mut unanswered, until)
                .timed_out()
            {
                return *unanswered <= but;
            }
        }
        true
    }

    /// Sends what is left to send, as long as the bound allows, and ends all links.
    fn close_links(&self, until: Instant) {
        self.shared.say_all_answered();
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
        }
        // Without a leader the core is free; with one that did not end in time its links are ended all the same.
        match self.core.try_lock() {
            Some(mut core) => core.sources.close(),
            None => {
                drop(self.shared.close());
                links.iter().for_each(|link| link.close());
            }
        }
    }
}

/// Runs what a user gave. A panic is theirs and ends their call alone: its responder answers when it is dropped.
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
