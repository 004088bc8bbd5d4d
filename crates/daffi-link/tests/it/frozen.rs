//! Callers that freeze while they owe something: what they hold is given back. Looks are made by the tests: no clock is in
//! it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use daffi_link::{
    Blob, Body, Responder, ServeGroup, ServeOptions, Served, Service, Wire, WireKind,
};
use daffi_proto::{BlobKind, Head, NodeId, ReplyStatus, Wanted};
use parking_lot::Mutex;

use crate::floods::{PENDING, arguments, large, raw, requests, with_little_room};
use crate::support::*;

/// More looks than any caller is given.
const MANY: usize = 20;

/// The other end of a link to a caller that is known.
fn direct(group: &ServeGroup) -> UnixStream {
    let (here, there) = UnixStream::pair().unwrap();
    let wire = Wire::new(there.into(), WireKind::Unix).unwrap();
    group.add(wire, Some(NodeId::new(7).unwrap()));
    here.set_read_timeout(Some(LONG)).unwrap();
    here
}

fn links(group: &ServeGroup) -> String {
    format!("{group:?}")
}

#[test]
fn a_caller_that_stops_in_the_middle_of_a_message_gives_its_room_back() {
    // It held that for ever: callers were not judged.
    let (group, _gate) = with_little_room(LONG);
    let mut frozen = direct(&group);
    let (announced, chunk) = large(1, SIZE, 900_000);
    frozen.write_all(&announced).unwrap();
    frozen.write_all(&chunk[..100_000]).unwrap();
    let other = connect(&group);
    until("its bytes", || group.show_life());
    let waits = begin(&other, SIZE, arguments(200_000));
    until("that it waits", || {
        group.look_for_life(false);
        links(&group) == "ServeGroup(1 links)"
    });
    value(&waits);
    let mut rest = Vec::new();
    frozen.read_to_end(&mut rest).unwrap();
}

#[test]
fn a_caller_whose_message_comes_on_is_waited_for() {
    let (group, _gate) = with_little_room(LONG);
    let mut slow = direct(&group);
    let (announced, chunk) = large(1, SIZE, 900);
    slow.write_all(&announced).unwrap();
    for byte in &chunk {
        slow.write_all(&[*byte]).unwrap();
        for _ in 0..3 {
            group.look_for_life(false);
        }
    }
    let mut answer = [0; Head::SIZE + 8];
    slow.read_exact(&mut answer).unwrap();
}

#[test]
fn a_process_that_was_stopped_itself_blames_no_caller() {
    let (group, _gate) = with_little_room(LONG);
    let mut frozen = direct(&group);
    frozen.write_all(&large(1, SIZE, 900_000).0).unwrap();
    until("its bytes", || group.show_life());
    for _ in 0..MANY {
        group.look_for_life(true);
    }
    let other = connect(&group);
    value(&begin(&other, SIZE, arguments(1000)));
    assert_eq!(links(&group), "ServeGroup(2 links)");
}

#[test]
fn a_lane_is_not_judged_for_the_callers_behind_it() {
    let (group, _gate) = with_little_room(LONG);
    let mut lane = raw(&group);
    let (announced, chunk) = large(1, SIZE, 1000);
    lane.write_all(&announced).unwrap();
    until("its bytes", || group.show_life());
    for _ in 0..MANY {
        group.look_for_life(false);
    }
    lane.write_all(&chunk).unwrap();
    until("its end", || !group.show_life());
    assert_eq!(links(&group), "ServeGroup(1 links)");
}

/// Answers all at once, each with 100,000 bytes, as an event loop may.
#[derive(Default)]
struct Later {
    waiting: Mutex<Vec<Responder>>,
    kept: Arc<AtomicUsize>,
}

struct Answer(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::SeqCst);
    }
}

const ANSWERS: usize = 50;
const BYTES: usize = 100_000;

impl Later {
    fn answer_all(&self) {
        for responder in std::mem::take(&mut *self.waiting.lock()) {
            self.kept.fetch_add(1, Ordering::SeqCst);
            let bytes = Answer(vec![1; BYTES], self.kept.clone());
            let blob = Blob {
                kind: BlobKind::Fixed,
                bytes: Arc::new(bytes),
            };
            let body = Body {
                payload: Vec::new(),
                blobs: vec![blob],
            };
            responder.reply(ReplyStatus::Value, body);
        }
    }

    fn kept(&self) -> usize {
        self.kept.load(Ordering::SeqCst)
    }
}

impl Service for Later {
    fn serve(&self, served: Served, responder: Responder) {
        if served.request.callback == QUICK {
            return responder.reply(ReplyStatus::Value, Vec::new().into());
        }
        self.waiting.lock().push(responder);
    }
}

/// A group that keeps so many bytes at most, with answers for a caller that does not read.
fn with_answers(pending_bytes: u64) -> (ServeGroup, Arc<Later>, UnixStream) {
    let service = Arc::new(Later::default());
    let options = ServeOptions {
        pending_bytes,
        ..options()
    };
    let group = ServeGroup::start(service.clone(), options).unwrap();
    let mut caller = direct(&group);
    caller
        .write_all(&requests(1, ANSWERS as u64, SIZE, Wanted::Outcome))
        .unwrap();
    until("the requests", || service.waiting.lock().len() == ANSWERS);
    service.answer_all();
    (group, service, caller)
}

#[test]
fn answers_beyond_the_bound_are_given_up_where_their_caller_takes_none() {
    // All of them were kept for as long as it lived, frozen or not.
    let (group, service, mut frozen) = with_answers(PENDING);
    assert!(service.kept() > 30, "{} are kept", service.kept());
    let mut looks = 0;
    until("the end of its link", || {
        group.look_for_life(false);
        looks += 1;
        service.kept() == 0
    });
    assert!(looks >= 6, "after {looks} looks");
    value(&begin(&connect(&group), QUICK, vec![1]));
    // What the system has taken is still there, and then the end.
    let mut rest = Vec::new();
    frozen.read_to_end(&mut rest).unwrap();
    assert!(rest.len() < ANSWERS * BYTES);
}

#[test]
fn a_caller_that_reads_slowly_gets_all_answers() {
    let (group, service, mut slow) = with_answers(PENDING);
    let mut read = vec![0; BYTES];
    for _ in 0..ANSWERS {
        for _ in 0..3 {
            group.show_life();
            group.look_for_life(false);
        }
        slow.read_exact(&mut read).unwrap();
    }
    until("the last of them", || service.kept() == 0);
}

#[test]
fn a_caller_that_takes_no_answers_is_let_be_while_there_is_room() {
    let (group, service, mut frozen) = with_answers(u64::MAX);
    for _ in 0..MANY {
        group.show_life();
        group.look_for_life(false);
    }
    let mut all = vec![0; ANSWERS * BYTES];
    frozen.read_exact(&mut all).unwrap();
    until("the last of them", || service.kept() == 0);
}
