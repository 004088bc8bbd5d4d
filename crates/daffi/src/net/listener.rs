//! Where connections come in: a TCP port, a socket file, or a name in the abstract space.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use daffi_link::fork::Registered;
use daffi_proto::Limits;
use tokio::net::{TcpListener, UnixListener};

use crate::error::StartError;
use crate::net::address::{prepare_folder, with_owner};
use crate::net::claim::{Claim, Found};
use crate::net::socket::Socket;

#[derive(Debug)]
pub(crate) struct Listener {
    // Before `socket`: see Registered.
    registered: Registered,
    socket: Bound,
    /// The claim on the folder, held for as long as the socket file is ours.
    claim: Option<Claim>,
    /// Whether it was told that the place is no longer ours.
    is_told: bool,
}

#[derive(Debug)]
enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Bound {
    fn descriptor(&self) -> RawFd {
        match self {
            Self::Tcp(socket) => socket.as_raw_fd(),
            Self::Unix(socket) => socket.as_raw_fd(),
        }
    }
}

/// Binds the socket of a folder again; nothing where another has claimed the folder meanwhile.
fn bind_again(claim: &mut Claim) -> io::Result<Option<UnixListener>> {
    if let Some(folder) = claim.socket().parent() {
        prepare_folder(folder).map_err(io::Error::other)?;
    }
    if !claim.renew()? {
        return Ok(None);
    }
    match UnixListener::bind(claim.socket()) {
        Ok(socket) => {
            claim.has_bound();
            Ok(Some(socket))
        }
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err(error),
    }
}

impl Listener {
    /// The first of the addresses that can be had.
    pub(crate) async fn tcp(addresses: &[SocketAddr]) -> io::Result<Self> {
        let socket = TcpListener::bind(addresses).await?;
        Ok(Self::new(Bound::Tcp(socket), None))
    }

    /// The socket file of a folder; that of a dead controller is replaced.
    pub(crate) async fn in_folder(folder: &Path, limits: &Limits) -> Result<Self, StartError> {
        prepare_folder(folder)?;
        let mut claim = Claim::on(folder, limits).await?;
        let socket = UnixListener::bind(claim.socket()).map_err(|source| StartError::Listen {
            endpoint: claim.socket().display().to_string(),
            source: with_owner(source, claim.socket()),
        })?;
        claim.has_bound();
        Ok(Self::new(Bound::Unix(socket), Some(claim)))
    }

    fn new(socket: Bound, claim: Option<Claim>) -> Self {
        Self {
            registered: Registered::new(socket.descriptor()),
            socket,
            claim,
            is_told: false,
        }
    }

    /// Whether there is a socket file to look after.
    pub(crate) const fn has_place(&self) -> bool {
        self.claim.is_some()
    }

    /// Looks after the socket file. Where it was removed, as by those who keep folders for temporary files clean, nobody
    /// finds us any more: another one is bound, unless somebody else has taken the place.
    pub(crate) fn keep_place(&mut self) {
        let Some(claim) = &mut self.claim else { return };
        let place = claim.socket().display().to_string();
        let problem = match claim.look() {
            Found::Ours => return,
            Found::Another => "another has taken its place".to_owned(),
            Found::Nothing => match bind_again(claim) {
                Ok(Some(socket)) => {
                    self.registered = Registered::new(socket.as_raw_fd());
                    self.socket = Bound::Unix(socket);
                    self.is_told = false;
                    tracing::warn!(place, "the socket file was removed, and is made again");
                    return;
                }
                Ok(None) => "another controller has claimed its place".to_owned(),
                Err(error) => error.to_string(),
            },
        };
        if !self.is_told {
            self.is_told = true;
            tracing::warn!(
                place,
                problem,
                "the socket file was removed: no process that starts from now on finds this controller there"
            );
        }
    }

    /// A name in the abstract space.
    pub(crate) fn with_name(name: &str) -> io::Result<Self> {
        let address = UnixAddr::from_abstract_name(name)?;
        let socket = std::os::unix::net::UnixListener::bind_addr(&address)?;
        socket.set_nonblocking(true)?;
        let socket = UnixListener::from_std(socket)?;
        Ok(Self::new(Bound::Unix(socket), None))
    }

    /// The address, where it is TCP.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Bound::Tcp(socket) => socket.local_addr().ok(),
            Bound::Unix(_) => None,
        }
    }

    /// The next connection of someone who may be let in.
    ///
    /// # Errors
    /// The system has no descriptor left, or the like: wait a little before asking again.
    pub(crate) async fn accept(&self) -> io::Result<Socket> {
        loop {
            let accepted = match &self.socket {
                Bound::Tcp(socket) => Socket::tcp(socket.accept().await?.0),
                Bound::Unix(socket) => Socket::unix(socket.accept().await?.0),
            };
            match accepted {
                Ok(socket) => return Ok(socket),
                Err(error) => tracing::warn!(%error, "a connection was not let in"),
            }
        }
    }
}

/// How long a listener is left alone that can take no connection, as no descriptor is free. 50 ms: one may be soon.
const NO_DESCRIPTOR: Duration = Duration::from_millis(50);
/// How often that is told of while it lasts. 30 s: who looks into the log finds it, and finds other lines, too.
const TOLD_EVERY: Duration = Duration::from_secs(30);

/// The rests of a listener that can take no connection.
#[derive(Debug, Default)]
pub(crate) struct Rests {
    told: Option<Instant>,
}

impl Rests {
    /// A rest, and whether it is to be told of.
    pub(crate) async fn rest(&mut self) -> bool {
        tokio::time::sleep(NO_DESCRIPTOR).await;
        self.is_to_be_told(Instant::now())
    }

    fn is_to_be_told(&mut self, now: Instant) -> bool {
        let is_due = self.told.is_none_or(|told| told + TOLD_EVERY <= now);
        if is_due {
            self.told = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_that_can_take_nothing_says_so_now_and_then() {
        // Twenty lines a second, for as long as it lasted.
        let (mut rests, start) = (Rests::default(), Instant::now());
        let told = (0..1200).filter(|rest| rests.is_to_be_told(start + *rest * NO_DESCRIPTOR));
        assert_eq!(told.count(), 2, "in 60 s");
    }
}
