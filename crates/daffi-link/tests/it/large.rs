//! More large values than a peer takes at once, and larger ones than it takes at all.

use std::os::unix::net::UnixStream;

use daffi_link::{Body, Outcome, Wire, WireKind};
use daffi_proto::{Failure, FailureCode, Limits, ReplyStatus};

use crate::support::*;

#[test]
fn more_large_answers_than_a_peer_takes_half_received_come_in_turns() {
    // They were all announced at once, and the caller ended the link at the 1,025th.
    let (group, _gate) = group();
    let link = connect(&group);
    let calls: Vec<_> = (0..2000)
        .map(|_| begin(&link, MAKE_LARGE, Vec::new()))
        .collect();
    for call in &calls {
        let Outcome::Reply { body, .. } = finish(call) else {
            panic!("an answer is missing");
        };
        assert_eq!(body.blobs[0].bytes().len(), 40_000);
    }
}

#[test]
fn an_answer_over_the_limit_of_its_caller_fails_alone() {
    // It ended the link, and with it every other call on it.
    let (group, gate) = group();
    let (here, there) = UnixStream::pair().unwrap();
    group.add(Wire::new(there.into(), WireKind::Unix).unwrap(), None);
    let limits = Limits {
        message_bytes: 1000,
        ..Limits::default()
    };
    let link = caller(here, limits);
    let other = begin(&link, GATE, vec![1]);
    let large = begin(&link, MAKE_LARGE, Vec::new());
    let Outcome::Reply {
        status: ReplyStatus::Failed,
        body,
    } = finish(&large)
    else {
        panic!("an answer of 40,000 bytes came through a limit of 1,000");
    };
    let failure = Failure::from_payload(&body.payload);
    assert_eq!(failure.code, FailureCode::BadResult);
    gate.open.send(()).unwrap();
    assert!(matches!(
        finish(&other),
        Outcome::Reply {
            status: ReplyStatus::Value,
            ..
        }
    ));
}

#[test]
fn a_request_over_the_limit_of_its_callee_fails_alone() {
    // It ended the link, and with it every other call on it.
    let limits = Limits {
        message_bytes: 1000,
        ..Limits::default()
    };
    let (group, gate) = group_of(4, limits);
    let link = connect(&group);
    let other = begin(&link, GATE, vec![1]);
    let mut body = Body {
        payload: vec![1],
        blobs: vec![blob_of(vec![1; 100_000])],
    };
    let large = link
        .call(&request(SIZE), &mut body, None, &mut never)
        .unwrap();
    let Outcome::Reply {
        status: ReplyStatus::Failed,
        body,
    } = finish(&large)
    else {
        panic!("arguments of 100,000 bytes came through a limit of 1,000");
    };
    let failure = Failure::from_payload(&body.payload);
    assert_eq!(failure.code, FailureCode::BadArguments);
    let own = begin(&link, MAKE_LARGE, Vec::new());
    assert!(matches!(
        finish(&own),
        Outcome::Reply {
            status: ReplyStatus::Failed,
            ..
        }
    ));
    gate.open.send(()).unwrap();
    value(&other);
}
