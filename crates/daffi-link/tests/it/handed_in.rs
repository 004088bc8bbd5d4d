//! What other threads hand in for a serving thread: it has a thread, or hears why not, as requests do.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use daffi_link::{HandedIn, ServeGroup, ServeOptions};
use daffi_proto::{Failure, FailureCode};

use crate::support::*;

/// Hands something in; what it comes to.
fn submit(group: &ServeGroup) -> Receiver<Result<(), Failure>> {
    let (tell, told) = channel();
    group.submit(HandedIn::new(move |there| {
        let _ = tell.send(there);
    }));
    told
}

/// A group whose one thread that does not read is taken.
fn taken(patience: Duration) -> (ServeGroup, Gate) {
    let (group, gate) = group_under(ServeOptions {
        threads: 2,
        patience,
        ..options()
    });
    let link = connect(&group);
    begin(&link, GATE, vec![1]);
    gate.entered.recv_timeout(LONG).unwrap();
    (group, gate)
}

#[test]
fn it_is_refused_as_a_request_is_where_no_thread_becomes_free() {
    // It stayed behind when requests were refused, and waited for ever.
    let (group, gate) = taken(Duration::from_millis(50));
    let link = connect(&group);
    let told = submit(&group);
    let call = begin(&link, ADD, vec![1, 2]);
    let refused = told.recv_timeout(LONG).unwrap().unwrap_err();
    assert_eq!(refused.code, FailureCode::Overloaded);
    assert_eq!(failure(&call), refused);
    gate.open.send(()).unwrap();
    until("a thread", || {
        submit(&group).recv_timeout(LONG) == Ok(Ok(()))
    });
}

#[test]
fn what_has_not_begun_when_the_group_stops_is_told_so() {
    // It was dropped, and whom it was to answer heard that the call was lost.
    let (group, gate) = taken(LONG);
    let before = submit(&group);
    group.stop(Duration::ZERO);
    let after = submit(&group);
    gate.open.send(()).unwrap();
    assert!(group.stop(LONG));
    for told in [before, after] {
        let refused = told.recv_timeout(LONG).unwrap().unwrap_err();
        assert_eq!(refused.code, FailureCode::Stopping);
    }
}

#[test]
fn a_stop_inside_of_what_answers_no_request_waits_for_those_that_run() {
    // The thread was taken for one that answers a request, and one of another thread was not waited for.
    let (group, gate) = group();
    let group = Arc::new(group);
    let link = connect(&group);
    let call = begin(&link, GATE, vec![1]);
    gate.entered.recv_timeout(LONG).unwrap();
    let (tell, told) = channel();
    let inside = group.clone();
    group.submit(HandedIn::new(move |_| {
        tell.send(inside.settle(Duration::from_millis(1))).unwrap();
        tell.send(inside.settle(LONG)).unwrap();
    }));
    assert_eq!(told.recv_timeout(LONG), Ok(false));
    gate.open.send(()).unwrap();
    assert_eq!(told.recv_timeout(LONG), Ok(true));
    value(&call);
}
