//! Calls by name: values, errors, deadlines, and many at once, on every way two nodes can take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use daffi::{
    Arguments, CallError, Definition, Failure, FailureCode, Global, Name, Parameter, ParameterKind,
    RegisterError, RemoteError, Signature, Value,
};

use crate::support::{
    EVERY_WAY, Gate, LONG, Over, Place, SOON, add, definition, eventually, integer, later,
    offer_basics, pair, sees, start,
};

#[test]
fn a_call_gives_what_the_callback_returns() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        assert_eq!(integer(caller.call("add", (2, 40))), 42, "{over:?}");
        let named = caller.call("name", ());
        assert_eq!(named.expect("it has a name"), Value::from("worker"));
        worker.stop(SOON);
        caller.stop(SOON);
    }
}

#[test]
fn large_values_travel_both_ways() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let echo = |arguments: Arguments| {
            let (bytes,): (Vec<u8>,) = arguments.try_into()?;
            Ok(bytes.into())
        };
        worker.callback("echo", echo).expect("echo is new");
        sees(&caller, "echo");
        let sent: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let back = caller.call("echo", (sent.clone(),));
        assert!(
            back.expect("it comes back") == Value::Bytes(sent),
            "{over:?}"
        );
    }
}

#[test]
fn what_a_callback_raises_reaches_the_caller_with_its_type() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, _worker) = pair(&mut place);
        for (callback, kind, message) in [
            ("fail", "CallbackError", "not today"),
            ("panic", "panic", "in a callback"),
        ] {
            let Err(CallError::Raised { process, record }) = caller.call(callback, ()) else {
                panic!("{callback} raises");
            };
            let error = RemoteError::read(record).expect("the record can be read");
            assert_eq!(process.as_str(), "worker");
            assert_eq!((&*error.type_name, &*error.message), (kind, message));
        }
        assert_eq!(integer(caller.call("add", (1, 1))), 2, "{over:?}");
    }
}

#[test]
fn an_unknown_name_lists_what_each_process_offers() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = pair(&mut place);
    let Err(error) = caller.call("nmae", ()) else {
        panic!("nobody offers nmae");
    };
    let text = error.to_string();
    assert!(
        text.contains("worker: [ add, name, fail, panic ]"),
        "{text}"
    );
    assert!(text.contains("did you mean 'name'?"), "{text}");
    let elsewhere = caller.target("add", Some("nobody"));
    assert!(matches!(elsewhere, Err(CallError::UnknownCallback { .. })));
}

#[test]
fn a_name_that_only_this_process_offers_is_said_to_be_so() {
    let mut place = Place::new(Over::Unix);
    let alone = place.controller("alone");
    alone.callback("mine", add).expect("mine is new");
    assert!(matches!(
        alone.call("mine", (1, 2)),
        Err(CallError::OnlyLocal(name)) if name == "mine"
    ));
}

#[test]
fn arguments_are_checked_before_anything_is_sent() {
    let mut place = Place::new(Over::Unix);
    let caller = place.controller("caller");
    let worker = place.node("worker");
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    let parameter = |name| Parameter {
        name: Name::new(name).expect("it is a name"),
        kind: ParameterKind::PositionalOrKeyword,
        has_default: false,
    };
    let signature = Signature::new(vec![parameter("a"), parameter("b")], "(a, b)");
    let strict = Definition {
        signature,
        ..definition("strict", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Value::Nil)
        })
    };
    worker.register(strict).expect("strict is new");
    sees(&caller, "strict");
    let Err(error) = caller.call("strict", (1,)) else {
        panic!("b is missing");
    };
    let text = error.to_string();
    assert_eq!(
        text,
        "missing a required argument: 'b': strict(a, b), offered by 'worker'"
    );
    assert_eq!(ran.load(Ordering::Relaxed), 0);
}

#[test]
fn a_second_callback_of_one_name_is_refused() {
    let mut place = Place::new(Over::Unix);
    let alone = place.controller("alone");
    alone.callback("add", add).expect("add is new");
    let second = alone.callback("add", add).expect_err("add is there");
    assert!(matches!(second, RegisterError::Duplicate(_)));
    let nameless = alone.callback("", add).expect_err("a name is needed");
    assert!(matches!(nameless, RegisterError::Name(_)));
}

