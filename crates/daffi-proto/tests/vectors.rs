//! The bytes of every kind of frame, as people and other implementations can read them in `tests/vectors`.
//!
//! A vector changes only when the protocol does. Then: `DAFFI_BLESS_VECTORS=1 cargo test -p daffi-proto --test vectors`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daffi_proto::{
    BlobInfo, BlobKind, CallId, CallbackInfo, CallbackNumber, ChainId, ControlFrame, Encoding,
    Endpoint, ExpectOutcome, ExpectRefusal, Failure, FailureCode, FrameKind, Head, Hello,
    HostIdentity, IntroductionOutcome, Leaving, LeftReason, Limits, Member, Name, NodeId,
    NodeIdentity, Parameter, ParameterKind, Purpose, RefusalReason, Refused, RelayReason,
    ReplyStatus, Request, Signature, Ticket, Wanted, Welcome, write_blob_table,
};

/// One file: a kind of frame and examples of it.
struct Vectors {
    file: &'static str,
    about: &'static str,
    examples: Vec<(&'static str, Vec<u8>)>,
}

fn node(raw: u64) -> NodeId {
    NodeId::new(raw).expect("the number is not zero")
}

fn name(text: &str) -> Name {
    Name::new(text).expect("the text is a name")
}

const PUBLISHER: u64 = 0x1111_1111_1111_1111;
const CONSUMER: u64 = 0x2222_2222_2222_2222;
const TICKET: Ticket = Ticket([0xab; 16]);

fn consumer() -> NodeIdentity {
    NodeIdentity {
        id: node(CONSUMER),
        process: name("consumer"),
        host: HostIdentity::new("boot-1/net-2/uid-1000").expect("the text is a name"),
        pid: 4321,
    }
}

/// `add(a: int, b: int = 0, **rest) -> int`
fn add() -> CallbackInfo {
    let parameter = |text, kind, has_default| Parameter {
        name: name(text),
        kind,
        has_default,
    };
    let parameters = vec![
        parameter("a", ParameterKind::PositionalOrKeyword, false),
        parameter("b", ParameterKind::PositionalOrKeyword, true),
        parameter("rest", ParameterKind::VarKeyword, false),
    ];
    CallbackInfo {
        number: CallbackNumber(1),
        name: name("add"),
        signature: Arc::new(Signature::new(
            parameters,
            "(a: int, b: int = 0, **rest) -> int",
        )),
    }
}

fn endpoints() -> Vec<Endpoint> {
    ["unix:@daffi-4321", "tcp:192.168.1.7:40001"]
        .map(|text| Endpoint::new(text).expect("the text is a name"))
        .to_vec()
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes);
    bytes
}

fn control(frame: &ControlFrame) -> Vec<u8> {
    written(|out| frame.encode(out))
}

fn call(kind: FrameKind, flags: u8, id: u64, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("the body is short");
    [&Head::new(kind, flags, CallId(id), length).to_bytes(), body].concat()
}

