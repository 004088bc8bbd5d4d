//! Who has a place where a controller is to listen: another controller, or something else.

use std::io;
use std::time::Duration;

use daffi_proto::{Hello, Limits, Purpose, RefusalReason, Ticket};

use crate::error::{Occupant, StartError};
use crate::net::handshake::{HandshakeError, greet};
use crate::net::socket::Socket;
use crate::net::system;

/// How long something may take to say what it is. 2 s: a controller answers in under a millisecond, on a very busy machine
/// in a tenth of a second; and someone waits for the refusal.
const ANSWER: Duration = Duration::from_secs(2);

/// Who was there.
#[derive(Debug)]
pub(crate) enum Found {
    Controller,
    Other(Occupant),
}

impl Found {
    pub(crate) fn at(self, endpoint: String) -> StartError {
        match self {
            Self::Controller => StartError::EndpointTaken { endpoint },
            Self::Other(occupant) => StartError::Occupied { endpoint, occupant },
        }
    }
}

/// Asks whoever takes connections there what it is; none where nobody does.
///
/// # Errors
/// The place cannot be dialled, for another reason.
pub(crate) async fn who_answers(
    dialled: io::Result<Socket>,
    limits: &Limits,
) -> io::Result<Option<Found>> {
    use io::ErrorKind::{
        ConnectionRefused, ConnectionReset, NotFound, PermissionDenied, TimedOut, WouldBlock,
    };
    let socket = match dialled {
        Ok(socket) => socket,
        Err(error) => {
            return match error.kind() {
                ConnectionRefused | NotFound => Ok(None),
                ConnectionReset => Ok(Some(Found::Other(Occupant::Stranger))),
                // As many wait for it as may: it takes nobody in.
                WouldBlock | TimedOut => Ok(Some(Found::Other(Occupant::Silent))),
                PermissionDenied => Ok(Some(Found::Other(Occupant::Foreign(error)))),
                // A socket for datagrams.
                _ if error.raw_os_error() == Some(PROTOTYPE) => {
                    Ok(Some(Found::Other(Occupant::Stranger)))
                }
                _ => Err(error),
            };
        }
    };
    ask(&socket, limits).await.map(Some)
}

const PROTOTYPE: i32 = rustix::io::Errno::PROTOTYPE.raw_os_error();

/// Says what no controller lets in, and every one answers: its system is not disturbed.
async fn ask(socket: &Socket, limits: &Limits) -> io::Result<Found> {
    let (node, ticket) = (system::random_node_id()?, Ticket([0; 16]));
    let hello = Hello::new(Purpose::Direct { node, ticket });
    let limits = Limits {
        handshake: ANSWER,
        ..limits.clone()
    };
    Ok(match greet(socket, &hello, &limits).await {
        Err(HandshakeError::Refused(refused)) if refused.reason == RefusalReason::UnknownTicket => {
            Found::Other(Occupant::Node)
        }
        Ok(_) | Err(HandshakeError::Refused(_)) => Found::Controller,
        Err(HandshakeError::TimedOut) => Found::Other(Occupant::Silent),
        Err(HandshakeError::NotDaffi(_) | HandshakeError::Io(_) | HandshakeError::HungUp) => {
            Found::Other(Occupant::Stranger)
        }
    })
}
