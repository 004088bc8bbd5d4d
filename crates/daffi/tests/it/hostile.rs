//! What strangers and broken peers send ends their own connection and nothing else.

use std::io::Write;
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::{Duration, Instant};

use daffi::{CallError, CallOptions, Global};
use daffi_proto::{FrameKind, Head, Purpose, Ticket};

use crate::scripted::{Raw, Scripted, request};
use crate::support::{Over, Place, integer, offer_basics, pair, sees, start};

/// Texts that are no hello: other protocols, and heads that lie.
fn garbage() -> Vec<Vec<u8>> {
    let mut huge = Head::new(FrameKind::Hello, 0, daffi_proto::CallId::NONE, u32::MAX);
    let lies = huge.to_bytes().to_vec();
    huge.length = 64;
    let mut wrong_magic = huge.to_bytes().to_vec();
    wrong_magic.extend_from_slice(&[0x42; 64]);
    let mut misplaced = Head::new(FrameKind::Request, 0, daffi_proto::CallId(1), 0)
        .to_bytes()
        .to_vec();
    misplaced.extend_from_slice(&[0; 64]);
    vec![
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        vec![0xff; 4096],
        vec![0; 4096],
        lies,
        wrong_magic,
        misplaced,
    ]
}

fn still_fine(caller: &Global) {
    assert_eq!(integer(caller.call("add", (1, 2))), 3);
}

#[test]
fn garbage_at_the_controller_ends_its_own_connection_alone() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = pair(&mut place);
    for bytes in garbage() {
        let mut stranger = Raw::dial(&place);
        // It may hang up before all is written.
        let _ = stranger.0.write_all(&bytes);
        assert_eq!(stranger.kind(), None, "{:?}", &bytes[..16]);
        still_fine(&caller);
    }
}

#[test]
fn garbage_at_the_socket_of_a_node_ends_its_own_connection_alone() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = pair(&mut place);
    let mut scripted = Scripted::join(&place, "stranger");
    let target = scripted.find("worker");
    let (name, _) = scripted.introduce(target);
    for bytes in garbage() {
        let mut stranger = Raw::dial_name(&name);
        let _ = stranger.0.write_all(&bytes);
        assert_eq!(stranger.kind(), None, "{:?}", &bytes[..16]);
        still_fine(&caller);
    }
}

#[test]
fn a_ticket_opens_one_link_and_no_other_does() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = pair(&mut place);
    let mut scripted = Scripted::join(&place, "stranger");
    let target = scripted.find("worker");
    let (name, ticket) = scripted.introduce(target);
    let answer = |ticket| {
        let mut link = Raw::dial_name(&name);
        let node = scripted.id;
        link.hello(Purpose::Direct { node, ticket });
        link.kind()
    };
    assert_eq!(answer(Ticket([0; 16])), Some(FrameKind::Refused));
    assert_eq!(answer(ticket), Some(FrameKind::Welcome));
    assert_eq!(answer(ticket), Some(FrameKind::Refused));
    still_fine(&caller);
}

#[test]
fn who_stops_in_the_middle_of_a_handshake_is_closed_in_time() {
    let place = Place::new(Over::Unix);
    let limit = Duration::from_millis(200);
    let builder = place.builder("controller").handshake_timeout(limit);
    let controller = start(builder.controller(true));
    offer_basics(&controller);
    let before = Instant::now();
    let silent = Raw::dial(&place);
    let mut halfway = Raw::dial(&place);
    halfway.write(&[1, 0, 0]);
    silent.hung_up();
    halfway.hung_up();
    assert!(before.elapsed() >= limit);
    let caller = place.node("caller");
    sees(&caller, "add");
    still_fine(&caller);
}

