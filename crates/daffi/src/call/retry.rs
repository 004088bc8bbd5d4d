//! A call that is made again in the background: how many may be at once, and which threads make them. When it is made
//! again is a rule ([`daffi_proto::Retries`]), and up to the language which failures are worth it.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use crate::call::caller::WaitingLimits;
use crate::call::pool::{Pool, SLOW};
use crate::error::CallError;
use crate::host::Host;
use crate::serve::delays::{Delayed, Delays, Due};
use crate::stop::StopSignal;

/// The calls of a node that are made again.
pub(crate) struct Retrying {
    calls: RetriedCalls,
    /// Their next attempts.
    pub(crate) next: Delays,
    /// The threads that make them.
    pool: Arc<Pool>,
    stop: Arc<StopSignal>,
}

impl Retrying {
    pub(crate) fn new(limits: WaitingLimits, host: Arc<dyn Host>, stop: Arc<StopSignal>) -> Self {
        Self {
            calls: RetriedCalls::new(limits),
            // How many there may be is looked at before the first attempt.
            next: Delays::new(usize::MAX),
            pool: Arc::new(Pool::new(host)),
            stop,
        }
    }

    /// No attempt is waited for any more.
    pub(crate) fn close(&self) {
        self.next.close();
    }

    /// No attempt is read on a thread of its own any more.
    pub(crate) fn close_pool(&self) {
        self.pool.close();
    }

    /// Waits until those threads have ended, for as long as the bound.
    pub(crate) fn join(&self, until: Instant) {
        self.pool.join(until);
    }

    fn run_soon(self: &Arc<Self>, work: Delayed) {
        if self.pool.add(work) {
            self.look_soon();
        }
    }

    /// Looks after the threads in a while, and again for as long as work waits for one.
    fn look_soon(self: &Arc<Self>) {
        let again = Arc::clone(self);
        let moment = self.next.moment(Instant::now() + SLOW);
        let look = move |due| {
            if due == Due::Now && again.pool.look() {
                again.look_soon();
            }
        };
        self.next.add(moment, Box::new(look));
    }
}

impl fmt::Debug for Retrying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Retrying({:?}, {:?})", self.next, self.pool)
    }
}

/// The place of one call among those that are made again; it is free when this is dropped.
pub struct Retried {
    retrying: Arc<Retrying>,
    bytes: u64,
}

impl Retried {
    /// Takes a place for a call whose arguments have so many bytes.
    pub(crate) fn of(retrying: Arc<Retrying>, bytes: u64) -> Result<Self, CallError> {
        retrying.calls.add(bytes)?;
        Ok(Self { retrying, bytes })
    }

    /// Whether another attempt may be made: not any more once the process stops.
    pub fn may_go_on(&self) -> bool {
        !self.retrying.stop.refuses_requests()
    }

    /// Has a thread of the process do something soon. It may block, unless it is told that the process stops: then it is
    /// called on any thread, and must be quick.
    pub fn run_soon(&self, work: impl FnOnce(Due) + Send + 'static) {
        self.retrying.run_soon(Box::new(work));
    }

    /// The same at a time.
    pub fn run_at(&self, at: Instant, work: impl FnOnce(Due) + Send + 'static) {
        let retrying = Arc::clone(&self.retrying);
        let moment = self.retrying.next.moment(at);
        let work = move |due| match due {
            Due::Now => retrying.run_soon(Box::new(work)),
            due => work(due),
        };
        self.retrying.next.add(moment, Box::new(work));
    }
}

impl Drop for Retried {
    fn drop(&mut self) {
        self.retrying.calls.remove(self.bytes);
    }
}

impl fmt::Debug for Retried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Retried({} bytes)", self.bytes)
    }
}

/// How many calls of a node are made again, and the bytes of their arguments, which are kept for that.
struct RetriedCalls {
    limits: WaitingLimits,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    calls: usize,
    bytes: u64,
}

impl RetriedCalls {
    fn new(limits: WaitingLimits) -> Self {
        let kept = Mutex::default();
        Self { limits, kept }
    }

    /// One more; a large one where there is no other.
    fn add(&self, bytes: u64) -> Result<(), CallError> {
        let mut kept = self.kept.lock();
        let sum = kept.bytes.saturating_add(bytes);
        let is_full = kept.calls >= self.limits.calls || sum > self.limits.bytes;
        if is_full && kept.calls > 0 {
            return Err(CallError::RetriedBacklog {
                calls: kept.calls,
                bytes: kept.bytes,
            });
        }
        kept.calls += 1;
        kept.bytes = sum;
        Ok(())
    }

    fn remove(&self, bytes: u64) {
        let mut kept = self.kept.lock();
        kept.calls -= 1;
        kept.bytes -= bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_bytes_and_calls_are_kept_and_a_larger_one_alone() {
        let retried = RetriedCalls::new(WaitingLimits {
            bytes: 100,
            calls: 2,
        });
        assert!(retried.add(1000).is_ok());
        assert!(matches!(
            retried.add(1),
            Err(CallError::RetriedBacklog {
                calls: 1,
                bytes: 1000
            })
        ));
        retried.remove(1000);
        assert!(retried.add(60).is_ok());
        assert!(retried.add(60).is_err());
        assert!(retried.add(40).is_ok());
        assert!(retried.add(0).is_err(), "two calls are as many as may be");
        retried.remove(60);
        assert!(retried.add(60).is_ok());
    }
}
