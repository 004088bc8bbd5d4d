//! What holds for all bytes: frames come back as they were written, and nothing a peer sends panics or swells.

use std::sync::Arc;

use daffi_proto::{
    Authentication, BadHead, CallId, CallbackInfo, CallbackNumber, ControlFrame, ControlReader,
    Endpoint, ExpectOutcome, ExpectRefusal, Frame, FrameDecoder, FrameKind, Head, Hello,
    HostIdentity, IntroductionOutcome, LeftReason, Limits, Member, Name, NodeId, NodeIdentity,
    Parameter, ParameterKind, Purpose, RefusalReason, Refused, RelayReason, Request, Signature,
    Ticket, Version, Welcome, read_blob_table,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn name() -> impl Strategy<Value = Name> {
    "[^\\p{Cc}]{1,20}".prop_map(|text| Name::new(&text).expect("the text is a name"))
}

fn node() -> impl Strategy<Value = NodeId> {
    (1..=u64::MAX).prop_filter_map("not zero", NodeId::new)
}

fn ticket() -> impl Strategy<Value = Ticket> {
    any::<[u8; 16]>().prop_map(Ticket)
}

fn host() -> impl Strategy<Value = HostIdentity> {
    name().prop_map(|name| HostIdentity::new(name.as_str()).expect("the text is a name"))
}

fn endpoints() -> impl Strategy<Value = Vec<Endpoint>> {
    let endpoint =
        name().prop_map(|name| Endpoint::new(name.as_str()).expect("the text is a name"));
    vec(endpoint, 0..4)
}

fn signature() -> impl Strategy<Value = Signature> {
    let kinds = [
        ParameterKind::PositionalOnly,
        ParameterKind::PositionalOrKeyword,
        ParameterKind::VarPositional,
        ParameterKind::KeywordOnly,
        ParameterKind::VarKeyword,
    ];
    let parameter = (name(), select(kinds.to_vec()), any::<bool>());
    let parameter = parameter.prop_map(|(name, kind, has_default)| Parameter {
        name,
        kind,
        has_default,
    });
    (vec(parameter, 0..5), ".{0,40}")
        .prop_map(|(parameters, text)| Signature::new(parameters, &text))
}

fn callback() -> impl Strategy<Value = CallbackInfo> {
    (any::<u32>(), name(), signature()).prop_map(|(number, name, signature)| CallbackInfo {
        number: CallbackNumber(number),
        name,
        signature: Arc::new(signature),
    })
}

fn identity() -> impl Strategy<Value = NodeIdentity> {
    (node(), name(), host(), any::<u32>()).prop_map(|(id, process, host, pid)| NodeIdentity {
        id,
        process,
        host,
        pid,
    })
}

fn member() -> impl Strategy<Value = Member> {
    (identity(), vec(callback(), 0..3)).prop_map(|(identity, callbacks)| Member {
        identity,
        callbacks,
    })
}

fn numbers() -> impl Strategy<Value = Vec<CallbackNumber>> {
    vec(any::<u32>().prop_map(CallbackNumber), 0..5)
}

fn expect_outcome() -> impl Strategy<Value = ExpectOutcome> {
    let refusals = vec![
        ExpectRefusal::RelayOnly,
        ExpectRefusal::NoEndpoint,
        ExpectRefusal::Stopping,
    ];
    prop_oneof![
        endpoints().prop_map(ExpectOutcome::At),
        select(refusals).prop_map(ExpectOutcome::Refused),
    ]
}

fn introduction_outcome() -> impl Strategy<Value = IntroductionOutcome> {
    let reasons = vec![RelayReason::Refused, RelayReason::Timeout];
    prop_oneof![
        (endpoints(), ticket())
            .prop_map(|(endpoints, ticket)| IntroductionOutcome::Meet { endpoints, ticket }),
        select(reasons).prop_map(IntroductionOutcome::Relay),
        Just(IntroductionOutcome::Gone),
    ]
}

fn control_frame() -> impl Strategy<Value = ControlFrame> {
    let left = vec![LeftReason::Goodbye, LeftReason::Lost, LeftReason::Replaced];
    prop_oneof![
        vec(callback(), 0..4).prop_map(|callbacks| ControlFrame::Register { callbacks }),
        numbers().prop_map(|numbers| ControlFrame::Unregister { numbers }),
        (vec(member(), 0..3), any::<bool>())
            .prop_map(|(members, done)| ControlFrame::Snapshot { members, done }),
        member().prop_map(|member| ControlFrame::Joined { member }),
        (node(), select(left)).prop_map(|(node, reason)| ControlFrame::Left { node, reason }),
        (node(), vec(callback(), 0..4))
            .prop_map(|(node, callbacks)| ControlFrame::Registered { node, callbacks }),
        (node(), numbers())
            .prop_map(|(node, numbers)| ControlFrame::Unregistered { node, numbers }),
        node().prop_map(|target| ControlFrame::Introduce { target }),
        (node(), ticket()).prop_map(|(caller, ticket)| ControlFrame::Expect { caller, ticket }),
        (node(), ticket(), expect_outcome()).prop_map(|(caller, ticket, outcome)| {
            ControlFrame::Expecting {
                caller,
                ticket,
                outcome,
            }
        }),
        (node(), introduction_outcome())
            .prop_map(|(target, outcome)| ControlFrame::Introduced { target, outcome }),
        Just(ControlFrame::OpenLane),
        any::<u64>().prop_map(|token| ControlFrame::Ping { token }),
        any::<u64>().prop_map(|token| ControlFrame::Pong { token }),
        ".{0,40}".prop_map(|reason| ControlFrame::Goodbye { reason }),
        Just(ControlFrame::Stop),
    ]
}

fn hello() -> impl Strategy<Value = Hello> {
    let purpose = prop_oneof![
        identity().prop_map(Purpose::Control),
        (node(), ticket()).prop_map(|(node, session)| Purpose::CallLane { node, session }),
        (node(), ticket()).prop_map(|(node, session)| Purpose::ServeLane { node, session }),
        (node(), ticket()).prop_map(|(node, ticket)| Purpose::Direct { node, ticket }),
    ];
    (purpose, any::<u16>(), any::<u8>(), vec(any::<u8>(), 0..50)).prop_map(
        |(purpose, minor, method, bytes)| Hello {
            version: Version {
                minor,
                ..Version::CURRENT
            },
            authentication: Authentication { method, bytes },
            purpose,
        },
    )
}

fn head() -> impl Strategy<Value = Head> {
    let kinds = (1..=0xffu8).prop_filter("known or optional", |raw| {
        *raw >= 0x80 || FrameKind::from_wire(*raw).is_some()
    });
    (
        0..=Limits::default().frame_bytes,
        kinds,
        any::<u8>(),
        any::<u64>(),
    )
        .prop_map(|(length, kind, flags, call)| Head {
            length,
            kind,
            flags,
            call: CallId(call),
        })
}

/// Everything the decoder makes of some bytes, fed in pieces that end at these places.
fn decode_in_pieces(bytes: &[u8], cuts: &[usize]) -> (Vec<Frame>, Option<BadHead>) {
    let mut decoder = FrameDecoder::new(Limits::default());
    let mut frames = Vec::new();
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let mut start = 0;
    for end in ends {
        decoder.feed(&bytes[start..end]);
        start = end;
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(bad) => return (frames, Some(bad)),
            }
        }
    }
    (frames, None)
}

