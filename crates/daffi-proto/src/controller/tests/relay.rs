//! Calls that pass through: each ends once, and none disturbs another.

use super::*;
use crate::{FailureCode, Request};

pub(super) fn head(kind: FrameKind, call: u64, length: u32) -> Head {
    Head::new(kind, 0, CallId(call), length)
}

pub(super) fn frame(head: Head) -> RelayFrame {
    RelayFrame {
        head,
        target: None,
        blobs: vec![],
    }
}

pub(super) fn request(call: u64, target: u64, blobs: &[u64]) -> RelayFrame {
    let head = head(FrameKind::Request, call, 40);
    RelayFrame {
        head,
        target: NodeId::new(target),
        blobs: blobs.to_vec(),
    }
}

pub(super) fn reply(call: CallId, blobs: &[u64]) -> RelayFrame {
    RelayFrame {
        head: head(FrameKind::Reply, call.0, 40),
        target: None,
        blobs: blobs.to_vec(),
    }
}

fn chunk(call: CallId, length: u32) -> RelayFrame {
    frame(head(FrameKind::Chunk, call.0, length))
}

pub(super) fn failed(call: u64, code: FailureCode) -> ControllerAction {
    ControllerAction::ReplyFailed {
        to: call_lane(ONE),
        call: CallId(call),
        code,
    }
}

impl Bench {
    /// One calls two; both have their lanes.
    pub(super) fn with_lanes() -> Self {
        let mut bench = Self::with_nodes(&[ONE, TWO]);
        bench.opens_call_lane(ONE);
        bench.opens_serve_lane(TWO);
        bench
    }

    pub(super) fn relays(&mut self, lane: ConnectionId, frame: RelayFrame) -> &[ControllerAction] {
        self.does(ControllerEvent::Relay { lane, frame })
    }

    /// A call that was forwarded, and the id it went on with.
    pub(super) fn calls(&mut self, call: u64, blobs: &[u64]) -> CallId {
        let did = self.relays(call_lane(ONE), request(call, TWO, blobs));
        let [ControllerAction::Forward { to, call }] = *did else {
            panic!("not forwarded: {did:?}");
        };
        assert_eq!(to, serve_lane(TWO));
        call
    }

    /// A call that waits for the serve lane, and the id it will go on with.
    fn holds(&mut self, call: u64) -> CallId {
        let did = self.relays(call_lane(ONE), request(call, TWO, &[]));
        let Some(&ControllerAction::Hold { call }) = did.first() else {
            panic!("not held: {did:?}");
        };
        call
    }
}

pub(super) fn back(call: u64) -> ControllerAction {
    ControllerAction::Forward {
        to: call_lane(ONE),
        call: CallId(call),
    }
}

#[test]
fn a_reply_finds_its_way_back_once() {
    let mut bench = Bench::with_lanes();
    let relayed = bench.calls(5, &[]);
    assert_eq!(
        bench.relays(serve_lane(TWO), reply(relayed, &[])),
        [back(5)]
    );
    assert_eq!(
        bench.relays(serve_lane(TWO), reply(relayed, &[])),
        [ControllerAction::Drop]
    );
    assert_eq!(bench.state.relayed_calls(), 0);
}

#[test]
fn a_call_is_over_with_the_last_chunk_of_its_reply() {
    let mut bench = Bench::with_lanes();
    let relayed = bench.calls(5, &[]);
    assert_eq!(
        bench.relays(serve_lane(TWO), reply(relayed, &[10, 5])),
        [back(5)]
    );
    for length in [4, 6, 5] {
        assert_eq!(bench.state.relayed_calls(), 1);
        assert_eq!(
            bench.relays(serve_lane(TWO), chunk(relayed, length)),
            [back(5)]
        );
    }
    assert_eq!(bench.state.relayed_calls(), 0);
}

