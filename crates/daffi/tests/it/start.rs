//! Starting: what it waits for, and every way in which it ends otherwise.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use daffi::{
    Allocator, BlobKind, Global, Host, Landing, OutOfMemory, RegisterError, RustHost, StartError,
};
use daffi_proto::{RefusalReason, Refused};

use crate::scripted::Scripted;
use crate::support::{LONG, Over, Place, SOON, add, definition, integer, sees, start, try_start};

const SHORT: Duration = Duration::from_millis(300);

#[test]
fn neither_controller_nor_node_is_refused() {
    let builder = Global::builder().node(false);
    assert!(matches!(try_start(builder), Err(StartError::Nothing)));
}

#[test]
fn a_node_on_tcp_must_know_the_port() {
    let builder = Global::builder().tcp("127.0.0.1", None);
    assert!(matches!(try_start(builder), Err(StartError::NoPort)));
}

#[test]
fn a_controller_does_not_listen_where_other_machines_reach_it() {
    for host in ["0.0.0.0", "::", "192.0.2.1"] {
        let builder = Global::builder().controller(true).tcp(host, None);
        let Err(error @ StartError::Exposed { .. }) = try_start(builder) else {
            panic!("{host} is open to all");
        };
        let text = error.to_string();
        assert!(text.contains("hint: use \"localhost\""), "{text}");
        assert_eq!(text.matches(host).count(), 1, "{text}");
    }
}

#[test]
fn a_name_that_cannot_be_one_is_refused() {
    let builder = Global::builder().process_name("line\nbreak");
    assert!(matches!(
        try_start(builder),
        Err(StartError::ProcessName(_))
    ));
}

#[test]
fn two_callbacks_of_one_name_are_refused_at_the_start() {
    let place = Place::new(Over::Unix);
    let builder = place.builder("twice").controller(true);
    let builder = builder
        .callback(definition("add", add))
        .callback(definition("add", add));
    assert!(matches!(
        try_start(builder),
        Err(StartError::Register(RegisterError::Duplicate(_)))
    ));
}

#[test]
fn a_callback_given_at_the_start_is_seen_together_with_its_process() {
    let mut place = Place::new(Over::Unix);
    let caller = place.controller("caller");
    let worker = place.builder("worker").callback(definition("add", add));
    let _worker = start(worker);
    caller
        .wait_process("worker", Some(LONG), &mut || false)
        .expect("it comes");
    assert_eq!(integer(caller.call("add", (1, 2))), 3);
}

#[test]
fn without_a_name_a_process_gets_one_that_tells_its_number() {
    let place = Place::new(Over::Unix);
    let global = start(Global::builder().unix(place.folder.path()).controller(true));
    let number = std::process::id().to_string();
    assert!(global.process_name().as_str().contains(&number));
}

#[test]
fn a_controller_without_a_port_takes_a_free_one() {
    let global = start(Global::builder().tcp("localhost", None).controller(true));
    assert_ne!(global.port(), Some(0));
    assert_eq!(
        (global.host(), global.port().is_some()),
        (Some("localhost"), true)
    );
    assert_eq!(global.unix_path(), None);
}

#[test]
fn an_endpoint_of_a_live_controller_is_taken() {
    for over in [Over::Unix, Over::Tcp] {
        let mut place = Place::new(over);
        let first = place.bare_controller();
        let second = try_start(place.builder("second").controller(true));
        assert!(
            matches!(second, Err(StartError::EndpointTaken { .. })),
            "{over:?}"
        );
        first.stop(SOON);
        start(place.builder("second").controller(true)).stop(SOON);
    }
}

#[test]
fn the_socket_file_of_a_dead_controller_is_replaced() {
    let place = Place::new(Over::Unix);
    drop(UnixListener::bind(place.folder.path().join(".sock")).expect("nobody has it"));
    let global = start(place.builder("next").controller(true));
    assert!(global.unix_path().is_some_and(|path| path.exists()));
}

#[test]
fn without_a_controller_a_start_with_a_timeout_says_where_it_looked() {
    let place = Place::new(Over::Unix);
    let builder = place.builder("alone").connect_timeout(Some(SHORT));
    let before = Instant::now();
    let ended = builder.start(&mut || false);
    assert!(before.elapsed() >= SHORT && before.elapsed() < LONG);
    let text = ended.map(|_| ()).expect_err("nobody is there").to_string();
    assert!(text.contains(".sock"), "{text}");
}

#[test]
fn a_start_can_be_interrupted_while_it_waits() {
    let place = Place::new(Over::Unix);
    let ended = place.builder("alone").start(&mut || true);
    assert!(matches!(ended, Err(StartError::Interrupted)));
}

#[test]
fn a_node_waits_for_a_controller_that_comes_later() {
    for over in [Over::Unix, Over::Tcp] {
        let mut place = Place::new(over);
        // The port must be known before it is taken.
        let early = place.bare_controller();
        early.stop(SOON);
        let builder = place.builder("early");
        let node = thread::spawn(move || try_start(builder));
        let late = start(place.builder("late").controller(true));
        let node = node.join().expect("it does not panic").expect("it starts");
        node.wait_process("late", Some(LONG), &mut || false)
            .expect("it is there");
        drop(late);
    }
}