/// Feeds some bytes to everything that reads bytes of peers.
fn read_with_everything(bytes: &[u8]) {
    let (frames, _) = decode_in_pieces(bytes, &[]);
    let mut reader = ControlReader::new(Limits::default());
    for frame in frames {
        let _ = reader.read(&frame.head, &frame.body);
    }
    for kind in 0..=u8::MAX {
        let head = Head {
            length: bytes.len() as u32,
            kind,
            flags: 0,
            call: CallId::NONE,
        };
        let _ = ControlFrame::decode(&head, bytes);
    }
    let _ = Hello::decode(bytes);
    let _ = Welcome::decode(bytes);
    let _ = Refused::decode(bytes);
    let _ = Request::parse(0, bytes);
    let _ = Request::parse(Request::CHAIN, bytes);
    let _ = read_blob_table(bytes, &Limits::default());
}

/// The one frame in these bytes, whose head tells its true length.
fn single(bytes: &[u8]) -> Frame {
    let (mut frames, bad) = decode_in_pieces(bytes, &[]);
    assert_eq!((frames.len(), bad), (1, None));
    let frame = frames.remove(0);
    assert_eq!(
        frame.body.len(),
        bytes.len() - Head::SIZE,
        "the length is true"
    );
    assert_eq!(
        frame.head.length as usize,
        frame.body.len(),
        "the length is true"
    );
    frame
}

