//! What a serving group tells its callers of itself: that it lives, while it owes them something, and that it leaves.
//! And how it ends the links of callers that show no sign of life.

use std::time::{Duration, Instant};

use daffi_proto::Leaving;

use super::group::ServeGroup;

impl ServeGroup {
    /// Shows the callers that wait for something that this side lives; whether there are any. For a house-keeper, every
    /// half heartbeat: threads that serve may be busy for as long as their callbacks are.
    pub fn show_life(&self) -> bool {
        let links = self.shared().all_links();
        let owing = links.iter().filter(|link| link.owes());
        owing.map(|link| link.show_life()).count() > 0
    }

    /// Ends the links of callers that owe something and show no sign of life in six looks in a row. A caller owes the
    /// rest of a message that it has begun; where answers are kept for it and there is no room for more, it owes that
    /// it reads. One that wakes later sees a hang-up. Callers behind a lane are judged by the controller.
    ///
    /// For a house-keeper, every half heartbeat; `late` is whether it comes far too late itself.
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

    /// Tells the callers of direct links that no new calls are taken, so that they call others. Calls under way are still
    /// answered. The service must refuse new ones from now on.
    pub fn say_leaving(&self) {
        for link in self.shared().all_links() {
            if link.peer.is_some() {
                link.say(Leaving::TakesNoCalls);
            }
        }
    }

    /// Waits until every request is answered, for as long as the bound, and goes on reading meanwhile: cancels are heard,
    /// and new calls get the answer of the service. True if it came to that.
    pub fn settle(&self, bound: Duration) -> bool {
        self.wait_for_answers(Instant::now() + bound)
    }
}
