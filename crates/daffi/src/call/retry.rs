//! A call that is made again in the background: how many may be at once, and which threads make them. When it is made
//! again is a rule ([`daffi_proto::Retries`]), and up to the language which failures are worth it.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use crate::call::outgoing::WaitingLimits;
use crate::error::CallError;
use crate::serve::delays::{Delayed, Due};
use crate::serve::pool::SLOW;
use crate::shared::NodeShared;

/// The place of one call among those that are made again; it is free when this is dropped.
pub struct Retried {
    node: Arc<NodeShared>,
    bytes: u64,
}

/// How many calls of a node are made again, and the bytes of their arguments, which are kept for that.
pub(crate) struct RetriedCalls {
    limits: WaitingLimits,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    calls: usize,
    bytes: u64,
}

impl RetriedCalls {
    pub(crate) fn new(limits: WaitingLimits) -> Self {
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

impl Retried {
    /// Takes a place for a call of this node whose arguments have so many bytes.
    pub(crate) fn of(node: Arc<NodeShared>, bytes: u64) -> Result<Self, CallError> {
        node.retried.add(bytes)?;
        Ok(Self { node, bytes })
    }

    /// Whether another attempt may be made: not any more once the process stops.
    pub fn may_go_on(&self) -> bool {
        !self.node.stop().refuses_requests()
    }

    /// Has a thread of the process do something soon. It may block, unless it is told that the process stops: then it is
    /// called on any thread, and must be quick.
    pub fn run_soon(&self, work: impl FnOnce(Due) + Send + 'static) {
        run_soon(&self.node, Box::new(work));
    }

    /// The same at a time.
    pub fn run_at(&self, at: Instant, work: impl FnOnce(Due) + Send + 'static) {
        let node = Arc::clone(&self.node);
        let moment = self.node.retrying.moment(at);
        let work = move |due| match due {
            Due::Now => run_soon(&node, Box::new(work)),
            due => work(due),
        };
        self.node.retrying.add(moment, Box::new(work));
    }
}

fn run_soon(node: &Arc<NodeShared>, work: Delayed) {
    if node.pool.add(work) {
        look_soon(node);
    }
}

/// Looks after the threads in a while, and again for as long as work waits for one.
fn look_soon(node: &Arc<NodeShared>) {
    let again = Arc::clone(node);
    let moment = node.retrying.moment(Instant::now() + SLOW);
    let look = move |due| {
        if due == Due::Now && again.pool.look() {
            look_soon(&again);
        }
    };
    node.retrying.add(moment, Box::new(look));
}

impl Drop for Retried {
    fn drop(&mut self) {
        self.node.retried.remove(self.bytes);
    }
}

impl fmt::Debug for Retried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Retried({} bytes)", self.bytes)
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