#[test]
fn a_replaced_callback_runs_the_new_one_with_the_new_signature() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let first = worker.replace(definition("twice", |_| Ok(Value::from(1))));
        sees(&caller, "twice");
        assert_eq!(integer(caller.call("twice", ())), 1, "{over:?}");
        let parameter = Parameter {
            name: Name::new("a").expect("it is a name"),
            kind: ParameterKind::PositionalOrKeyword,
            has_default: false,
        };
        let second = worker.replace(Definition {
            signature: Signature::new(vec![parameter], "(a)"),
            ..definition("twice", |_| Ok(Value::from(2)))
        });
        assert_eq!(first, second, "it is the same callback");
        eventually("the caller sees the new signature", || {
            let target = caller.target("twice", None).expect("it is there");
            target.signature().text() == "(a)"
        });
        assert_eq!(integer(caller.call("twice", (1,))), 2, "{over:?}");
    }
}

#[test]
fn sixteen_threads_each_get_their_own_answers() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, _worker) = pair(&mut place);
        let caller = &caller;
        thread::scope(|scope| {
            for thread in 0..16_i64 {
                scope.spawn(move || {
                    for number in 0..200_i64 {
                        let sum = integer(caller.call("add", (thread * 1000, number)));
                        assert_eq!(sum, thread * 1000 + number);
                    }
                });
            }
        });
    }
}

/// Each process calls the other, down to the depth it is given.
fn descend(here: &Global, there: &'static str) {
    let weak = here.clone();
    let function = move |arguments: Arguments| {
        let (depth,): (i64,) = arguments.try_into()?;
        if depth == 0 {
            return Ok(0.into());
        }
        let below = weak.call(there, (depth - 1,));
        let below: i64 = below
            .map_err(|error| daffi::CallbackError::new(error.to_string()))?
            .try_into()?;
        Ok((below + 1).into())
    };
    let name = if there == "down_a" {
        "down_b"
    } else {
        "down_a"
    };
    here.callback(name, function).expect("the name is new");
}

#[test]
fn calls_nest_between_two_processes_to_any_depth() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (a, b) = (place.controller("a"), place.node("b"));
        descend(&a, "down_b");
        descend(&b, "down_a");
        sees(&a, "down_b");
        sees(&b, "down_a");
        assert_eq!(integer(a.call("down_b", (20,))), 20, "{over:?}");
        a.stop(SOON);
        b.stop(SOON);
    }
}

#[test]
fn a_slow_callback_does_not_hold_up_a_fast_one() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let (entered, leave) = (Gate::default(), Gate::default());
        let (inside, go) = (entered.clone(), leave.clone());
        let slow = move |_| {
            inside.open();
            Ok(go.wait().into())
        };
        worker.callback("slow", slow).expect("slow is new");
        sees(&caller, "slow");
        thread::scope(|scope| {
            let slow = scope.spawn(|| caller.call("slow", ()));
            assert!(entered.wait());
            for number in 0..50 {
                assert_eq!(integer(caller.call("add", (number, 1))), number + 1);
            }
            leave.open();
            let ended = slow.join().expect("the thread does not panic");
            assert_eq!(ended.expect("it ends well"), Value::Bool(true), "{over:?}");
        });
    }
}

#[test]
fn calls_go_to_the_candidate_with_the_fewest_under_way() {
    let mut place = Place::new(Over::Unix);
    let caller = place.controller("caller");
    let leave = Gate::default();
    let workers: Vec<_> = ["one", "two", "three"]
        .map(|name| {
            let (go, me) = (leave.clone(), name);
            let worker = place.node(name);
            let wait = move |_| {
                go.wait();
                Ok(me.into())
            };
            worker.callback("wait", wait).expect("wait is new");
            worker
        })
        .into();
    for worker in &workers {
        let name = worker.process_name().as_str();
        caller
            .wait_process(name, Some(LONG), &mut || false)
            .expect("it comes");
    }
    eventually("all three offer it", || {
        let listed = caller.registered_callbacks();
        listed.iter().filter(|(_, names)| !names.is_empty()).count() == 3
    });
    let pending: Vec<_> = (0..6)
        .map(|_| {
            let sent = caller.send("wait", None, ().into(), later());
            sent.expect("it is sent").expect("an answer is wanted")
        })
        .collect();
    let mut processes: Vec<_> = pending
        .iter()
        .map(|call| call.process().to_string())
        .collect();
    processes.sort();
    assert_eq!(processes, ["one", "one", "three", "three", "two", "two"]);
    leave.open();
    for call in pending {
        call.wait(None, &mut || false);
        assert!(matches!(call.take(), Some(Ok(_))));
    }
}

