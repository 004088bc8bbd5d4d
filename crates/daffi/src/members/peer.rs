//! Another node as this one knows it, and the route on which calls to it travel.
//!
//! ```text
//!            a call comes                    found
//!   unmet ----------------> meeting ----------------------> met
//!     ^                        |                             |
//!     +------ given up --------+                             |
//!     +--------------------- route lost ---------------------+
//! ```
//! Many threads may wait in `meeting` for the one attempt. A peer that is gone is forgotten by the node; who still holds
//! it sees `gone`, and a call to it ends before it is sent, with the reason.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use daffi_link::blocking_in_callback;
use daffi_proto::{Name, NodeId};
use parking_lot::{Condvar, Mutex, RwLock};
use tokio::sync::Notify;

use crate::error::{CallError, NotBegun};
use crate::members::route::Route;
use crate::wait::Wait;

pub(crate) struct Peer {
    id: NodeId,
    process: Name,
    /// The route, for as long as it is thought to be open: all that a call looks at once two nodes have met.
    route: RwLock<Option<Arc<Route>>>,
    meeting: Mutex<Meeting>,
    /// Wakes those that wait for the meeting.
    changed: Condvar,
    /// The same for the house-keeper.
    settled: Notify,
    /// Calls under way on the shared lane, which cannot tell them by peer.
    relayed_calls: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meeting {
    Unmet,
    UnderWay,
    Gone(NotBegun),
}

/// Why there is no route to a peer.
#[derive(Debug)]
pub(crate) enum NoRoute {
    Gone(CallError),
    TimedOut,
    Interrupted,
}

impl Peer {
    pub(crate) fn new(id: NodeId, process: Name) -> Self {
        Self {
            id,
            process,
            route: RwLock::new(None),
            meeting: Mutex::new(Meeting::Unmet),
            changed: Condvar::new(),
            settled: Notify::new(),
            relayed_calls: AtomicUsize::new(0),
        }
    }

    pub(crate) const fn id(&self) -> NodeId {
        self.id
    }

    pub(crate) const fn process(&self) -> &Name {
        &self.process
    }

    pub(crate) fn route(&self) -> Option<Arc<Route>> {
        self.route.read().clone()
    }

    /// How many calls of ours are under way to this peer.
    pub(crate) fn under_way(&self) -> usize {
        match &*self.route.read() {
            Some(route) if !route.relayed => route.link.in_flight(),
            _ => self.relayed_calls.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn call_began(&self, route: &Route) {
        if route.relayed {
            self.relayed_calls.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn call_ended(&self, route: &Route) {
        if route.relayed {
            self.relayed_calls.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Waits for the route; the first who comes has `ask` called, which starts the attempt.
    pub(crate) fn meet(&self, wait: &mut Wait<'_>, ask: impl Fn()) -> Result<Arc<Route>, NoRoute> {
        blocking_in_callback();
        loop {
            if let Some(route) = self.route() {
                return Ok(route);
            }
            {
                let mut meeting = self.meeting.lock();
                match *meeting {
                    Meeting::Gone(why) => return Err(NoRoute::Gone(self.unreached_for(why))),
                    Meeting::Unmet => {
                        *meeting = Meeting::UnderWay;
                        ask();
                    }
                    Meeting::UnderWay => (),
                }
                if self.route.read().is_none() {
                    self.changed.wait_until(&mut meeting, wait.next_look());
                }
            }
            if self.route.read().is_some() {
                continue;
            }
            if wait.is_interrupted() {
                return Err(NoRoute::Interrupted);
            }
            if wait.is_late() {
                return Err(NoRoute::TimedOut);
            }
        }
    }

    /// The same for the house-keeper. `None` where the peer has gone; what ends it is the end of the attempt.
    pub(crate) async fn met(&self, ask: impl Fn()) -> Option<Arc<Route>> {
        loop {
            let settled = self.settled.notified();
            let mut settled = pin!(settled);
            // Before the look, so that nothing that settles it after is missed.
            settled.as_mut().enable();
            if let Some(route) = self.route() {
                return Some(route);
            }
            let must_ask = {
                let mut meeting = self.meeting.lock();
                match *meeting {
                    Meeting::Gone(_) => return None,
                    Meeting::Unmet => {
                        *meeting = Meeting::UnderWay;
                        true
                    }
                    Meeting::UnderWay => false,
                }
            };
            if must_ask {
                ask();
            }
            settled.await;
        }
    }

    /// The attempt has ended well.
    pub(crate) fn found(&self, route: Arc<Route>) {
        *self.route.write() = Some(route);
        self.settle(Meeting::Unmet);
    }

    /// The attempt is given up; the next call makes another.
    pub(crate) fn give_up(&self) {
        self.settle(Meeting::Unmet);
    }

    /// There is no way to the peer any more. Its direct link, if there is one, ends by itself.
    pub(crate) fn gone(&self, why: NotBegun) {
        self.settle(Meeting::Gone(why));
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(*self.meeting.lock(), Meeting::Gone(_))
    }

    /// Why a call to it was not sent.
    pub(crate) fn unreached(&self) -> CallError {
        let meeting = *self.meeting.lock();
        self.unreached_for(match meeting {
            Meeting::Gone(why) => why,
            Meeting::Unmet | Meeting::UnderWay => NotBegun::Away,
        })
    }

    fn unreached_for(&self, why: NotBegun) -> CallError {
        CallError::Vanished {
            process: self.process.clone(),
            why,
        }
    }

    /// This route has ended; the next call looks for another. The house-keeper is told first: it must know of the loss before
    /// it is asked for another route.
    pub(crate) fn route_ended(&self, route: &Route) {
        route.tell_lost();
        self.lost(route.number);
    }

    /// The route of this number has ended; the next call looks for another.
    pub(crate) fn lost(&self, number: u64) {
        let mut route = self.route.write();
        if route.as_ref().is_some_and(|route| route.number == number) {
            *route = None;
        }
    }

    fn settle(&self, next: Meeting) {
        let mut meeting = self.meeting.lock();
        if !matches!(*meeting, Meeting::Gone(_)) {
            *meeting = next;
        }
        self.changed.notify_all();
        self.settled.notify_waiters();
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({}, {})", self.process, self.id)
    }
}
