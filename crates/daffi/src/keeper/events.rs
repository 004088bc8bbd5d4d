//! What happens to a house-keeper: what other threads ask of it, and what its own parts report.

use std::cell::RefCell;
use std::fmt;

use daffi_proto::{ControlFrame, Endpoint, NodeId, Ticket};
use tokio::sync::Notify;

use super::routes::Met;
use crate::members::commands::Command;

/// One thing that its loop takes in.
pub(super) enum Event {
    /// Another thread asks for something.
    Asked(Command),
    /// The controller has taken this node in.
    ControlUp {
        session: Ticket,
        /// Where others can dial this node.
        endpoints: Vec<Endpoint>,
    },
    /// A frame came from the controller.
    Control(ControlFrame),
    /// The control connection has ended.
    ControlLost,
    /// An attempt to dial a node is over; without a connection where nobody could be dialled.
    Dialled { target: NodeId, met: Option<Met> },
    /// The attempts to open the lane for calls of this node are over; without a connection where it could not be opened.
    CallLaneOpened(Option<Met>),
    /// The rules have something to do now.
    Due,
    /// This process stops, and what was on its way is sent, or has had its time.
    Finished,
    /// This process stops, and the controller has its goodbye.
    Left,
}

/// What the parts have reported and the loop has not taken in yet.
///
/// It has no limit of its own: all parts run on the thread of the loop, which takes in what they report before they go on
/// to read or dial.
#[derive(Default)]
pub(super) struct Reports {
    waiting: RefCell<Vec<Event>>,
    arrived: Notify,
}

impl Reports {
    pub(super) fn report(&self, event: Event) {
        self.waiting.borrow_mut().push(event);
        self.arrived.notify_one();
    }

    /// Waits for reports and takes all of them.
    pub(super) async fn take(&self) -> Vec<Event> {
        loop {
            let taken = self.waiting.take();
            if !taken.is_empty() {
                return taken;
            }
            self.arrived.notified().await;
        }
    }
}

impl fmt::Debug for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reports({} waiting)", self.waiting.borrow().len())
    }
}
