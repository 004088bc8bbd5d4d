//! A link that calls travel on, and what they ask of the house-keeper for it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use daffi_link::{Attention, CallerLink};
use tokio::sync::Notify;

use crate::members::commands::{Command, Commands};

/// A link that calls travel on: direct to one peer, or the lane on which the controller relays to many.
pub(crate) struct Route {
    pub(crate) link: Arc<CallerLink>,
    /// Never given twice in the life of a node: what the end of a link is told by.
    pub(crate) number: u64,
    pub(crate) relayed: bool,
    /// Where the house-keeper is asked to look after this link.
    commands: Arc<Commands>,
    /// For how long the other side may give no sign of life before it is lost.
    pub(crate) silence: Duration,
    /// The house-keeper looks after this link now and then, as it may have calls that nobody waits for.
    pub(crate) swept: Attention,
    /// The house-keeper reads this link as soon as something comes.
    pub(crate) watched: Attention,
    /// The house-keeper sends what is kept as soon as the kernel takes more.
    pub(crate) seen_out: Attention,
    /// There may be room on the link again; for the house-keeper, which waits for that.
    pub(crate) room: Notify,
    /// Calls whose end someone wants to be told of at once.
    pub(crate) watchers: AtomicUsize,
    /// Whether the link ended because this process stops.
    pub(crate) ended_by_us: Arc<AtomicBool>,
}

/// What is known of a new link.
#[derive(Debug)]
pub(crate) struct NewRoute {
    pub(crate) number: u64,
    pub(crate) relayed: bool,
    pub(crate) commands: Arc<Commands>,
    pub(crate) silence: Duration,
    pub(crate) ended_by_us: Arc<AtomicBool>,
}

impl Route {
    pub(crate) fn new(link: Arc<CallerLink>, new: NewRoute) -> Self {
        let NewRoute {
            number,
            relayed,
            commands,
            silence,
            ended_by_us,
        } = new;
        Self {
            link,
            number,
            relayed,
            commands,
            silence,
            swept: Attention::default(),
            watched: Attention::default(),
            seen_out: Attention::default(),
            room: Notify::new(),
            watchers: AtomicUsize::new(0),
            ended_by_us,
        }
    }

    /// Has the house-keeper look after the link until it has no calls under way.
    pub(crate) fn sweep(&self) {
        if self.swept.ask() {
            self.commands.send(Command::Sweep(self.number));
        }
    }

    /// Has the house-keeper send what the kernel has not taken.
    pub(crate) fn see_out(&self) {
        if self.link.is_sending() && self.seen_out.ask() {
            self.commands.send(Command::SeeOut(self.number));
        }
    }

    /// Has the house-keeper read the link as soon as something comes, until the guard is dropped.
    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        self.watchers.fetch_add(1, Ordering::AcqRel);
        // What `look` has left unread raises no new event of the socket: the house-keeper must be told to read it.
        if self.watched.ask() || self.link.take_unread() {
            self.commands.send(Command::Watch(self.number));
        }
        Watch {
            route: Arc::clone(self),
        }
    }

    /// Tells the house-keeper that the link has ended.
    pub(crate) fn tell_lost(&self) {
        self.commands.send(Command::RouteLost(self.number));
    }
}

/// While it lives, the house-keeper reads the link of a call whose end someone wants to be told of.
pub(crate) struct Watch {
    route: Arc<Route>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.route.watchers.fetch_sub(1, Ordering::AcqRel);
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({}, relayed: {})", self.number, self.relayed)
    }
}