#[test]
fn a_target_without_a_lane_is_asked_for_it_once_and_the_calls_go_on_in_order() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    bench.opens_call_lane(ONE);
    let first = bench.holds(1);
    assert_eq!(
        bench.did,
        [
            ControllerAction::Hold { call: first },
            sends(TWO, ControlFrame::OpenLane)
        ]
    );
    let second = bench.holds(2);
    assert_eq!(bench.did, [ControllerAction::Hold { call: second }]);
    let to = serve_lane(TWO);
    let did = bench.opens_serve_lane(TWO);
    assert!(welcomes(did, to));
    assert_eq!(
        did[1..],
        [
            ControllerAction::Release { call: first, to },
            ControllerAction::Release { call: second, to }
        ]
    );
    assert_eq!(bench.relays(serve_lane(TWO), reply(second, &[])), [back(2)]);
    assert_eq!(bench.waits(seconds(4)), []);
}

#[test]
fn a_target_that_opens_no_lane_in_three_seconds_is_unreachable() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    bench.opens_call_lane(ONE);
    let call = bench.holds(1);
    assert_eq!(
        bench.waits(seconds(3)),
        [
            ControllerAction::Discard { call },
            failed(1, FailureCode::Unreachable)
        ]
    );
    bench.holds(2);
    assert_eq!(
        bench.did[1],
        sends(TWO, ControlFrame::OpenLane),
        "the next call asks again"
    );
}

#[test]
fn a_controller_that_was_frozen_itself_sees_a_lane_that_was_opened_meanwhile() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    bench.opens_call_lane(ONE);
    let call = bench.holds(1);
    bench.now += seconds(10);
    bench.does(ControllerEvent::Tick);
    let to = serve_lane(TWO);
    let did = bench.opens_serve_lane(TWO);
    assert!(did.contains(&ControllerAction::Release { call, to }));
}

#[test]
fn an_unknown_target_is_unreachable_and_the_chunks_for_it_are_dropped() {
    let mut bench = Bench::with_lanes();
    for target in [THREE, ONE] {
        assert_eq!(
            bench.relays(call_lane(ONE), request(5, target, &[10])),
            [ControllerAction::Drop, failed(5, FailureCode::Unreachable)]
        );
        assert_eq!(
            bench.relays(call_lane(ONE), chunk(CallId(5), 10)),
            [ControllerAction::Drop]
        );
    }
}

#[test]
fn a_target_that_goes_fails_what_may_have_run_and_what_was_held() {
    let mut bench = Bench::with_lanes();
    bench.calls(5, &[]);
    let did = bench.closes(control(TWO)).to_vec();
    assert!(did.contains(&failed(5, FailureCode::NodeGone)));
    assert!(did.contains(&closes(serve_lane(TWO), CloseReason::NodeLeft)));

    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    bench.opens_call_lane(ONE);
    let call = bench.holds(5);
    let did = bench.closes(control(TWO)).to_vec();
    assert!(did.contains(&ControllerAction::Discard { call }));
    assert!(did.contains(&failed(5, FailureCode::Unreachable)));
}

#[test]
fn a_lost_serve_lane_fails_its_calls_and_the_next_call_asks_for_a_new_one() {
    let mut bench = Bench::with_lanes();
    bench.calls(5, &[]);
    bench.calls(6, &[]);
    assert_eq!(
        bench.closes(serve_lane(TWO)),
        [
            failed(5, FailureCode::NodeGone),
            failed(6, FailureCode::NodeGone)
        ]
    );
    bench.holds(7);
    assert_eq!(bench.did[1], sends(TWO, ControlFrame::OpenLane));
}

#[test]
fn a_caller_that_goes_cancels_its_calls() {
    let mut bench = Bench::with_lanes();
    let call = bench.calls(5, &[]);
    let cancel = ControllerAction::Cancel {
        to: serve_lane(TWO),
        call,
    };
    assert_eq!(bench.closes(call_lane(ONE)), [cancel]);
    assert_eq!(
        bench.relays(serve_lane(TWO), reply(call, &[])),
        [ControllerAction::Drop]
    );
}

