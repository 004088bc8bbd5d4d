//! Coming, staying, going, and whose name it is.

use super::*;

#[test]
fn a_node_is_shown_with_its_first_callbacks() {
    let mut bench = Bench::with_nodes(&[ONE]);
    let did = bench.opens(control(TWO), Purpose::Control(identity(TWO, "two")));
    assert!(welcomes(did, control(TWO)));
    assert!(
        !did.iter()
            .any(|action| matches!(action, ControllerAction::Announce { .. }))
    );
    let callbacks = vec![callback(1)];
    let member = Member {
        identity: identity(TWO, "two"),
        callbacks: callbacks.clone(),
    };
    assert_eq!(
        bench.hears(TWO, ControlFrame::Register { callbacks }),
        [
            announces(&[ONE], ControlFrame::Joined { member }),
            ControllerAction::MembersChanged
        ]
    );
    let callbacks = vec![callback(2)];
    assert_eq!(
        bench.hears(
            TWO,
            ControlFrame::Register {
                callbacks: callbacks.clone()
            }
        ),
        [
            announces(
                &[ONE],
                ControlFrame::Registered {
                    node: node(TWO),
                    callbacks
                }
            ),
            ControllerAction::MembersChanged
        ]
    );
}

#[test]
fn a_newcomer_is_shown_everyone_who_is_there() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    let did = bench.opens(control(THREE), Purpose::Control(identity(THREE, "three")));
    let Some(ControllerAction::Send {
        frame: ControlFrame::Snapshot {
            members,
            done: true,
        },
        ..
    }) = did.last()
    else {
        panic!("no snapshot in {did:?}");
    };
    let shown: Vec<_> = members
        .iter()
        .map(|member| (member.identity.id, member.callbacks.len()))
        .collect();
    assert_eq!(shown, [(node(ONE), 1), (node(TWO), 1)]);
}

#[test]
fn who_says_goodbye_has_left_and_who_breaks_off_is_lost() {
    let mut bench = Bench::with_nodes(&[ONE, TWO, THREE]);
    assert_eq!(
        bench.hears(
            ONE,
            ControlFrame::Goodbye {
                reason: String::new()
            }
        ),
        [
            closes(control(ONE), CloseReason::Goodbye),
            announces(&[TWO, THREE], left(ONE, LeftReason::Goodbye)),
            ControllerAction::MembersChanged
        ]
    );
    assert_eq!(
        bench.closes(control(TWO)),
        [
            announces(&[THREE], left(TWO, LeftReason::Lost)),
            ControllerAction::MembersChanged
        ]
    );
    assert_eq!(bench.closes(control(TWO)), []);
}

#[test]
fn a_silent_node_is_pinged_and_then_lost() {
    let mut bench = Bench::with_nodes(&[ONE]);
    let did = bench.waits(seconds(14));
    assert!(did.iter().all(|action| matches!(
        action,
        ControllerAction::Send {
            frame: ControlFrame::Ping { .. },
            ..
        }
    )));
    assert_eq!(did.len(), 2, "at 5 and 10 seconds");
    let process = identity(ONE, "node-1").process;
    assert_eq!(
        bench.waits(seconds(1))[..2],
        [
            ControllerAction::Tell(News::Silent { process }),
            closes(control(ONE), CloseReason::Silent)
        ]
    );
    assert_eq!(bench.state.next_deadline(), None);
}

#[test]
fn a_node_that_answers_stays() {
    let mut bench = Bench::with_nodes(&[ONE]);
    for _ in 0..20 {
        let did = bench.waits(seconds(6));
        let Some(&ControllerAction::Send {
            frame: ControlFrame::Ping { token },
            ..
        }) = did.first()
        else {
            panic!("no ping in {did:?}");
        };
        bench.hears(ONE, ControlFrame::Pong { token });
    }
    assert_eq!(bench.state.members().count(), 1);
    assert_eq!(bench.start + seconds(120), bench.now);
}

