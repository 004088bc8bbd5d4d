//! The connection of a node to its controller: dialled, kept up, dialled again when it breaks.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use daffi_proto::{
    ControlFrame, ControlReader, FrameDecoder, Hello, LeftReason, NodeId, Purpose, RefusalReason,
    Ticket, Welcome,
};
use tokio::sync::Notify;
use tokio::task::spawn_local;

use super::direct::Door;
use super::events::{Event, Reports};
use super::settings::KeeperSettings;
use super::starting::{Problem, Reporter};
use crate::call::caller::Caller;
use crate::error::{LOOK_UP_HINT, StartError};
use crate::members::table::Members;
use crate::net::address::{Address, Dialled, resolve, socket_path};
use crate::net::backoff::Backoff;
use crate::net::handshake::{HandshakeError, greet};
use crate::net::outbox::Outbox;
use crate::net::socket::Socket;
use crate::stop::{StopSignal, Stopping};

/// Bytes read from the controller at a time. 16 KiB: most frames are far shorter.
const READ: usize = 16 << 10;

/// The most bytes kept for a controller that does not read. 16 MiB: all callbacks a node may have fit, and a controller
/// that takes none of them is dead.
const KEEPS: usize = 16 << 20;

/// How long a controller that has said goodbye may be away before that is worth a warning. 5 s: a restart takes less.
const RESTART: Duration = Duration::from_secs(5);

/// How long the goodbye may take. 1 s: a controller that does not read it learns from the hang-up.
const GOODBYE: Duration = Duration::from_secs(1);

/// The control connection, while there is one, and what keeps it up.
pub(super) struct Control {
    settings: Rc<KeeperSettings>,
    stop: Arc<StopSignal>,
    members: Arc<Members>,
    reports: Rc<Reports>,
    news: Rc<Reporter>,
    /// Where others can dial this node, once it is known from where it reaches its controller.
    door: Rc<Door>,
    connection: RefCell<Option<Rc<Outbox>>>,
    /// Where the controller was last reached: its lanes go there too.
    place: RefCell<Option<Dialled>>,
    /// What the controller gave this node for its lanes.
    session: Cell<Option<Ticket>>,
    /// The rules have closed the connection themselves.
    closed_by_rules: Cell<bool>,
    leaving: Cell<bool>,
    /// The controller has told that it ends the connection.
    said_goodbye: Cell<bool>,
    /// The connection has ended.
    ended: Notify,
}

impl Control {
    pub(super) fn new(
        settings: Rc<KeeperSettings>,
        caller: &Caller,
        reports: Rc<Reports>,
        news: Rc<Reporter>,
        door: Rc<Door>,
    ) -> Self {
        Self {
            settings,
            stop: Arc::clone(&caller.stop),
            members: Arc::clone(&caller.members),
            reports,
            news,
            door,
            connection: RefCell::default(),
            place: RefCell::default(),
            session: Cell::default(),
            closed_by_rules: Cell::default(),
            leaving: Cell::default(),
            said_goodbye: Cell::default(),
            ended: Notify::new(),
        }
    }

    pub(super) fn settings(&self) -> &KeeperSettings {
        &self.settings
    }

    /// Whether the rules have closed the last connection themselves.
    pub(super) const fn is_closed_by_rules(&self) -> bool {
        self.closed_by_rules.get()
    }

    pub(super) fn send(&self, frame: &ControlFrame) {
        if let Some(connection) = &*self.connection.borrow() {
            connection.push(&encoded(frame));
        }
    }

    pub(super) fn place(&self) -> Option<Dialled> {
        self.place.borrow().clone()
    }

    /// What lanes show; none while there is no connection.
    pub(super) fn session(&self) -> Option<Ticket> {
        let is_up = self.connection.borrow().is_some();
        self.session.get().filter(|_| is_up)
    }

    /// Ends the connection without telling the rules, who know.
    pub(super) fn close_silently(&self) {
        if let Some(connection) = self.connection.borrow_mut().take() {
            self.closed_by_rules.set(true);
            connection.close_now();
        }
    }

    /// Writes what is left to be written, and ends the connection for good.
    pub(super) async fn leave(&self) {
        self.leaving.set(true);
        let connection = self.connection.borrow().clone();
        if let Some(connection) = connection {
            connection.close();
            let _ = tokio::time::timeout(GOODBYE, self.ended.notified()).await;
        }
    }

