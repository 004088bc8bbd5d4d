//! Whether the caller of a link lives, where it owes something: the rest of a message, or that it reads its answers.

use daffi_proto::{Look, Silence};

use super::ServedLink;

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
    pub(crate) fn looks_dead(&self, is_short: bool, late: bool) -> Option<&'static str> {
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
}
