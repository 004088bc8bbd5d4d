//! The links this node calls on, as the house-keeper sees them: it notices hang-ups when nobody reads, reads for those
//! who want to be told of the end of a call, and looks now and then after calls that nobody waits for.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use daffi_link::fork::Registered;
use daffi_link::{CallerLink, LinkOptions, Lost, Wire};
use daffi_proto::{NodeId, Version};
use rustc_hash::FxHashMap;
use rustix::event::{Timespec, epoll};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;

use super::settings::KeeperSettings;
use crate::call::caller::Caller;
use crate::members::commands::{Command, Commands};
use crate::members::route::{NewRoute, Route};
use crate::stop::StopSignal;

/// How often a link with calls that nobody waits for is looked after. 50 ms: their deadlines are kept well enough, and
/// it costs nothing as it stops with the last such call.
const SWEEP: Duration = Duration::from_millis(50);

/// The same while something comes. 1 ms: a socket's buffer is some 200 KiB, so this reads 200 MiB a second.
const SOON: Duration = Duration::from_millis(1);

/// How often links are looked at that are about to be closed. 2 ms, for as long as a node takes to read what was sent.
const FINISHING: Duration = Duration::from_millis(2);

/// How long a node may take to read what was sent to it before its link is closed. 500 ms: longer only if it is frozen or
/// takes no bytes.
const UNREAD: Duration = Duration::from_millis(500);

/// Hang-ups taken from the system at a time.
const EVENTS: usize = 64;

/// A dialled connection after its handshake.
pub(super) struct Met {
    pub(super) wire: Wire,
    /// What the other side speaks.
    pub(super) version: Version,
}

pub(super) struct Routes {
    settings: Rc<KeeperSettings>,
    commands: Arc<Commands>,
    stop: Arc<StopSignal>,
    next: Cell<u64>,
    _registered: Registered,
    /// All links, watched for their end and, some of them, for bytes.
    epoll: AsyncFd<OwnedFd>,
    table: RefCell<FxHashMap<u64, Entry>>,
    /// The first link to be looked after has come.
    sweep: Notify,
}

struct Entry {
    route: Arc<Route>,
    /// Whose direct link it is; none for the lane.
    node: Option<NodeId>,
    swept: bool,
    watched: bool,
    seen_out: bool,
}

impl Entry {
    /// What the epoll is to tell of the link, beside its end.
    fn flags(&self) -> epoll::EventFlags {
        let mut flags = ENDS;
        flags.set(epoll::EventFlags::IN, self.watched);
        flags.set(epoll::EventFlags::OUT, self.seen_out);
        flags
    }
}