#[test]
fn a_taken_name_is_refused_and_the_first_is_named() {
    let mut place = Place::new(Over::Unix);
    let controller = place.bare_controller();
    let first = place.node("worker");
    let second = try_start(place.builder("worker"));
    let Err(error @ StartError::NameTaken { .. }) = second else {
        panic!("the name is taken: {second:?}");
    };
    assert!(error.to_string().contains("worker"));
    first.callback("add", add).expect("add is new");
    let caller = place.node("caller");
    sees(&caller, "add");
    assert_eq!(
        integer(caller.call("add", (1, 2))),
        3,
        "the first is unharmed"
    );
    drop(controller);
}

#[test]
fn the_name_of_a_node_that_answers_no_more_is_taken_over() {
    let mut place = Place::new(Over::Unix);
    let _controller = place.bare_controller();
    let _silent = Scripted::join(&place, "worker");
    let before = Instant::now();
    let second = place.node("worker");
    assert!(before.elapsed() < Duration::from_secs(4));
    assert_eq!(second.process_name().as_str(), "worker");
}

#[test]
fn a_controller_that_says_no_ends_the_start_with_its_words() {
    let place = Place::new(Over::Unix);
    let listener = UnixListener::bind(place.folder.path().join(".sock")).expect("it is free");
    let old = thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a node dials");
        let mut hello = [0; 256];
        let _ = socket.read(&mut hello).expect("it says hello");
        let mut answer = Vec::new();
        Refused::new(RefusalReason::OtherVersion, "I speak 9.0, you speak 1.0").encode(&mut answer);
        socket.write_all(&answer).expect("it is heard");
    });
    let error = try_start(place.builder("new")).expect_err("the controller says no");
    assert!(
        error.to_string().contains("I speak 9.0, you speak 1.0"),
        "{error}"
    );
    old.join().expect("it does not panic");
}

#[test]
fn what_is_no_controller_is_said_not_to_speak_daffi() {
    let place = Place::new(Over::Unix);
    let listener = UnixListener::bind(place.folder.path().join(".sock")).expect("it is free");
    thread::spawn(move || {
        // Closed with a greeting unread, a socket loses what was written to it.
        let mut open = Vec::new();
        for mut socket in listener.incoming().flatten() {
            let _ = socket.write_all(b"220 mail.example.org ESMTP\r\n and more");
            open.push(socket);
        }
    });
    let builder = place.builder("lost").connect_timeout(Some(4 * SHORT));
    let error = builder
        .start(&mut || false)
        .expect_err("nobody speaks daffi");
    assert!(
        error.to_string().contains("does not speak daffi"),
        "{error}"
    );
}

/// A host that keeps what people would be told.
#[derive(Debug, Default)]
struct Listening(std::sync::Mutex<Vec<String>>);

impl Allocator for Listening {
    fn allocate(&self, kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        RustHost.allocate(kind, length)
    }
}

impl Host for Listening {
    fn waiting(&self, what: &str, _is_long: bool) {
        self.0
            .lock()
            .expect("no test panics in here")
            .push(what.to_owned());
    }
}

#[test]
fn a_start_that_waits_tells_people_once_what_for() {
    let place = Place::new(Over::Unix);
    let host = Arc::new(Listening::default());
    let builder = place.builder("early").host_hooks(host.clone());
    let ended = builder.connect_timeout(Some(SHORT)).start(&mut || false);
    assert!(matches!(ended, Err(StartError::TimedOut { .. })));
    let told = host.0.lock().expect("no test panics in here");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("waiting for a controller at "),
        "{told:?}"
    );
}

/// A host whose threads take a while to come into the language, and counts those that are there.
#[derive(Debug, Default)]
struct Slow(AtomicUsize);

impl Allocator for Slow {
    fn allocate(&self, kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        RustHost.allocate(kind, length)
    }
}

impl Host for Slow {
    fn run_thread(&self, body: &mut (dyn FnMut() + Send)) {
        self.0.fetch_add(1, Ordering::SeqCst);
        // As an import takes.
        thread::park_timeout(SHORT);
        body();
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn a_start_that_is_refused_leaves_no_thread_in_the_language() {
    // The process ended with its error while a thread was on its way into the interpreter, which ended that thread in the
    // middle of our code: one in a hundred died with SIGABRT.
    let place = Place::new(Over::Unix);
    let _controller = start(place.builder("taken").controller(true));
    let host = Arc::new(Slow::default());
    let refused = place.builder("taken").host_hooks(host.clone());
    let refused = refused.start(&mut || false);
    assert!(
        matches!(refused, Err(StartError::NameTaken { .. })),
        "{refused:?}"
    );
    assert_eq!(host.0.load(Ordering::SeqCst), 0);
}
