//! What other threads ask of the house-keeper.

use std::fmt;
use std::time::Instant;

use daffi_proto::{CallbackInfo, NodeId};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// One thing the house-keeper is asked for.
#[derive(Debug)]
pub(crate) enum Command {
    /// A call waits for a route to this node. Sent once for each attempt.
    Want(NodeId),
    /// Calls to this node wait to be sent. Sent once until none is left.
    Send(NodeId),
    /// The kernel did not take all that was sent on the link of this number. Sent once for each time it needs it.
    SeeOut(u64),
    /// The link of this number has ended.
    RouteLost(u64),
    /// This peer has said on its link that it takes no new calls.
    PeerLeaves(NodeId),
    /// Look after the link of this number now and then. Sent once for each time it needs it.
    Sweep(u64),
    /// Read the link of this number as soon as something comes. Sent once for each time it needs it.
    Watch(u64),
    /// This process offers more.
    Register(Vec<CallbackInfo>),
    /// This process is about to stop: no new callers, and nothing on offer any more.
    Retire,
    /// Say goodbye and end; what is on its way may be sent until then.
    Leave(Instant),
}

/// Commands in the order in which they came.
///
/// It has no limit of its own: each command is sent at most once for each peer, link or callback, whose numbers are
/// limited, until the house-keeper has taken it.
#[derive(Default)]
pub(crate) struct Commands {
    commands: Mutex<Vec<Command>>,
    arrived: Notify,
}

impl Commands {
    pub(crate) fn send(&self, command: Command) {
        self.commands.lock().push(command);
        self.arrived.notify_one();
    }

    /// Waits for commands and takes all of them.
    pub(crate) async fn take(&self) -> Vec<Command> {
        loop {
            let taken = std::mem::take(&mut *self.commands.lock());
            if !taken.is_empty() {
                return taken;
            }
            self.arrived.notified().await;
        }
    }
}

impl fmt::Debug for Commands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commands({} waiting)", self.commands.lock().len())
    }
}
