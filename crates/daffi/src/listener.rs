//! Where connections come in: a TCP port, a socket file, or a name in the abstract space.

use std::fs::{File, OpenOptions};
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::{Path, PathBuf};

use daffi_link::fork::Registered;
use rustix::fs::FlockOperation;
use tokio::net::{TcpListener, UnixListener};

use crate::address::{prepare_folder, socket_path};
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

/// The lock on a folder: two controllers starting at once cannot both think the other is dead. The system frees it when
/// its holder dies, so a socket file without a lock is a dead one's.
#[derive(Debug)]
struct Claim {
    _registered: Registered,
    _lock: File,
    socket: PathBuf,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
    }
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
    pub(crate) fn in_folder(folder: &Path) -> Result<Self, StartError> {
        prepare_folder(folder)?;
        let path = socket_path(folder);
        let endpoint = path.display().to_string();
        let listen = |source| StartError::Listen {
            endpoint: endpoint.clone(),
            source,
        };
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(no_follow())
            .open(folder.join(".lock"))
            .map_err(listen)?;
        let registered = Registered::new(lock.as_raw_fd());
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => (),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(StartError::EndpointTaken { endpoint });
            }
            Err(error) => return Err(listen(error.into())),
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(listen(error)),
            _ => (),
        }
        let socket = UnixListener::bind(&path).map_err(listen)?;
        Ok(Self {
            _registered: Registered::new(socket.as_raw_fd()),
            socket: Socket::Unix(socket),
            _claim: Some(Claim {
                _registered: registered,
                _lock: lock,
                socket: path,
            }),
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

/// A link that someone put in place of the lock is not followed.
fn no_follow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default()
}