#[test]
fn lanes_need_the_session_of_their_node() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = pair(&mut place);
    let scripted = Scripted::join(&place, "stranger");
    let node = scripted.id;
    for session in [Ticket([0; 16]), scripted.session] {
        let mut lane = Raw::dial(&place);
        lane.hello(Purpose::CallLane { node, session });
        let welcome = session == scripted.session;
        let expected = if welcome {
            FrameKind::Welcome
        } else {
            FrameKind::Refused
        };
        assert_eq!(lane.kind(), Some(expected));
    }
    still_fine(&caller);
}

#[test]
fn a_peer_that_stops_in_mid_frame_holds_up_nobody() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = pair(&mut place);
    let mut scripted = Scripted::join(&place, "stranger");
    let target = scripted.find("worker");
    // Half a request on a direct link, half a one on a lane, half a frame to the controller; all stay open.
    let (name, ticket) = scripted.introduce(target);
    let node = scripted.id;
    let mut link = Raw::dial_name(&name);
    link.hello(Purpose::Direct { node, ticket });
    assert_eq!(link.kind(), Some(FrameKind::Welcome));
    let whole = request(None, 1);
    link.write(&whole[..whole.len() - 2]);
    let session = scripted.session;
    let mut lane = Raw::dial(&place);
    lane.hello(Purpose::CallLane { node, session });
    assert_eq!(lane.kind(), Some(FrameKind::Welcome));
    let whole = request(Some(target), 1);
    lane.write(&whole[..20]);
    scripted.control.write(&[9, 0, 0, 0, 0x1c]);
    for number in 0..50 {
        assert_eq!(integer(caller.call("add", (number, 1))), number + 1);
    }
    drop(place.node("newcomer"));
}

#[test]
fn nonsense_after_the_handshake_ends_that_link_alone() {
    let mut place = Place::new(Over::Unix);
    let (caller, _worker) = pair(&mut place);
    let nonsense = Head::new(FrameKind::Reply, 0, daffi_proto::CallId(9), 0).to_bytes();
    let mut scripted = Scripted::join(&place, "stranger");
    let mut link = scripted.direct("worker");
    link.write(&nonsense);
    link.hung_up();
    let (node, session) = (scripted.id, scripted.session);
    let mut lane = Raw::dial(&place);
    lane.hello(Purpose::CallLane { node, session });
    assert_eq!(lane.kind(), Some(FrameKind::Welcome));
    lane.write(&[0x7f; 64]);
    lane.hung_up();
    scripted.control.write(&nonsense);
    scripted.control.hung_up();
    still_fine(&caller);
}

/// A callee by hand: offers `lie`, lets its caller come, and does what `then` says on the link.
fn calls_end_where_the_callee(then: impl FnOnce(&mut Raw) + Send) {
    let mut place = Place::new(Over::Unix);
    let caller = place.controller("caller");
    let mut scripted = Scripted::join(&place, "liar");
    scripted.offer("lie");
    sees(&caller, "lie");
    let path = place.folder.path().join("liar");
    let listener = UnixListener::bind(&path).expect("nobody has it");
    thread::scope(|scope| {
        scope.spawn(|| {
            // Another host, as it says: it is dialled where it claims to listen, then relayed.
            scripted.expect_caller(&format!("unix:{}", path.display()));
            let _ = listener.set_nonblocking(true);
            let mut lane = scripted.serve_lane(&place);
            assert_eq!(lane.kind(), Some(FrameKind::Request));
            then(&mut lane);
        });
        let options = CallOptions {
            timeout: Some(Duration::from_secs(15)),
            ..CallOptions::default()
        };
        let before = Instant::now();
        let ended = caller.call_with("lie", None, ().into(), options);
        assert!(
            matches!(ended, Err(CallError::NodeGone { .. })),
            "{ended:?}"
        );
        assert!(before.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn a_relayed_call_ends_when_its_callee_answers_with_nonsense() {
    calls_end_where_the_callee(|lane| lane.write(&[0x7f; 64]));
}

#[test]
fn a_relayed_call_ends_when_its_callee_stops_in_mid_frame_and_hangs_up() {
    calls_end_where_the_callee(|lane| lane.write(&[9, 0, 0, 0, 0x21]));
}
