//! The callers a node was asked to let in: each ticket opens one direct link, once, and not for long.

use std::time::Instant;

use crate::{NodeId, Ticket};

/// The tickets of callers that are expected. The acceptor of direct links asks it.
#[derive(Debug, Default)]
pub struct ExpectedCallers {
    waiting: Vec<(NodeId, Ticket, Instant)>,
}

impl ExpectedCallers {
    /// The most callers expected at once. 4,096, as many as a controller has nodes; beyond, the one that has waited longest is
    /// forgotten, and is relayed.
    pub const LIMIT: usize = 4096;

    /// Nobody is expected.
    pub const fn new() -> Self {
        Self {
            waiting: Vec::new(),
        }
    }

    /// Expects a caller, in place of one with the same id that was expected before. Forgets those whose time is over.
    pub fn expect(&mut self, now: Instant, caller: NodeId, ticket: Ticket, until: Instant) {
        self.waiting
            .retain(|(id, _, until)| *id != caller && *until > now);
        if self.waiting.len() >= Self::LIMIT {
            self.waiting.remove(0);
        }
        self.waiting.push((caller, ticket, until));
    }

    /// Whether this caller may come in with this ticket. It may not a second time.
    pub fn admit(&mut self, now: Instant, caller: NodeId, ticket: Ticket) -> bool {
        let place = self
            .waiting
            .iter()
            .position(|(id, expected, until)| *id == caller && *expected == ticket && *until > now);
        place.map(|place| self.waiting.remove(place)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TICKET: Ticket = Ticket([7; 16]);

    fn node(raw: u64) -> NodeId {
        NodeId::new(raw).expect("the number is not zero")
    }

    #[test]
    fn a_ticket_opens_once() {
        let now = Instant::now();
        let mut expected = ExpectedCallers::new();
        expected.expect(now, node(1), TICKET, now + Duration::from_secs(10));
        assert!(expected.admit(now, node(1), TICKET));
        assert!(!expected.admit(now, node(1), TICKET));
    }

    #[test]
    fn a_ticket_opens_for_its_caller_alone_and_not_too_late() {
        let now = Instant::now();
        let until = now + Duration::from_secs(10);
        let mut expected = ExpectedCallers::new();
        expected.expect(now, node(1), TICKET, until);
        assert!(!expected.admit(now, node(2), TICKET));
        assert!(!expected.admit(now, node(1), Ticket([8; 16])));
        assert!(!expected.admit(until, node(1), TICKET));
    }

    #[test]
    fn too_many_callers_push_out_the_one_that_waited_longest() {
        let now = Instant::now();
        let mut expected = ExpectedCallers::new();
        for raw in 1..=ExpectedCallers::LIMIT as u64 + 1 {
            expected.expect(now, node(raw), TICKET, now + Duration::from_secs(10));
        }
        assert!(!expected.admit(now, node(1), TICKET));
        assert!(expected.admit(now, node(2), TICKET));
    }
}
