//! Whether the other end of a control connection lives: asked after 5 s without a frame, lost after 15 s.
//!
//! ```text
//!          5 s of silence              15 s of silence
//!  heard ----------------> asked (2x) -----------------> lost
//!    ^                       |
//!    +------ any frame ------+
//! ```
//! Silence counts only while this process could have read. A look that comes late means that this process was held up:
//! frozen, or out of processor time. What the peer has sent meanwhile may still be unread then.

use std::time::{Duration, Instant};

/// After how long without a frame the peer is asked. 5 s: an idle system sends a few bytes a second, not more.
const SILENCE: Duration = Duration::from_secs(5);
/// After how long without a frame the peer is lost. 15 s: two pings unanswered, by a thread that runs no user code.
const LOST: Duration = Duration::from_secs(15);
/// From when on the answer to the first ping is overdue. 7 s: it is there a few milliseconds after 5 s.
const OVERDUE: Duration = Duration::from_secs(7);
/// From when on a look is late. 1 s: on a busy machine timers are late by milliseconds, a tenth of a second at worst.
pub(crate) const LATE: Duration = Duration::from_secs(1);

/// The judgement of one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heartbeat {
    /// When a frame came last, moved later by the time in which this process was held up.
    last_heard: Instant,
    next_look: Instant,
    /// It counted as lost at a look that came late, and was asked once more instead.
    is_spared: bool,
}

/// What a look finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// It was heard not long ago.
    Lives,
    /// It is to be pinged.
    Ask,
    Lost,
}

impl Heartbeat {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            last_heard: now,
            next_look: now + SILENCE,
            is_spared: false,
        }
    }

    pub(crate) const fn next_look(&self) -> Instant {
        self.next_look
    }

    /// A frame came.
    pub(crate) const fn heard(&mut self, now: Instant) {
        self.last_heard = now;
        self.is_spared = false;
    }

    /// Whether the peer has not answered its first ping: a frame that comes now comes from one that was frozen, say.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_heard) >= OVERDUE
    }

    /// To be called at [`Self::next_look`], or later where this process was held up.
    pub(crate) fn look(&mut self, now: Instant) -> Beat {
        let late = now.saturating_duration_since(self.next_look);
        self.last_heard = (self.last_heard + late).min(now);
        let mut silent = now.saturating_duration_since(self.last_heard);
        // Spared once only: where every look comes late, a peer that has gone must be noticed all the same.
        if silent >= LOST && late >= LATE && !self.is_spared {
            self.is_spared = true;
            silent = LOST - SILENCE;
            self.last_heard = now - silent;
        }
        if silent >= LOST {
            return Beat::Lost;
        }
        if silent < SILENCE {
            self.next_look = self.last_heard + SILENCE;
            return Beat::Lives;
        }
        self.next_look = (now + SILENCE).min(self.last_heard + LOST);
        Beat::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Looks in time for so long; when the peer was lost.
    fn lost_within(
        heartbeat: &mut Heartbeat,
        from: Instant,
        duration: Duration,
    ) -> Option<Instant> {
        while heartbeat.next_look() <= from + duration {
            let now = heartbeat.next_look();
            if heartbeat.look(now) == Beat::Lost {
                return Some(now);
            }
        }
        None
    }

    #[test]
    fn a_silent_peer_is_lost_after_fifteen_seconds() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(start);
        let lost = lost_within(&mut heartbeat, start, seconds(60));
        assert_eq!(lost, Some(start + seconds(15)));
    }

    #[test]
    fn a_process_that_was_frozen_itself_blames_nobody_however_long_that_was_and_whenever_it_began()
    {
        // A node that was heard up to 5 s before a freeze of 10 to 20 s was thrown out at once.
        for heard in 0..5 {
            for freeze in 1..60 {
                let start = Instant::now();
                let mut heartbeat = Heartbeat::new(start);
                let frozen = start + seconds(5);
                heartbeat.heard(frozen - seconds(heard));
                if heartbeat.next_look() <= frozen {
                    heartbeat.look(frozen);
                }
                let awake = frozen + seconds(freeze);
                if heartbeat.next_look() <= awake {
                    assert_ne!(heartbeat.look(awake), Beat::Lost, "{heard} s, {freeze} s");
                }
                assert_eq!(lost_within(&mut heartbeat, awake, seconds(4)), None);
                let lost = lost_within(&mut heartbeat, awake, seconds(15));
                assert!(
                    lost.is_some(),
                    "one that is silent all the same is lost in time"
                );
            }
        }
    }

    #[test]
    fn a_peer_that_seems_lost_at_a_late_look_is_asked_once_more() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(start);
        assert_eq!(lost_within(&mut heartbeat, start, seconds(14)), None);
        let awake = start + seconds(40);
        assert_eq!(heartbeat.look(awake), Beat::Ask);
        let mut answers = heartbeat;
        answers.heard(awake + seconds(1));
        assert_eq!(answers.look(awake + seconds(5)), Beat::Lives);
        let lost = lost_within(&mut heartbeat, awake, seconds(60));
        assert_eq!(lost, Some(awake + seconds(5)));
    }

    #[test]
    fn where_every_look_is_late_a_silent_peer_is_lost_all_the_same() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(start);
        let mut looks = 1;
        while heartbeat.look(heartbeat.next_look() + seconds(30)) != Beat::Lost {
            looks += 1;
        }
        assert_eq!(looks, 4);
    }
}
