//! How long a thread waits for something: until a time, or until whoever waits has it end.

use std::time::{Duration, Instant};

/// How often a wait asks whether to give up. 100 ms: people feel that Ctrl+C works, and an idle wait costs nothing.
const SLICE: Duration = Duration::from_millis(100);

/// The bounds of one wait.
pub(crate) struct Wait<'a> {
    /// Without a time for ever.
    pub(crate) until: Option<Instant>,
    interrupt: &'a mut dyn FnMut() -> bool,
}

impl<'a> Wait<'a> {
    /// `interrupt` is asked at least every 100 ms, with no lock held; true ends the wait.
    pub(crate) fn new(until: Option<Instant>, interrupt: &'a mut dyn FnMut() -> bool) -> Self {
        Self { until, interrupt }
    }

    /// Until when to sleep before the bounds are looked at again.
    pub(crate) fn next_look(&self) -> Instant {
        let slice = Instant::now() + SLICE;
        self.until.map_or(slice, |until| until.min(slice))
    }

    /// The same as a length of time.
    pub(crate) fn slice(&self) -> Duration {
        self.next_look().saturating_duration_since(Instant::now())
    }

    /// Whether the time is over.
    pub(crate) fn is_late(&self) -> bool {
        self.until.is_some_and(|until| until <= Instant::now())
    }

    /// Whether whoever waits has it end. Asked with no lock held.
    pub(crate) fn is_interrupted(&mut self) -> bool {
        (self.interrupt)()
    }
}