impl Routes {
    pub(super) fn new(settings: Rc<KeeperSettings>, caller: &Caller) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let registered = Registered::new(epoll.as_raw_fd());
        #[expect(
            deprecated,
            reason = "its successor is unsafe for types that may change their descriptor; an OwnedFd does not"
        )]
        let epoll = AsyncFd::with_interest(epoll, Interest::READABLE)?;
        Ok(Self {
            settings,
            commands: Arc::clone(&caller.commands),
            stop: Arc::clone(&caller.stop),
            next: Cell::new(1),
            _registered: registered,
            epoll,
            table: RefCell::default(),
            sweep: Notify::new(),
        })
    }

    /// Makes a caller's link of a wire and enters it among the routes.
    pub(super) fn open(&self, met: Met, node: Option<NodeId>) -> Arc<Route> {
        let Met { wire, version } = met;
        let number = self.next.get();
        self.next.set(number + 1);
        let commands = Arc::downgrade(&self.commands);
        let (leaves, stop) = (Weak::clone(&commands), Arc::clone(&self.stop));
        let ended_by_us = Arc::new(AtomicBool::new(false));
        let by_us = Arc::clone(&ended_by_us);
        let link = CallerLink::new(
            wire,
            LinkOptions {
                allocator: self.settings.host.clone(),
                limits: self.settings.limits.clone(),
                on_lost: Box::new(move |_| {
                    by_us.store(stop.refuses_calls(), Ordering::Release);
                    if let Some(commands) = commands.upgrade() {
                        commands.send(Command::RouteLost(number));
                    }
                }),
                on_leaving: Box::new(move || {
                    if let (Some(commands), Some(node)) = (leaves.upgrade(), node) {
                        commands.send(Command::PeerLeaves(node));
                    }
                }),
                shows_life: version.shows_life(),
            },
        );
        let new = NewRoute {
            number,
            relayed: node.is_none(),
            commands: Arc::clone(&self.commands),
            silence: self.settings.limits.silence(),
            ended_by_us,
        };
        let route = Arc::new(Route::new(link, new));
        self.add(&route, node);
        route
    }

    fn add(&self, route: &Arc<Route>, node: Option<NodeId>) {
        let data = epoll::EventData::new_u64(route.number);
        if let Err(error) = epoll::add(&self.epoll, &*route.link, data, ENDS) {
            tracing::warn!(error = %io::Error::from(error), "a link is not watched for its end");
        }
        let entry = Entry {
            route: Arc::clone(route),
            node,
            swept: false,
            watched: false,
            seen_out: false,
        };
        self.table.borrow_mut().insert(route.number, entry);
    }

    /// Forgets a link that has ended; whose direct link it was.
    pub(super) fn remove(&self, number: u64) -> Option<Option<NodeId>> {
        let entry = self.table.borrow_mut().remove(&number)?;
        // Fails where the link is closed already.
        let _ = epoll::delete(&self.epoll, &*entry.route.link);
        Some(entry.node)
    }

    /// An open direct link to this node.
    pub(super) fn direct(&self, node: NodeId) -> Option<Arc<Route>> {
        let table = self.table.borrow();
        let mut open = table
            .values()
            .filter(|entry| entry.node == Some(node) && entry.route.link.is_open());
        open.next().map(|entry| Arc::clone(&entry.route))
    }

    /// Looks at every link whether the other side lives, and ends those where it gives no sign of it; whether anything is
    /// owed on any.
    pub(super) fn look_for_life(&self, late: bool) -> bool {
        // Copied: the end of a link may bring the house-keeper's own code here again.
        let routes: Vec<_> = {
            let table = self.table.borrow();
            table
                .values()
                .map(|entry| Arc::clone(&entry.route))
                .collect()
        };
        let owing = routes.iter().filter(|route| route.link.look_for_life(late));
        owing.count() > 0
    }

    /// Looks after this link until it has no calls under way.
    pub(super) fn sweep(&self, number: u64) {
        if let Some(entry) = self.table.borrow_mut().get_mut(&number) {
            entry.swept = true;
            self.sweep.notify_one();
        }
    }

    /// Reads this link as soon as something comes, until nobody wants to be told any more.
    pub(super) fn watch(&self, number: u64) {
        let route = {
            let mut table = self.table.borrow_mut();
            let Some(entry) = table.get_mut(&number) else {
                return;
            };
            entry.watched = true;
            self.listen(entry);
            Arc::clone(&entry.route)
        };
        self.sweep.notify_one();
        // What came before is read now.
        route.link.pump();
    }

    /// Sends what is kept on this link as soon as the kernel takes more.
    pub(super) fn see_out(&self, number: u64) {
        if let Some(entry) = self.table.borrow_mut().get_mut(&number) {
            entry.seen_out = true;
            self.listen(entry);
        }
    }

    /// Watches a link for what it needs now. If some of that is there, the next event tells of it again.
    fn listen(&self, entry: &Entry) {
        let data = epoll::EventData::new_u64(entry.route.number);
        if let Err(error) = epoll::modify(&self.epoll, &*entry.route.link, data, entry.flags()) {
            tracing::warn!(error = %io::Error::from(error), "a link is not watched for bytes");
        }
    }

    /// Reads links that have ended, or that have bytes someone wants to be told of. Runs for ever.
    pub(super) async fn run_events(&self) -> io::Result<()> {
        let mut events = Vec::with_capacity(EVENTS);
        loop {
            let mut ready = self.epoll.readable().await?;
            events.clear();
            let no_time = Timespec::default();
            let spare = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.epoll, spare, Some(&no_time)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => (),
                Err(error) => return Err(error.into()),
            }
            if events.is_empty() {
                ready.clear_ready();
            }
            for event in &events {
                self.pump(event.data.u64());
            }
        }
    }

    fn pump(&self, number: u64) {
        let found = self
            .table
            .borrow()
            .get(&number)
            .map(|entry| Arc::clone(&entry.route));
        let Some(route) = found else { return };
        route.link.pump();
        route.room.notify_waiters();
        if let Some(entry) = self.table.borrow_mut().get_mut(&number)
            && entry.seen_out
        {
            // One part at a time, so that other links are served in between.
            entry.seen_out = !route.seen_out.turn_away(|| route.link.is_sending());
            self.listen(entry);
        }
    }

    /// Looks after links while any needs it. Runs for ever.
    pub(super) async fn run_sweeps(&self) {
        let mut pause = SWEEP;
        loop {
            match self.next_sweep(pause) {
                None => self.sweep.notified().await,
                Some(at) => tokio::time::sleep_until(at.into()).await,
            }
            let now = Instant::now();
            pause = SWEEP;
            for route in self.to_be_swept() {
                if route.link.pump() {
                    // Perhaps a part of something large, and its sender waits for room.
                    pause = SOON;
                }
                route.link.expire(now);
                self.leave_alone(&route);
            }
        }
    }

    fn to_be_swept(&self) -> Vec<Arc<Route>> {
        let table = self.table.borrow();
        let swept = table.values().filter(|entry| entry.swept || entry.watched);
        swept.map(|entry| Arc::clone(&entry.route)).collect()
    }

    fn next_sweep(&self, pause: Duration) -> Option<Instant> {
        let now = Instant::now();
        self.to_be_swept()
            .iter()
            .map(|route| {
                let deadline = route.link.next_deadline();
                deadline.map_or(now + pause, |deadline| deadline.min(now + pause))
            })
            .min()
    }

    /// Leaves a link to its callers where nothing is to be done for it any more.
    fn leave_alone(&self, route: &Arc<Route>) {
        let mut table = self.table.borrow_mut();
        let Some(entry) = table.get_mut(&route.number) else {
            return;
        };
        if entry.watched {
            let is_needed = || route.watchers.load(Ordering::Acquire) > 0;
            entry.watched = !route.watched.turn_away(is_needed);
            if !entry.watched {
                self.listen(entry);
            }
        }
        if entry.swept {
            entry.swept = !route.swept.turn_away(|| route.link.needs_pump());
        }
    }

    /// Sends what is kept on all links, and sees to it that their nodes have read all that was sent: whoever closes a
    /// connection with something unread in it may take from its peer what is still unread there.
    pub(super) async fn finish(&self, until: Instant) {
        let all: Vec<_> = {
            let table = self.table.borrow();
            let routes = table.values().map(|entry| Arc::clone(&entry.route));
            routes.filter(|route| route.link.needs_pump()).collect()
        };
        let mut written = Vec::new();
        let mut unfinished = all;
        let mut unread_until = until;
        while !unfinished.is_empty() && Instant::now() < unread_until {
            unfinished.retain(|route| {
                route.link.pump();
                if !route.link.is_sending() && !written.contains(&route.number) {
                    written.push(route.number);
                    route.link.end_writing();
                }
                route.link.is_open()
            });
            if unfinished
                .iter()
                .all(|route| written.contains(&route.number))
            {
                unread_until = unread_until.min(Instant::now() + UNREAD);
            }
            tokio::time::sleep(FINISHING).await;
        }
    }

    /// Ends all links; every call under way on them ends.
    pub(super) fn close(&self) {
        let all: Vec<_> = {
            let mut table = self.table.borrow_mut();
            table.drain().map(|(_, entry)| entry.route).collect()
        };
        for route in all {
            route.link.close(Lost::Closed);
        }
    }
}

/// That a link ends is told of all of them, and each news once.
const ENDS: epoll::EventFlags = epoll::EventFlags::RDHUP.union(epoll::EventFlags::ET);