    /// Keeps the control connection up for as long as the thread lives, or gives up where the controller says no at the
    /// start.
    pub(super) async fn stay_connected(self: Rc<Self>) {
        let mut backoff = Backoff::new();
        let mut was_connected = false;
        let mut away = Away::default();
        while !self.leaving.get() {
            match self.connect().await {
                Ok((socket, welcome)) => {
                    backoff = Backoff::new();
                    was_connected = true;
                    away.ends(&self.settings.address);
                    self.converse(socket, &welcome).await;
                    let is_stopping = self.stop.state() != Stopping::No;
                    if !self.leaving.get() && !is_stopping {
                        away.begins(&self.settings.address, self.said_goodbye.get());
                    }
                }
                Err(error) => {
                    if !was_connected {
                        if let Some(refusal) = self.refusal(&error) {
                            self.news.failed(refusal);
                            return;
                        }
                        self.news.waiting(error.as_problem());
                    }
                    self.tell_failed(&error, was_connected, &mut away);
                }
            }
            tokio::time::sleep(backoff.wait()).await;
        }
    }

    /// Tells of a process that is no longer there; louder where another has its name, and this one has called it.
    pub(super) fn tell_left(&self, node: NodeId, reason: LeftReason) {
        let registry = self.members.registry();
        let Some(member) = registry.member(node) else {
            return;
        };
        let process = &member.identity.process;
        if reason == LeftReason::Replaced && self.members.known_peer(node).is_some() {
            tracing::info!(%process, "a process was silent, and another has taken its name");
        } else {
            tracing::debug!(%process, %reason, "a process is no longer there");
        }
    }

    /// Tells why the controller was not reached; what is worth a warning only once.
    fn tell_failed(&self, error: &ConnectError, was_connected: bool, away: &mut Away) {
        away.lasts(&self.settings.address);
        let text = error.to_string();
        if !was_connected || text == away.refusal {
            return tracing::debug!(error = %text, "the controller cannot be reached yet");
        }
        match error {
            ConnectError::Handshake(HandshakeError::Refused(_)) if is_name_taken(error) => {
                let process = &self.settings.identity.process;
                tracing::warn!(%process, %error, "another process has taken the name of this one, which others no longer reach");
            }
            ConnectError::Handshake(HandshakeError::Refused(_)) => {
                tracing::warn!(%error, "the controller is back and does not take this node in");
            }
            ConnectError::Handshake(HandshakeError::NotDaffi(_)) => {
                tracing::warn!(%error, "something else answers where the controller was");
            }
            // A frozen controller takes connections, as its system does that, and says nothing.
            ConnectError::Handshake(HandshakeError::TimedOut) => {
                let address = &self.settings.address;
                tracing::warn!(%address, "the controller takes connections and does not answer: it is frozen or overloaded");
            }
            ConnectError::Handshake(HandshakeError::Io(_) | HandshakeError::HungUp)
            | ConnectError::Dial(_)
            | ConnectError::Resolve(_) => {
                tracing::debug!(error = %text, "the controller cannot be reached yet");
            }
        }
        away.refusal = text;
    }

    /// What ends the start of a node; other errors may pass.
    fn refusal(&self, error: &ConnectError) -> Option<StartError> {
        let ConnectError::Handshake(HandshakeError::Refused(refused)) = error else {
            return None;
        };
        let text = refused.text.clone();
        match refused.reason {
            RefusalReason::Stopping => None,
            RefusalReason::NameTaken => Some(StartError::NameTaken {
                name: self.settings.identity.process.clone(),
                text,
            }),
            _ => Some(StartError::Refused {
                endpoint: self.settings.address.to_string(),
                text,
            }),
        }
    }

