//! Links whose next request waits for its share of the budget: which of them goes on, and when.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Sources;
use crate::budget::Admission;
use crate::inbound::{Ahead, Filled, Inbound};

/// The links whose next request waits for its share of the budget.
#[derive(Default)]
pub(super) struct AdmissionQueue {
    /// In the order in which they came to that.
    tokens: VecDeque<u64>,
    /// Since when nothing was given back, and how often there had been something until then.
    stuck: Option<(Instant, u64)>,
    /// The one link that may hold more than there is: what is half received on it can only end, and give its share back,
    /// when it is read on. All links with such would otherwise wait for each other.
    overdrawn: Option<u64>,
    /// The link that is first, and whether its request is refused if it does not fit; while it is asked.
    first: Option<(u64, bool)>,
}

impl AdmissionQueue {
    #[inline]
    pub(super) fn admission(&self, token: u64, inbound: &Inbound) -> (Admission, bool) {
        let may_overdraw = self.overdrawn == Some(token) && inbound.has_partial();
        let admission = match self.first {
            Some((first, false)) if first == token => Admission::IfItFits,
            Some((first, true)) if first == token => Admission::OrRefused,
            _ if self.tokens.is_empty() => Admission::IfItFits,
            _ => Admission::Behind,
        };
        (admission, may_overdraw)
    }

    pub(super) fn add(&mut self, token: u64) {
        if !self.tokens.contains(&token) {
            self.tokens.push_back(token);
        }
    }

    /// The link is not stalled, or not any more.
    #[inline]
    pub(super) fn go_on(&mut self, token: u64) {
        if !self.tokens.is_empty() {
            self.tokens.retain(|other| *other != token);
            self.first.take_if(|(first, _)| *first == token);
        }
    }
}

impl Sources {
    /// Takes in the requests that waited for their share and have one now, or are refused as nothing was given back for
    /// long; how long that is from now on.
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
                // It comes back when its caller takes answers again.
                self.admissions.go_on(first);
            }
        }
    }

    /// Takes in the requests that wait behind the first and need not.
    fn let_pass(&mut self, first: u64) {
        let others: Vec<_> = self.admissions.tokens.iter().copied().collect();
        for token in others {
            if token != first && self.shared.budget.lets_pass() {
                self.go_on(token);
            }
        }
    }

    /// What is left of the patience, which begins anew whenever something is given back.
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

    /// Lets one link with messages that are half received go on where nothing else can.
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

    /// Hears what is cancelled behind a request that waits: what holds its share may be that, or it itself.
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

    /// Has a link that is stalled go on if its next request is let in.
    pub(super) fn go_on(&mut self, token: u64) {
        if !self.links.contains_key(&token) {
            return self.admissions.go_on(token);
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
