//! The place of a controller: what may be there before it, and what it leaves there.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;
use std::thread;
use std::time::Duration;

use daffi::{FolderProblem, Global, Occupant, StartError};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, listen, socket_with,
};

use crate::support::{Over, Place, SOON, offer_basics, sees, start, try_start};

/// For a start that is to fail.
const SHORT: Duration = Duration::from_millis(300);

#[test]
fn a_controller_that_ends_leaves_the_socket_of_another() {
    // It removed whatever had its name then.
    let mut place = Place::new(Over::Unix);
    let first = place.bare_controller();
    fs::remove_file(place.socket()).expect("it is there");
    let _other = UnixListener::bind(place.socket()).expect("the name is free");
    first.stop(SOON);
    assert!(place.socket().exists());
}

#[test]
fn a_live_controller_keeps_its_place_whatever_becomes_of_its_lock() {
    let mut place = Place::new(Over::Unix);
    let first = place.bare_controller();
    let lock = place.folder.path().join(".lock");
    fs::remove_file(&lock).expect("it is there");
    // It went beside the first, which nobody found any more.
    let second = try_start(place.builder("second").controller(true));
    assert!(matches!(second, Err(StartError::EndpointTaken { .. })));
    let node = place.node("node");
    node.stop(SOON);
    first.stop(SOON);
    assert!(!place.socket().exists());
}

#[test]
fn a_controller_whose_files_were_removed_is_found_again() {
    // It ran on, and nobody new ever found it.
    for removed in [&[".sock"][..], &[".sock", ".lock"], &[]] {
        let mut place = Place::lively(Over::Unix);
        let controller = place.bare_controller();
        let before = place.node("before");
        offer_basics(&before);
        let folder = place.folder.path();
        for name in removed {
            fs::remove_file(folder.join(name)).expect("it is there");
        }
        if removed.is_empty() {
            fs::remove_dir_all(folder).expect("it is there");
        }
        let after = place.node("after");
        sees(&after, "add");
        // It still keeps out others, and leaves nothing behind.
        let second = try_start(place.builder("second").controller(true));
        assert!(matches!(second, Err(StartError::EndpointTaken { .. })));
        before.stop(SOON);
        after.stop(SOON);
        controller.stop(SOON);
        assert!(!place.socket().exists());
    }
}

#[test]
fn a_controller_whose_place_another_has_taken_leaves_it_to_that() {
    let mut place = Place::new(Over::Unix);
    let first = place.bare_controller();
    fs::remove_file(place.socket()).expect("it is there");
    fs::remove_file(place.folder.path().join(".lock")).expect("it is there");
    let second = place.bare_controller();
    first.stop(SOON);
    assert!(place.socket().exists());
    place.node("node").stop(SOON);
    second.stop(SOON);
}

#[test]
fn what_is_no_socket_is_not_removed() {
    let place = Place::new(Over::Unix);
    let refusal = || match try_start(place.builder("here").controller(true)) {
        Err(StartError::Occupied {
            occupant: Occupant::NoSocket(what),
            ..
        }) => what,
        other => panic!("the place is taken: {other:?}"),
    };
    fs::write(place.socket(), "precious").expect("there is room");
    assert_eq!(refusal(), "a file of another kind");
    assert_eq!(fs::read(place.socket()).expect("it is there"), b"precious");
    fs::remove_file(place.socket()).expect("it is there");
    fs::create_dir(place.socket()).expect("there is room");
    assert_eq!(refusal(), "a folder");
    fs::remove_dir(place.socket()).expect("it is there");
    std::os::unix::fs::symlink("/not/there", place.socket()).expect("there is room");
    assert_eq!(refusal(), "a symbolic link");
    fs::remove_file(place.socket()).expect("it is there");
    start(place.builder("here").controller(true)).stop(SOON);
}

#[test]
fn a_stranger_at_a_socket_is_not_called_a_controller() {
    let place = Place::new(Over::Unix);
    let refusal = || match try_start(place.builder("here").controller(true)) {
        Err(StartError::Occupied { occupant, .. }) => occupant,
        other => panic!("the place is taken: {other:?}"),
    };
    let silent = UnixListener::bind(place.socket()).expect("the name is free");
    assert!(matches!(refusal(), Occupant::Silent));
    drop(silent);
    fs::remove_file(place.socket()).expect("it is there");

    let talker = UnixListener::bind(place.socket()).expect("the name is free");
    thread::spawn(move || {
        for socket in talker.incoming().flatten() {
            let mut socket = socket;
            let _ = socket.write_all(b"220 mail.example.org ESMTP\r\n and more");
        }
    });
    assert!(matches!(refusal(), Occupant::Stranger));
    fs::remove_file(place.socket()).expect("it is there");

    let datagrams = UnixDatagram::bind(place.socket()).expect("the name is free");
    assert!(matches!(refusal(), Occupant::Stranger));
    drop(datagrams);
}

