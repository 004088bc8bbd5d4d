//! How many may wait at a gate, and when the gates are looked at for those whose patience is over.

use std::time::{Duration, Instant};

use daffi_proto::Limits;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// What all gates of a node have in common.
#[derive(Debug)]
pub(super) struct Patience {
    most_waiting: usize,
    limit: Option<Duration>,
    /// When the gates are looked at next.
    next: Mutex<Option<Instant>>,
    sooner: Notify,
}

impl Patience {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            most_waiting: limits.waiting_calls,
            limit: limits.patience,
            next: Mutex::default(),
            sooner: Notify::new(),
        }
    }

    /// How many may wait at one gate.
    pub(super) const fn most_waiting(&self) -> usize {
        self.most_waiting
    }

    /// How long a call waits while nothing moves; none for ever.
    pub(super) const fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Someone waits since then.
    pub(super) fn check_after(&self, since: Instant) {
        let end = self.limit.and_then(|limit| since.checked_add(limit));
        if let Some(end) = end {
            self.check_at(end);
        }
    }

    /// The gates are looked at by then.
    pub(super) fn check_at(&self, end: Instant) {
        let mut next = self.next.lock();
        if next.is_none_or(|next| end < next) {
            *next = Some(end);
            drop(next);
            self.sooner.notify_one();
        }
    }

    /// Waits until the gates are to be looked at. What begins to wait from then on asks for the next look.
    pub(super) async fn next_check(&self) {
        loop {
            let next = *self.next.lock();
            let sooner = self.sooner.notified();
            match next {
                None => sooner.await,
                Some(at) if at > Instant::now() => {
                    drop(tokio::time::timeout_at(at.into(), sooner).await);
                }
                Some(_) => {
                    *self.next.lock() = None;
                    return;
                }
            }
        }
    }
}