/// A request whose caller wants to know of a failure, and no value.
fn unwanted(call: u64, blobs: &[u64]) -> RelayFrame {
    let mut request = request(call, TWO, blobs);
    request.head.flags = Request::NO_VALUE;
    request
}

#[test]
fn a_caller_that_goes_cancels_nothing_that_it_only_wanted_done() {
    let mut bench = Bench::with_lanes();
    let lane = call_lane(ONE);
    let whole = bench.relays(lane, unwanted(5, &[10])).to_vec();
    assert_eq!(bench.relays(lane, chunk(CallId(5), 10)), whole);
    // Without its last bytes it cannot run.
    let did = bench.relays(lane, unwanted(6, &[10])).to_vec();
    let [ControllerAction::Forward { to, call }] = *did else {
        panic!("not forwarded: {did:?}");
    };
    let cancel = ControllerAction::Cancel { to, call };
    assert_eq!(bench.closes(lane), [cancel]);
    assert_eq!(bench.state.relayed_calls(), 0);
    let [ControllerAction::Forward { call, .. }] = *whole else {
        panic!("not forwarded: {whole:?}");
    };
    assert_eq!(bench.relays(to, reply(call, &[])), [ControllerAction::Drop]);
}

#[test]
fn what_is_held_for_a_caller_that_has_gone_goes_on_if_it_only_wanted_it_done() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    bench.opens_call_lane(ONE);
    let lane = call_lane(ONE);
    let awaited = bench.holds(5);
    let did = bench.relays(lane, unwanted(6, &[])).to_vec();
    let [ControllerAction::Hold { call }] = *did else {
        panic!("not held: {did:?}");
    };
    let discard = ControllerAction::Discard { call: awaited };
    assert_eq!(bench.closes(lane), [discard]);
    let to = serve_lane(TWO);
    let did = bench.opens_serve_lane(TWO);
    assert!(did.contains(&ControllerAction::Release { call, to }));
    assert_eq!(bench.state.relayed_calls(), 0);
    assert_eq!(bench.relays(to, reply(call, &[])), [ControllerAction::Drop]);
}

#[test]
fn nobody_is_told_of_what_was_held_for_a_caller_that_has_gone_and_goes_nowhere() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    bench.opens_call_lane(ONE);
    let did = bench.relays(call_lane(ONE), unwanted(6, &[])).to_vec();
    let [ControllerAction::Hold { call }, ..] = *did else {
        panic!("not held: {did:?}");
    };
    bench.closes(call_lane(ONE));
    assert_eq!(
        bench.waits(seconds(3)),
        [ControllerAction::Discard { call }]
    );
    assert_eq!(bench.state.relayed_calls(), 0);
}

#[test]
fn a_cancel_goes_on_and_ends_the_call() {
    let mut bench = Bench::with_lanes();
    let call = bench.calls(5, &[]);
    let cancel = || frame(head(FrameKind::Cancel, 5, 0));
    let to = serve_lane(TWO);
    assert_eq!(
        bench.relays(call_lane(ONE), cancel()),
        [ControllerAction::Forward { to, call }]
    );
    assert_eq!(
        bench.relays(call_lane(ONE), cancel()),
        [ControllerAction::Drop]
    );
    assert_eq!(bench.relays(to, reply(call, &[])), [ControllerAction::Drop]);
}

#[test]
fn a_reply_that_has_begun_comes_to_its_end_though_cancelled() {
    let mut bench = Bench::with_lanes();
    let call = bench.calls(5, &[]);
    bench.relays(serve_lane(TWO), reply(call, &[10]));
    let cancel = frame(head(FrameKind::Cancel, 5, 0));
    assert_eq!(
        bench.relays(call_lane(ONE), cancel),
        [ControllerAction::Drop]
    );
    assert_eq!(bench.relays(serve_lane(TWO), chunk(call, 10)), [back(5)]);
    assert_eq!(bench.state.relayed_calls(), 0);
}

