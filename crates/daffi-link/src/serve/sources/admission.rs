//! Admission of requests at the bound of the budget: which links wait with their next request, and which goes on when.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Sources;
use crate::budget::{Admission, Terms};
use crate::inbound::{Ahead, Filled, Inbound};

/// The links whose next request waits for its share of the budget. They are paused meanwhile.
#[derive(Default)]
pub(super) struct AdmissionQueue {
    /// In the order in which they began to wait.
    tokens: VecDeque<u64>,
    /// Since when nothing was given back, and how often something had been before.
    stuck: Option<(Instant, u64)>,
    /// The one link that may exceed the budget: a message that is half received on it can only end, and give its share
    /// back, when the link is read on. Without it all links with half-received messages could wait for each other: a
    /// deadlock.
    overdrawn: Option<u64>,
    /// While the link that waits longest is tried: which it is, and whether its request is refused if it does not fit.
    first: Option<(u64, bool)>,
}

impl AdmissionQueue {
    #[inline]
    pub(super) fn terms(&self, token: u64, inbound: &Inbound) -> Terms {
        let may_overdraw = self.overdrawn == Some(token) && inbound.has_partial();
        let admission = match self.first {
            Some((first, false)) if first == token => Admission::IfItFits,
            Some((first, true)) if first == token => Admission::OrRefused,
            _ if self.tokens.is_empty() => Admission::IfItFits,
            _ => Admission::Behind,
        };
        Terms {
            admission,
            may_overdraw,
        }
    }

    pub(super) fn add(&mut self, token: u64) {
        if !self.tokens.contains(&token) {
            self.tokens.push_back(token);
        }
    }

    /// The link does not wait, or not any more.
    #[inline]
    pub(super) fn remove(&mut self, token: u64) {
        if !self.tokens.is_empty() {
            self.tokens.retain(|other| *other != token);
            self.first.take_if(|(first, _)| *first == token);
        }
    }
}

impl Sources {
    /// Takes in the requests that waited for their share and get one now; those for which nothing was given back for
    /// long are refused. How long the next one waits before it is.
    #[inline]
    pub(crate) fn admit_waiting(&mut self) -> Option<Duration> {
        if self.admissions.tokens.is_empty() && self.admissions.stuck.is_none() {
            return None;
        }
        self.admit_in_order()
    }

    fn admit_in_order(&mut self) -> Option<Duration> {
        self.finish_overdrawn();
        loop {
            let left = self.left_of_patience();
            let first = *self.admissions.tokens.front()?;
            self.admissions.first = Some((first, left.is_zero()));
            self.go_on(first);
            if self.admissions.first.take().is_some() {
                if !self.is_clogged(first) {
                    self.let_pass(first);
                    return Some(left);
                }
                // Its caller reads no answers: it is tried again when that reads.
                self.admissions.remove(first);
            }
        }
    }

    /// Takes in requests behind the first one that are small enough to pass it.
    fn let_pass(&mut self, first: u64) {
        let others: Vec<_> = self.admissions.tokens.iter().copied().collect();
        for token in others {
            if token != first && self.shared.budget.lets_pass() {
                self.go_on(token);
            }
        }
    }

    /// What is left of the patience, which starts again whenever something is given back.
    fn left_of_patience(&mut self) -> Duration {
        let is_awaited = !self.admissions.tokens.is_empty();
        let given_back = self.shared.budget.set_awaited(true);
        match self.admissions.stuck {
            Some((since, before)) if before == given_back => {
                self.patience.saturating_sub(since.elapsed())
            }
            _ if is_awaited => {
                self.admissions.stuck = Some((Instant::now(), given_back));
                self.patience
            }
            _ => {
                self.shared.budget.set_awaited(false);
                self.admissions.stuck = None;
                self.patience
            }
        }
    }

    /// Lets one link with half-received messages go on, beyond the budget if need be.
    fn finish_overdrawn(&mut self) {
        let has_partial = |token: &u64| {
            let source = self.links.get(token);
            source.is_some_and(|source| source.inbound.has_partial())
        };
        if self
            .admissions
            .overdrawn
            .as_ref()
            .is_none_or(|token| !has_partial(token))
        {
            self.admissions.overdrawn = self.admissions.tokens.iter().copied().find(has_partial);
        }
        if let Some(token) = self.admissions.overdrawn
            && self.admissions.tokens.contains(&token)
        {
            self.go_on(token);
        }
    }

    fn is_clogged(&self, token: u64) -> bool {
        let source = self.links.get(&token);
        source.is_some_and(|source| source.link.is_clogged())
    }

    /// Looks for cancels behind a request that waits: they may be of calls that hold the budget, or of that request.
    pub(super) fn listen(&mut self, token: u64) {
        let Some(source) = self.links.get_mut(&token) else {
            return;
        };
        if !source.inbound.awaits_share() || source.has_hung_up {
            return;
        }
        let id = source.link.id;
        let Ahead {
            filled,
            is_full,
            cancelled,
        } = source.inbound.look_ahead(&source.link.wire);
        source.link.set_deaf(is_full);
        if filled == Filled::Gone {
            self.hung_up(token);
        }
        for call in cancelled {
            let source = self.links.get_mut(&token);
            if source.is_some_and(|source| source.inbound.give_up(call)) {
                self.go_on(token);
            } else {
                self.cancel(id, call);
            }
        }
    }

    /// Has a link that waits go on if its next request is let in.
    pub(super) fn go_on(&mut self, token: u64) {
        if !self.links.contains_key(&token) {
            return self.admissions.remove(token);
        }
        self.take_all_read(token);
        while let Some(source) = self.links.get_mut(&token)
            && !source.inbound.awaits_share()
        {
            source.link.pause(false);
            if !source.has_hung_up || source.has_left {
                return;
            }
            match source.inbound.fill(&source.link.wire) {
                Filled::Some => self.take_all_read(token),
                Filled::NotNow | Filled::Gone => self.remove(token),
            }
        }
    }
}
