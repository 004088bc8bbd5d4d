//! Shortage of threads: requests wait for one, and are refused once none has become free for as long as the patience.

use std::time::Instant;

use daffi_proto::{Failure, FailureCode};

use super::Sources;

/// While no thread becomes free, requests that come after some were refused wait for this part of the patience: 50 ms of
/// 5 s.
const SHORT_PATIENCE: u32 = 100;

/// All threads but the reading one run callbacks, and requests wait for one.
pub(crate) struct Shortage {
    /// When that began.
    pub(crate) since: Instant,
    /// Whether it has been logged.
    pub(crate) is_told: bool,
}

impl Default for Shortage {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            is_told: false,
        }
    }
}

impl Sources {
    /// No thread has become free for as long as requests wait for one: `busy` of the `threads` run callbacks.
    pub(crate) fn refuse_waiting(&mut self, busy: usize, threads: usize) {
        let shortage = self.shortage.get_or_insert_default();
        if !std::mem::replace(&mut shortage.is_told, true) {
            tracing::warn!(
                "{busy} callbacks run, and none has ended for {:?}: what would need another of the {threads} threads is refused",
                self.patience
            );
        }
        let failure = Failure::new(
            FailureCode::Overloaded,
            format!(
                "callbacks have all {threads} threads there, and none became free for {} s\n\
                 hint: raise threads= of that Global, or use async callbacks, which need no threads",
                self.patience.as_secs_f64()
            ),
        );
        for job in self.ready.drain_blocking() {
            job.refuse(&failure);
        }
        // A thread whose callback has just answered becomes free in a moment: later requests wait a little for it.
        let short = self.patience / SHORT_PATIENCE;
        if let (Some(shortage), Some(since)) = (
            &mut self.shortage,
            Instant::now().checked_sub(self.patience - short),
        ) {
            shortage.since = since;
        }
    }
}
