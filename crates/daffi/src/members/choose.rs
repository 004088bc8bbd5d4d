//! Where a call goes: of those who offer the callback, the one that is least busy with calls of ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use daffi_proto::{CallbackNumber, Candidate, NodeId, Signature};

use crate::error::CallError;
use crate::members::target::Target;

/// Whom a call may go to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Choice<'a> {
    /// The one process that may be called.
    pub(crate) node: Option<&'a str>,
    /// Who has vanished, and is not tried again.
    pub(crate) vanished: &'a [(NodeId, CallbackNumber)],
    /// The arguments: those whom they fit come first.
    pub(crate) shape: Option<&'a Shape>,
}

/// Where a broadcast goes.
#[derive(Debug)]
pub struct Reach {
    /// Who offers the callback, at least one.
    pub targets: Vec<Target>,
    /// Who was named and does not, each with the error that says so.
    pub missing: Vec<(String, CallError)>,
}

impl Choice<'_> {
    fn allows(&self, candidate: &Candidate) -> bool {
        self.node
            .is_none_or(|node| candidate.process.as_str() == node)
            && !self.vanished.contains(&(candidate.node, candidate.number))
    }

    fn prefers(&self, candidate: &Candidate) -> bool {
        self.shape
            .is_none_or(|shape| shape.fits(&candidate.signature))
    }

    /// The one that a call goes to: with the fewest calls of ours, and none that has vanished. One whom the arguments do not
    /// fit is chosen where they fit none: its signature says why.
    pub(crate) fn among<'a>(
        &self,
        candidates: &'a [Arc<Candidate>],
        dice: &Dice,
        busy: impl Fn(&Candidate) -> usize,
    ) -> Option<&'a Arc<Candidate>> {
        let allowed = |candidate: &&Arc<Candidate>| self.allows(candidate);
        match candidates {
            // Whether they fit it is for the caller to check.
            [only] => Some(only).filter(allowed),
            several => {
                let allowed = several.iter().filter(allowed);
                let preferred = allowed.clone().filter(|candidate| self.prefers(candidate));
                least_busy(preferred, dice, &busy).or_else(|| least_busy(allowed, dice, &busy))
            }
        }
    }
}

/// The candidate with the fewest calls of ours under way; ties at random.
fn least_busy<'a>(
    candidates: impl Iterator<Item = &'a Arc<Candidate>>,
    dice: &Dice,
    busy: impl Fn(&Candidate) -> usize,
) -> Option<&'a Arc<Candidate>> {
    let mut best: Option<(&Arc<Candidate>, usize)> = None;
    let mut equals = 0;
    for candidate in candidates {
        let busy = busy(candidate);
        match best {
            Some((_, least)) if busy > least => continue,
            Some((_, least)) if busy == least => equals += 1,
            _ => equals = 1,
        }
        // Each of n equals is kept with probability 1/n.
        if equals == 1 || dice.roll().is_multiple_of(equals) {
            best = Some((candidate, busy));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// Decides between candidates that are equally busy.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number that spreads well; not for secrets. (splitmix64) Of this node alone, as the state of a generator like
    /// fastrand's, one a thread, is copied by a fork: all children would begin with the same choices.
    fn roll(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// How many arguments a call has, and under which names: what a signature is checked against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How many by position.
    pub positional: usize,
    /// The names of the others.
    pub keywords: Vec<String>,
}

impl Shape {
    /// Whether the arguments fit a signature.
    pub(crate) fn fits(&self, signature: &Signature) -> bool {
        let keywords = self.keywords.iter().map(String::as_str);
        signature.check(self.positional, keywords).is_ok()
    }

    /// Checks the arguments against what a target accepts.
    ///
    /// # Errors
    /// [`CallError::Arguments`].
    pub fn check(&self, name: &str, target: &Target) -> Result<(), CallError> {
        let signature = target.signature();
        let keywords = self.keywords.iter().map(String::as_str);
        let fits = signature.check(self.positional, keywords);
        fits.map_err(|problem| CallError::Arguments {
            process: target.process().clone(),
            name: name.to_owned(),
            signature: signature.text().to_owned(),
            problem,
        })
    }
}

/// Where else a call may go that is sent later.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// The callback.
    pub name: String,
    /// The one process that may be called.
    pub node: Option<String>,
    /// Its arguments.
    pub shape: Shape,
    /// Who has vanished.
    vanished: Vec<(NodeId, CallbackNumber)>,
}

impl Elsewhere {
    /// Nobody has vanished yet.
    pub const fn new(name: String, node: Option<String>, shape: Shape) -> Self {
        Self {
            name,
            node,
            shape,
            vanished: Vec::new(),
        }
    }

    /// This one has vanished, and is not tried again.
    pub(crate) fn vanished(&mut self, who: (NodeId, CallbackNumber)) {
        self.vanished.push(who);
    }

    /// Who is left.
    pub(crate) fn choice(&self) -> Choice<'_> {
        Choice {
            node: self.node.as_deref(),
            vanished: &self.vanished,
            shape: Some(&self.shape),
        }
    }
}
