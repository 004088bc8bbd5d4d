//! What a serving group tells its callers of itself: that it lives while it owes them something, and that it leaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_proto::Farewell;

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

impl ServedLink {
    /// After the last thread has ended: where everything that was taken is answered, the caller may know that the rest did
    /// not run. Not before the answers are with the kernel in whole: this would overtake the chunks of a large one, and a
    /// call that has run would be made again.
    pub(super) fn say_all_answered(&self) {
        if self.peer.is_some() && self.unanswered() == 0 && !self.is_waiting() {
            self.say(Farewell::AllAnswered);
        }
    }
}
