//! The calling side of a link: the caller's own thread writes the request, and itself reads until its reply is in.

mod call;
mod end;
mod life;
mod pending;
mod read;
#[cfg(test)]
mod tests;

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use daffi_proto::{CallId, InFlight, InsertError, Limits, Request, Wanted};
use parking_lot::Mutex;

pub use self::call::Call;
use self::life::Life;
use self::pending::Pending;
pub use self::pending::{Lost, OnDone, Outcome, WaitEnd};
use self::read::READS;
use crate::inbound::Inbound;
use crate::message::{Allocator, Body};
use crate::outbound::{Announce, Outbound, Sent, Size};
use crate::wait::Ladder;
use crate::wait::LeaderFollowers;
use crate::wire::{Interest, Wire, WireKind};

/// The longest wait without asking `interrupt`. 100 ms: what a person at Ctrl+C does not notice, and ten wake-ups a
/// second at most.
const SLICE: Duration = Duration::from_millis(100);

/// How a [`CallerLink`] is set up.
pub struct LinkOptions {
    /// Where large replies land.
    pub allocator: Arc<dyn Allocator>,
    /// What is accepted from the peer, and how large a message may be.
    pub limits: Limits,
    /// Called once when the link has ended, before its calls get their outcome. It must be quick.
    pub on_lost: Box<dyn Fn(Lost) + Send + Sync>,
    /// Called when the callee says that it takes no new calls, while those under way go on. It must be quick.
    pub on_leaving: Box<dyn Fn() + Send + Sync>,
    /// Whether the callee shows that it lives while it owes something: one that does not is not judged.
    pub shows_life: bool,
}

impl std::fmt::Debug for LinkOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LinkOptions({:?})", self.limits)
    }
}

/// Why a request did not go out. The callback has not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The message is larger than allowed.
    #[error("a message of {length} bytes is over the limit of {limit}")]
    TooLarge {
        /// Bytes of payload and blobs.
        length: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The link had ended before.
    #[error("the link has ended: {0}")]
    Lost(Lost),
    /// The deadline passed while the request waited for room.
    #[error("the deadline passed before the request was sent")]
    TimedOut,
    /// `interrupt` said so.
    #[error("interrupted before the request was sent")]
    Interrupted,
}

/// A link on which this side calls. Used by any number of threads at once.
pub struct CallerLink {
    wire: Wire,
    outbound: Outbound,
    reading: LeaderFollowers<Reader>,
    /// A thread found another reading and went away: what came meanwhile may be unseen, so the reader looks once more.
    missed: AtomicBool,
    /// [`Call::look`] stopped before the socket was empty: the house-keeper is to read the rest.
    unread: AtomicBool,
    table: Mutex<Table>,
    limits: Limits,
    on_lost: Box<dyn Fn(Lost) + Send + Sync>,
    on_leaving: Box<dyn Fn() + Send + Sync>,
    life: Life,
}

/// What only the thread that reads touches.
#[derive(Debug)]
struct Reader {
    inbound: Inbound,
    ladder: Ladder,
}

struct Table {
    calls: InFlight<Arc<Pending>>,
    last_id: u64,
    /// Set once, under the same lock under which all calls are taken out: none is entered after it.
    lost: Option<Lost>,
}

/// How a wait for something other than a reply ended.
enum Waited {
    Ready,
    TimedOut,
    Interrupted,
}

impl CallerLink {
    /// A link over a connected wire, of which this side is the caller.
    pub fn new(wire: Wire, options: LinkOptions) -> Arc<Self> {
        let LinkOptions {
            allocator,
            limits,
            on_lost,
            on_leaving,
            shows_life,
        } = options;
        let reader = Reader {
            inbound: Inbound::new(limits.clone(), allocator),
            ladder: Ladder::new(),
        };
        let calls = InFlight::new(limits.calls_in_flight);
        Arc::new(Self {
            wire,
            outbound: Outbound::default(),
            reading: LeaderFollowers::new(reader),
            missed: AtomicBool::new(false),
            unread: AtomicBool::new(false),
            table: Mutex::new(Table {
                calls,
                last_id: 0,
                lost: None,
            }),
            limits,
            on_lost,
            on_leaving,
            life: Life::new(shows_life),
        })
    }

    /// What the link is made of.
    pub fn kind(&self) -> WireKind {
        self.wire.kind()
    }

    /// How many calls wait for their outcome.
    pub fn in_flight(&self) -> usize {
        self.table.lock().calls.len()
    }

    /// Whether calls can still be made.
    pub fn is_open(&self) -> bool {
        self.table.lock().lost.is_none()
    }

