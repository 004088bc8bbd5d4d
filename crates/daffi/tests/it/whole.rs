//! Many callbacks at once: others see all of them or none, however many frames they take.

use std::thread;

use daffi::{Definition, Global, Value};

use crate::support::{LONG, Over, Place, SOON, definition, sees, start};

/// Several frames full: a frame takes some 1,500 of them.
const MANY: usize = 6000;

fn many(from: usize) -> Vec<Definition> {
    let named = |number| definition(&format!("callback_number_{number}"), |_| Ok(Value::Nil));
    (from..from + MANY).map(named).collect()
}

fn how_many(global: &Global) -> usize {
    let offered = global.registered_callbacks();
    offered.iter().map(|(_, names)| names.len()).sum()
}

fn with_many(place: &Place) -> Global {
    let builder = place.builder("worker");
    start(many(0).into_iter().fold(builder, daffi::Builder::callback))
}

#[test]
fn a_process_that_has_come_is_there_with_all_its_callbacks() {
    // It was there with those of the first frame.
    let mut place = Place::new(Over::Unix);
    let waiting = place.controller("first");
    let waiting = thread::spawn(move || {
        waiting
            .wait_process("worker", Some(LONG), &mut || false)
            .expect("it comes");
        (how_many(&waiting), waiting)
    });
    let worker = with_many(&place);
    // The controller is kept: the newcomer needs it.
    let (seen, first) = waiting.join().expect("it does not panic");
    assert_eq!(seen, MANY);
    let newcomer = place.node("newcomer");
    assert_eq!(how_many(&newcomer), MANY);
    drop((first, worker, newcomer));
}

#[test]
fn callbacks_that_are_registered_together_are_seen_together() {
    let mut place = Place::new(Over::Unix);
    let first = place.controller("first");
    let worker = place.node("worker");
    worker.replace_all(many(0)).expect("all are new");
    sees(&first, "callback_number_0");
    assert_eq!(how_many(&first), MANY);
    let last = format!("callback_number_{}", MANY - 1);
    first.call(&last, ()).expect("it is there");
}

#[test]
fn a_process_that_comes_back_comes_with_all_its_callbacks() {
    let mut place = Place::new(Over::Unix);
    let controller = place.bare_controller();
    let worker = with_many(&place);
    let other = place.node("other");
    assert_eq!(how_many(&other), MANY);
    controller.stop(SOON);
    let again = start(place.builder("again").controller(true));
    again
        .wait_process("worker", Some(LONG), &mut || false)
        .expect("it comes back");
    assert_eq!(how_many(&again), MANY);
    other
        .wait_process("again", Some(LONG), &mut || false)
        .expect("it is there");
    assert_eq!(how_many(&other), MANY);
    drop(worker);
}
