//! When a call that failed is made again: so many attempts, so long after the first, with a pause between.
//!
//! ```text
//!              failed, may be made again            the pause is over
//!  attempted ------------------------------> waits ------------------> attempted
//!      |
//!      +-- failed: it was the last, or the next would come too late --> over
//! ```
//! Which failures are worth another attempt is up to the language.

use std::time::{Duration, Instant};

/// What a policy says about the attempts at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryRule {
    /// How many there are in all; none sets no limit.
    pub attempts: Option<u64>,
    /// How long after the first no other begins; none sets no limit.
    pub within: Option<Duration>,
    /// How long to wait between two.
    pub pause: Duration,
}

/// The attempts at one call.
#[derive(Clone, Debug)]
pub struct Retries {
    rule: RetryRule,
    /// When the first was made.
    since: Instant,
    failed: u64,
}

impl Retries {
    /// The first is made now.
    pub const fn begin(rule: RetryRule, now: Instant) -> Self {
        Self {
            rule,
            since: now,
            failed: 0,
        }
    }

    /// How many have failed.
    pub const fn failed(&self) -> u64 {
        self.failed
    }

    /// One has failed now. When the next is made; none where it was the last.
    pub fn fail(&mut self, now: Instant) -> Option<Instant> {
        self.failed = self.failed.saturating_add(1);
        let RetryRule {
            attempts,
            within,
            pause,
        } = self.rule;
        if attempts.is_some_and(|most| self.failed >= most) {
            return None;
        }
        // A pause that no clock can count is one without an end.
        let next = now.checked_add(pause)?;
        let in_time =
            within.is_none_or(|within| next.saturating_duration_since(self.since) <= within);
        in_time.then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rule() -> RetryRule {
        RetryRule {
            attempts: None,
            within: None,
            pause: 5 * SECOND,
        }
    }

    #[test]
    fn the_pause_lies_between_a_failure_and_the_next_attempt() {
        let now = Instant::now();
        let mut retries = Retries::begin(rule(), now);
        assert_eq!(retries.fail(now + SECOND), Some(now + 6 * SECOND));
        assert_eq!(retries.fail(now + 8 * SECOND), Some(now + 13 * SECOND));
        assert_eq!(retries.failed(), 2);
    }

    #[test]
    fn there_are_so_many_attempts_in_all() {
        let now = Instant::now();
        let attempts = |most| RetryRule {
            attempts: Some(most),
            ..rule()
        };
        assert_eq!(Retries::begin(attempts(1), now).fail(now), None);
        let mut three = Retries::begin(attempts(3), now);
        assert!(three.fail(now).is_some());
        assert!(three.fail(now).is_some());
        assert_eq!(three.fail(now), None);
    }

    #[test]
    fn none_begins_later_than_the_limit_after_the_first() {
        // It was asked before the pause, and the attempt after it came too late.
        let now = Instant::now();
        let within = |within| RetryRule {
            within: Some(within),
            ..rule()
        };
        assert_eq!(Retries::begin(within(4 * SECOND), now).fail(now), None);
        let mut retries = Retries::begin(within(10 * SECOND), now);
        assert_eq!(retries.fail(now), Some(now + 5 * SECOND));
        assert_eq!(retries.fail(now + 5 * SECOND), Some(now + 10 * SECOND));
        assert_eq!(retries.fail(now + 10 * SECOND), None);
    }

    #[test]
    fn without_limits_they_go_on() {
        let now = Instant::now();
        let mut retries = Retries::begin(rule(), now);
        assert!((0..10_000).all(|second| retries.fail(now + second * SECOND).is_some()));
    }

    #[test]
    fn a_pause_beyond_all_clocks_is_the_end() {
        let endless = RetryRule {
            pause: Duration::MAX,
            ..rule()
        };
        let now = Instant::now();
        assert_eq!(Retries::begin(endless, now).fail(now), None);
    }
}