#[test]
fn a_stranger_at_a_port_is_not_called_a_controller() {
    let stranger = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = stranger.local_addr().expect("it is bound").port();
    let refusal = || {
        let builder = Global::builder().controller(true);
        let builder = builder.tcp("127.0.0.1", Some(port));
        // Also where there is less time than the stranger is given to answer.
        let refused = builder.connect_timeout(Some(SHORT)).start(&mut || false);
        refused
            .map(drop)
            .expect_err("the port is taken")
            .to_string()
    };
    assert!(refusal().contains("something is there that does not answer"));
    thread::spawn(move || stranger.incoming().flatten().for_each(drop));
    // Those that waited in its queue are let go first.
    assert!(refusal().contains("another program is there, which does not speak daffi"));
}

/// Connects as often as the system lets it though nobody is taken in.
fn fill(socket: &Path) -> Vec<OwnedFd> {
    let address = SocketAddrUnix::new(socket).expect("a short path");
    let mut waiting = Vec::new();
    loop {
        let flags = SocketFlags::NONBLOCK;
        let caller = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None);
        let caller = caller.expect("descriptors");
        match connect(&caller, &address) {
            Ok(()) => waiting.push(caller),
            Err(error) => {
                assert_eq!(error, Errno::AGAIN);
                return waiting;
            }
        }
    }
}

#[test]
fn a_node_says_what_is_in_the_place_of_its_controller() {
    // It was always told to start a controller there, and that the file ended unexpectedly.
    let place = Place::new(Over::Unix);
    let refusal = || {
        let builder = place.builder("lost").connect_timeout(Some(SHORT));
        let refused = builder.start(&mut || false).map(drop);
        refused.expect_err("no controller is there").to_string()
    };
    let nobody = refusal();
    assert!(nobody.contains("hint: start one there"), "{nobody}");

    let datagrams = UnixDatagram::bind(place.socket()).expect("the name is free");
    let text = refusal();
    assert!(text.contains("one of another kind"), "{text}");
    assert!(text.contains("hint: name another folder"), "{text}");
    drop(datagrams);
    fs::remove_file(place.socket()).expect("it is there");

    let deaf = UnixListener::bind(place.socket()).expect("the name is free");
    listen(&deaf, 0).expect("it is a socket");
    let waiting = fill(&place.socket());
    let text = refusal();
    assert!(text.contains("takes nobody in"), "{text}");
    drop((deaf, waiting));
    fs::remove_file(place.socket()).expect("it is there");

    fs::create_dir(place.socket()).expect("there is room");
    let text = refusal();
    assert!(
        text.contains("in the place of the socket is a folder"),
        "{text}"
    );
    assert!(text.contains("hint: name another folder"), "{text}");
    fs::remove_dir(place.socket()).expect("it is there");

    let silent = UnixListener::bind(place.socket()).expect("the name is free");
    let text = refusal();
    assert!(
        text.contains("takes the connection there, and has said nothing yet"),
        "{text}"
    );
    assert!(text.contains("hint: something else may be there"), "{text}");

    thread::spawn(move || silent.incoming().flatten().for_each(drop));
    let text = refusal();
    assert!(
        text.contains("the other side hung up without an answer"),
        "{text}"
    );
    assert!(text.contains("hint: something else may be there"), "{text}");
}

#[test]
fn a_path_too_long_for_a_socket_ends_the_start_of_controller_and_node_alike() {
    let folder = format!("/tmp/{}", "x".repeat(120));
    for is_controller in [true, false] {
        // A node waited for ever.
        let builder = Global::builder().controller(is_controller).unix(&folder);
        let refused = builder.start(&mut || false).map(drop);
        let Err(error @ StartError::Folder { .. }) = refused else {
            panic!("the path is too long: {refused:?}");
        };
        assert!(error.to_string().contains("131 bytes"), "{error}");
    }
}

#[test]
fn a_relative_folder_is_meant_from_where_the_process_is_then() {
    let builder = Global::builder().unix("").controller(true);
    assert!(matches!(
        try_start(builder),
        Err(StartError::Folder {
            problem: FolderProblem::Empty,
            ..
        })
    ));
    let refused = Global::builder().unix("x".repeat(110)).start(&mut || false);
    let here = std::env::current_dir().expect("it is there");
    let text = refused.map(drop).expect_err("it is too long").to_string();
    assert!(text.contains(&here.display().to_string()), "{text}");
}