proptest! {
    #[test]
    fn a_head_comes_back_as_it_was_written(head in head()) {
        prop_assert_eq!(Head::parse(head.to_bytes(), &Limits::default()), Ok(head));
    }

    #[test]
    fn a_control_frame_comes_back_as_it_was_written(frame in control_frame()) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        let read = single(&bytes);
        prop_assert_eq!(read.kind, frame.kind());
        prop_assert_eq!(ControlFrame::decode(&read.head, &read.body), Ok(frame));
    }

    #[test]
    fn a_handshake_comes_back_as_it_was_written(
        hello in hello(),
        acceptor in any::<u64>(),
        session in option::of(ticket()),
        text in ".{0,60}",
    ) {
        let mut bytes = Vec::new();
        hello.encode(&mut bytes);
        prop_assert_eq!(Hello::decode(&single(&bytes).body), Ok(hello));

        let welcome = Welcome::new(acceptor, session);
        bytes.clear();
        welcome.encode(&mut bytes);
        prop_assert_eq!(Welcome::decode(&single(&bytes).body), Ok(welcome));

        let refused = Refused::new(RefusalReason::NameTaken, &text);
        bytes.clear();
        refused.encode(&mut bytes);
        prop_assert_eq!(Refused::decode(&single(&bytes).body), Ok(refused));
    }

    #[test]
    fn any_split_of_the_bytes_gives_the_same_frames(
        frames in vec(control_frame(), 1..5),
        unknown in (0x80..=0xffu8, vec(any::<u8>(), 0..40)),
        cuts in vec(any::<usize>(), 0..20),
    ) {
        let mut bytes = Vec::new();
        for frame in &frames {
            frame.encode(&mut bytes);
            let (kind, body) = &unknown;
            let head = Head { length: body.len() as u32, kind: *kind, flags: 0, call: CallId::NONE };
            bytes.extend_from_slice(&head.to_bytes());
            bytes.extend_from_slice(body);
        }
        let (read, bad) = decode_in_pieces(&bytes, &cuts);
        prop_assert_eq!(bad, None);
        let read: Vec<_> =
            read.iter().map(|read| ControlFrame::decode(&read.head, &read.body)).collect();
        prop_assert_eq!(read, frames.into_iter().map(Ok).collect::<Vec<_>>());
    }

    #[test]
    fn what_a_newer_version_appends_is_left_unread(frame in control_frame(), more in vec(any::<u8>(), 1..20)) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        let mut read = single(&bytes);
        read.body.extend_from_slice(&more);
        prop_assert_eq!(ControlFrame::decode(&read.head, &read.body), Ok(frame));
    }

    #[test]
    fn a_cut_frame_is_an_error_or_nothing(frame in control_frame(), cut in any::<usize>()) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        let read = single(&bytes);
        let cut = cut % (read.body.len() + 1);
        if cut < read.body.len() {
            prop_assert!(ControlFrame::decode(&read.head, &read.body[..cut]).is_err());
            prop_assert_eq!(decode_in_pieces(&bytes[..Head::SIZE + cut], &[]), (vec![], None));
        }
    }

    #[test]
    fn random_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..200)) {
        read_with_everything(&bytes);
    }

    #[test]
    fn flipped_bytes_do_no_harm(
        frame in control_frame(),
        hello in hello(),
        flips in vec((any::<usize>(), 1..=u8::MAX), 1..5),
    ) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        hello.encode(&mut bytes);
        for (at, flip) in flips {
            let at = at % bytes.len();
            bytes[at] ^= flip;
        }
        read_with_everything(&bytes);
        read_with_everything(&bytes[Head::SIZE..]);
    }
}