    /// Whether [`Self::pump`] has something to do sooner or later: replies to come, or bytes to go.
    pub fn needs_pump(&self) -> bool {
        self.in_flight() > 0 || self.outbound.is_waiting()
    }

    /// Sends a request and gives the call in flight. Blocks only while the peer takes no bytes or too many calls are in
    /// flight; it reads replies meanwhile, so that both sides cannot wait for each other. After an error, `body` is as
    /// it was.
    ///
    /// # Errors
    /// [`SendError`]: the callback has not run and will not run.
    pub fn call(
        self: &Arc<Self>,
        request: &Request,
        body: &mut Body,
        deadline: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Call, SendError> {
        self.check_size(body)?;
        loop {
            match self.start(request, body, deadline)? {
                Some((pending, sent)) => {
                    if sent != Sent::All {
                        self.wait_until_sent(&pending, interrupt)?;
                    }
                    return Ok(Call::new(self.clone(), pending));
                }
                None => self.wait_for_room(Size::of(body), deadline, interrupt)?,
            }
        }
    }

    /// Sends a request if nothing is to be waited for. `None` where something is: the peer takes no bytes, or too many
    /// calls are in flight. What the kernel does not take at once is kept, for [`Self::pump`] to send.
    ///
    /// Nothing of `body` is needed any more once a call came back, and all of it is there where none did.
    ///
    /// # Errors
    /// [`SendError`]: the callback has not run and will not run.
    pub fn try_call(
        self: &Arc<Self>,
        request: &Request,
        body: &mut Body,
        deadline: Option<Instant>,
    ) -> Result<Option<Call>, SendError> {
        self.check_size(body)?;
        let started = self.start(request, body, deadline)?;
        Ok(started.map(|(pending, _)| Call::new(self.clone(), pending)))
    }

    /// Whether bytes are kept that the kernel has not taken yet.
    pub fn is_sending(&self) -> bool {
        self.outbound.is_waiting()
    }

    /// Sends a request that nobody wants an answer to. Blocks like [`Self::call`].
    ///
    /// # Errors
    /// [`SendError`]: the callback has not run and will not run.
    pub fn send_without_reply(
        &self,
        request: &Request,
        body: &mut Body,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<(), SendError> {
        self.check_size(body)?;
        let size = Size::of(body);
        if !matches!(
            self.wait_until(None, interrupt, || !self.outbound.is_clogged_for(size)),
            Waited::Ready
        ) {
            return Err(SendError::Interrupted);
        }
        let id = {
            let mut table = self.table.lock();
            if let Some(lost) = table.lost {
                return Err(SendError::Lost(lost));
            }
            table.next_id()
        };
        let announce = Announce::Request(Request {
            wanted: Wanted::Nothing,
            ..*request
        });
        match self.outbound.send(&self.wire, announce, id, body) {
            Sent::All => Ok(()),
            Sent::Gone => Err(SendError::Lost(self.hung_up())),
            Sent::Waiting => match self.wait_until(None, interrupt, || !self.outbound.is_waiting())
            {
                // Nothing is kept after the end of the link either, and then a part of the request may be unsent.
                Waited::Ready => self
                    .table
                    .lock()
                    .lost
                    .map_or(Ok(()), |lost| Err(SendError::Lost(lost))),
                Waited::TimedOut | Waited::Interrupted => {
                    self.outbound.cancel(&self.wire, id);
                    Err(SendError::Interrupted)
                }
            },
        }
    }

    /// Says that nothing more is sent. The callee reads what was, and hangs up, which ends the link.
    pub fn end_writing(&self) {
        self.wire.end_writing();
    }

    fn check_size(&self, body: &Body) -> Result<(), SendError> {
        let (length, limit) = (body.len(), self.limits.message_bytes);
        if length > limit {
            Err(SendError::TooLarge { length, limit })
        } else {
            Ok(())
        }
    }

    /// Enters a call and sends what can be sent of it now, where there is room for it.
    fn start(
        &self,
        request: &Request,
        body: &mut Body,
        deadline: Option<Instant>,
    ) -> Result<Option<(Arc<Pending>, Sent)>, SendError> {
        let Some(pending) = self.try_enter(deadline)? else {
            return Ok(None);
        };
        // A call that finds no room has been in the table for a moment. If its deadline passed in that moment, the
        // callee gets a cancel for a call that it does not know, and ignores it.
        let Some(sent) = self.send_entered(request, body, &pending)? else {
            self.table.lock().calls.complete(pending.id);
            return Ok(None);
        };
        Ok(Some((pending, sent)))
    }

    /// Sends what can be sent of an entered call; `None` where there is no room for it.
    fn send_entered(
        &self,
        request: &Request,
        body: &mut Body,
        pending: &Pending,
    ) -> Result<Option<Sent>, SendError> {
        let announce = Announce::Request(*request);
        let sent = self
            .outbound
            .send_if_room(&self.wire, announce, pending.id, body);
        match sent {
            None => Ok(None),
            Some(sent @ (Sent::All | Sent::Waiting)) => {
                if pending.is_abandoned() {
                    // The house-keeper has ended the call at its deadline, and its cancel went out before the request.
                    self.outbound.cancel(&self.wire, pending.id);
                }
                Ok(Some(sent))
            }
            Some(Sent::Gone) => {
                self.table.lock().calls.complete(pending.id);
                Err(SendError::Lost(self.hung_up()))
            }
        }
    }

    /// Enters a call into the table; `None` if it is full.
    fn try_enter(&self, deadline: Option<Instant>) -> Result<Option<Arc<Pending>>, SendError> {
        let mut table = self.table.lock();
        if let Some(lost) = table.lost {
            return Err(SendError::Lost(lost));
        }
        let id = table.next_id();
        let pending = Arc::new(Pending::new(id, deadline));
        match table.calls.insert(id, pending.clone(), deadline) {
            Ok(()) => Ok(Some(pending)),
            Err(InsertError::Full(_) | InsertError::Duplicate(_)) => Ok(None),
        }
    }

    /// Waits while the table is full, or while too many bytes wait for the peer to read: calls that end before they are
    /// sent would pile up there.
    fn wait_for_room(
        &self,
        size: Size,
        deadline: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<(), SendError> {
        let has_room = || {
            let is_full = {
                let table = self.table.lock();
                table.lost.is_none() && table.calls.len() >= self.limits.calls_in_flight
            };
            !is_full && !self.outbound.is_clogged_for(size)
        };
        match self.wait_until(deadline, interrupt, has_room) {
            Waited::Ready => Ok(()),
            Waited::TimedOut => Err(SendError::TimedOut),
            Waited::Interrupted => Err(SendError::Interrupted),
        }
    }

    /// Waits until the kernel has the request, or the call has ended before that.
    fn wait_until_sent(
        &self,
        pending: &Pending,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<(), SendError> {
        let out = || pending.is_done() || !self.outbound.is_waiting();
        match self.wait_until(pending.deadline, interrupt, out) {
            // The callee has answered before it had the whole request. The rest is not sent, as the caller may now
            // change the memory that it stands in.
            Waited::Ready if pending.is_done() => self.outbound.withdraw(&self.wire, pending.id),
            Waited::Ready => {}
            Waited::TimedOut => {
                self.abandon(pending.id, Outcome::TimedOut);
            }
            Waited::Interrupted => {
                self.abandon(pending.id, Outcome::Cancelled);
                return Err(SendError::Interrupted);
            }
        }
        Ok(())
    }

    /// Waits on the wire, reading whatever comes for whomever, until `ready`. Ends with the link at the latest.
    fn wait_until(
        &self,
        deadline: Option<Instant>,
        interrupt: &mut dyn FnMut() -> bool,
        ready: impl Fn() -> bool,
    ) -> Waited {
        if ready() {
            return Waited::Ready;
        }
        let mut asked = Instant::now();
        loop {
            let limit = deadline.map_or(asked + SLICE, |deadline| deadline.min(asked + SLICE));
            let left = limit.saturating_duration_since(Instant::now());
            let write = self.outbound.is_waiting();
            let signalled = if let Some(mut lead) = self.reading.try_lead() {
                let signalled = self.wire.block(Interest { read: true, write }, left);
                let (_, lost) = self.read_all(&mut lead, READS);
                self.leave(lead, READS);
                self.lose_if(lost);
                signalled
            } else {
                // Someone else reads; bytes that come may make room all the same.
                self.wire.block(
                    Interest {
                        read: !write,
                        write,
                    },
                    left,
                )
            };
            if write {
                self.flush();
            }
            if ready() {
                return Waited::Ready;
            }
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Waited::TimedOut;
            }
            if signalled || now >= asked + SLICE {
                if interrupt() {
                    return Waited::Interrupted;
                }
                asked = now;
            }
        }
    }

    /// Sends what the kernel takes now.
    fn flush(&self) {
        if self.outbound.flush(&self.wire) == Sent::Gone {
            self.hung_up();
        }
    }
}

impl Table {
    fn next_id(&mut self) -> CallId {
        self.last_id += 1;
        CallId(self.last_id)
    }
}

impl AsFd for CallerLink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wire.as_fd()
    }
}

impl std::fmt::Debug for CallerLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "CallerLink({:?}, {} in flight)",
            self.wire.kind(),
            self.in_flight()
        )
    }
}
