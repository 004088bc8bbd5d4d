//! Callees that leave: what they have not run is told from what they may have.

use super::relay::{back, failed, frame, head, reply, request};
use super::*;
use crate::{FailureCode, Leaving};

fn says(leaving: Leaving) -> RelayFrame {
    let head = Head {
        flags: leaving.flags(),
        ..head(FrameKind::Leaving, 0, 0)
    };
    frame(head)
}

fn goodbye() -> ControlFrame {
    ControlFrame::Goodbye {
        reason: "stopped".to_owned(),
    }
}

#[test]
fn what_a_callee_has_not_taken_when_all_is_answered_did_not_run() {
    // Its caller was told that it may have run, and did not make it again elsewhere.
    let mut bench = Bench::with_lanes();
    let answered = bench.calls(5, &[]);
    bench.calls(6, &[]);
    bench.calls(7, &[10]);
    let lane = serve_lane(TWO);
    assert_eq!(bench.relays(lane, reply(answered, &[])), [back(5)]);
    assert_eq!(
        bench.relays(lane, says(Leaving::TakesNoCalls)),
        [ControllerAction::Drop]
    );
    assert_eq!(
        bench.relays(lane, says(Leaving::AllAnswered)),
        [
            ControllerAction::Drop,
            failed(6, FailureCode::Stopping),
            failed(7, FailureCode::Stopping),
        ]
    );
    assert_eq!(
        bench.relays(call_lane(ONE), request(8, TWO, &[])),
        [ControllerAction::Drop, failed(8, FailureCode::Unreachable)],
        "it takes nothing more"
    );
    assert_eq!(bench.closes(lane), []);
    assert_eq!(bench.state.relayed_calls(), 0);
}

#[test]
fn a_node_that_opens_its_lane_again_takes_calls_again() {
    let mut bench = Bench::with_lanes();
    bench.relays(serve_lane(TWO), says(Leaving::AllAnswered));
    bench.opens_serve_lane(TWO);
    bench.calls(5, &[]);
}

#[test]
fn a_caller_that_says_that_it_leaves_on_its_lane_is_not_heard() {
    let mut bench = Bench::with_lanes();
    bench.calls(5, &[]);
    assert_eq!(
        bench.relays(call_lane(ONE), says(Leaving::AllAnswered)),
        [ControllerAction::Drop]
    );
    assert_eq!(bench.state.relayed_calls(), 1);
}

#[test]
fn a_goodbye_does_not_overtake_the_last_answers() {
    // They were read after it, from another connection, and dropped: their calls failed though they had been answered.
    let mut bench = Bench::with_lanes();
    let relayed = bench.calls(5, &[]);
    bench.calls(6, &[]);
    let lane = serve_lane(TWO);
    let did = bench.hears(TWO, goodbye());
    let is_ended = |action: &ControllerAction| match action {
        ControllerAction::ReplyFailed { .. } => true,
        ControllerAction::Close { connection, .. } => *connection == lane,
        _ => false,
    };
    assert!(!did.iter().any(is_ended), "{did:?}");
    assert_eq!(bench.relays(lane, reply(relayed, &[])), [back(5)]);
    assert_eq!(
        bench.relays(lane, says(Leaving::AllAnswered)),
        [ControllerAction::Drop, failed(6, FailureCode::Stopping)]
    );
    assert_eq!(bench.closes(lane), []);
    assert_eq!(bench.waits(seconds(4)), []);
}

#[test]
fn the_last_answers_are_awaited_for_a_while() {
    for ends in [true, false] {
        let mut bench = Bench::with_lanes();
        bench.calls(5, &[]);
        bench.hears(TWO, goodbye());
        let lane = serve_lane(TWO);
        let gone = failed(5, FailureCode::NodeGone);
        if ends {
            assert_eq!(bench.closes(lane), [gone]);
        } else {
            let did = bench.waits(seconds(3));
            assert_eq!(did, [closes(lane, CloseReason::NodeLeft), gone]);
        }
        assert_eq!(bench.state.relayed_calls(), 0);
    }
}

#[test]
fn a_controller_that_was_frozen_itself_reads_the_last_answers_before_it_gives_them_up() {
    let mut bench = Bench::with_lanes();
    let relayed = bench.calls(5, &[]);
    bench.hears(TWO, goodbye());
    bench.now += seconds(10);
    bench.does(ControllerEvent::Tick);
    assert_eq!(
        bench.relays(serve_lane(TWO), reply(relayed, &[])),
        [back(5)]
    );
}
