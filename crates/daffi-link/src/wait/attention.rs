//! Whether a house-keeper attends to something, for as long as a thread needs it: the flag that decides who must wake it,
//! without a lost wake-up when it turns away.
//!
//! ```text
//!             ask (the need is there before)                turn_away, nobody needs it
//!   unattended -----------------------------> attended ----------------------------------> unattended
//!        ^      true: tell the house-keeper       |  ^                                          |
//!        |                                        +--+ ask: false, it attends already           |
//!        +------------- the need came meanwhile: it attends again, by its own hand <------------+
//! ```
//! Invariant: while something is needed, it is attended to, or somebody is about to tell the house-keeper. Who needs it
//! says so first and swaps `attended` after; the house-keeper swaps it first and looks for needs after. Two swaps of one
//! word have an order, and the later one sees what came before the earlier one: so one of the two sees the other. (A
//! plain store of the house-keeper would not do: its look at the needs may then come before it.)

use crate::sync::{AtomicBool, Ordering};

/// One thing that a house-keeper attends to.
#[derive(Debug)]
pub struct Attention {
    attended: AtomicBool,
}

impl Default for Attention {
    fn default() -> Self {
        Self {
            attended: AtomicBool::new(false),
        }
    }
}

impl Attention {
    /// Asks for attention, after what needs it was made known; true if the house-keeper must be told.
    pub fn ask(&self) -> bool {
        !self.attended.swap(true, Ordering::AcqRel)
    }

    /// The house-keeper turns away, unless it `is_needed`; whether it has. Where not, it goes on.
    pub fn turn_away(&self, is_needed: impl Fn() -> bool) -> bool {
        if is_needed() {
            return false;
        }
        self.attended.swap(false, Ordering::AcqRel);
        // A thread that asked between the look and the swap was told that the house-keeper attends: so it must go on,
        // unless a thread has asked since the swap, which then wakes it.
        !is_needed() || self.attended.swap(true, Ordering::AcqRel)
    }
}

#[cfg(all(test, loom))]
mod model {
    use std::sync::Arc;

    use loom::thread;

    use super::*;
    use crate::sync::AtomicU64;

    #[test]
    fn a_need_that_comes_while_the_house_keeper_turns_away_is_attended_to() {
        loom::model(|| {
            let (attention, needs) = (Arc::new(Attention::default()), Arc::new(AtomicU64::new(0)));
            // It attends to a need that has just ended.
            assert!(attention.ask());
            let user = {
                let (attention, needs) = (attention.clone(), needs.clone());
                thread::spawn(move || {
                    needs.fetch_add(1, Ordering::Relaxed);
                    attention.ask()
                })
            };
            let has_left = attention.turn_away(|| needs.load(Ordering::Relaxed) > 0);
            let is_told = user.join().expect("no thread of the model panics");
            assert!(!has_left || is_told, "nobody attends to the need");
            assert!(has_left || !is_told, "two attend to it");
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_house_keeper_is_told_once_until_it_turns_away() {
        let attention = Attention::default();
        assert!(attention.ask());
        assert!(!attention.ask());
        assert!(!attention.turn_away(|| true));
        assert!(attention.turn_away(|| false));
        assert!(attention.ask());
    }
}
