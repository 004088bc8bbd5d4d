//! Processes that offer one name with different parameters: a call finds the one that takes its arguments.

use daffi::{
    Arguments, CallError, CallOptions, Definition, Elsewhere, Global, Name, Parameter,
    ParameterKind, Shape, Signature, Value,
};

use crate::support::{Over, Place, definition, eventually, later, start};

/// More of the old version than candidates may vanish under one call.
const OLD: usize = 14;

/// How often a call is made: chosen at random, one candidate of fifteen was not among the first eight half of the time.
const OFTEN: usize = 50;

/// `version`, which takes so many arguments and says how many.
fn version(takes: usize) -> Definition {
    let parameter = |number| Parameter {
        name: Name::new(&format!("p{number}")).expect("the name is valid"),
        kind: ParameterKind::PositionalOnly,
        has_default: false,
    };
    let parameters = (0..takes).map(parameter).collect();
    let said = i64::try_from(takes).expect("they are few");
    Definition {
        signature: Signature::new(parameters, "(version)"),
        ..definition("version", move |_| Ok(said.into()))
    }
}

/// A caller, many processes of the old version, which takes one argument, and one of the new, which takes two.
fn many_versions(place: &mut Place) -> (Global, Vec<Global>) {
    let caller = place.controller("caller");
    let worker = |number: usize| {
        let takes = if number < OLD { 1 } else { 2 };
        start(
            place
                .builder(&format!("worker{number}"))
                .callback(version(takes)),
        )
    };
    let workers = (0..=OLD).map(worker).collect();
    eventually("all are seen", || {
        caller.registered_callbacks().len() == OLD + 1
    });
    (caller, workers)
}

#[test]
fn a_call_finds_the_one_process_of_many_that_takes_its_arguments() {
    // Those it did not fit counted as vanished, and it gave up after eight.
    let mut place = Place::new(Over::Unix);
    let (caller, _workers) = many_versions(&mut place);
    for _ in 0..OFTEN {
        let given = caller.call("version", (1, 2)).expect("one takes two");
        assert_eq!(given, Value::from(2));
    }
    let unfit = caller.call("version", (1, 2, 3));
    assert!(
        matches!(unfit, Err(CallError::Arguments { .. })),
        "{unfit:?}"
    );
}

#[test]
fn a_call_that_goes_elsewhere_finds_it_too() {
    let mut place = Place::new(Over::Unix);
    let (caller, workers) = many_versions(&mut place);
    let leaving = start(place.builder("leaving").callback(version(2)));
    eventually("it is seen", || {
        caller.target("version", Some("leaving")).is_ok()
    });
    let gone = caller.target("version", Some("leaving"));
    let gone = gone.expect("it is there");
    leaving.stop(crate::support::SOON);
    let shape = Shape {
        positional: 2,
        keywords: Vec::new(),
    };
    for _ in 0..OFTEN {
        let elsewhere = Elsewhere::new("version".to_owned(), None, shape.clone());
        let body = Arguments::from((1, 2))
            .into_body()
            .expect("they can travel");
        let call = caller.dispatch(gone.clone(), body, later(), Some(elsewhere));
        let call = call.expect("there is room for it");
        eventually("it ends", || call.look());
        let outcome = call.take().expect("it has ended");
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(call.process(), *workers[OLD].process_name());
    }
    let options = CallOptions::default();
    let named = caller.call_with("version", Some("worker0"), (1, 2).into(), options);
    assert!(
        matches!(named, Err(CallError::Arguments { .. })),
        "{named:?}"
    );
}
