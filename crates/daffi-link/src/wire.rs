//! A connected stream socket, unix or TCP, that never blocks: the lowest layer of a link.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, SendFlags, sockopt};

use crate::descriptors::Registered;

/// What a [`Wire`] is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WireKind {
    /// A unix stream socket.
    Unix,
    /// A TCP connection.
    Tcp,
}

/// How long a TCP peer may stay silent towards the kernel before the connection counts as lost. 15 s, like the
/// heartbeat of the controller. A peer on this machine that crashes is noticed at once anyway.
const TCP_SILENCE: Duration = Duration::from_secs(15);

/// How long what is sent to a caller may stay unacknowledged (`TCP_USER_TIMEOUT`). 60 s. While its calls run, a caller
/// whose machine has vanished is sent signs of life; as long as these are unacknowledged the kernel sends no keep-alive
/// probes, and would retry for 15 minutes. Not shorter, as a caller that lives but reads nothing, since its GIL is
/// held, must not lose its link. A callee may have reasons to read nothing, so there is no such limit on the caller's
/// side: it waits for signs of life.
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// A connected socket whose handshake is over.
#[derive(Debug)]
pub struct Wire {
    // Before `socket`: see Registered.
    _registered: Registered,
    socket: OwnedFd,
    kind: WireKind,
}

/// What came of reading or writing without blocking.
#[derive(Debug)]
pub(crate) enum Moved {
    /// So many bytes.
    Bytes(usize),
    /// The kernel has nothing, or takes nothing, now.
    NotNow,
    /// The peer has gone.
    Gone,
}

/// What a thread waits for on one wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interest {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

impl Wire {
    /// Takes over a connected socket and sets it up: no blocking, no delay, keep-alive on TCP.
    ///
    /// # Errors
    /// The socket does not take a setting; it is closed then.
    pub fn new(socket: OwnedFd, kind: WireKind) -> io::Result<Self> {
        let registered = Registered::new(socket.as_raw_fd());
        rustix::io::ioctl_fionbio(&socket, true)?;
        if kind == WireKind::Tcp {
            sockopt::set_tcp_nodelay(&socket, true)?;
            sockopt::set_socket_keepalive(&socket, true)?;
            sockopt::set_tcp_keepidle(&socket, TCP_SILENCE / 3)?;
            sockopt::set_tcp_keepintvl(&socket, TCP_SILENCE / 3)?;
            sockopt::set_tcp_keepcnt(&socket, 2)?;
        }
        Ok(Self {
            _registered: registered,
            socket,
            kind,
        })
    }

    /// What the wire is made of.
    pub fn kind(&self) -> WireKind {
        self.kind
    }

    pub(crate) fn receive(&self, into: &mut [u8]) -> Moved {
        moved(
            rustix::net::recv(&self.socket, into, RecvFlags::DONTWAIT).map(|(read, _)| read),
            true,
        )
    }

    /// Fills `first`, and what comes after it into `then`, with one system call.
    pub(crate) fn receive_both(&self, first: &mut [u8], then: &mut [u8]) -> Moved {
        let mut both = [io::IoSliceMut::new(first), io::IoSliceMut::new(then)];
        moved(rustix::io::readv(&self.socket, &mut both), true)
    }

    pub(crate) fn send(&self, bytes: &[u8]) -> Moved {
        moved(
            rustix::net::send(
                &self.socket,
                bytes,
                SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
            ),
            false,
        )
    }

    pub(crate) fn send_both(&self, first: &[u8], then: &[u8]) -> Moved {
        let both = [IoSlice::new(first), IoSlice::new(then)];
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let mut no_control = rustix::net::SendAncillaryBuffer::default();
        moved(
            rustix::net::sendmsg(&self.socket, &both, &mut no_control, flags),
            false,
        )
    }

    /// Blocks until something of interest happens, a signal comes or the time is over; whether a signal came.
    pub(crate) fn block(&self, interest: Interest, at_most: Duration) -> bool {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, interest.read);
        flags.set(PollFlags::OUT, interest.write);
        let mut fds = [PollFd::new(&self.socket, flags)];
        let at_most = Timespec::try_from(at_most).unwrap_or(Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        });
        poll(&mut fds, Some(&at_most)) == Err(rustix::io::Errno::INTR)
    }

    /// Ends the direction to the peer, which reads what was sent before.
    pub(crate) fn end_writing(&self) {
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Write);
    }

    /// Has the connection end where the peer's machine acknowledges nothing for a minute.
    pub(crate) fn limit_unacknowledged(&self) {
        if self.kind == WireKind::Tcp {
            let limit = u32::try_from(UNACKNOWLEDGED.as_millis()).unwrap_or(u32::MAX);
            if let Err(error) = sockopt::set_tcp_user_timeout(&self.socket, limit) {
                tracing::debug!(%error, "a caller that vanishes may be noticed late");
            }
        }
    }

    /// Whether there is something to be read now, of which the end of the connection is one.
    pub(crate) fn is_readable(&self) -> bool {
        let mut fds = [PollFd::new(&self.socket, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// Ends both directions; whoever waits on the wire, here or there, wakes and sees that it is gone.
    pub(crate) fn shut(&self) {
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn moved(result: rustix::io::Result<usize>, reading: bool) -> Moved {
    use rustix::io::Errno;
    match result {
        Ok(0) if reading => Moved::Gone,
        Ok(bytes) => Moved::Bytes(bytes),
        Err(Errno::AGAIN | Errno::INTR | Errno::NOBUFS) => Moved::NotNow,
        Err(_) => Moved::Gone,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_caller_that_acknowledges_nothing_is_not_waited_for_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let caller = TcpStream::connect(address).expect("somebody listens");
        let wire = Wire::new(caller.into(), WireKind::Tcp).expect("a socket");
        let limit = || sockopt::tcp_user_timeout(&wire.socket).expect("a TCP socket");
        assert_eq!(limit(), 0, "a callee may read nothing for long");
        wire.limit_unacknowledged();
        assert_eq!(limit(), 60_000);
    }
}
