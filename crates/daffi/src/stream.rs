//! A connection of the two tokio threads, unix or TCP: dialled, accepted, and handed over to a link.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr as UnixAddr;

use daffi_link::fork::Registered;
use daffi_link::{Wire, WireKind};
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

use crate::address::Dialled;

/// A connected socket. Reading and writing never block; waiting is for readiness.
#[derive(Debug)]
pub(crate) struct Stream {
    // Before `socket`: see Registered.
    registered: Registered,
    socket: Socket,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    pub(crate) fn tcp(socket: TcpStream) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        Ok(Self {
            registered: Registered::new(socket.as_raw_fd()),
            socket: Socket::Tcp(socket),
        })
    }

    /// A unix socket whose peer must be the same user: others' bytes are not even read.
    pub(crate) fn unix(socket: UnixStream) -> io::Result<Self> {
        let peer = rustix::net::sockopt::socket_peercred(&socket)?;
        if peer.uid != rustix::process::geteuid() {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("the other side runs as user {}", peer.uid.as_raw()),
            ));
        }
        Ok(Self {
            registered: Registered::new(socket.as_raw_fd()),
            socket: Socket::Unix(socket),
        })
    }

    pub(crate) async fn dial(to: &Dialled) -> io::Result<Self> {
        match to {
            Dialled::Tcp(address) => Self::tcp(TcpStream::connect(address).await?),
            Dialled::Path(path) => Self::unix(UnixStream::connect(path).await?),
            Dialled::Abstract(name) => {
                let address = UnixAddr::from_abstract_name(name)?;
                // A unix socket connects at once or not at all.
                let socket = std::os::unix::net::UnixStream::connect_addr(&address)?;
                socket.set_nonblocking(true)?;
                Self::unix(UnixStream::from_std(socket)?)
            }
        }
    }

    const fn kind(&self) -> WireKind {
        match self.socket {
            Socket::Tcp(_) => WireKind::Tcp,
            Socket::Unix(_) => WireKind::Unix,
        }
    }

    /// The address of this side, where it is TCP.
    pub(crate) fn local_ip(&self) -> Option<std::net::IpAddr> {
        match &self.socket {
            Socket::Tcp(socket) => socket.local_addr().ok().map(|address| address.ip()),
            Socket::Unix(_) => None,
        }
    }

    /// Waits until a read or a write may succeed.
    pub(crate) async fn ready(&self, interest: Interest) -> io::Result<()> {
        match &self.socket {
            Socket::Tcp(socket) => socket.ready(interest).await.map(drop),
            Socket::Unix(socket) => socket.ready(interest).await.map(drop),
        }
    }

    /// Reads what is there; `WouldBlock` where nothing is, 0 at the end.
    pub(crate) fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
        match &self.socket {
            Socket::Tcp(socket) => socket.try_read(into),
            Socket::Unix(socket) => socket.try_read(into),
        }
    }

    /// Writes what the kernel takes; `WouldBlock` where it takes nothing.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.socket {
            Socket::Tcp(socket) => socket.try_write(bytes),
            Socket::Unix(socket) => socket.try_write(bytes),
        }
    }

    /// Reads once, waiting for bytes.
    pub(crate) async fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.try_read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.ready(Interest::READABLE).await?;
                }
                Ok(read) if read > 0 && read < into.len() => {
                    self.is_read_out();
                    return Ok(read);
                }
                result => return result,
            }
        }
    }

    /// A read that left room has taken everything: the next one waits for more, without asking the kernel in vain.
    fn is_read_out(&self) {
        let nothing = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
        let _ = match &self.socket {
            Socket::Tcp(socket) => socket.try_io(Interest::READABLE, nothing),
            Socket::Unix(socket) => socket.try_io(Interest::READABLE, nothing),
        };
    }

    /// Fills `into`.
    pub(crate) async fn read_exact(&self, into: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < into.len() {
            match self.read(&mut into[filled..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
        }
        Ok(())
    }

    /// Writes all of `bytes`.
    pub(crate) async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.ready(Interest::WRITABLE).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Ends both directions; a reader here and there wakes and sees the end.
    pub(crate) fn shut(&self) {
        let _ = rustix::net::shutdown(self, rustix::net::Shutdown::Both);
    }

    /// Takes the socket out of tokio and gives it to a link.
    pub(crate) fn into_wire(self) -> io::Result<Wire> {
        let kind = self.kind();
        drop(self.registered);
        let socket: OwnedFd = match self.socket {
            Socket::Tcp(socket) => socket.into_std()?.into(),
            Socket::Unix(socket) => socket.into_std()?.into(),
        };
        Wire::new(socket, kind)
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            Socket::Tcp(socket) => socket.as_fd(),
            Socket::Unix(socket) => socket.as_fd(),
        }
    }
}
