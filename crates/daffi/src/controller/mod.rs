//! The controller of a system: one thread with a small tokio, which does what [`daffi_proto::ControllerState`] says.
//!
//! It introduces nodes to each other and forwards the frames of those that cannot meet. It never runs callbacks and
//! never looks into a payload.

mod connection;
mod core;
mod lane;
mod life;
mod relay;
mod session;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::mpsc as std_mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use daffi_proto::{ControllerEvent, Limits, Name, NodeId};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::spawn_local;

use crate::error::{KillError, LOOK_UP_HINT, LOOKED_UP, Occupant, StartError};
use crate::net::address::{Address, Dialled, resolve};
use crate::net::listener::{Listener, Rests};
use crate::net::occupant::who_answers;
use crate::net::socket::Socket;
use crate::wait::Wait;
use core::Core;

/// The most connections that are still in their handshake. 1,024: as many as all nodes of a large system at once after
/// a restart of their controller; more wait in the system's queue.
const HANDSHAKES: usize = 1024;

/// Commands that may wait for the controller's thread. 16: they come from people.
const COMMANDS: usize = 16;

/// What a controller is started with.
#[derive(Debug)]
pub(crate) struct ControllerSettings {
    pub(crate) address: Address,
    pub(crate) limits: Limits,
}

/// What other threads ask of the controller's thread.
#[derive(Debug)]
enum Command {
    /// Ask every node but one to stop; tell who has not left in time.
    StopAll {
        except: Option<NodeId>,
        wait: Duration,
        remaining: std_mpsc::Sender<Vec<Name>>,
    },
    /// End.
    Stop,
}

/// What the controller's thread tells the one that starts it.
#[derive(Debug)]
enum News {
    /// The address is known: the rest takes a few seconds at most.
    Resolved,
    /// It listens there, or does not.
    Over(Result<Address, StartError>),
}