#[test]
fn a_long_list_travels_in_frames_of_bounded_size_and_means_the_same() {
    let name = |text: &str| Name::new(text).expect("the text is a name");
    let callbacks: Vec<_> = (0..5000)
        .map(|number| CallbackInfo {
            number: CallbackNumber(number),
            name: name(&format!("callback_{number}")),
            signature: Arc::new(Signature::new(vec![], &"x".repeat(100))),
        })
        .collect();
    let identity = NodeIdentity {
        id: NodeId::new(1).expect("the number is not zero"),
        process: name("process"),
        host: HostIdentity::new("host").expect("the text is a name"),
        pid: 1,
    };
    let member = Member {
        identity,
        callbacks: callbacks.clone(),
    };
    let small = Member {
        callbacks: callbacks[..3].to_vec(),
        ..member.clone()
    };
    let snapshot = ControlFrame::Snapshot {
        members: vec![small.clone(), member.clone(), small],
        done: true,
    };
    for frame in [
        snapshot,
        ControlFrame::Joined {
            member: member.clone(),
        },
        ControlFrame::Registered {
            node: member.identity.id,
            callbacks: callbacks.clone(),
        },
        ControlFrame::Register { callbacks },
        ControlFrame::Unregistered {
            node: member.identity.id,
            numbers: (0..60_000).map(CallbackNumber).collect(),
        },
        ControlFrame::Unregister {
            numbers: (0..60_000).map(CallbackNumber).collect(),
        },
    ] {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        let (frames, bad) = decode_in_pieces(&bytes, &[]);
        assert_eq!(bad, None);
        assert!(frames.len() > 3);
        assert!(frames.iter().all(|frame| frame.head.length < 200 << 10));
        // Nobody sees a part of it.
        let mut reader = ControlReader::new(Limits::default());
        let (last, before) = frames.split_last().expect("there are more than three");
        for part in before {
            assert_eq!(reader.read(&part.head, &part.body), Ok(None));
        }
        assert_eq!(reader.read(&last.head, &last.body), Ok(Some(frame)));
    }
}

#[test]
fn parts_that_do_not_belong_together_end_the_connection() {
    let numbers: Vec<_> = (0..20_000).map(CallbackNumber).collect();
    let long = ControlFrame::Unregister { numbers };
    let short = ControlFrame::Ping { token: 1 };
    let mut bytes = Vec::new();
    long.encode(&mut bytes);
    short.encode(&mut bytes);
    let (frames, _) = decode_in_pieces(&bytes, &[]);
    let mut reader = ControlReader::new(Limits::default());
    let first = &frames[0];
    assert_eq!(reader.read(&first.head, &first.body), Ok(None));
    let last = frames.last().expect("there are several");
    assert!(reader.read(&last.head, &last.body).is_err());
}

#[test]
fn a_list_that_never_ends_is_not_kept() {
    let numbers = vec![CallbackNumber(1)];
    let mut bytes = Vec::new();
    ControlFrame::Unregister { numbers }.encode(&mut bytes);
    let part = single(&bytes);
    let head = Head {
        flags: 1,
        ..part.head
    };
    let limits = Limits {
        callbacks: 10,
        ..Limits::default()
    };
    let mut reader = ControlReader::new(limits);
    for _ in 0..10 {
        assert_eq!(reader.read(&head, &part.body), Ok(None));
    }
    assert!(reader.read(&head, &part.body).is_err());
}

#[test]
fn a_list_that_claims_a_billion_elements_makes_no_room_for_them() {
    let mut body = vec![0xff; 4];
    body.extend_from_slice(&[0; 60]);
    let head = Head::new(FrameKind::Register, 0, CallId::NONE, 64);
    assert!(ControlFrame::decode(&head, &body).is_err());
}
