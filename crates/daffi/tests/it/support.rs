//! What the tests start from: a place for a controller, processes at it, and gates instead of sleeps.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use daffi::{
    Answer, Arguments, Builder, CallError, CallOptions, CallbackError, Definition, Direct, Global,
    StartError, Value,
};

/// Longer than anything here takes; a test that waits so long has failed.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// For a stop that has nothing to wait for.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// What two nodes meet over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Unix,
    Tcp,
    /// A unix socket to the controller, which relays.
    Relay,
}

pub(crate) const EVERY_WAY: [Over; 3] = [Over::Unix, Over::Tcp, Over::Relay];

/// A place for one controller.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    over: Over,
    /// The port of the controller, once it has one.
    port: Option<u16>,
    pub(crate) heartbeat: Duration,
}

impl Place {
    pub(crate) fn new(over: Over) -> Self {
        Self {
            folder: tempfile::tempdir().expect("there is room for a folder"),
            over,
            port: None,
            heartbeat: daffi::Limits::default().heartbeat,
        }
    }

    /// The same where whoever is silent is found out soon: in 3 to 4 s.
    pub(crate) fn lively(over: Over) -> Self {
        let heartbeat = Duration::from_secs(1);
        Self {
            heartbeat,
            ..Self::new(over)
        }
    }

    pub(crate) fn builder(&self, name: &str) -> Builder {
        let builder = Global::builder()
            .process_name(name)
            .heartbeat(self.heartbeat);
        match self.over {
            Over::Unix => builder.unix(self.folder.path()),
            Over::Relay => builder.unix(self.folder.path()).direct(Direct::Never),
            Over::Tcp => builder.tcp("127.0.0.1", self.port).direct(Direct::TcpOnly),
        }
    }

    /// A process with the controller and a node.
    pub(crate) fn controller(&mut self, name: &str) -> Global {
        let global = start(self.builder(name).controller(true));
        self.port = global.port();
        global
    }

    /// A process with the controller alone.
    pub(crate) fn bare_controller(&mut self) -> Global {
        let builder = self.builder("controller").controller(true).node(false);
        let global = start(builder);
        self.port = global.port();
        global
    }

    /// The socket of the controller, where it is a unix socket.
    pub(crate) fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join(".sock")
    }

    pub(crate) fn node(&self, name: &str) -> Global {
        start(self.builder(name))
    }
}

pub(crate) fn start(builder: Builder) -> Global {
    try_start(builder).expect("it starts")
}

pub(crate) fn try_start(builder: Builder) -> Result<Global, StartError> {
    builder.connect_timeout(Some(LONG)).start(&mut || false)
}

/// Waits until `global` sees the callback.
pub(crate) fn sees(global: &Global, callback: &str) {
    global
        .wait_function(callback, Some(LONG), &mut || false)
        .expect("the callback appears");
}

/// A caller and a node that offers `add`, `name`, `fail` and `panic`.
pub(crate) fn pair(place: &mut Place) -> (Global, Global) {
    let caller = place.controller("caller");
    let worker = place.node("worker");
    offer_basics(&worker);
    sees(&caller, "panic");
    (caller, worker)
}

pub(crate) fn offer_basics(worker: &Global) {
    let name = worker.process_name().to_string();
    worker.callback("add", add).expect("add is new");
    worker
        .callback("name", move |_| Ok(name.as_str().into()))
        .expect("name is new");
    worker
        .callback("fail", |_| Err(CallbackError::new("not today")))
        .expect("fail is new");
    worker
        .callback("panic", |_| panic!("in a callback"))
        .expect("panic is new");
}

pub(crate) fn add(arguments: Arguments) -> Result<Value, CallbackError> {
    let (a, b): (i64, i64) = arguments.try_into()?;
    Ok((a + b).into())
}

pub(crate) fn definition(
    name: &str,
    function: impl Fn(Arguments) -> Result<Value, CallbackError> + Send + Sync + 'static,
) -> Definition {
    Definition::of(name, function).expect("the name is valid")
}

pub(crate) fn integer(value: Result<Value, CallError>) -> i64 {
    value
        .expect("the call gives a value")
        .try_into()
        .expect("it is an integer")
}

/// For a call whose answer is looked at later.
pub(crate) fn later() -> CallOptions {
    CallOptions {
        answer: Answer::Later,
        ..CallOptions::default()
    }
}

/// Something that has happened, or not yet: what tests wait for instead of sleeping.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().expect("no test panics in here") = true;
        self.0.1.notify_all();
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.0.0.lock().expect("no test panics in here")
    }

    /// Waits for it; false after a long time.
    pub(crate) fn wait(&self) -> bool {
        let closed = self.0.0.lock().expect("no test panics in here");
        let wait = self.0.1.wait_timeout_while(closed, LONG, |open| !*open);
        *wait.expect("no test panics in here").0
    }
}

