//! The rules of a node, each as a fact; histories of many nodes are in the simulator.

use super::*;
use crate::{HostIdentity, IntroductionOutcome, Name, RelayReason, Signature};

/// A node, its time, and what it did last.
struct Bench {
    state: NodeState,
    now: Instant,
    did: Vec<NodeAction>,
}

const SESSION: Ticket = Ticket([5; 16]);
const TICKET: Ticket = Ticket([7; 16]);

fn node(raw: u64) -> NodeId {
    NodeId::new(raw).expect("the number is not zero")
}

fn endpoint(text: &str) -> Endpoint {
    Endpoint::new(text).expect("the text is a name")
}

fn identity(raw: u64, host: &str) -> NodeIdentity {
    NodeIdentity {
        id: node(raw),
        process: Name::new(&format!("node-{raw}")).expect("the text is a name"),
        host: HostIdentity::new(host).expect("the text is a name"),
        pid: 7,
    }
}

fn callback(number: u32) -> CallbackInfo {
    CallbackInfo {
        number: CallbackNumber(number),
        name: Name::new("add").expect("the text is a name"),
        signature: Arc::new(Signature::any()),
    }
}

fn member(raw: u64, host: &str) -> Member {
    Member {
        identity: identity(raw, host),
        callbacks: vec![callback(1)],
    }
}