/// A running controller.
pub(crate) struct Controller {
    address: Address,
    commands: mpsc::Sender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Controller {
    /// Starts the thread and waits until it listens, as long as the time allows: its name may have to be looked up.
    pub(crate) fn start(settings: ControllerSettings, wait: Wait<'_>) -> Result<Self, StartError> {
        let endpoint = settings.address.to_string();
        let system = |source| StartError::System {
            what: "start the controller's thread",
            source,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(system)?;
        let (commands, received) = mpsc::channel(COMMANDS);
        let (started, listening) = std_mpsc::sync_channel(2);
        let thread = std::thread::Builder::new().name("daffi-control".into());
        let thread = thread
            .spawn(move || {
                let local = tokio::task::LocalSet::new();
                local.block_on(&runtime, async {
                    match open(settings, &started).await {
                        Ok((core, listener, address)) => {
                            // Nobody waits for it where the start was interrupted.
                            if started.send(News::Over(Ok(address))).is_ok() {
                                run(core, listener, received).await;
                            }
                        }
                        Err(error) => {
                            let _ = started.send(News::Over(Err(error)));
                        }
                    }
                });
                drop(local);
                // A name that is being looked up may take as long as it likes: nobody waits for it any more.
                runtime.shutdown_background();
            })
            .map_err(system)?;
        let address = await_listening(&listening, &endpoint, wait)?;
        Ok(Self {
            address,
            commands,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Where it listens, with the port it really has.
    pub(crate) fn address(&self) -> Address {
        self.address.clone()
    }

    /// Asks every node but one to stop, and gives the names of those that have not left in time.
    pub(crate) fn stop_all(
        &self,
        except: Option<NodeId>,
        wait: Duration,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Name>, KillError> {
        let (tell, hear) = std_mpsc::channel();
        let command = Command::StopAll {
            except,
            wait,
            remaining: tell,
        };
        // Full only where sixteen threads ask for the same at once.
        if self.commands.try_send(command).is_err() {
            return Err(KillError::Stopped);
        }
        let mut patience = Wait::new(None, interrupt);
        loop {
            match hear.recv_timeout(patience.slice()) {
                Ok(remaining) => return Ok(remaining),
                Err(std_mpsc::RecvTimeoutError::Disconnected) => return Err(KillError::Stopped),
                Err(std_mpsc::RecvTimeoutError::Timeout) if patience.is_interrupted() => {
                    return Err(KillError::Interrupted);
                }
                Err(std_mpsc::RecvTimeoutError::Timeout) => (),
            }
        }
    }

    /// Says goodbye to every node, closes everything and joins the thread.
    pub(crate) fn stop(&self) {
        let Some(thread) = self.thread.lock().take() else {
            return;
        };
        // Where the queue is full, the thread ends as soon as it sees that nobody can command it any more.
        while let Err(mpsc::error::TrySendError::Full(_)) = self.commands.try_send(Command::Stop) {
            std::thread::yield_now();
        }
        let ended = thread.join();
        debug_assert!(ended.is_ok(), "the controller's thread does not panic");
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Controller({})", self.address)
    }
}

/// Runs a controller until it is told to stop.
async fn run(core: Core, listener: Listener, mut commands: mpsc::Receiver<Command>) {
    let core = Rc::new(core);
    // All of these end with the thread, when the set of its tasks is dropped.
    let timed = Rc::clone(&core);
    spawn_local(async move { timed.keep_time().await });
    spawn_local(Rc::clone(&core).watch_life());
    let accepting = spawn_local(accept(Rc::clone(&core), listener));
    while let Some(command) = commands.recv().await {
        match command {
            Command::StopAll {
                except,
                wait,
                remaining,
            } => {
                core.stop_all(except, wait, remaining);
            }
            Command::Stop => break,
        }
    }
    // Dropping the listener frees the address at once.
    accepting.abort();
    core.handle(ControllerEvent::Shutdown);
    core.wait_closed().await;
}

async fn accept(core: Rc<Core>, mut listener: Listener) {
    // Once a heartbeat the place is looked at, where it is a file: an idle process does nothing more often.
    let every = core.limits.heartbeat;
    let (mut look_at, mut rests) = (Instant::now() + every, Rests::default());
    loop {
        while core.handshakes.get() >= HANDSHAKES {
            core.handshake_over.notified().await;
        }
        let accepted = tokio::select! {
            () = tokio::time::sleep_until(look_at.into()), if listener.has_place() => {
                listener.keep_place();
                look_at = Instant::now() + every;
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(socket) => {
                core.handshakes.set(core.handshakes.get() + 1);
                // Ends with its connection.
                spawn_local(session::run(Rc::clone(&core), socket));
            }
            Err(error) => {
                if rests.rest().await {
                    tracing::warn!(%error, "the controller can take no connection now");
                }
            }
        }
    }
}

/// Waits for the address that the controller's thread listens at.
fn await_listening(
    listening: &std_mpsc::Receiver<News>,
    endpoint: &str,
    mut wait: Wait<'_>,
) -> Result<Address, StartError> {
    let began = Instant::now();
    loop {
        match listening.recv_timeout(wait.slice()) {
            Ok(News::Over(started)) => return started,
            Ok(News::Resolved) => wait.until = None,
            Err(std_mpsc::RecvTimeoutError::Timeout) => (),
            Err(std_mpsc::RecvTimeoutError::Disconnected) => {
                return Err(StartError::System {
                    what: "start the controller's thread",
                    source: io::Error::other("it ended before it listened"),
                });
            }
        }
        if wait.is_interrupted() {
            return Err(StartError::Interrupted);
        }
        if wait.is_late() {
            return Err(StartError::TimedOut {
                endpoint: endpoint.to_owned(),
                waited: began.elapsed(),
                problem: LOOKED_UP.to_owned(),
                hint: LOOK_UP_HINT,
            });
        }
    }
}

/// Listens; what comes back is the address with the port that was found.
async fn open(
    settings: ControllerSettings,
    started: &std_mpsc::SyncSender<News>,
) -> Result<(Core, Listener, Address), StartError> {
    let core = Core::new(settings.limits).map_err(|source| StartError::System {
        what: "get random bytes",
        source,
    })?;
    match settings.address {
        Address::Unix { folder } => {
            let _ = started.send(News::Resolved);
            let listener = Listener::in_folder(&folder, &core.limits).await?;
            Ok((core, listener, Address::Unix { folder }))
        }
        Address::Tcp { host, port } => {
            let found = resolve(&host, port.unwrap_or_default()).await;
            let found = found.map_err(|source| StartError::Host {
                host: host.clone(),
                source,
            })?;
            let _ = started.send(News::Resolved);
            if let Some(open) = found.iter().find(|address| !address.ip().is_loopback()) {
                let address = open.ip();
                return Err(StartError::Exposed { host, address });
            }
            let shown = Address::Tcp {
                host: host.clone(),
                port,
            };
            let listener = match Listener::tcp(&found).await {
                Ok(listener) => listener,
                Err(source) => {
                    return Err(why_not(source, shown.to_string(), &found, &core.limits).await);
                }
            };
            let port = listener.local_address().map(|address| address.port());
            Ok((core, listener, Address::Tcp { host, port }))
        }
    }
}

/// Why nobody can listen at these addresses: where they are in use, by whom.
async fn why_not(
    source: io::Error,
    endpoint: String,
    addresses: &[SocketAddr],
    limits: &Limits,
) -> StartError {
    if source.kind() != io::ErrorKind::AddrInUse {
        return StartError::Listen { endpoint, source };
    }
    for address in addresses {
        let place = Dialled::Tcp(*address);
        let dialled = tokio::time::timeout(limits.handshake, Socket::dial(&place)).await;
        let dialled = dialled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if let Ok(Some(found)) = who_answers(dialled, limits).await {
            return found.at(endpoint);
        }
    }
    let occupant = Occupant::Deaf;
    StartError::Occupied { endpoint, occupant }
}
