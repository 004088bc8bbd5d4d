//! Where connections come in: a TCP port, a socket file, or a name in the abstract space.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::Path;

use daffi_link::fork::Registered;
use daffi_proto::Limits;
use tokio::net::{TcpListener, UnixListener};

use crate::address::{prepare_folder, with_owner};
use crate::claim::Claim;
use crate::error::StartError;
use crate::stream::Stream;

#[derive(Debug)]
pub(crate) struct Listener {
    // Before `socket`: see Registered.
    _registered: Registered,
    socket: Socket,
    /// The claim on the folder, held for as long as the socket file is ours.
    _claim: Option<Claim>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// The first of the addresses that can be had.
    pub(crate) async fn tcp(addresses: &[SocketAddr]) -> io::Result<Self> {
        let socket = TcpListener::bind(addresses).await?;
        Ok(Self {
            _registered: Registered::new(socket.as_raw_fd()),
            socket: Socket::Tcp(socket),
            _claim: None,
        })
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
        Ok(Self {
            _registered: Registered::new(socket.as_raw_fd()),
            socket: Socket::Unix(socket),
            _claim: Some(claim),
        })
    }

    /// A name in the abstract space.
    pub(crate) fn with_name(name: &str) -> io::Result<Self> {
        let address = UnixAddr::from_abstract_name(name)?;
        let socket = std::os::unix::net::UnixListener::bind_addr(&address)?;
        socket.set_nonblocking(true)?;
        let socket = UnixListener::from_std(socket)?;
        Ok(Self {
            _registered: Registered::new(socket.as_raw_fd()),
            socket: Socket::Unix(socket),
            _claim: None,
        })
    }

    /// The address, where it is TCP.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(socket) => socket.local_addr().ok(),
            Socket::Unix(_) => None,
        }
    }

    /// The next connection of someone who may be let in.
    ///
    /// # Errors
    /// The system has no descriptor left, or the like: wait a little before asking again.
    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        loop {
            let accepted = match &self.socket {
                Socket::Tcp(socket) => Stream::tcp(socket.accept().await?.0),
                Socket::Unix(socket) => Stream::unix(socket.accept().await?.0),
            };
            match accepted {
                Ok(stream) => return Ok(stream),
                Err(error) => tracing::warn!(%error, "a connection was not let in"),
            }
        }
    }
}