#[test]
fn a_responder_that_is_dropped_tells_the_caller() {
    let mut place = Place::new(Over::Unix);
    let (caller, worker) = pair(&mut place);
    let forgets = Definition {
        run: Arc::new(|invocation: daffi::Invocation| drop(invocation)),
        ..definition("forgets", add)
    };
    worker.register(forgets).expect("forgets is new");
    sees(&caller, "forgets");
    assert!(matches!(
        caller.call("forgets", ()),
        Err(CallError::Failed {
            failure: Failure {
                code: FailureCode::Dropped,
                ..
            },
            ..
        })
    ));
}

#[test]
fn arguments_over_the_limit_fail_that_call_alone() {
    let place = Place::new(Over::Unix);
    let caller = start(
        place
            .builder("caller")
            .controller(true)
            .max_message(1 << 20),
    );
    let worker = place.node("worker");
    offer_basics(&worker);
    sees(&caller, "panic");
    let large = caller.call("name", (vec![0_u8; 2 << 20],));
    assert!(matches!(large, Err(CallError::TooLarge { .. })));
    assert_eq!(integer(caller.call("add", (1, 2))), 3);
}

#[test]
fn a_process_without_a_node_makes_no_calls() {
    let mut place = Place::new(Over::Unix);
    let bare = place.bare_controller();
    assert!(matches!(bare.call("add", (1, 2)), Err(CallError::NoNode)));
    assert!(matches!(
        bare.callback("add", add),
        Err(RegisterError::NoNode)
    ));
}

#[test]
fn thousands_of_mixed_calls_all_end_right() {
    for over in EVERY_WAY {
        let mut place = Place::new(over);
        let (caller, worker) = pair(&mut place);
        let slow = |arguments: Arguments| {
            let (micros,): (u64,) = arguments.try_into()?;
            thread::park_timeout(Duration::from_micros(micros));
            Ok(micros.into())
        };
        let length = |arguments: Arguments| {
            let (bytes,): (Vec<u8>,) = arguments.try_into()?;
            Ok((bytes.len() as u64).into())
        };
        worker.callback("slow", slow).expect("slow is new");
        worker.callback("length", length).expect("length is new");
        sees(&caller, "length");
        let caller = &caller;
        thread::scope(|scope| {
            for thread in 0..8_i64 {
                scope.spawn(move || {
                    for number in 0..400_i64 {
                        let mixed = thread * 400 + number;
                        match mixed % 10 {
                            0 => assert_eq!(
                                integer(caller.call("slow", (mixed % 2000,))),
                                mixed % 2000
                            ),
                            1 => {
                                let bytes =
                                    vec![7_u8; usize::try_from(mixed).expect("it fits") * 100];
                                let sent = i64::try_from(bytes.len()).expect("it fits");
                                assert_eq!(integer(caller.call("length", (bytes,))), sent);
                            }
                            2 => {
                                let failed = caller.call("fail", ());
                                assert!(matches!(failed, Err(CallError::Raised { .. })));
                            }
                            _ => assert_eq!(integer(caller.call("add", (mixed, 1))), mixed + 1),
                        }
                    }
                });
            }
        });
    }
}

#[test]
fn large_values_of_many_pass_through_one_relay_beside_small_ones() {
    let mut place = Place::new(Over::Relay);
    let controller = place.bare_controller();
    let worker = place.node("worker");
    offer_basics(&worker);
    let length = |arguments: Arguments| {
        let (bytes,): (Vec<u8>,) = arguments.try_into()?;
        Ok((bytes.len() as u64).into())
    };
    worker.callback("length", length).expect("length is new");
    let callers: Vec<_> = (0..6)
        .map(|number| place.node(&format!("caller{number}")))
        .collect();
    for caller in &callers {
        sees(caller, "length");
    }
    thread::scope(|scope| {
        for caller in &callers {
            scope.spawn(move || {
                let large = caller.call("length", (vec![1_u8; 24 << 20],));
                assert_eq!(integer(large), 24 << 20);
            });
            scope.spawn(move || {
                for number in 0..50 {
                    assert_eq!(integer(caller.call("add", (number, 1))), number + 1);
                }
            });
        }
    });
    drop(controller);
}
