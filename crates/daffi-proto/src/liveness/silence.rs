//! Whether a peer that owes something shows that it lives: judged by looks at regular times.
//!
//! ```text
//!           it owes something          nothing came since the last look, six times in a row
//!  at ease -------------------> owing -----------------------------------------------------> lost
//!     ^                           | ^
//!     +-- it owes nothing --------+ +-- it showed something: the count begins anew
//! ```
//! Looks are counted and not time: a process that was stopped itself, by a debugger or with its whole machine, must not
//! take its peers for dead when it wakes.

use core::time::Duration;

use crate::Limits;

/// So many looks in a row without a sign of life, and the peer is lost. 6: with two looks for each heartbeat, three
/// heartbeats, and a peer that was frozen for two of them is never lost.
const LOOKS: u32 = 6;

/// The judgement of one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    owed: bool,
    looks: u32,
}

/// What one look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The peer owes something: an answer, or room for what is to be sent.
    pub owes: bool,
    /// Something came of it since the last look, or is there to be read.
    pub shown: bool,
    /// This look came far too late, so that this process was held up: it does not count against the peer.
    pub late: bool,
}

impl Silence {
    /// Takes in a look; whether the peer is lost.
    pub fn look(&mut self, look: Look) -> bool {
        // A peer that owes something only since the last look has not been waited for yet.
        let waited = core::mem::replace(&mut self.owed, look.owes);
        if !look.owes || look.shown || !waited {
            self.looks = 0;
        } else if !look.late {
            self.looks += 1;
        }
        self.looks >= LOOKS
    }
}

/// When to look next, and whether a look came too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    heartbeat: Duration,
    pause: Duration,
}

impl Pace {
    /// The pace of a side that owes nothing and is owed nothing.
    pub const fn new(limits: &Limits) -> Self {
        Self {
            heartbeat: limits.heartbeat,
            pause: limits.heartbeat,
        }
    }

    /// How long to wait for the next look.
    pub const fn pause(&self) -> Duration {
        self.pause
    }

    /// Whether a wait that took so long was far longer than it should have been.
    pub fn is_late(&self, took: Duration) -> bool {
        took >= self.pause * 2
    }

    /// Looks twice a heartbeat while anything is owed, by this side or to it; an idle side looks once.
    pub fn set(&mut self, is_owed: bool) {
        self.pause = if is_owed {
            self.heartbeat / 2
        } else {
            self.heartbeat
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENT: Look = Look {
        owes: true,
        shown: false,
        late: false,
    };

    /// How many looks it takes.
    fn looks_until_lost(silence: &mut Silence, look: Look) -> Option<u32> {
        (1..100).find(|_| silence.look(look))
    }

    #[test]
    fn a_peer_that_shows_nothing_is_lost_after_six_looks_and_the_one_that_began_it() {
        assert_eq!(looks_until_lost(&mut Silence::default(), SILENT), Some(7));
    }

    #[test]
    fn a_sign_of_life_begins_the_count_anew() {
        let mut silence = Silence::default();
        for _ in 0..20 {
            for _ in 0..5 {
                assert!(!silence.look(SILENT));
            }
            assert!(!silence.look(Look {
                shown: true,
                ..SILENT
            }));
        }
        assert_eq!(looks_until_lost(&mut silence, SILENT), Some(6));
    }

    #[test]
    fn a_peer_that_owes_nothing_may_be_silent() {
        let idle = Look {
            owes: false,
            ..SILENT
        };
        let mut silence = Silence::default();
        assert_eq!(looks_until_lost(&mut silence, idle), None);
        assert_eq!(looks_until_lost(&mut silence, SILENT), Some(7));
    }

    #[test]
    fn a_process_that_was_stopped_itself_blames_nobody() {
        let late = Look {
            late: true,
            ..SILENT
        };
        let mut silence = Silence::default();
        for _ in 0..6 {
            assert!(!silence.look(SILENT));
        }
        assert_eq!(looks_until_lost(&mut silence, late), None);
        assert!(silence.look(SILENT));
    }

    #[test]
    fn an_idle_side_looks_half_as_often() {
        let limits = Limits::default();
        let mut pace = Pace::new(&limits);
        assert_eq!(pace.pause(), limits.heartbeat);
        pace.set(true);
        assert_eq!(pace.pause(), limits.heartbeat / 2);
        assert!(!pace.is_late(limits.heartbeat * 3 / 4));
        assert!(pace.is_late(limits.heartbeat));
    }
}