fn handshake() -> Vec<Vectors> {
    let (node, session, ticket) = (node(PUBLISHER), TICKET, TICKET);
    let hello = |purpose| written(|out| Hello::new(purpose).encode(out));
    vec![
        Vectors {
            file: "hello",
            about: "the first frame of every connection",
            examples: vec![
                (
                    "a node joins its controller",
                    hello(Purpose::Control(consumer())),
                ),
                (
                    "a node opens its call lane",
                    hello(Purpose::CallLane { node, session }),
                ),
                (
                    "a node opens its serve lane",
                    hello(Purpose::ServeLane { node, session }),
                ),
                (
                    "a node dials another",
                    hello(Purpose::Direct { node, ticket }),
                ),
            ],
        },
        Vectors {
            file: "welcome",
            about: "the hello is accepted",
            examples: vec![
                (
                    "a controller takes a node in",
                    written(|out| Welcome::new(7, Some(TICKET)).encode(out)),
                ),
                (
                    "a node takes a caller in",
                    written(|out| Welcome::new(CONSUMER, None).encode(out)),
                ),
            ],
        },
        Vectors {
            file: "refused",
            about: "the hello is refused",
            examples: vec![(
                "the name is taken",
                written(|out| {
                    Refused::new(RefusalReason::NameTaken, "a live node has the name").encode(out);
                }),
            )],
        },
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of examples")]
fn membership() -> Vec<Vectors> {
    let node = node(CONSUMER);
    let numbers = vec![CallbackNumber(1), CallbackNumber(2)];
    let callbacks = vec![add()];
    let member = Member {
        identity: consumer(),
        callbacks: callbacks.clone(),
    };
    let one = |file, about, example, frame: &ControlFrame| Vectors {
        file,
        about,
        examples: vec![(example, control(frame))],
    };
    vec![
        one(
            "register",
            "node to controller: these callbacks exist now",
            "one callback",
            &ControlFrame::Register {
                callbacks: callbacks.clone(),
            },
        ),
        one(
            "unregister",
            "node to controller: these callbacks are gone",
            "two callbacks",
            &ControlFrame::Unregister {
                numbers: numbers.clone(),
            },
        ),
        one(
            "snapshot",
            "controller to node: everyone else who is there",
            "one member, and no more parts",
            &ControlFrame::Snapshot {
                members: vec![member.clone()],
                done: true,
            },
        ),
        one(
            "joined",
            "controller to node: a node has come",
            "with its callbacks",
            &ControlFrame::Joined { member },
        ),
        Vectors {
            file: "left",
            about: "controller to node: a node has gone",
            examples: vec![
                (
                    "on purpose",
                    control(&ControlFrame::Left {
                        node,
                        reason: LeftReason::Goodbye,
                    }),
                ),
                (
                    "lost",
                    control(&ControlFrame::Left {
                        node,
                        reason: LeftReason::Lost,
                    }),
                ),
                (
                    "replaced",
                    control(&ControlFrame::Left {
                        node,
                        reason: LeftReason::Replaced,
                    }),
                ),
            ],
        },
        one(
            "registered",
            "controller to node: another node has more callbacks",
            "one callback",
            &ControlFrame::Registered { node, callbacks },
        ),
        one(
            "unregistered",
            "controller to node: another node has fewer callbacks",
            "two callbacks",
            &ControlFrame::Unregistered { node, numbers },
        ),
    ]
}

fn introductions() -> Vec<Vectors> {
    let (caller, target, ticket) = (node(PUBLISHER), node(CONSUMER), TICKET);
    let expecting = |outcome| {
        control(&ControlFrame::Expecting {
            caller,
            ticket,
            outcome,
        })
    };
    let introduced = |outcome| control(&ControlFrame::Introduced { target, outcome });
    vec![
        Vectors {
            file: "introduce",
            about: "node to controller: I want to meet that node",
            examples: vec![("the consumer", control(&ControlFrame::Introduce { target }))],
        },
        Vectors {
            file: "expect",
            about: "controller to node: expect a caller with this ticket",
            examples: vec![(
                "the publisher",
                control(&ControlFrame::Expect { caller, ticket }),
            )],
        },
        Vectors {
            file: "expecting",
            about: "node to controller: the caller may come, or may not",
            examples: vec![
                (
                    "at two endpoints",
                    expecting(ExpectOutcome::At(endpoints())),
                ),
                (
                    "not at all",
                    expecting(ExpectOutcome::Refused(ExpectRefusal::RelayOnly)),
                ),
            ],
        },
        Vectors {
            file: "introduced",
            about: "controller to node: the answer to an introduce",
            examples: vec![
                (
                    "meet it there",
                    introduced(IntroductionOutcome::Meet {
                        endpoints: endpoints(),
                        ticket,
                    }),
                ),
                (
                    "use the call lane",
                    introduced(IntroductionOutcome::Relay(RelayReason::Timeout)),
                ),
                ("it has gone", introduced(IntroductionOutcome::Gone)),
            ],
        },
    ]
}

fn small_control() -> Vec<Vectors> {
    let goodbye = ControlFrame::Goodbye {
        reason: "stop() was called".to_owned(),
    };
    let one = |file, about, example, frame: &ControlFrame| Vectors {
        file,
        about,
        examples: vec![(example, control(frame))],
    };
    vec![
        one(
            "open_lane",
            "controller to node: open your serve lane",
            "without a body",
            &ControlFrame::OpenLane,
        ),
        one(
            "ping",
            "are you alive?",
            "token 258",
            &ControlFrame::Ping { token: 258 },
        ),
        one(
            "pong",
            "the answer to a ping",
            "token 258",
            &ControlFrame::Pong { token: 258 },
        ),
        one(
            "goodbye",
            "the side that sends it leaves on purpose",
            "with its reason",
            &goodbye,
        ),
        one(
            "stop",
            "controller to node: please stop",
            "without a body",
            &ControlFrame::Stop,
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of examples")]
fn calls() -> Vec<Vectors> {
    let of_chain = |target, time_left, chain| Request {
        wanted: Wanted::Outcome,
        chain,
        target,
        callback: CallbackNumber(1),
        time_left,
        delay: Duration::ZERO,
    };
    let bytes = |request: Request| {
        let mut bytes = Vec::new();
        request.write(&mut bytes);
        bytes
    };
    let request = |target, time_left| bytes(of_chain(target, time_left, None));
    // MessagePack of the arguments `(1, 2)` and no keywords.
    let payload = [Encoding::Typed as u8, 0x92, 1, 2, 0x80];
    let plain = [&request(None, None)[..], &payload].concat();
    let relayed = [
        &request(Some(node(CONSUMER)), Some(Duration::from_secs(2)))[..],
        &payload,
    ]
    .concat();
    let blobs = [BlobInfo {
        kind: BlobKind::Fixed,
        length: 100_000,
    }];
    let chain = Some(ChainId(0x0102_0304_0506_0708));
    let nested = [&bytes(of_chain(None, None, chain))[..], &payload].concat();
    let mut large = request(None, None);
    write_blob_table(&mut large, blobs.into_iter());
    large.extend_from_slice(&[Encoding::Typed as u8, 0x91, 0xd6, 7, 0, 0, 0, 0, 0x80]);
    let failure = Failure::new(FailureCode::Unreachable, "the node has left").to_payload();
    vec![
        Vectors {
            file: "request",
            about: "caller to callee: run this",
            examples: vec![
                (
                    "add(1, 2) on a direct link",
                    call(FrameKind::Request, 0, 5, &plain),
                ),
                (
                    "the same over a lane, within 2 s",
                    call(FrameKind::Request, 0, 5, &relayed),
                ),
                (
                    "the same without a reply",
                    call(FrameKind::Request, Request::NO_REPLY, 5, &plain),
                ),
                (
                    "the same without its value",
                    call(FrameKind::Request, Request::NO_VALUE, 5, &plain),
                ),
                (
                    "the same, made by a callback",
                    call(FrameKind::Request, Request::CHAIN, 5, &nested),
                ),
                (
                    "a large argument beside it",
                    call(FrameKind::Request, Request::BLOBS, 6, &large),
                ),
            ],
        },
        Vectors {
            file: "reply",
            about: "callee to caller: how it ended",
            examples: vec![
                (
                    "the value 3",
                    call(FrameKind::Reply, ReplyStatus::Value.flags(), 5, &[1, 3]),
                ),
                (
                    "it did not run",
                    call(FrameKind::Reply, ReplyStatus::Failed.flags(), 5, &failure),
                ),
            ],
        },
        Vectors {
            file: "chunk",
            about: "bytes of a large value that a request or reply announced",
            examples: vec![(
                "the first of many bytes",
                call(FrameKind::Chunk, 0, 6, b"large va"),
            )],
        },
        Vectors {
            file: "cancel",
            about: "caller to callee: nobody waits for this call any more",
            examples: vec![("without a body", call(FrameKind::Cancel, 0, 5, &[]))],
        },
        Vectors {
            file: "alive",
            about: "callee to caller, optional: I owe you something, and I live",
            examples: vec![("without a body", call(FrameKind::Alive, 0, 0, &[]))],
        },
        Vectors {
            file: "leaving",
            about: "callee to caller, optional: I am leaving",
            examples: vec![
                (
                    "no new calls are taken",
                    call(FrameKind::Leaving, Leaving::TakesNoCalls.flags(), 0, &[]),
                ),
                (
                    "every call that was taken is answered",
                    call(FrameKind::Leaving, Leaving::AllAnswered.flags(), 0, &[]),
                ),
            ],
        },
    ]
}

fn every_vector() -> Vec<Vectors> {
    [
        handshake(),
        membership(),
        introductions(),
        small_control(),
        calls(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn path(file: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors");
    PathBuf::from(folder).join(format!("{file}.txt"))
}

/// The head in a line of its own, the body sixteen bytes a line, beside it what is text in them.
fn render(vectors: &Vectors) -> String {
    let mut text = format!("# {}: {}.\n", vectors.file, vectors.about);
    text.push_str(
        "# The first line of an example is the head: length, kind, flags, reserved, call id.\n",
    );
    for (example, bytes) in &vectors.examples {
        let (head, body) = bytes.split_at(Head::SIZE);
        let hex = |bytes: &[u8]| {
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let parts = [
            &head[..4],
            &head[4..5],
            &head[5..6],
            &head[6..8],
            &head[8..],
        ];
        let _ = writeln!(text, "\n{example} =\n    {}", parts.map(hex).join(" "));
        for line in body.chunks(16) {
            let bytes = line
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<Vec<_>>()
                .join(" ");
            let shown = |byte: &u8| {
                if byte.is_ascii_graphic() {
                    char::from(*byte)
                } else {
                    '.'
                }
            };
            let _ = writeln!(
                text,
                "    {bytes:<47}  # {}",
                line.iter().map(shown).collect::<String>()
            );
        }
    }
    text
}

/// The bytes of the examples in a file, comments left out.
fn parse(text: &str) -> Vec<(String, Vec<u8>)> {
    let mut examples: Vec<(String, Vec<u8>)> = Vec::new();
    for line in text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim_end())
    {
        if let Some(name) = line.strip_suffix(" =") {
            examples.push((name.to_owned(), Vec::new()));
        } else if let Some((_, bytes)) = examples.last_mut() {
            let digits: Vec<_> = line
                .chars()
                .filter_map(|digit| digit.to_digit(16))
                .collect();
            bytes.extend(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8));
        }
    }
    examples
}

#[test]
fn every_vector_is_what_the_code_writes() {
    for vectors in every_vector() {
        let path = path(vectors.file);
        let rendered = render(&vectors);
        if std::env::var_os("DAFFI_BLESS_VECTORS").is_some() {
            std::fs::write(&path, &rendered).expect("the folder of vectors can be written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            kept,
            rendered,
            "{} has changed, and with it the protocol",
            path.display()
        );
        let bytes: Vec<_> = parse(&kept).into_iter().map(|(_, bytes)| bytes).collect();
        let expected: Vec<_> = vectors
            .examples
            .into_iter()
            .map(|(_, bytes)| bytes)
            .collect();
        assert_eq!(bytes, expected, "{} says what it shows", path.display());
    }
}

#[test]
fn every_kind_of_frame_has_a_vector() {
    let mut covered: Vec<u8> = Vec::new();
    for (_, bytes) in every_vector()
        .into_iter()
        .flat_map(|vectors| vectors.examples)
    {
        let (head, body) = bytes.split_first_chunk().expect("there is a head");
        let head = Head::parse(*head, &Limits::default()).expect("the head is good");
        assert!(head.length as usize <= body.len(), "the frame is whole");
        covered.push(head.kind);
    }
    for raw in 0..=0xff {
        assert_eq!(
            FrameKind::from_wire(raw).is_some(),
            covered.contains(&raw),
            "kind {raw:#04x}"
        );
    }
}

#[test]
fn no_vector_is_left_over() {
    let folder = path("hello");
    let folder = folder.parent().expect("a file is in a folder");
    let files = std::fs::read_dir(folder)
        .expect("the folder of vectors is there")
        .count();
    assert_eq!(files, every_vector().len());
}
