//! What a group does about services that answer late, stop it, or run nothing any more, and about links that come too
//! late.

use std::fs::File;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use daffi_link::{
    Outcome, Responder, ServeGroup, ServeOptions, Served, ServedLinkId, Service, Wire, WireKind,
    blocking_in_callback,
};
use daffi_proto::{Failure, FailureCode, Limits, ReplyStatus, Request, Wanted};
use parking_lot::Mutex;

use crate::support::*;

/// Gives every request to the test.
struct Handing {
    requests: Mutex<Sender<(Served, Responder)>>,
    lost: Mutex<Sender<ServedLinkId>>,
    runs: bool,
}

struct Hand {
    requests: Receiver<(Served, Responder)>,
    lost: Receiver<ServedLinkId>,
}

impl Service for Handing {
    fn run_batch(&self, body: &mut (dyn FnMut() + Send)) {
        if self.runs {
            body();
        }
    }

    fn serve(&self, served: Served, responder: Responder) {
        let _ = self.requests.lock().send((served, responder));
    }

    fn link_lost(&self, link: ServedLinkId) {
        let _ = self.lost.lock().send(link);
    }
}

fn handing(runs: bool, limits: Limits) -> (ServeGroup, Hand) {
    let ((requests, requests_rx), (lost, lost_rx)) = (channel(), channel());
    let service = Handing {
        requests: Mutex::new(requests),
        lost: Mutex::new(lost),
        runs,
    };
    let hand = Hand {
        requests: requests_rx,
        lost: lost_rx,
    };
    (start(service, limits), hand)
}

fn start(service: impl Service, limits: Limits) -> ServeGroup {
    let options = ServeOptions {
        limits,
        threads: 8,
        ..options()
    };
    ServeGroup::start(Arc::new(service), options).unwrap()
}

fn code(outcome: &Outcome) -> FailureCode {
    let Outcome::Reply {
        status: ReplyStatus::Failed,
        body,
    } = outcome
    else {
        panic!("no failure: {outcome:?}")
    };
    Failure::from_payload(&body.payload).code
}

#[test]
fn requests_of_a_service_that_runs_nothing_any_more_are_dropped() {
    // They stayed, and the thread that leads looked at them again and again at full speed.
    let (group, _hand) = handing(false, Limits::default());
    let link = connect(&group);
    let outcome = finish(&begin(&link, ADD, vec![1]));
    assert_eq!(code(&outcome), FailureCode::Dropped);
    assert!(group.stop(LONG));
}

#[test]
fn a_caller_that_asks_for_more_than_its_share_is_refused() {
    // Requests that are answered later, from another thread, had no bound but the caller's own.
    let limits = Limits {
        calls_in_flight: 2,
        ..Limits::default()
    };
    let (group, hand) = handing(true, limits);
    let link = connect(&group);
    let calls: Vec<_> = (0..3).map(|a| begin(&link, ADD, vec![a])).collect();
    assert_eq!(code(&finish(&calls[2])), FailureCode::Overloaded);
    for (call, _) in calls.iter().zip(0..2) {
        let (_, responder) = hand.requests.recv_timeout(LONG).unwrap();
        responder.reply(ReplyStatus::Value, vec![7].into());
        assert_eq!(value(call).payload, [7]);
    }
    let again = begin(&link, ADD, vec![1]);
    drop(hand.requests.recv_timeout(LONG).unwrap());
    assert_eq!(code(&finish(&again)), FailureCode::Dropped);
}

#[test]
fn a_value_that_is_not_wanted_stays_and_a_failure_comes() {
    let (group, hand) = handing(true, Limits::default());
    let link = connect(&group);
    let forgotten = Request {
        wanted: Wanted::Failure,
        ..request(ADD)
    };
    let call = || {
        let call = link.call(&forgotten, &mut vec![1].into(), None, &mut never);
        (call.unwrap(), hand.requests.recv_timeout(LONG).unwrap().1)
    };
    let (returns, responder) = call();
    assert_eq!(responder.wanted(), Wanted::Failure);
    responder.reply(ReplyStatus::Value, vec![7; 1000].into());
    assert!(value(&returns).payload.is_empty());
    let (raises, responder) = call();
    responder.reply(ReplyStatus::Raised, vec![7].into());
    assert!(matches!(
        finish(&raises),
        Outcome::Reply { status: ReplyStatus::Raised, body } if body.payload == [7]
    ));
    let (ends, responder) = call();
    drop(responder);
    assert_eq!(code(&finish(&ends)), FailureCode::Dropped);
}

