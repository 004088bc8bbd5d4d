//! Calls that nobody waits for any more, where there is no room for the next one: what they hold is given back at once.

use std::sync::Arc;
use std::time::Duration;

use daffi_link::{Responder, ServeGroup, ServeOptions, Served, ServedLinkId, Service};
use daffi_proto::{CallId, Failure, FailureCode, ReplyStatus};
use parking_lot::Mutex;

use crate::floods::{MOST_OF_IT, PENDING, arguments};
use crate::support::*;

/// Holds what it is asked for at [`GATE`] until that is cancelled, as an async callback may.
#[derive(Default)]
struct Holding(Mutex<Vec<(ServedLinkId, CallId, Responder)>>);

impl Service for Holding {
    fn serve(&self, served: Served, responder: Responder) {
        if served.request.callback != GATE {
            return responder.reply(ReplyStatus::Value, Vec::new().into());
        }
        self.0.lock().push((served.link, served.call, responder));
    }

    fn cancelled(&self, link: ServedLinkId, call: CallId) {
        let mut held = self.0.lock();
        let place = held
            .iter()
            .position(|held| (held.0, held.1) == (link, call));
        if let Some(place) = place {
            let (_, _, responder) = held.remove(place);
            drop(held);
            responder.fail(&Failure::new(FailureCode::Cancelled, "cancelled"));
        }
    }
}

fn group() -> (ServeGroup, Arc<Holding>) {
    let service = Arc::new(Holding::default());
    let options = ServeOptions {
        pending_bytes: PENDING,
        patience: Duration::from_secs(3600),
        ..options()
    };
    let group = ServeGroup::start(service.clone(), options).unwrap();
    (group, service)
}

#[test]
fn a_cancel_is_heard_behind_a_request_that_does_not_fit() {
    // It was heard when that request was taken or refused: after the patience, as the call that was cancelled held its room.
    let (group, service) = group();
    let link = connect(&group);
    let held = begin(&link, GATE, arguments(MOST_OF_IT));
    until("it runs", || service.0.lock().len() == 1);
    let waits = begin(&link, SIZE, vec![1; 200_000]);
    assert!(held.cancel());
    value(&waits);
}

#[test]
fn a_request_that_does_not_fit_ends_when_it_is_cancelled() {
    let (group, service) = group();
    let (link, other) = (connect(&group), connect(&group));
    let _held = begin(&other, GATE, arguments(MOST_OF_IT));
    until("it runs", || service.0.lock().len() == 1);
    let waits = begin(&link, SIZE, vec![1; 200_000]);
    let behind = begin(&link, SIZE, vec![1]);
    assert!(waits.cancel());
    value(&behind);
}
