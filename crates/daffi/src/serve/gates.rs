//! All gates of a node: who waits at one is refused where none that runs there ends for as long as the patience.

use std::num::NonZeroUsize;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use daffi_proto::Limits;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::serve::gate::Gate;

/// All gates of a node, and the time that those who wait have.
#[derive(Debug)]
pub(crate) struct Gates {
    most_waiting: usize,
    patience: Option<Duration>,
    all: Mutex<Vec<Weak<Gate>>>,
    /// When the gates are looked at next.
    next: Mutex<Option<Instant>>,
    sooner: Notify,
}

impl Gates {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            most_waiting: limits.waiting_calls,
            patience: limits.patience,
            all: Mutex::default(),
            next: Mutex::default(),
            sooner: Notify::new(),
        })
    }

    /// How many may wait at one gate.
    pub(crate) const fn most_waiting(&self) -> usize {
        self.most_waiting
    }

    /// A gate for `what`.
    pub(crate) fn gate(self: &Arc<Self>, what: String, at_once: NonZeroUsize) -> Arc<Gate> {
        let gate = Arc::new(Gate::new(Arc::clone(self), what, at_once));
        let mut all = self.all.lock();
        // Those of callbacks that were replaced, once their last call is over.
        all.retain(|gate| gate.strong_count() > 0);
        all.push(Arc::downgrade(&gate));
        gate
    }

    /// Lets nobody in any more.
    pub(crate) fn close(&self) {
        for gate in self.living() {
            gate.close();
        }
    }

    /// Refuses those whose patience is over, as time goes on. One task of the house-keeper runs this.
    pub(crate) async fn keep_time(&self) {
        let Some(patience) = self.patience else {
            return;
        };
        loop {
            let next = *self.next.lock();
            let sooner = self.sooner.notified();
            match next {
                None => sooner.await,
                Some(at) if at > Instant::now() => {
                    drop(tokio::time::timeout_at(at.into(), sooner).await);
                }
                Some(_) => self.check(patience),
            }
        }
    }

    fn check(&self, patience: Duration) {
        // What begins to wait from now on says so anew.
        *self.next.lock() = None;
        let now = Instant::now();
        let gates = self.living();
        let ends = gates.iter().filter_map(|gate| gate.check(now, patience));
        if let Some(end) = ends.min() {
            self.check_at(end);
        }
    }

    /// Someone waits since then.
    pub(crate) fn check_after(&self, since: Instant) {
        let end = self
            .patience
            .and_then(|patience| since.checked_add(patience));
        if let Some(end) = end {
            self.check_at(end);
        }
    }

    fn check_at(&self, end: Instant) {
        let mut next = self.next.lock();
        if next.is_none_or(|next| end < next) {
            *next = Some(end);
            drop(next);
            self.sooner.notify_one();
        }
    }

    fn living(&self) -> Vec<Arc<Gate>> {
        self.all.lock().iter().filter_map(Weak::upgrade).collect()
    }
}