#[test]
fn a_held_call_that_is_cancelled_never_goes_on() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    bench.opens_call_lane(ONE);
    let call = bench.holds(5);
    assert_eq!(
        bench.relays(call_lane(ONE), frame(head(FrameKind::Cancel, 5, 0))),
        [ControllerAction::Drop, ControllerAction::Discard { call }]
    );
    bench.holds(6);
    assert_eq!(bench.did.len(), 1, "the lane was asked for already");
    let released = bench.opens_serve_lane(TWO).len() - 1;
    assert_eq!(released, 1);
}

#[test]
fn a_request_without_reply_is_over_when_it_is_sent() {
    let mut bench = Bench::with_lanes();
    let mut request = request(5, TWO, &[10]);
    request.head.flags = Request::NO_REPLY;
    bench.relays(call_lane(ONE), request);
    assert_eq!(bench.state.relayed_calls(), 1);
    bench.relays(call_lane(ONE), chunk(CallId(5), 10));
    assert_eq!(bench.state.relayed_calls(), 0);
}

#[test]
fn a_request_without_reply_that_goes_nowhere_is_dropped_quietly() {
    let mut bench = Bench::with_lanes();
    let mut request = request(5, THREE, &[]);
    request.head.flags = Request::NO_REPLY;
    assert_eq!(
        bench.relays(call_lane(ONE), request),
        [ControllerAction::Drop]
    );
}

#[test]
fn chunks_that_were_not_announced_end_the_lane_they_came_on_and_no_other() {
    for (blobs, lengths) in [
        (&[10][..], &[11][..]),
        (&[10, 10], &[5, 10]),
        (&[], &[1]),
        (&[10], &[0]),
    ] {
        let mut bench = Bench::with_lanes();
        let call = bench.calls(5, blobs);
        for length in lengths {
            bench.relays(call_lane(ONE), chunk(CallId(5), *length));
        }
        assert_eq!(
            bench.did,
            [
                ControllerAction::Drop,
                closes(call_lane(ONE), CloseReason::Protocol),
                ControllerAction::Cancel {
                    to: serve_lane(TWO),
                    call
                }
            ]
        );
        assert_eq!(bench.state.members().count(), 2);
    }
}

#[test]
fn a_reply_of_a_status_that_does_not_exist_ends_the_lane_of_its_callee_alone() {
    let mut bench = Bench::with_lanes();
    let call = bench.calls(5, &[]);
    let mut broken = reply(call, &[]);
    broken.head.flags = 6;
    assert_eq!(
        bench.relays(serve_lane(TWO), broken),
        [
            ControllerAction::Drop,
            closes(serve_lane(TWO), CloseReason::Protocol),
            failed(5, FailureCode::NodeGone)
        ]
    );
}

#[test]
fn a_node_cannot_answer_the_calls_of_another() {
    let mut bench = Bench::with_lanes();
    let call = bench.calls(5, &[]);
    bench.join(THREE, "three");
    bench.opens_serve_lane(THREE);
    assert_eq!(
        bench.relays(serve_lane(THREE), reply(call, &[])),
        [
            ControllerAction::Drop,
            closes(serve_lane(THREE), CloseReason::Protocol)
        ]
    );
    assert_eq!(bench.relays(serve_lane(TWO), reply(call, &[])), [back(5)]);
}

#[test]
fn frames_on_the_wrong_lane_and_ids_used_twice_end_the_lane() {
    let mut bench = Bench::with_lanes();
    bench.calls(5, &[]);
    let did = bench.relays(call_lane(ONE), request(5, TWO, &[]));
    assert_eq!(
        did[..2],
        [
            ControllerAction::Drop,
            closes(call_lane(ONE), CloseReason::Protocol)
        ]
    );

    let mut bench = Bench::with_lanes();
    let did = bench.relays(call_lane(ONE), reply(CallId(1), &[]));
    assert_eq!(
        did,
        [
            ControllerAction::Drop,
            closes(call_lane(ONE), CloseReason::Protocol)
        ]
    );
    let did = bench.relays(serve_lane(TWO), request(5, ONE, &[]));
    assert_eq!(
        did,
        [
            ControllerAction::Drop,
            closes(serve_lane(TWO), CloseReason::Protocol)
        ]
    );
}