#[test]
fn a_controller_that_was_frozen_itself_throws_nobody_out_before_it_has_read_what_came() {
    // A node that was heard just before a freeze of 10 to 20 s was thrown out when the controller woke.
    for freeze in 5..40 {
        let mut bench = Bench::with_nodes(&[ONE, TWO]);
        bench.now += seconds(4);
        for raw in [ONE, TWO] {
            bench.hears(raw, ControlFrame::Ping { token: 0 });
        }
        bench.now += seconds(freeze);
        bench.does(ControllerEvent::Tick);
        assert_eq!(bench.state.members().count(), 2, "after {freeze} s");
        // The one was there all the time, the other has gone without a word.
        for token in 0..3 {
            bench.hears(ONE, ControlFrame::Ping { token });
            bench.waits(seconds(5));
        }
        assert_eq!(bench.state.members().count(), 1, "after {freeze} s");
        assert!(bench.state.nodes.contains_key(&node(ONE)));
    }
}

#[test]
fn a_second_of_a_live_name_is_refused_naming_the_first() {
    let mut bench = Bench::with_nodes(&[ONE]);
    let did = bench
        .opens(control(TWO), Purpose::Control(identity(TWO, "node-1")))
        .to_vec();
    let [
        ControllerAction::Send {
            frame: ControlFrame::Ping { token },
            ..
        },
    ] = did[..]
    else {
        panic!("no ping in {did:?}");
    };
    let did = bench.hears(ONE, ControlFrame::Pong { token });
    let [
        ControllerAction::Refuse {
            connection,
            refused,
        },
    ] = did
    else {
        panic!("no refusal in {did:?}");
    };
    assert_eq!(
        (*connection, refused.reason),
        (control(TWO), RefusalReason::NameTaken)
    );
    assert_eq!(
        refused.text,
        "a live node has the name \"node-1\": process 7 of this user and machine"
    );
    assert_eq!(bench.waits(seconds(1)), []);
}

#[test]
fn a_newcomer_takes_the_name_of_one_that_does_not_answer() {
    let mut bench = Bench::with_nodes(&[ONE, THREE]);
    bench.opens(control(TWO), Purpose::Control(identity(TWO, "node-1")));
    let did = bench.waits(seconds(1));
    let (holder, newcomer) = (identity(ONE, "node-1"), identity(TWO, "node-1"));
    let news = News::NameTakenOver {
        process: holder.process,
        before: holder.pid,
        now: newcomer.pid,
    };
    assert_eq!(did[0], ControllerAction::Tell(news));
    assert_eq!(did[1], closes(control(ONE), CloseReason::Replaced));
    assert_eq!(did[2], announces(&[THREE], left(ONE, LeftReason::Replaced)));
    assert!(welcomes(&did, control(TWO)));
}

#[test]
fn a_controller_that_was_frozen_itself_hears_the_holder_of_a_name_before_it_gives_it_away() {
    // A timer that came due in the freeze was looked at before what had come meanwhile was read.
    let mut bench = Bench::with_nodes(&[ONE]);
    let newcomer = Purpose::Control(identity(TWO, "node-1"));
    let did = bench.opens(control(TWO), newcomer).to_vec();
    let [
        ControllerAction::Send {
            frame: ControlFrame::Ping { token },
            ..
        },
    ] = did[..]
    else {
        panic!("no ping in {did:?}");
    };
    bench.now += seconds(4);
    assert_eq!(bench.does(ControllerEvent::Tick), []);
    let mut silent = Bench::with_nodes(&[ONE]);
    silent.opens(control(TWO), Purpose::Control(identity(TWO, "node-1")));
    silent.now += seconds(4);
    silent.does(ControllerEvent::Tick);

    let did = bench.hears(ONE, ControlFrame::Pong { token });
    assert_eq!(refusal(did), Some((control(TWO), RefusalReason::NameTaken)));
    let did = silent.waits(seconds(1));
    assert!(welcomes(&did, control(TWO)), "one that is silent loses it");
    // Where it is late each time, all the same.
    silent.opens(control(THREE), Purpose::Control(identity(THREE, "node-1")));
    for _ in 0..2 {
        silent.now += seconds(4);
        silent.does(ControllerEvent::Tick);
    }
    assert!(welcomes(&silent.did, control(THREE)));
}

