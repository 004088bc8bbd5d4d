//! When a call is due and when it is late, fixed when it is made: it may wait to be sent, and what travels is what is left.

use std::time::{Duration, Instant};

use daffi_proto::ScheduleTask;

use crate::call::options::CallOptions;

/// The points in time of one call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// When its caller stops waiting.
    pub(crate) deadline: Option<Instant>,
    /// When its delay is over; none without one, and where it is longer than this machine can count.
    due: Option<Instant>,
    /// What the times in its payload count from, where it schedules a task.
    times_from: Option<Instant>,
}

impl Times {
    /// Of a call that is made now. No clock is read for one that has neither a limit nor a delay.
    #[inline]
    pub(crate) fn of(options: &CallOptions) -> Self {
        if options.timeout.is_none() && options.delay.is_zero() {
            return Self::default();
        }
        let now = Instant::now();
        let limit = options
            .timeout
            .map(|time| time.saturating_add(options.delay));
        let delay = Some(options.delay).filter(|delay| !delay.is_zero());
        Self {
            deadline: limit.and_then(|limit| now.checked_add(limit)),
            due: delay.and_then(|delay| now.checked_add(delay)),
            times_from: None,
        }
    }

    /// Of a call that schedules a task whose times count from then.
    pub(crate) fn of_times(from: Instant) -> Self {
        Self {
            times_from: Some(from),
            ..Self::default()
        }
    }

    /// What is left now of the limit, counted after the delay, and of the delay.
    #[inline]
    pub(crate) fn left(&self, options: &CallOptions) -> (Option<Duration>, Duration) {
        if self.deadline.is_none() && self.due.is_none() {
            return (None, options.delay);
        }
        let now = Instant::now();
        let left = |at: Instant| at.saturating_duration_since(now);
        let delay = self.due.map_or(options.delay, left);
        let limit = self.deadline.map(|at| left(at).saturating_sub(delay));
        (limit, delay)
    }

    /// Makes the times in its payload those that are left now, where it schedules a task.
    #[inline]
    pub(crate) fn renew(&mut self, payload: &mut [u8]) {
        if let Some(from) = &mut self.times_from {
            let micros = u64::try_from(from.elapsed().as_micros()).unwrap_or(u64::MAX);
            // In whole microseconds, as they travel: nothing is lost where this is done again.
            let passed = Duration::from_micros(micros);
            ScheduleTask::pass(payload, passed);
            *from += passed;
        }
    }
}
