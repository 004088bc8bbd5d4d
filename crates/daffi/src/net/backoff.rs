//! How long to wait between attempts: longer each time, with some chance in it so that many do not come at once.

use std::time::Duration;

use crate::net::system;

/// The first wait. 50 ms: a controller that restarts is back soon.
const FIRST: Duration = Duration::from_millis(50);
/// The longest wait. 1 s: nobody waits long for a controller that came back, and a thousand nodes do not disturb it.
const LONGEST: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { next: FIRST }
    }

    /// How long to wait now: between half and all of what it comes to.
    pub(crate) fn wait(&mut self) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(LONGEST);
        let [chance] = system::random().unwrap_or([128]);
        whole / 2 + whole / 2 * u32::from(chance) / 255
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_longest_and_stay_there() {
        let mut backoff = Backoff::new();
        for _ in 0..10 {
            let wait = backoff.wait();
            assert!(wait >= FIRST / 2 && wait <= LONGEST);
        }
        assert!(backoff.wait() >= LONGEST / 2);
    }
}