#[test]
fn a_newcomer_takes_the_name_at_once_when_the_first_breaks_off() {
    let mut bench = Bench::with_nodes(&[ONE]);
    bench.opens(control(TWO), Purpose::Control(identity(TWO, "node-1")));
    assert!(welcomes(bench.closes(control(ONE)), control(TWO)));
}

#[test]
fn of_many_newcomers_one_gets_the_name_and_the_others_hear_who() {
    let mut bench = Bench::with_nodes(&[ONE]);
    for raw in [TWO, THREE, 4] {
        bench.opens(control(raw), Purpose::Control(identity(raw, "node-1")));
    }
    let did = bench.closes(control(ONE)).to_vec();
    assert!(welcomes(&did, control(TWO)));
    let tokens: Vec<u64> = did
        .iter()
        .filter_map(|action| match action {
            ControllerAction::Send {
                connection,
                frame: ControlFrame::Ping { token },
            } => {
                assert_eq!(*connection, control(TWO));
                Some(*token)
            }
            _ => None,
        })
        .collect();
    assert_eq!(tokens.len(), 2);
    for (token, raw) in tokens.into_iter().zip([THREE, 4]) {
        let did = bench.hears(TWO, ControlFrame::Pong { token });
        assert_eq!(refusal(did), Some((control(raw), RefusalReason::NameTaken)));
    }
}

#[test]
fn a_newcomer_that_gives_up_leaves_the_first_alone() {
    let mut bench = Bench::with_nodes(&[ONE]);
    bench.opens(control(TWO), Purpose::Control(identity(TWO, "node-1")));
    assert_eq!(bench.closes(control(TWO)), []);
    assert_eq!(bench.waits(seconds(2)), []);
    assert_eq!(bench.state.members().count(), 1);
}

#[test]
fn a_node_that_connects_again_takes_its_own_place_at_once() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    let again = ConnectionId(100);
    let did = bench.opens(again, Purpose::Control(identity(ONE, "node-1")));
    assert_eq!(did[0], closes(control(ONE), CloseReason::Replaced));
    assert_eq!(did[1], announces(&[TWO], left(ONE, LeftReason::Lost)));
    assert!(welcomes(did, again));
    assert_eq!(
        bench.closes(control(ONE)),
        [],
        "the end of the old connection is old news"
    );
}

#[test]
fn a_full_controller_takes_no_more_nodes() {
    let mut bench = Bench::new(Limits {
        nodes: 1,
        ..Limits::default()
    });
    bench.join(ONE, "one");
    let did = bench.opens(control(TWO), Purpose::Control(identity(TWO, "two")));
    assert_eq!(refusal(did), Some((control(TWO), RefusalReason::Full)));
    let did = bench.opens(control(TWO), Purpose::Control(identity(ONE, "one")));
    assert!(welcomes(did, control(TWO)), "its own place is its own");
}

#[test]
fn too_many_callbacks_end_the_connection_that_registers_them() {
    let mut bench = Bench::new(Limits {
        callbacks: 2,
        ..Limits::default()
    });
    bench.join(ONE, "one");
    bench.join(TWO, "two");
    bench.hears(
        ONE,
        ControlFrame::Register {
            callbacks: vec![callback(1), callback(2)],
        },
    );
    let did = bench.hears(
        ONE,
        ControlFrame::Register {
            callbacks: vec![callback(3)],
        },
    );
    assert_eq!(did[0], closes(control(ONE), CloseReason::TooManyCallbacks));
    assert_eq!(bench.state.members().count(), 1);
}