/// Node 2 is on the same host as the node under test, node 3 elsewhere.
fn both() -> Vec<Member> {
    vec![member(2, "here"), member(3, "elsewhere")]
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Bench {
    fn offline(direct: bool) -> Self {
        let settings = NodeSettings {
            identity: identity(1, "here"),
            direct,
            endpoints: vec![endpoint("unix:@one")],
        };
        Self {
            state: NodeState::new(settings),
            now: Instant::now(),
            did: Vec::new(),
        }
    }

    fn online(direct: bool) -> Self {
        let mut bench = Self::offline(direct);
        bench.connects(both());
        bench
    }

    fn does(&mut self, event: NodeEvent) -> &[NodeAction] {
        self.did.clear();
        self.state.handle(self.now, event, &mut self.did);
        &self.did
    }

    fn hears(&mut self, frame: ControlFrame) -> &[NodeAction] {
        self.does(NodeEvent::Control(frame))
    }

    fn connects(&mut self, members: Vec<Member>) -> &[NodeAction] {
        self.does(NodeEvent::ControlUp { session: SESSION });
        self.hears(ControlFrame::Snapshot {
            members,
            done: true,
        });
        self.hears(ControlFrame::Pong { token: 1 })
    }

    fn waits(&mut self, duration: Duration) -> Vec<NodeAction> {
        let end = self.now + duration;
        let mut did = Vec::new();
        while let Some(next) = self.state.next_deadline().filter(|next| *next <= end) {
            self.now = next.max(self.now);
            did.extend_from_slice(self.does(NodeEvent::Tick));
            assert!(
                self.state
                    .next_deadline()
                    .is_none_or(|next| next > self.now),
                "a tick leaves nothing due"
            );
        }
        self.now = end;
        did
    }

    fn introduced(&mut self, raw: u64, endpoints: &[&str]) -> &[NodeAction] {
        let endpoints = endpoints.iter().map(|text| endpoint(text)).collect();
        let outcome = IntroductionOutcome::Meet {
            endpoints,
            ticket: TICKET,
        };
        self.hears(ControlFrame::Introduced {
            target: node(raw),
            outcome,
        })
    }

    fn links(&mut self, raw: u64) {
        self.does(NodeEvent::Want(node(raw)));
        self.introduced(raw, &["tcp:1.2.3.4:5"]);
        self.does(NodeEvent::DialSucceeded(node(raw)));
    }

    fn knows(&self, raw: u64) -> bool {
        self.state.registry().member(node(raw)).is_some()
    }
}

fn asks_for(raw: u64) -> NodeAction {
    NodeAction::Send(ControlFrame::Introduce { target: node(raw) })
}

fn dials(raw: u64, endpoints: &[&str]) -> NodeAction {
    let endpoints = endpoints.iter().map(|text| endpoint(text)).collect();
    NodeAction::Dial {
        target: node(raw),
        endpoints,
        ticket: TICKET,
    }
}

fn gone(raw: u64, reason: PeerGoneReason) -> NodeAction {
    NodeAction::PeerGone {
        node: node(raw),
        reason,
    }
}

const LEFT: PeerGoneReason = PeerGoneReason::Left(LeftReason::Lost);

#[test]
fn a_node_registers_at_once_and_is_ready_once_that_was_read_and_the_snapshot_is_complete() {
    let mut bench = Bench::offline(true);
    bench.does(NodeEvent::Register(vec![callback(1)]));
    assert_eq!(bench.did, [], "there is no one to tell yet");
    let did = bench.does(NodeEvent::ControlUp { session: SESSION });
    assert_eq!(
        did,
        [
            NodeAction::Send(ControlFrame::Register {
                callbacks: vec![callback(1)]
            }),
            NodeAction::Send(ControlFrame::Ping { token: 1 })
        ]
    );
    let did = bench.hears(ControlFrame::Snapshot {
        members: vec![member(2, "here")],
        done: false,
    });
    assert_eq!(did, [NodeAction::RegistryChanged]);
    let did = bench.hears(ControlFrame::Snapshot {
        members: vec![],
        done: true,
    });
    // It was ready here, and whoever started then did not see it yet.
    assert_eq!(did, []);
    assert_eq!(bench.hears(ControlFrame::Pong { token: 0 }), []);
    let read = ControlFrame::Pong { token: 1 };
    assert_eq!(bench.hears(read.clone()), [NodeAction::Ready]);
    assert_eq!(bench.hears(read), [], "once");
    assert!(bench.knows(2));
}

#[test]
fn a_node_whose_offer_is_read_before_the_snapshot_is_complete_is_ready_with_that() {
    let mut bench = Bench::offline(true);
    bench.does(NodeEvent::ControlUp { session: SESSION });
    assert_eq!(bench.hears(ControlFrame::Pong { token: 1 }), []);
    let did = bench.hears(ControlFrame::Snapshot {
        members: vec![],
        done: true,
    });
    assert_eq!(did, [NodeAction::Ready]);
}

#[test]
fn what_is_registered_while_there_is_no_controller_is_told_to_the_next() {
    let mut bench = Bench::online(true);
    bench.does(NodeEvent::ControlLost);
    bench.does(NodeEvent::Register(vec![callback(1), callback(2)]));
    bench.does(NodeEvent::Unregister(vec![CallbackNumber(1)]));
    let did = bench.does(NodeEvent::ControlUp { session: SESSION });
    assert_eq!(
        did,
        [
            NodeAction::Send(ControlFrame::Register {
                callbacks: vec![callback(2)]
            }),
            NodeAction::Send(ControlFrame::Ping { token: 1 })
        ]
    );
}

#[test]
fn nodes_of_one_host_meet_over_unix_and_others_over_tcp() {
    let mut bench = Bench::online(true);
    assert_eq!(bench.does(NodeEvent::Want(node(2))), [asks_for(2)]);
    assert_eq!(
        bench.does(NodeEvent::Want(node(2))),
        [],
        "it was asked already"
    );
    let endpoints = ["tcp:1.2.3.4:5", "unix:@two"];
    assert_eq!(
        bench.introduced(2, &endpoints),
        [dials(2, &["unix:@two", "tcp:1.2.3.4:5"])]
    );
    bench.does(NodeEvent::Want(node(3)));
    assert_eq!(
        bench.introduced(3, &endpoints),
        [dials(3, &["tcp:1.2.3.4:5"])]
    );
}

#[test]
fn who_cannot_be_dialled_is_relayed_to() {
    let mut bench = Bench::online(true);
    bench.does(NodeEvent::Want(node(3)));
    assert_eq!(
        bench.introduced(3, &["unix:@three"]),
        [NodeAction::Relay(node(3))],
        "a socket of another host"
    );
    bench.does(NodeEvent::Want(node(2)));
    bench.introduced(2, &["unix:@two"]);
    assert_eq!(
        bench.does(NodeEvent::DialFailed(node(2))),
        [NodeAction::Relay(node(2))]
    );
    assert_eq!(
        bench.does(NodeEvent::Want(node(2))),
        [NodeAction::Relay(node(2))],
        "whoever asks is told"
    );
}

#[test]
fn an_introduction_and_a_dial_without_end_end_in_a_relay() {
    let mut bench = Bench::online(true);
    bench.does(NodeEvent::Want(node(2)));
    bench.does(NodeEvent::Want(node(3)));
    bench.introduced(3, &["tcp:1.2.3.4:5"]);
    let relays = |did: Vec<NodeAction>| {
        did.into_iter()
            .filter(|action| matches!(action, NodeAction::Relay(_)))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        relays(bench.waits(seconds(5))),
        [NodeAction::Relay(node(2))]
    );
    assert_eq!(
        relays(bench.waits(seconds(5))),
        [NodeAction::Relay(node(3))]
    );
    assert_eq!(bench.introduced(2, &["tcp:1.2.3.4:5"]), [], "too late");
}

#[test]
fn the_controller_may_answer_with_relay_or_gone() {
    let mut bench = Bench::online(true);
    for (raw, outcome, action) in [
        (
            2,
            IntroductionOutcome::Relay(RelayReason::Refused),
            NodeAction::Relay(node(2)),
        ),
        (
            3,
            IntroductionOutcome::Gone,
            gone(3, PeerGoneReason::Unknown),
        ),
    ] {
        bench.does(NodeEvent::Want(node(raw)));
        assert_eq!(
            bench.hears(ControlFrame::Introduced {
                target: node(raw),
                outcome
            }),
            [action]
        );
    }
}

#[test]
fn a_relay_only_node_never_asks_and_refuses_callers() {
    let mut bench = Bench::online(false);
    assert_eq!(
        bench.does(NodeEvent::Want(node(2))),
        [NodeAction::Relay(node(2))]
    );
    let outcome = ExpectOutcome::Refused(ExpectRefusal::RelayOnly);
    assert_eq!(
        bench.hears(ControlFrame::Expect {
            caller: node(2),
            ticket: TICKET
        }),
        [NodeAction::Send(ControlFrame::Expecting {
            caller: node(2),
            ticket: TICKET,
            outcome
        })]
    );
}

#[test]
fn a_caller_is_expected_before_the_controller_is_told() {
    let mut bench = Bench::online(true);
    let until = bench.now + seconds(10);
    let outcome = ExpectOutcome::At(vec![endpoint("unix:@one")]);
    assert_eq!(
        bench.hears(ControlFrame::Expect {
            caller: node(2),
            ticket: TICKET
        }),
        [
            NodeAction::ExpectCaller {
                caller: node(2),
                ticket: TICKET,
                until
            },
            NodeAction::Send(ControlFrame::Expecting {
                caller: node(2),
                ticket: TICKET,
                outcome
            })
        ]
    );
}

#[test]
fn a_node_that_leaves_or_listens_nowhere_expects_no_one() {
    let mut bench = Bench::online(true);
    bench.state.set_endpoints(vec![]);
    let refused = |bench: &mut Bench, reason| {
        let outcome = ExpectOutcome::Refused(reason);
        let answer = ControlFrame::Expecting {
            caller: node(2),
            ticket: TICKET,
            outcome,
        };
        let did = bench.hears(ControlFrame::Expect {
            caller: node(2),
            ticket: TICKET,
        });
        assert_eq!(did, [NodeAction::Send(answer)]);
    };
    refused(&mut bench, ExpectRefusal::NoEndpoint);
    let reason = "done".to_owned();
    let did = bench.does(NodeEvent::Leave {
        reason: reason.clone(),
    });
    assert_eq!(did, [NodeAction::Send(ControlFrame::Goodbye { reason })]);
    refused(&mut bench, ExpectRefusal::Stopping);
}

#[test]
fn an_unknown_node_is_gone_at_once() {
    let mut bench = Bench::online(true);
    assert_eq!(
        bench.does(NodeEvent::Want(node(9))),
        [gone(9, PeerGoneReason::Unknown)]
    );
}

#[test]
fn a_member_that_leaves_takes_its_relayed_calls_along_but_no_direct_link() {
    let mut bench = Bench::online(true);
    bench.does(NodeEvent::Want(node(2)));
    bench.does(NodeEvent::DialFailed(node(2)));
    bench.links(3);
    let left = |raw, reason| ControlFrame::Left {
        node: node(raw),
        reason,
    };
    assert_eq!(
        bench.hears(left(2, LeftReason::Goodbye)),
        [
            NodeAction::RegistryChanged,
            gone(2, PeerGoneReason::Left(LeftReason::Goodbye))
        ]
    );
    assert_eq!(
        bench.hears(left(3, LeftReason::Goodbye)),
        [NodeAction::RegistryChanged]
    );
}

#[test]
fn a_lost_member_with_a_direct_link_is_kept_until_the_link_is_lost_too() {
    let mut bench = Bench::online(true);
    bench.links(3);
    let lost = ControlFrame::Left {
        node: node(3),
        reason: LeftReason::Lost,
    };
    assert_eq!(bench.hears(lost.clone()), []);
    assert!(bench.knows(3));
    assert_eq!(
        bench.does(NodeEvent::LinkLost(node(3))),
        [NodeAction::RegistryChanged]
    );
    assert!(!bench.knows(3));

    let mut bench = Bench::online(true);
    bench.links(3);
    bench.hears(lost);
    bench.waits(seconds(3));
    assert!(!bench.knows(3), "three seconds are enough to connect again");
}

#[test]
fn without_a_controller_the_registry_and_direct_links_stay() {
    let mut bench = Bench::online(true);
    bench.links(3);
    assert_eq!(bench.does(NodeEvent::ControlLost), []);
    assert!(bench.knows(2) && bench.knows(3));
    assert_eq!(bench.waits(seconds(60)), []);
    assert!(bench.knows(2) && bench.knows(3));
}

#[test]
fn a_controller_that_is_back_gets_three_seconds_to_learn_who_is_there() {
    // The same one, frozen for a while, had none: calls to all who were back later than the caller failed.
    let mut bench = Bench::online(true);
    bench.links(3);
    bench.does(NodeEvent::ControlLost);
    assert_eq!(bench.connects(vec![]), [NodeAction::Ready]);
    assert!(bench.knows(2) && bench.knows(3));
    let did = bench.waits(seconds(3));
    assert_eq!(did, [NodeAction::RegistryChanged]);
    assert!(!bench.knows(2));
    bench.waits(seconds(4));
    assert!(bench.knows(3), "as long as the link is up");
    bench.does(NodeEvent::LinkLost(node(3)));
    assert!(!bench.knows(3));
}

/// Nodes whose controller was away and is back: the one has connected again, the other has heard it again.
fn just_back(direct: bool) -> [Bench; 2] {
    let mut again = Bench::online(direct);
    again.does(NodeEvent::ControlLost);
    again.connects(both());
    let mut heard = Bench::online(direct);
    heard.waits(seconds(10));
    heard.hears(ControlFrame::Pong { token: 0 });
    [again, heard]
}

const fn lost(node: NodeId) -> ControlFrame {
    ControlFrame::Left {
        node,
        reason: LeftReason::Lost,
    }
}

#[test]
fn whom_a_controller_loses_as_it_is_back_may_be_on_the_way_back() {
    // A controller that was frozen first sees that nodes have given it up, and then that they are there again.
    for mut bench in just_back(true) {
        bench.does(NodeEvent::Want(node(2)));
        let gone_now = ControlFrame::Introduced {
            target: node(2),
            outcome: IntroductionOutcome::Gone,
        };
        assert_eq!(bench.hears(gone_now), []);
        assert_eq!(bench.hears(lost(node(2))), []);
        let joined = ControlFrame::Joined {
            member: member(2, "here"),
        };
        assert_eq!(
            bench.hears(joined),
            [NodeAction::RegistryChanged, asks_for(2)]
        );
        bench.hears(lost(node(3)));
        bench.does(NodeEvent::Want(node(3)));
        let did = bench.waits(seconds(3));
        assert!(did.contains(&gone(3, LEFT)), "or it is gone");
        assert_eq!(
            bench.hears(lost(node(2))),
            [NodeAction::RegistryChanged, gone(2, LEFT)],
            "all who live are back by now"
        );
    }
}

#[test]
fn calls_that_are_relayed_wait_for_one_that_is_on_the_way_back() {
    for mut bench in just_back(false) {
        bench.does(NodeEvent::Want(node(2)));
        assert_eq!(bench.hears(lost(node(2))), [NodeAction::AskAnew(node(2))]);
        assert_eq!(bench.does(NodeEvent::Want(node(2))), []);
        let joined = ControlFrame::Joined {
            member: member(2, "here"),
        };
        assert_eq!(
            bench.hears(joined),
            [NodeAction::RegistryChanged, NodeAction::Relay(node(2))]
        );
    }
}

#[test]
fn one_that_could_not_be_dialled_as_it_was_lost_is_waited_for() {
    let [mut bench, _] = just_back(true);
    bench.does(NodeEvent::Want(node(2)));
    bench.introduced(2, &["unix:@two"]);
    bench.hears(lost(node(2)));
    assert_eq!(bench.does(NodeEvent::DialFailed(node(2))), []);
    let joined = ControlFrame::Joined {
        member: member(2, "here"),
    };
    assert_eq!(
        bench.hears(joined),
        [NodeAction::RegistryChanged, asks_for(2)]
    );
}

#[test]
fn a_peer_that_says_it_leaves_offers_nothing_more_and_goes_with_its_link() {
    for has_controller in [true, false] {
        let mut bench = Bench::online(true);
        bench.links(3);
        if !has_controller {
            bench.does(NodeEvent::ControlLost);
        }
        assert_eq!(
            bench.does(NodeEvent::PeerLeaves(node(3))),
            [NodeAction::RegistryChanged]
        );
        let registry = bench.state.registry();
        let candidates = registry.candidates("add");
        assert!(candidates.iter().all(|candidate| candidate.node == node(2)));
        assert!(bench.knows(3), "its calls go on");
        assert_eq!(bench.does(NodeEvent::PeerLeaves(node(3))), []);
        assert_eq!(
            bench.does(NodeEvent::LinkLost(node(3))),
            [NodeAction::RegistryChanged]
        );
        assert!(!bench.knows(3));
    }
}

#[test]
fn a_peer_that_is_heard_to_leave_after_its_link_has_ended_is_gone_at_once() {
    let mut bench = Bench::online(true);
    bench.links(3);
    bench.does(NodeEvent::ControlLost);
    bench.does(NodeEvent::LinkLost(node(3)));
    bench.does(NodeEvent::Want(node(3)));
    let gone = NodeAction::PeerGone {
        node: node(3),
        reason: PeerGoneReason::Left(LeftReason::Goodbye),
    };
    assert_eq!(
        bench.does(NodeEvent::PeerLeaves(node(3))),
        [NodeAction::RegistryChanged, gone]
    );
}

#[test]
fn a_peer_whose_link_is_lost_without_a_controller_is_gone_after_a_while() {
    // It stayed until the controller was back, and each call to it took 5 s to fail.
    let mut bench = Bench::online(true);
    bench.links(3);
    bench.does(NodeEvent::ControlLost);
    bench.does(NodeEvent::LinkLost(node(3)));
    bench.waits(seconds(4));
    assert!(bench.knows(3) && bench.knows(2));
    bench.waits(seconds(2));
    assert!(!bench.knows(3) && bench.knows(2));
    bench.connects(both());
    bench.waits(seconds(10));
    assert!(bench.knows(3), "it had not gone");
}

#[test]
fn a_call_to_a_node_that_is_not_back_yet_waits_for_it() {
    let mut bench = Bench::online(true);
    bench.does(NodeEvent::ControlLost);
    bench.connects(vec![]);
    assert_eq!(bench.does(NodeEvent::Want(node(2))), []);
    let did = bench.hears(ControlFrame::Joined {
        member: member(2, "here"),
    });
    assert_eq!(did, [NodeAction::RegistryChanged, asks_for(2)]);
    assert_eq!(bench.does(NodeEvent::Want(node(3))), []);
    assert_eq!(
        bench.waits(seconds(3)).last(),
        Some(&gone(3, LEFT)),
        "or until it does not come back"
    );
}

#[test]
fn a_call_without_a_controller_waits_for_one_but_not_for_ever() {
    let mut bench = Bench::online(true);
    bench.does(NodeEvent::ControlLost);
    assert_eq!(bench.does(NodeEvent::Want(node(2))), []);
    bench.does(NodeEvent::ControlUp { session: SESSION });
    let did = bench.hears(ControlFrame::Snapshot {
        members: both(),
        done: true,
    });
    assert_eq!(did.last(), Some(&asks_for(2)));
    bench.does(NodeEvent::ControlLost);
    assert_eq!(
        bench.waits(seconds(5)),
        [gone(2, PeerGoneReason::NoController)]
    );
}

#[test]
fn a_call_that_waited_for_a_controller_waits_on_for_its_node() {
    // Where the controller was back just before the 5 s were over, the call was relayed to a node that was not, and failed.
    for is_back in [true, false] {
        let mut bench = Bench::online(true);
        bench.does(NodeEvent::ControlLost);
        bench.does(NodeEvent::Want(node(2)));
        bench.waits(Duration::from_millis(4_900));
        bench.does(NodeEvent::ControlUp { session: SESSION });
        assert_eq!(bench.waits(Duration::from_millis(200)), []);
        bench.hears(ControlFrame::Snapshot {
            members: vec![],
            done: true,
        });
        assert_eq!(bench.waits(seconds(2)), []);
        if is_back {
            let joined = ControlFrame::Joined {
                member: member(2, "here"),
            };
            assert_eq!(
                bench.hears(joined),
                [NodeAction::RegistryChanged, asks_for(2)]
            );
            bench.waits(seconds(4));
            let did = bench.introduced(2, &["unix:@two"]);
            assert_eq!(did, [dials(2, &["unix:@two"])], "it has time to answer");
        } else {
            let did = bench.waits(seconds(1));
            assert!(did.contains(&gone(2, LEFT)), "{did:?}");
        }
    }
}

#[test]
fn a_relayed_peer_is_relayed_anew_after_a_reconnect() {
    let mut bench = Bench::online(false);
    bench.does(NodeEvent::Want(node(2)));
    bench.does(NodeEvent::ControlLost);
    bench.connects(both());
    assert_eq!(
        bench.does(NodeEvent::Want(node(2))),
        [NodeAction::Relay(node(2))]
    );
}

#[test]
fn a_newcomer_of_the_same_name_takes_the_place_of_the_old() {
    let mut bench = Bench::online(false);
    bench.does(NodeEvent::Want(node(2)));
    let mut newcomer = member(4, "here");
    newcomer.identity.process = identity(2, "here").process;
    let did = bench.hears(ControlFrame::Joined { member: newcomer });
    assert_eq!(
        did,
        [
            gone(2, PeerGoneReason::Left(LeftReason::Replaced)),
            NodeAction::RegistryChanged
        ]
    );
    assert!(bench.knows(4) && !bench.knows(2));
}

#[test]
fn a_silent_controller_is_pinged_and_then_given_up() {
    let mut bench = Bench::online(true);
    let ping = NodeAction::Send(ControlFrame::Ping { token: 0 });
    assert_eq!(bench.waits(seconds(14)), [ping.clone(), ping]);
    assert_eq!(bench.waits(seconds(1)), [NodeAction::CloseControl]);
    assert!(!bench.state.is_connected());
}

#[test]
fn a_node_that_was_frozen_itself_asks_its_controller_before_it_gives_it_up() {
    // On waking it closed the connection, with all that had come in it meanwhile.
    let mut bench = Bench::online(true);
    bench.now += seconds(60);
    let ping = NodeAction::Send(ControlFrame::Ping { token: 0 });
    assert_eq!(bench.does(NodeEvent::Tick), std::slice::from_ref(&ping));
    assert!(bench.state.is_connected());
    // One that is silent all the same is given up.
    assert_eq!(bench.waits(seconds(9)), [ping]);
    assert_eq!(bench.waits(seconds(1)), [NodeAction::CloseControl]);
}

#[test]
fn a_node_that_was_frozen_for_a_while_keeps_its_controller() {
    // It gave up a controller that it had heard just before it was frozen for 10 to 20 s.
    for freeze in 5..40 {
        let mut bench = Bench::online(true);
        bench.now += seconds(4);
        bench.hears(ControlFrame::Ping { token: 0 });
        bench.now += seconds(freeze);
        let did = bench.does(NodeEvent::Tick);
        assert!(!did.contains(&NodeAction::CloseControl), "after {freeze} s");
        let did = bench.waits(seconds(15));
        assert!(did.contains(&NodeAction::CloseControl), "after {freeze} s");
    }
}

#[test]
fn a_controller_that_is_heard_is_not_given_up() {
    let mut bench = Bench::online(true);
    for token in 0..20 {
        assert!(!bench.waits(seconds(6)).contains(&NodeAction::CloseControl));
        assert_eq!(
            bench.hears(ControlFrame::Ping { token }),
            [NodeAction::Send(ControlFrame::Pong { token })]
        );
    }
}

#[test]
fn requests_of_the_controller_reach_the_runtime() {
    let mut bench = Bench::online(true);
    assert_eq!(bench.hears(ControlFrame::Stop), [NodeAction::StopRequested]);
    assert_eq!(
        bench.hears(ControlFrame::OpenLane),
        [NodeAction::OpenServeLane { session: SESSION }]
    );
}

#[test]
fn frames_after_the_end_of_the_connection_are_dropped() {
    let mut bench = Bench::online(true);
    bench.does(NodeEvent::ControlLost);
    assert_eq!(bench.hears(ControlFrame::Stop), []);
    assert_eq!(
        bench.does(NodeEvent::Leave {
            reason: String::new()
        }),
        []
    );
}
