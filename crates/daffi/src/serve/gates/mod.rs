//! All gates of a node: who waits at one is refused where none that runs there ends for as long as the patience.

pub(crate) mod gate;
mod patience;

use std::num::NonZeroUsize;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use daffi_proto::Limits;
use parking_lot::Mutex;

use gate::Gate;
use patience::Patience;

/// All gates of a node, and the time that those who wait have.
#[derive(Debug)]
pub(crate) struct Gates {
    patience: Arc<Patience>,
    all: Mutex<Vec<Weak<Gate>>>,
}

impl Gates {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            patience: Arc::new(Patience::new(limits)),
            all: Mutex::default(),
        })
    }

    /// A gate for `what`.
    pub(crate) fn gate(&self, what: String, at_once: NonZeroUsize) -> Arc<Gate> {
        let gate = Arc::new(Gate::new(Arc::clone(&self.patience), what, at_once));
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
        if let Some(limit) = self.patience.limit() {
            loop {
                self.patience.next_check().await;
                self.check(limit);
            }
        }
    }

    fn check(&self, patience: Duration) {
        let now = Instant::now();
        let gates = self.living();
        let ends = gates.iter().filter_map(|gate| gate.check(now, patience));
        if let Some(end) = ends.min() {
            self.patience.check_at(end);
        }
    }

    fn living(&self) -> Vec<Arc<Gate>> {
        self.all.lock().iter().filter_map(Weak::upgrade).collect()
    }
}