#[test]
fn a_frame_that_only_controllers_send_ends_the_connection() {
    for frame in [
        ControlFrame::OpenLane,
        ControlFrame::Stop,
        left(TWO, LeftReason::Lost),
    ] {
        let mut bench = Bench::with_nodes(&[ONE, TWO]);
        assert_eq!(
            bench.hears(ONE, frame)[0],
            closes(control(ONE), CloseReason::Protocol)
        );
        assert_eq!(bench.state.members().count(), 1);
    }
}

#[test]
fn stop_all_asks_everyone_but_one_and_names_who_stays() {
    let mut bench = Bench::with_nodes(&[ONE, TWO, THREE]);
    let event = ControllerEvent::StopAll {
        except: NodeId::new(ONE),
        wait: seconds(4),
    };
    assert_eq!(
        bench.does(event),
        [announces(&[TWO, THREE], ControlFrame::Stop)]
    );
    let did = bench.opens(control(5), Purpose::Control(identity(5, "five")));
    assert_eq!(refusal(did), Some((control(5), RefusalReason::Stopping)));
    bench.hears(
        TWO,
        ControlFrame::Goodbye {
            reason: String::new(),
        },
    );
    let remaining = vec![Name::new("node-3").expect("the text is a name")];
    assert_eq!(
        bench.waits(seconds(4)),
        [ControllerAction::StoppedAll { remaining }]
    );
}

#[test]
fn stop_all_asks_a_node_that_is_welcome_and_has_not_registered_yet() {
    let mut bench = Bench::with_nodes(&[ONE]);
    bench.opens(control(TWO), Purpose::Control(identity(TWO, "two")));
    let event = ControllerEvent::StopAll {
        except: NodeId::new(ONE),
        wait: seconds(25),
    };
    assert_eq!(
        bench.does(event),
        [announces(&[TWO], ControlFrame::Stop)],
        "and it is waited for"
    );
}

#[test]
fn stop_all_is_over_when_the_last_has_left() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    bench.does(ControllerEvent::StopAll {
        except: NodeId::new(ONE),
        wait: seconds(25),
    });
    let did = bench.closes(control(TWO));
    assert_eq!(
        did.last(),
        Some(&ControllerAction::StoppedAll { remaining: vec![] })
    );
    let did = bench.does(ControllerEvent::StopAll {
        except: NodeId::new(ONE),
        wait: seconds(25),
    });
    assert_eq!(did, [ControllerAction::StoppedAll { remaining: vec![] }]);
}

#[test]
fn stop_all_names_a_node_that_falls_silent_before_it_has_stopped() {
    // It counts as gone, and goes on when it wakes.
    let mut bench = Bench::with_nodes(&[ONE, TWO, THREE]);
    bench.does(ControllerEvent::StopAll {
        except: NodeId::new(ONE),
        wait: seconds(25),
    });
    bench.closes(control(THREE));
    let mut did = Vec::new();
    for _ in 0..4 {
        did.extend(bench.waits(seconds(5)));
        bench.hears(ONE, ControlFrame::Pong { token: 0 });
    }
    let remaining = vec![Name::new("node-2").expect("the text is a name")];
    assert!(
        did.contains(&ControllerAction::StoppedAll { remaining }),
        "{did:?}"
    );
}

#[test]
fn a_shut_down_says_goodbye_closes_everything_and_takes_no_one_in() {
    let mut bench = Bench::with_nodes(&[ONE, TWO]);
    bench.opens_call_lane(ONE);
    bench.opens(control(THREE), Purpose::Control(identity(THREE, "node-1")));
    let did = bench.does(ControllerEvent::Shutdown);
    assert_eq!(
        refusal(did),
        Some((control(THREE), RefusalReason::Stopping))
    );
    for connection in [control(ONE), call_lane(ONE), control(TWO)] {
        assert!(did.contains(&closes(connection, CloseReason::Shutdown)));
    }
    let did = bench.opens(control(5), Purpose::Control(identity(5, "five")));
    assert_eq!(refusal(did), Some((control(5), RefusalReason::Stopping)));
    assert_eq!(bench.state.next_deadline(), None);
}