/// Waits until `happened` says so; for what has no event of its own.
pub(crate) fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let gate = Gate::default();
    let until = std::time::Instant::now() + LONG;
    while !happened() {
        assert!(std::time::Instant::now() < until, "never happened: {what}");
        let (lock, condvar) = &*gate.0;
        let closed = lock.lock().expect("no test panics in here");
        drop(condvar.wait_timeout(closed, Duration::from_millis(5)));
    }
}

/// What a child process does, and where; told by its environment.
const CHILD: &str = "DAFFI_TEST_CHILD";

/// Another process, made of this same test binary, that can be killed.
#[derive(Debug)]
pub(crate) struct Child(std::process::Child);

impl Child {
    /// A node that offers `add`, `hang`, and `hanging`, which counts those that hang.
    pub(crate) fn worker(place: &Place, name: &str) -> Self {
        Self::spawn("worker", place, name)
    }

    /// A node that calls this callback and waits.
    pub(crate) fn caller(place: &Place, callback: &str) -> Self {
        Self::spawn("caller", place, callback)
    }

    /// A controller without a node, on a unix socket.
    pub(crate) fn controller(place: &Place) -> Self {
        let child = Self::spawn("controller", place, "");
        let socket = place.socket();
        eventually("the controller listens", || {
            std::os::unix::net::UnixStream::connect(&socket).is_ok()
        });
        child
    }

    /// Runs a part to its end.
    pub(crate) fn run(part: &str) {
        let place = Place::new(Over::Unix);
        let status = Self::spawn(part, &place, "").0.wait();
        assert!(status.expect("it can be waited for").success());
    }

    fn spawn(part: &str, place: &Place, argument: &str) -> Self {
        let folder = place.folder.path().display();
        let port = place.port.unwrap_or_default();
        let heartbeat = place.heartbeat.as_millis();
        let over = place.over;
        let what = format!("{part}|{over:?}|{folder}|{port}|{heartbeat}|{argument}");
        let binary = std::env::current_exe().expect("this binary has a path");
        let child = std::process::Command::new(binary)
            .args(["--exact", "support::child", "--nocapture"])
            .env(CHILD, what)
            .stdout(std::process::Stdio::null())
            .spawn();
        Self(child.expect("a child can be made"))
    }

    /// Stops it where it is, as a debugger does, until [`Self::thaw`].
    pub(crate) fn freeze(&self) {
        self.send(Signal::STOP);
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.send(Signal::CONT);
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("it lives");
        let stat = format!("/proc/{}/stat", self.0.id());
        // A process goes on for a moment after the signal was sent.
        eventually("the signal has arrived", || {
            let stat = std::fs::read_to_string(&stat).expect("it lives");
            stat.contains(") T ") == (signal == Signal::STOP)
        });
    }

    pub(crate) fn kill(&mut self) {
        self.0.kill().expect("it lives");
        self.0.wait().expect("it can be waited for");
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// No test: the body of a child process.
#[test]
fn child() {
    let Ok(what) = std::env::var(CHILD) else {
        return;
    };
    let mut parts = what.split('|');
    let mut next = || parts.next().expect("the parent says all").to_owned();
    let (part, over, folder, port) = (next(), next(), next(), next());
    let (heartbeat, argument) = (next().parse().expect("a number"), next());
    let builder = |name: &str| {
        let builder = Global::builder()
            .process_name(name)
            .heartbeat(Duration::from_millis(heartbeat));
        match &*over {
            "Unix" => builder.unix(&folder),
            "Relay" => builder.unix(&folder).direct(Direct::Never),
            _ => builder
                .tcp("127.0.0.1", port.parse().ok())
                .direct(Direct::TcpOnly),
        }
    };
    match &*part {
        "worker" => be_a_worker(&start(builder(&argument))),
        "controller" => {
            let controller = start(builder("controller").controller(true).node(false));
            controller.wait_stopped(Some(3 * LONG), &mut || false);
        }
        "caller" => {
            let caller = start(builder("child"));
            sees(&caller, &argument);
            drop(caller.call(&argument, ()));
        }
        _ => {
            let threads = || std::fs::read_dir("/proc/self/task").map(Iterator::count);
            let before = threads().expect("the system counts them");
            let global = start(builder("brief").controller(true));
            global.stop(SOON);
            drop(global);
            // A thread that was joined may still be listed for a moment.
            eventually("all threads end", || {
                threads().is_ok_and(|now| now <= before)
            });
        }
    }
}

fn be_a_worker(worker: &Global) {
    let hanging = Arc::new(AtomicI64::new(0));
    let count = Arc::clone(&hanging);
    worker.callback("add", add).expect("add is new");
    let counted = move |_| Ok(count.load(Ordering::SeqCst).into());
    worker.callback("hanging", counted).expect("hanging is new");
    let hang = move |_| {
        hanging.fetch_add(1, Ordering::SeqCst);
        Gate::default().wait();
        Ok(Value::Nil)
    };
    worker.callback("hang", hang).expect("hang is new");
    worker.wait_stopped(Some(3 * LONG), &mut || false);
}