#[test]
fn a_caller_with_too_many_calls_is_told_so() {
    let mut bench = Bench::new(Limits {
        calls_in_flight: 1,
        ..Limits::default()
    });
    bench.join(ONE, "one");
    bench.join(TWO, "two");
    bench.opens_call_lane(ONE);
    bench.opens_serve_lane(TWO);
    let call = bench.calls(5, &[]);
    assert_eq!(
        bench.relays(call_lane(ONE), request(6, TWO, &[])),
        [ControllerAction::Drop, failed(6, FailureCode::Overloaded)]
    );
    bench.relays(serve_lane(TWO), reply(call, &[]));
    bench.calls(7, &[]);
}

#[test]
fn callers_together_cannot_announce_more_than_a_callee_takes() {
    let mut bench = Bench::new(Limits {
        partial_messages: 1,
        ..Limits::default()
    });
    bench.join(ONE, "one");
    bench.join(TWO, "two");
    bench.opens_call_lane(ONE);
    bench.opens_serve_lane(TWO);
    bench.calls(5, &[10]);
    assert_eq!(
        bench.relays(call_lane(ONE), request(6, TWO, &[10])),
        [ControllerAction::Drop, failed(6, FailureCode::Overloaded)]
    );
    bench.calls(7, &[]);
    bench.relays(call_lane(ONE), chunk(CallId(5), 10));
    bench.calls(8, &[10]);
}

#[test]
fn a_lane_that_holds_much_is_not_read_until_it_has_gone_on() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    bench.opens_call_lane(ONE);
    let lane = call_lane(ONE);
    let length = 1 << 20;
    bench.relays(lane, request(5, TWO, &[u64::from(length) * 8]));
    let mut paused = 0;
    for _ in 0..5 {
        let did = bench.relays(lane, chunk(CallId(5), length));
        paused += did
            .iter()
            .filter(|action| **action == ControllerAction::Pause { lane })
            .count();
    }
    assert_eq!(paused, 1);
    let did = bench.opens_serve_lane(TWO);
    assert!(did.contains(&ControllerAction::Resume { lane }));
}

#[test]
fn a_lane_needs_the_session_of_its_node() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    let wrong = [
        Purpose::CallLane {
            node: node(ONE),
            session: bench.session(TWO),
        },
        Purpose::ServeLane {
            node: node(THREE),
            session: bench.session(TWO),
        },
    ];
    for purpose in wrong {
        let did = bench.opens(ConnectionId(77), purpose);
        assert_eq!(
            refusal(did),
            Some((ConnectionId(77), RefusalReason::UnknownSession))
        );
    }
    let direct = Purpose::Direct {
        node: node(ONE),
        ticket: Ticket([0; 16]),
    };
    let did = bench.opens(ConnectionId(77), direct);
    assert_eq!(
        refusal(did),
        Some((ConnectionId(77), RefusalReason::WrongPurpose))
    );
}

#[test]
fn a_second_lane_takes_the_place_of_the_first() {
    let mut bench = Bench::with_lanes();
    bench.calls(5, &[]);
    let purpose = Purpose::ServeLane {
        node: node(TWO),
        session: bench.session(TWO),
    };
    let did = bench.opens(ConnectionId(77), purpose);
    assert_eq!(
        did[..2],
        [
            closes(serve_lane(TWO), CloseReason::Replaced),
            failed(5, FailureCode::NodeGone)
        ]
    );
    let did = bench.relays(call_lane(ONE), request(6, TWO, &[]));
    assert!(matches!(
        did,
        [ControllerAction::Forward {
            to: ConnectionId(77),
            ..
        }]
    ));
    assert_eq!(
        bench.closes(serve_lane(TWO)),
        [],
        "the end of the old lane is old news"
    );
}