#[test]
fn a_link_that_comes_after_the_stop_is_closed() {
    // Nobody read it and nobody closed it: its caller waited for as long as the group was held.
    let (group, _gate) = group();
    assert!(group.stop(LONG));
    let link = connect(&group);
    assert!(matches!(
        link.call(&request(ADD), &mut vec![1].into(), None, &mut never)
            .map(|call| finish(&call)),
        Err(_) | Ok(Outcome::Lost(_))
    ));
}

#[test]
fn a_link_that_cannot_be_watched_is_lost() {
    // It was closed but never forgotten.
    let (group, hand) = handing(true, Limits::default());
    // What an epoll refuses.
    let file = File::open("/dev/null").unwrap();
    let id = group.add(Wire::new(file.into(), WireKind::Unix).unwrap(), None);
    assert_eq!(hand.lost.recv_timeout(LONG).unwrap(), id);
    assert_eq!(format!("{group:?}"), "ServeGroup(0 links)");
}

/// Stops its group from inside the callback; keeps other requests until the test answers them.
struct Stopping {
    group: Arc<OnceLock<Arc<ServeGroup>>>,
    kept: Mutex<Sender<Responder>>,
    stopped: Mutex<Sender<Duration>>,
}

impl Service for Stopping {
    fn serve(&self, served: Served, responder: Responder) {
        if served.request.callback == ADD {
            self.kept.lock().send(responder).unwrap();
            return;
        }
        let start = Instant::now();
        self.group.get().unwrap().stop(LONG);
        self.stopped.lock().send(start.elapsed()).unwrap();
    }
}

#[test]
fn a_stop_inside_a_callback_ends_with_the_last_answer_of_the_others() {
    // It was told of the end of all requests only, its own among them, and so waited for as long as it may.
    let ((kept, kept_rx), (stopped, is_stopped)) = (channel(), channel());
    let cell = Arc::new(OnceLock::new());
    let service = Stopping {
        group: cell.clone(),
        kept: Mutex::new(kept),
        stopped: Mutex::new(stopped),
    };
    let group = Arc::new(start(service, Limits::default()));
    cell.set(group.clone()).unwrap();
    let link = connect(&group);
    let (_first, _second) = (begin(&link, ADD, vec![1]), begin(&link, SIZE, vec![1]));
    let responder = kept_rx.recv_timeout(LONG).unwrap();
    // Nothing tells when the stop has come to wait for answers; if it has not yet, the test passes without its point.
    let answering = thread::spawn(move || {
        thread::park_timeout(Duration::from_millis(50));
        responder.reply(ReplyStatus::Value, vec![1].into());
    });
    let took = is_stopped.recv_timeout(LONG * 2).unwrap();
    assert!(took < LONG / 2, "the stop took {took:?}");
    answering.join().unwrap();
}

/// Answers [`ADD`] at once. Answers the others, too, and goes on until the test lets it end.
struct GoesOn {
    steps: Mutex<Receiver<()>>,
    entered: Mutex<Sender<()>>,
}

impl Service for GoesOn {
    fn serve(&self, served: Served, responder: Responder) {
        let callback = served.request.callback;
        let wait = || self.steps.lock().recv_timeout(LONG).unwrap();
        if callback == ADD {
            return responder.reply(ReplyStatus::Value, vec![1].into());
        }
        self.entered.lock().send(()).unwrap();
        if callback == GATE {
            wait();
        }
        responder.reply(ReplyStatus::Value, vec![2].into());
        if callback == POLITE_GATE {
            blocking_in_callback();
        }
        wait();
    }
}

#[test]
fn what_a_callback_has_answered_arrives_though_it_goes_on() {
    // The answer waited for the end of the callback, as it does for others of the same batch; where the callback then
    // blocked, it was sent with some later answer on that link, or never.
    for callback in [GATE, POLITE_GATE, SIZE] {
        let ((step, steps), (entered, entered_rx)) = (channel(), channel());
        let service = GoesOn {
            steps: Mutex::new(steps),
            entered: Mutex::new(entered),
        };
        let group = start(service, Limits::default());
        let (link, other) = (connect(&group), connect(&group));
        let call = begin(&link, callback, vec![]);
        entered_rx.recv_timeout(LONG).unwrap();
        // Served: another thread has taken over from the callback.
        assert_eq!(value(&begin(&other, ADD, vec![])).payload, [1]);
        if callback == GATE {
            step.send(()).unwrap();
        }
        assert_eq!(value(&call).payload, [2], "{callback:?}");
        step.send(()).unwrap();
        assert!(group.stop(LONG));
    }
}