    async fn connect(&self) -> Result<(Socket, Welcome), ConnectError> {
        let places = match &self.settings.address {
            Address::Unix { folder } => vec![Dialled::Path(socket_path(folder))],
            Address::Tcp { host, port } => {
                let found = resolve(host, port.unwrap_or_default()).await;
                let found = found.map_err(ConnectError::Resolve)?;
                found.into_iter().map(Dialled::Tcp).collect()
            }
        };
        let limits = &self.settings.limits;
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for place in places {
            let wait = "nothing has answered there yet";
            self.news.trying(wait, "start one there, or wait longer");
            match tokio::time::timeout(limits.handshake, Socket::dial(&place)).await {
                Ok(Ok(socket)) => {
                    let wait = "something takes the connection there, and has said nothing yet";
                    self.news.trying(wait, STRANGE);
                    let identity = self.settings.identity.clone();
                    let hello = Hello::new(Purpose::Control(identity));
                    let welcome = greet(&socket, &hello, limits).await?;
                    *self.place.borrow_mut() = Some(place);
                    return Ok((socket, welcome));
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(ConnectError::Dial(last))
    }

    /// Talks to the controller until the connection ends.
    async fn converse(&self, socket: Socket, welcome: &Welcome) {
        let Some(session) = welcome.session else {
            tracing::warn!("the controller gave no session; it is not one of ours");
            return;
        };
        let endpoints = self.door.open(socket.local_ip()).await;
        let connection = Rc::new(Outbox::new(socket, KEEPS));
        *self.connection.borrow_mut() = Some(Rc::clone(&connection));
        self.closed_by_rules.set(false);
        self.said_goodbye.set(false);
        self.session.set(Some(session));
        let writer = Rc::clone(&connection);
        // Ends when the connection is closed, below at the latest.
        spawn_local(async move { writer.run().await });
        self.reports.report(Event::ControlUp { session, endpoints });
        if let Err(problem) = self.read_frames(&connection).await {
            tracing::debug!(problem, "the control connection ends");
        }
        connection.close_now();
        *self.connection.borrow_mut() = None;
        self.reports.report(Event::ControlLost);
        self.ended.notify_one();
    }

    async fn read_frames(&self, connection: &Outbox) -> Result<(), String> {
        let mut reader = ControlReader::new(self.settings.limits.clone());
        let mut decoder = FrameDecoder::new(self.settings.limits.clone());
        let mut buffer = vec![0; READ];
        loop {
            match connection.socket().read(&mut buffer).await {
                Ok(0) => return Ok(()),
                Ok(read) => decoder.feed(&buffer[..read]),
                Err(error) => return Err(error.to_string()),
            }
            while let Some(frame) = decoder.next_frame().map_err(|error| error.to_string())? {
                let frame = reader.read(&frame.head, &frame.body);
                let Some(frame) = frame.map_err(|error| error.to_string())? else {
                    continue;
                };
                if matches!(frame, ControlFrame::Goodbye { .. }) {
                    self.said_goodbye.set(true);
                }
                self.reports.report(Event::Control(frame));
            }
        }
    }
}

/// A controller that was there and is not, as people hear of it.
#[derive(Debug, Default)]
struct Away {
    since: Option<Instant>,
    /// It was worth a warning, and so is its end.
    is_warned_of: bool,
    /// Why it was last not reached: told of only when it changes.
    refusal: String,
}

impl Away {
    /// One that says goodbye may come back at once, in a restart.
    fn begins(&mut self, address: &Address, said_goodbye: bool) {
        self.since = Some(Instant::now());
        self.is_warned_of = !said_goodbye;
        if said_goodbye {
            tracing::info!(%address, "the controller has stopped, looking for the next");
        } else {
            tracing::warn!(%address, "lost the controller, looking for it");
        }
    }

    fn lasts(&mut self, address: &Address) {
        let is_long = self.since.is_some_and(|since| since.elapsed() >= RESTART);
        if is_long && !self.is_warned_of {
            self.is_warned_of = true;
            tracing::warn!(%address, "the controller has stopped and none has come, looking for it");
        }
    }

    fn ends(&mut self, address: &Address) {
        self.refusal.clear();
        let Some(since) = self.since.take() else {
            return;
        };
        let away = format!("{:.1} s", since.elapsed().as_secs_f32());
        if self.is_warned_of {
            tracing::warn!(%address, %away, "found the controller again");
        } else {
            tracing::info!(%address, %away, "found the controller again");
        }
    }
}

/// Why an attempt to reach the controller failed.
#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("its address is not known: {0}")]
    Resolve(io::Error),
    #[error("{}", not_dialled(.0))]
    Dial(io::Error),
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
}

impl ConnectError {
    fn as_problem(&self) -> Problem {
        Problem {
            text: self.to_string(),
            hint: self.hint(),
        }
    }

    /// What to do about it.
    fn hint(&self) -> &'static str {
        match self {
            Self::Resolve(_) => LOOK_UP_HINT,
            Self::Dial(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                "run both processes as the same user, or name another place in both"
            }
            Self::Dial(error)
                if is_of_another_kind(error)
                    || matches!(
                        error.kind(),
                        io::ErrorKind::InvalidInput | io::ErrorKind::NotADirectory
                    ) =>
            {
                "name another folder in all processes, or remove what is there"
            }
            Self::Dial(error) if error.kind() == io::ErrorKind::WouldBlock => {
                "wait longer, or look what keeps the process that listens there"
            }
            Self::Dial(_) => "start one there, or wait longer",
            Self::Handshake(HandshakeError::Refused(_)) => "wait longer, or start another",
            Self::Handshake(_) => STRANGE,
        }
    }
}

/// What the system says in a number only, in words.
fn not_dialled(error: &io::Error) -> String {
    if is_of_another_kind(error) {
        "in the place of the socket is one of another kind, of another program".to_owned()
    } else if error.kind() == io::ErrorKind::WouldBlock {
        "something listens there and takes nobody in: as many wait for it as may".to_owned()
    } else {
        error.to_string()
    }
}

/// A socket for datagrams, for one.
fn is_of_another_kind(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::PROTOTYPE.raw_os_error())
}

/// What to do where something answers that may be no controller.
const STRANGE: &str =
    "something else may be there: name the place of the controller, in all processes the same";

fn is_name_taken(error: &ConnectError) -> bool {
    let ConnectError::Handshake(HandshakeError::Refused(refused)) = error else {
        return false;
    };
    refused.reason == RefusalReason::NameTaken
}

/// Writes a frame as it travels.
fn encoded(frame: &ControlFrame) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes);
    bytes
}
