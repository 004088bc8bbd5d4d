//! A connection of the two tokio threads, unix or TCP: dialled, accepted, and handed over to a link.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr as UnixAddr;

use daffi_link::fork::Registered;
use daffi_link::{Wire, WireKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, SendFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::{TcpStream, UnixStream};

use crate::net::address::{Dialled, why_not_dialled};

/// A connected socket. Reading and writing never block; waiting is for readiness.
///
/// Only readability is watched all the time. tokio's own sockets watch both, and then every byte that a peer takes
/// wakes this side: a relayed call cost two wake-ups and a third of its time for nothing.
#[derive(Debug)]
pub(crate) struct Socket {
    // Before `socket`: see Registered.
    registered: Registered,
    socket: AsyncFd<OwnedFd>,
    kind: WireKind,
}

impl Socket {
    pub(crate) fn tcp(socket: TcpStream) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        Self::watch(socket.into_std()?.into(), WireKind::Tcp)
    }

    /// A unix socket whose peer must be the same user: others' bytes are not even read.
    pub(crate) fn unix(socket: UnixStream) -> io::Result<Self> {
        // Only the user is asked for: a process of another container has no number here.
        let peer = socket.peer_cred()?.uid();
        let us = rustix::process::geteuid().as_raw();
        if peer != us {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("the other side runs as user {peer}, this process as user {us}"),
            ));
        }
        Self::watch(socket.into_std()?.into(), WireKind::Unix)
    }

    fn watch(socket: OwnedFd, kind: WireKind) -> io::Result<Self> {
        let registered = Registered::new(socket.as_raw_fd());
        let socket = registered_for(socket, Interest::READABLE)?;
        Ok(Self {
            registered,
            socket,
            kind,
        })
    }

    pub(crate) async fn dial(to: &Dialled) -> io::Result<Self> {
        match to {
            Dialled::Tcp(address) => Self::tcp(TcpStream::connect(address).await?),
            Dialled::Path(path) => {
                let socket = UnixStream::connect(path).await;
                Self::unix(socket.map_err(|error| why_not_dialled(error, path))?)
            }
            Dialled::Abstract(name) => {
                let address = UnixAddr::from_abstract_name(name)?;
                // A unix socket connects at once or not at all.
                let socket = std::os::unix::net::UnixStream::connect_addr(&address)?;
                socket.set_nonblocking(true)?;
                Self::unix(UnixStream::from_std(socket)?)
            }
        }
    }

    /// The address of this side, where it is TCP.
    pub(crate) fn local_ip(&self) -> Option<IpAddr> {
        let address = rustix::net::getsockname(self).ok()?;
        SocketAddr::try_from(address)
            .ok()
            .map(|address| address.ip())
    }

    /// Waits until the kernel may take bytes again.
    pub(crate) async fn writable(&self) -> io::Result<()> {
        // A descriptor of its own, for this wait alone.
        let socket = self.socket.get_ref().try_clone()?;
        let _registered = Registered::new(socket.as_raw_fd());
        let socket = registered_for(socket, Interest::WRITABLE)?;
        socket.writable().await.map(drop)
    }

    /// Writes what the kernel takes; `WouldBlock` where it takes nothing.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        Ok(rustix::net::send(self, bytes, flags)?)
    }

    /// Reads once, waiting for bytes.
    pub(crate) async fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.socket.readable().await?;
            let read = ready.try_io(|socket| {
                let (read, _) =
                    rustix::net::recv(socket.get_ref(), &mut *into, RecvFlags::DONTWAIT)?;
                Ok(read)
            });
            match read {
                Ok(Ok(read)) => {
                    if read < into.len() {
                        // Everything is taken: the next read waits for more, without asking the kernel in vain.
                        ready.clear_ready();
                    }
                    return Ok(read);
                }
                Ok(Err(error)) => return Err(error),
                Err(_nothing_there) => {}
            }
        }
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
                    self.writable().await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether there is something to be read now.
    pub(crate) fn is_readable(&self) -> bool {
        let mut fds = [PollFd::new(self, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// Sends nothing any more; the peer sees the end of what was sent.
    pub(crate) fn end_writing(&self) {
        let _ = rustix::net::shutdown(self, rustix::net::Shutdown::Write);
    }

    /// Ends both directions; a reader here and there wakes and sees the end.
    pub(crate) fn shut(&self) {
        let _ = rustix::net::shutdown(self, rustix::net::Shutdown::Both);
    }

    /// Takes the socket out of tokio and gives it to a link.
    pub(crate) fn into_wire(self) -> io::Result<Wire> {
        drop(self.registered);
        Wire::new(self.socket.into_inner(), self.kind)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get_ref().as_fd()
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe, for types that may close their descriptor early; an OwnedFd cannot"
)]
fn registered_for(socket: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(socket, interest)
}
