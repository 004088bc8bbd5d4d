//! The first two frames of a connection, on the side that dials and on the side that accepts.
//!
//! Exactly the bytes of these frames are read, so that what follows can be left to a link.

use std::io;

use daffi_proto::{BadHead, DecodeError, Frame, FrameKind, Head, Hello, Limits, Refused, Welcome};

use crate::net::socket::Socket;

/// Why a handshake does not end in a welcome.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// The connection failed.
    #[error(transparent)]
    Io(io::Error),
    /// The connection ended.
    #[error("the other side hung up without an answer")]
    HungUp,
    /// The other side is not daffi, or broken.
    #[error("the other side does not speak daffi: {0}")]
    NotDaffi(&'static str),
    /// The other side says no.
    #[error("{}", .0.text)]
    Refused(Refused),
    /// It took too long.
    #[error("the other side did not answer the handshake in time")]
    TimedOut,
}

impl From<io::Error> for HandshakeError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        match error.kind() {
            UnexpectedEof | ConnectionReset | BrokenPipe => Self::HungUp,
            _ => Self::Io(error),
        }
    }
}

impl From<BadHead> for HandshakeError {
    fn from(_: BadHead) -> Self {
        Self::NotDaffi("its first bytes are no frame")
    }
}

impl From<DecodeError> for HandshakeError {
    fn from(_: DecodeError) -> Self {
        Self::NotDaffi("its answer cannot be read")
    }
}

/// Says hello on a fresh connection and waits for the welcome, for `limits.handshake` at most.
pub(crate) async fn greet(
    socket: &Socket,
    hello: &Hello,
    limits: &Limits,
) -> Result<Welcome, HandshakeError> {
    let exchange = async {
        let mut bytes = Vec::new();
        hello.encode(&mut bytes);
        // One who says no may do so, and hang up, before it has read the hello: hear it out.
        let written = socket.write_all(&bytes).await;
        let frame = match (read_frame(socket, limits).await, written) {
            (Err(HandshakeError::Io(_) | HandshakeError::HungUp), Err(error)) => {
                return Err(error.into());
            }
            (frame, _) => frame?,
        };
        match frame.kind {
            FrameKind::Welcome => Ok(Welcome::decode(&frame.body)?),
            FrameKind::Refused => Err(HandshakeError::Refused(Refused::decode(&frame.body)?)),
            _ => Err(HandshakeError::NotDaffi("its answer is no welcome")),
        }
    };
    let in_time = tokio::time::timeout(limits.handshake, exchange).await;
    in_time.unwrap_or(Err(HandshakeError::TimedOut))
}

/// Reads the hello of a fresh connection. One that cannot be read is answered where the other side would understand.
pub(crate) async fn read_hello(socket: &Socket, limits: &Limits) -> Result<Hello, HandshakeError> {
    let read = async {
        let frame = read_frame(socket, limits).await?;
        if frame.kind != FrameKind::Hello {
            return Err(HandshakeError::NotDaffi("its first frame is no hello"));
        }
        match Hello::decode(&frame.body) {
            Ok(hello) => Ok(hello),
            Err(error) => {
                if let Some(refused) = error.refusal() {
                    refuse(socket, &refused).await?;
                    return Err(HandshakeError::Refused(refused));
                }
                Err(HandshakeError::NotDaffi("its hello is not ours"))
            }
        }
    };
    let in_time = tokio::time::timeout(limits.handshake, read).await;
    in_time.unwrap_or(Err(HandshakeError::TimedOut))
}

/// Says no.
pub(crate) async fn refuse(socket: &Socket, refused: &Refused) -> io::Result<()> {
    let mut bytes = Vec::new();
    refused.encode(&mut bytes);
    socket.write_all(&bytes).await
}

async fn read_frame(socket: &Socket, limits: &Limits) -> Result<Frame, HandshakeError> {
    let limits = Hello::limits(limits);
    let mut head = [0; Head::SIZE];
    socket.read_exact(&mut head).await?;
    let head = Head::parse(head, &limits)?;
    let kind = head
        .known_kind()
        .ok_or(HandshakeError::NotDaffi("its first frame is unknown"))?;
    let mut body = vec![0; head.length as usize];
    socket.read_exact(&mut body).await?;
    Ok(Frame { head, kind, body })
}
