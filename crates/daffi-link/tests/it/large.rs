//! More large values than a peer takes at once, and larger ones than it takes at all.

use std::os::unix::net::UnixStream;
use std::sync::Arc;

use daffi_link::{
    Allocator, Body, Call, HeapAllocator, Landing, OutOfMemory, Outcome, ServeOptions, Wire,
    WireKind,
};
use daffi_proto::{BlobKind, Failure, FailureCode, Limits, ReplyStatus};

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

/// Memory for small values only.
struct Short;

impl Allocator for Short {
    fn allocate(&self, kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        if length > 50_000 {
            return Err(OutOfMemory(length));
        }
        HeapAllocator.allocate(kind, length)
    }
}

#[test]
fn a_request_for_which_its_callee_has_no_memory_fails_alone() {
    // It ended the link: all other callers were told that the process had stopped.
    let (group, gate) = group_under(ServeOptions {
        allocator: Arc::new(Short),
        ..options()
    });
    let link = connect(&group);
    let other = begin(&link, GATE, vec![1]);
    let mut body = Body {
        payload: vec![1],
        blobs: vec![blob_of(vec![1; 100_000]), blob_of(vec![2; 100_000])],
    };
    let large = link.call(&request(SIZE), &mut body, None, &mut never);
    let failure = failure_of(&large.unwrap());
    assert_eq!(failure.code, FailureCode::Overloaded);
    assert!(failure.text.contains("100000 bytes"), "{}", failure.text);
    gate.open.send(()).unwrap();
    assert_eq!(value(&other).payload, [1]);
    assert_eq!(value(&begin(&link, ADD, vec![2, 3])).payload, [5]);
}

#[test]
fn an_answer_for_which_its_caller_has_no_memory_fails_alone() {
    let (group, _gate) = group();
    let (here, there) = UnixStream::pair().unwrap();
    group.add(Wire::new(there.into(), WireKind::Unix).unwrap(), None);
    let link = caller_with(Arc::new(Short), here, Limits::default());
    let mut body = Body {
        payload: vec![7],
        blobs: vec![blob_of(vec![1; 100_000])],
    };
    let large = link.call(&request(ECHO), &mut body, None, &mut never);
    let failure = failure_of(&large.unwrap());
    assert_eq!(failure.code, FailureCode::BadResult);
    assert!(failure.text.contains("no memory"), "{}", failure.text);
    assert_eq!(value(&begin(&link, ADD, vec![2, 3])).payload, [5]);
}

fn failure_of(call: &Call) -> Failure {
    match finish(call) {
        Outcome::Reply {
            status: ReplyStatus::Failed,
            body,
        } => Failure::from_payload(&body.payload),
        other => panic!("it came through: {other:?}"),
    }
}
