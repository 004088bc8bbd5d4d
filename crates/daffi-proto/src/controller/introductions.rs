//! How two nodes meet: the target is asked to expect the caller, the caller told where to dial. Every introduction has
//! an answer.
//!
//! ```text
//! caller            controller             target
//!   | -- Introduce ---> |                     |
//!   |                   | -- Expect --------> |   with a one-time ticket
//!   |                   | <------ Expecting - |   its endpoints, or a refusal; else 3 s pass, or it leaves
//!   | <-- Introduced -- |                     |   Meet, Relay or Gone
//! ```

use std::time::Duration;

use super::timers::Timer;
use super::{ControllerState, Step};
use crate::{ControlFrame, ExpectOutcome, IntroductionOutcome, NodeId, RelayReason, Ticket};

/// How long the target has to answer. 3 s: its house-keeping thread answers in a millisecond; the caller's first call
/// waits meanwhile, and is relayed after.
const ANSWER: Duration = Duration::from_secs(3);

/// Who wants to meet whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) caller: NodeId,
    pub(super) target: NodeId,
}

/// An introduction that waits for its target.
#[derive(Debug)]
pub(super) struct Introduction {
    ticket: Ticket,
}

impl ControllerState {
    pub(super) fn introduce(&mut self, step: &mut Step<'_>, pair: Pair) {
        let Pair { caller, target } = pair;
        if self.introductions.contains_key(&pair) {
            return; // The answer is on its way.
        }
        let Some(control) = self
            .nodes
            .get(&target)
            .filter(|_| target != caller)
            .map(|node| node.control)
        else {
            return self.introduced(step, pair, IntroductionOutcome::Gone);
        };
        let ticket = (self.tickets)();
        step.send(control, ControlFrame::Expect { caller, ticket });
        self.introductions.insert(pair, Introduction { ticket });
        self.timers
            .set(Timer::Introduction { caller, target }, step.now + ANSWER);
    }

    /// The target has answered. An answer that is too late, or to nothing, is dropped.
    pub(super) fn expecting(
        &mut self,
        step: &mut Step<'_>,
        pair: Pair,
        ticket: Ticket,
        outcome: ExpectOutcome,
    ) {
        let pending = self.introductions.get(&pair);
        if pending.is_none_or(|introduction| introduction.ticket != ticket) {
            return;
        }
        let outcome = match outcome {
            ExpectOutcome::At(endpoints) => IntroductionOutcome::Meet { endpoints, ticket },
            ExpectOutcome::Refused(_) => IntroductionOutcome::Relay(RelayReason::Refused),
        };
        self.introduced(step, pair, outcome);
    }

    pub(super) fn introduction_is_due(&mut self, step: &mut Step<'_>, pair: Pair) {
        self.introduced(step, pair, IntroductionOutcome::Relay(RelayReason::Timeout));
    }

    /// A node has gone: who wanted to meet it is told, what it wanted is forgotten.
    pub(super) fn end_introductions(&mut self, step: &mut Step<'_>, gone: NodeId) {
        let concerned = |pair: &&Pair| pair.caller == gone || pair.target == gone;
        for pair in self
            .introductions
            .keys()
            .filter(concerned)
            .copied()
            .collect::<Vec<_>>()
        {
            self.introduced(step, pair, IntroductionOutcome::Gone);
        }
    }

    fn introduced(&mut self, step: &mut Step<'_>, pair: Pair, outcome: IntroductionOutcome) {
        let Pair { caller, target } = pair;
        self.introductions.remove(&pair);
        self.timers.cancel(Timer::Introduction { caller, target });
        if let Some(node) = self.nodes.get(&caller) {
            step.send(node.control, ControlFrame::Introduced { target, outcome });
        }
    }
}
