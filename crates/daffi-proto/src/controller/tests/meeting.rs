//! Introductions: each has one answer, in time.

use super::*;
use crate::{Endpoint, ExpectOutcome, ExpectRefusal, IntroductionOutcome, RelayReason};

fn introduced(outcome: IntroductionOutcome) -> ControllerAction {
    sends(
        ONE,
        ControlFrame::Introduced {
            target: node(TWO),
            outcome,
        },
    )
}

/// A bench where one wants to meet two, and the ticket for it.
fn introducing() -> (Bench, Ticket) {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    let did = bench.hears(ONE, ControlFrame::Introduce { target: node(TWO) });
    let [
        ControllerAction::Send {
            connection,
            frame: ControlFrame::Expect { caller, ticket },
        },
    ] = *did
    else {
        panic!("no expectation in {did:?}");
    };
    assert_eq!((connection, caller), (control(TWO), node(ONE)));
    (bench, ticket)
}

fn expecting(ticket: Ticket, outcome: ExpectOutcome) -> ControlFrame {
    ControlFrame::Expecting {
        caller: node(ONE),
        ticket,
        outcome,
    }
}

#[test]
fn two_nodes_meet_where_the_target_listens() {
    let (mut bench, ticket) = introducing();
    let endpoints = vec![Endpoint::new("unix:@two").expect("the text is a name")];
    assert_eq!(
        bench.hears(TWO, expecting(ticket, ExpectOutcome::At(endpoints.clone()))),
        [introduced(IntroductionOutcome::Meet {
            endpoints: endpoints.clone(),
            ticket
        })]
    );
    assert_eq!(
        bench.hears(TWO, expecting(ticket, ExpectOutcome::At(endpoints))),
        [],
        "once is enough"
    );
}

#[test]
fn a_target_that_does_not_want_to_is_relayed_to() {
    let (mut bench, ticket) = introducing();
    assert_eq!(
        bench.hears(
            TWO,
            expecting(ticket, ExpectOutcome::Refused(ExpectRefusal::RelayOnly))
        ),
        [introduced(IntroductionOutcome::Relay(RelayReason::Refused))]
    );
}

#[test]
fn a_target_that_does_not_answer_in_three_seconds_is_relayed_to() {
    let (mut bench, ticket) = introducing();
    let late = expecting(ticket, ExpectOutcome::At(vec![]));
    assert_eq!(
        bench.waits(seconds(3)),
        [introduced(IntroductionOutcome::Relay(RelayReason::Timeout))]
    );
    assert_eq!(bench.hears(TWO, late), []);
}

#[test]
fn a_target_that_leaves_meanwhile_is_gone() {
    let (mut bench, _) = introducing();
    assert_eq!(
        bench.closes(control(TWO))[0],
        introduced(IntroductionOutcome::Gone)
    );
}

#[test]
fn an_unknown_target_and_oneself_are_gone() {
    let mut bench = Bench::with_nodes(&[ONE]);
    assert_eq!(
        bench.hears(ONE, ControlFrame::Introduce { target: node(TWO) }),
        [introduced(IntroductionOutcome::Gone)]
    );
    let outcome = IntroductionOutcome::Gone;
    assert_eq!(
        bench.hears(ONE, ControlFrame::Introduce { target: node(ONE) }),
        [sends(
            ONE,
            ControlFrame::Introduced {
                target: node(ONE),
                outcome
            }
        )]
    );
}

#[test]
fn a_caller_that_leaves_is_not_waited_for() {
    let (mut bench, ticket) = introducing();
    bench.closes(control(ONE));
    assert_eq!(
        bench.hears(TWO, expecting(ticket, ExpectOutcome::At(vec![]))),
        []
    );
    assert_eq!(bench.state.introductions.len(), 0);
}

#[test]
fn a_wrong_ticket_or_another_node_answers_nothing() {
    let (mut bench, ticket) = introducing();
    bench.join(THREE, "three");
    assert_eq!(
        bench.hears(
            TWO,
            expecting(Ticket([0xff; 16]), ExpectOutcome::At(vec![]))
        ),
        []
    );
    assert_eq!(
        bench.hears(THREE, expecting(ticket, ExpectOutcome::At(vec![]))),
        []
    );
}

#[test]
fn asking_twice_gives_one_answer() {
    let (mut bench, _) = introducing();
    assert_eq!(
        bench.hears(ONE, ControlFrame::Introduce { target: node(TWO) }),
        []
    );
    assert_eq!(bench.waits(seconds(4)).len(), 1);
}
