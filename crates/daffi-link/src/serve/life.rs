//! What a serving group tells its callers of itself: that it lives while it owes them something, and that it leaves. And
//! whether its callers live, where they owe something in turn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_proto::{Farewell, Look, Silence};

use super::group::ServeGroup;
use super::link::ServedLink;
use super::shared::Shared;

impl ServeGroup {
    /// Shows the callers that wait for something that this side lives; whether there are any. For a house-keeper, every
    /// half heartbeat: threads that serve may be busy for as long as their callbacks are.
    pub fn show_life(&self) -> bool {
        let links = self.shared().all_links();
        let owing = links.iter().filter(|link| link.owes());
        owing.map(|link| link.show_life()).count() > 0
    }

    /// Looks whether those callers live that owe something: the rest of a message that they have begun, or that they read,
    /// where answers are kept for them and there is no room for more. After six looks in a row without a byte the link ends;
    /// a caller that wakes sees a hang-up. Callers behind a lane are the controller's to judge. For a house-keeper, every half heartbeat; `late` is whether it comes far too late
    /// itself.
    pub fn look_for_life(&self, late: bool) {
        let is_short = self.shared().budget.is_short();
        for link in self.shared().all_links() {
            if link.peer.is_some()
                && let Some(owed) = link.looks_dead(is_short, late)
            {
                let peer = link.peer.map(tracing::field::display);
                tracing::warn!(
                    peer,
                    "a caller shows no sign of life, and its link is closed: {owed}"
                );
                self.close(link.id);
            }
        }
    }

    /// Tells the callers of direct links that no new calls are taken, so that they look elsewhere. Calls under way are
    /// still answered. What serves the calls must refuse new ones from now on.
    pub fn say_leaving(&self) {
        for link in self.shared().all_links() {
            if link.peer.is_some() {
                link.say(Farewell::TakesNoCalls);
            }
        }
    }

    /// Waits until every request is answered, for as long as the bound, and goes on reading meanwhile: cancels are heard,
    /// and new calls get the answer of the service. True if it came to that.
    pub fn settle(&self, bound: Duration) -> bool {
        self.wait_for_answers(Instant::now() + bound)
    }
}

impl Shared {
    pub(super) fn all_links(&self) -> Vec<Arc<ServedLink>> {
        self.links.lock().values().cloned().collect()
    }
}

/// What is known of the life of a caller.
#[derive(Debug, Default)]
pub(super) struct CallerLife {
    /// Where it owes the rest of a message.
    sending: Silence,
    /// Where it owes that it reads.
    reading: Silence,
}

impl ServedLink {
    /// What the caller owes, where it has shown nothing for so long that it is lost.
    fn looks_dead(&self, is_short: bool, late: bool) -> Option<&'static str> {
        let life = &mut *self.life.lock();
        let (owes, shown) = self.look_for_rest();
        // What it has sent, and this side has not read, is no fault of its.
        let shown = shown || (owes && self.wire.is_readable());
        if life.sending.look(Look { owes, shown, late }) {
            return Some("it stopped in the middle of a message");
        }
        let (owes, shown) = self.look_for_reading();
        let owes = owes && is_short;
        let is_dead = life.reading.look(Look { owes, shown, late });
        is_dead.then_some("it takes no answers, and there is no room to keep more of them")
    }

    /// After the last thread has ended: where everything that was taken is answered, the caller may know that the rest did
    /// not run. Not before the answers are with the kernel in whole: this would overtake the chunks of a large one, and a
    /// call that has run would be made again.
    pub(super) fn say_all_answered(&self) {
        if self.is_all_answered() {
            self.say(Farewell::AllAnswered);
        }
    }

    /// Whether nothing is owed to the caller.
    pub(super) fn is_all_answered(&self) -> bool {
        self.unanswered() == 0 && !self.is_waiting()
    }
}
