//! Where a call goes: of those who offer the callback, the one that is least busy with calls of ours.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use daffi_proto::{CallbackNumber, Candidate, NodeId, Registry, Signature};

use crate::error::CallError;
use crate::error::absence::{Absence, NoCandidate};
use crate::members::target::Target;
use crate::shared::NodeShared;

/// How many candidates may vanish under a call. 64: more only where nodes come and go faster than calls are made. With 8 a call
/// was lost now and then while ten processes were replaced within a fifth of a second.
const MOST: usize = 64;

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
}

impl NodeShared {
    /// Chooses where a call goes: the candidate with the fewest calls of ours under way, and none that has vanished. One
    /// whom the arguments do not fit is chosen where they fit none: its signature says why.
    pub(crate) fn target(&self, name: &str, choice: Choice<'_>) -> Result<Target, CallError> {
        if self.stop().refuses_calls() {
            return Err(CallError::Stopped);
        }
        let registry = self.registry.read();
        let allowed = |candidate: &&Arc<Candidate>| choice.allows(candidate);
        let chosen = match registry.candidates(name) {
            // Whether they fit it is for the caller to check.
            [only] => Some(only).filter(allowed),
            several => {
                let allowed = several.iter().filter(allowed);
                let preferred = allowed
                    .clone()
                    .filter(|candidate| choice.prefers(candidate));
                self.least_busy(preferred)
                    .or_else(|| self.least_busy(allowed))
            }
        };
        match chosen {
            Some(candidate) => Ok(Target {
                candidate: Arc::clone(candidate),
                peer: self.peer(candidate.node, &candidate.process),
            }),
            None => Err(self.no_candidate(&registry, name, choice.node)),
        }
    }

    /// All who offer the callback, or those of them that are named, with an error for each that does not. An error alone
    /// where there is none.
    pub(crate) fn reach(&self, name: &str, nodes: Option<&[String]>) -> Result<Reach, CallError> {
        if self.stop().refuses_calls() {
            return Err(CallError::Stopped);
        }
        let registry = self.registry.read();
        let all = registry.candidates(name);
        let is_named = |candidate: &&Arc<Candidate>| {
            nodes.is_none_or(|nodes| nodes.iter().any(|node| node == candidate.process.as_str()))
        };
        let targets: Vec<_> = all
            .iter()
            .filter(is_named)
            .map(|candidate| Target {
                candidate: Arc::clone(candidate),
                peer: self.peer(candidate.node, &candidate.process),
            })
            .collect();
        let mut missing: Vec<(String, CallError)> = Vec::new();
        for node in nodes.unwrap_or_default() {
            let is_there = all
                .iter()
                .any(|candidate| candidate.process.as_str() == node);
            if !is_there && missing.iter().all(|(known, _)| known != node) {
                let why = self.no_candidate(&registry, name, Some(node));
                missing.push((node.clone(), why));
            }
        }
        if targets.is_empty() {
            let first = missing.into_iter().next();
            return Err(
                first.map_or_else(|| self.no_candidate(&registry, name, None), |(_, why)| why)
            );
        }
        Ok(Reach { targets, missing })
    }

    fn no_candidate(&self, registry: &Registry, name: &str, node: Option<&str>) -> CallError {
        let nobody_else = registry.candidates(name).is_empty();
        let asks_us = node.is_none_or(|node| node == self.process.as_str());
        if nobody_else && asks_us && self.offers.has(name) {
            return CallError::OnlyLocal(name.to_owned());
        }
        let absence = |node: &str| Absence::of(node, &self.process, registry);
        let node = node.map(|node| (node.to_owned(), absence(node)));
        let nearest = match &node {
            Some((node, Some(_))) => registry.nearest_process(node),
            _ => registry.nearest(name).filter(|near| near.as_str() != name),
        };
        CallError::UnknownCallback(NoCandidate {
            name: name.to_owned(),
            offers: registry.listing(),
            nearest: nearest.cloned(),
            left: registry
                .last_offered_by(name, node.as_ref().map(|(node, _)| node.as_str()))
                .cloned(),
            node,
        })
    }

    /// The candidate with the fewest calls of ours under way; ties at random.
    fn least_busy<'a>(
        &self,
        candidates: impl Iterator<Item = &'a Arc<Candidate>>,
    ) -> Option<&'a Arc<Candidate>> {
        let mut best: Option<(&Arc<Candidate>, usize)> = None;
        let mut equals = 0;
        for candidate in candidates {
            let busy = self
                .known_peer(candidate.node)
                .map_or(0, |peer| peer.under_way());
            let busy = busy + self.outgoing.waiting_for(candidate.node);
            match best {
                Some((_, least)) if busy > least => continue,
                Some((_, least)) if busy == least => equals += 1,
                _ => equals = 1,
            }
            // Each of n equals is kept with probability 1/n.
            if equals == 1 || self.roll().is_multiple_of(equals) {
                best = Some((candidate, busy));
            }
        }
        best.map(|(candidate, _)| candidate)
    }

    /// A number that spreads well; not for secrets. (splitmix64)
    fn roll(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.dice.fetch_add(STEP, Ordering::Relaxed);
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

    /// The next candidate, as this one has vanished; `last` where there is none.
    pub(crate) fn next(
        &mut self,
        node: &NodeShared,
        vanished: (NodeId, CallbackNumber),
        last: CallError,
    ) -> Result<Target, CallError> {
        self.vanished.push(vanished);
        let choice = Choice {
            node: self.node.as_deref(),
            vanished: &self.vanished,
            shape: Some(&self.shape),
        };
        next(node, &self.name, choice, Some(last))
    }
}

/// The next candidate whose signature the arguments fit; `last` where those that were tried were the last.
#[inline]
pub(crate) fn next(
    node: &NodeShared,
    name: &str,
    choice: Choice<'_>,
    last: Option<CallError>,
) -> Result<Target, CallError> {
    if choice.vanished.len() >= MOST
        && let Some(last) = last
    {
        return Err(last);
    }
    let target = node.target(name, choice).and_then(|target| {
        // A candidate that they do not fit is chosen only where they fit none that is left.
        let fits = choice
            .shape
            .map_or(Ok(()), |shape| shape.check(name, &target));
        fits.map(|()| target)
    });
    match (target, last) {
        (
            Err(
                CallError::UnknownCallback { .. }
                | CallError::OnlyLocal(_)
                | CallError::Arguments { .. },
            ),
            Some(last),
        ) => Err(last),
        (target, _) => target,
    }
}
