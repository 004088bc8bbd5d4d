//! Bytes to control frames. Bytes after what this version knows are left unread, for newer minor versions.

use std::sync::Arc;

use super::{
    CallbackInfo, ControlFrame, ExpectOutcome, ExpectRefusal, IntroductionOutcome, LeftReason,
    Member, RelayReason,
};
use crate::{
    BodyReader, CallbackNumber, DecodeError, Endpoint, FrameKind, Head, NodeIdentity, Signature,
};

impl ControlFrame {
    /// Reads the body of a frame.
    ///
    /// # Errors
    /// [`DecodeError`]: the connection cannot go on.
    pub fn decode(head: &Head, body: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut BodyReader::new(body);
        let wrong_kind = DecodeError::WrongKind(head.kind);
        let Some(kind) = head.known_kind() else {
            return Err(wrong_kind);
        };
        Ok(match kind {
            FrameKind::Register => Self::Register {
                callbacks: read_callbacks(reader)?,
            },
            FrameKind::Unregister => Self::Unregister {
                numbers: read_numbers(reader)?,
            },
            FrameKind::Snapshot => Self::Snapshot {
                done: reader.u8()? != 0,
                members: reader.list(read_member)?,
            },
            FrameKind::Joined => Self::Joined {
                member: read_member(reader)?,
            },
            FrameKind::Left => Self::Left {
                node: reader.node()?,
                reason: LeftReason::from_wire(reader.u8()?),
            },
            FrameKind::Registered => Self::Registered {
                node: reader.node()?,
                callbacks: read_callbacks(reader)?,
            },
            FrameKind::Unregistered => Self::Unregistered {
                node: reader.node()?,
                numbers: read_numbers(reader)?,
            },
            FrameKind::Introduce => Self::Introduce {
                target: reader.node()?,
            },
            FrameKind::Expect => Self::Expect {
                caller: reader.node()?,
                ticket: reader.ticket()?,
            },
            FrameKind::Expecting => Self::Expecting {
                caller: reader.node()?,
                ticket: reader.ticket()?,
                outcome: read_expect_outcome(reader)?,
            },
            FrameKind::Introduced => Self::Introduced {
                target: reader.node()?,
                outcome: read_introduction_outcome(reader)?,
            },
            FrameKind::OpenLane => Self::OpenLane,
            FrameKind::Ping => Self::Ping {
                token: reader.u64()?,
            },
            FrameKind::Pong => Self::Pong {
                token: reader.u64()?,
            },
            FrameKind::Goodbye => Self::Goodbye {
                reason: reader.text()?.to_owned(),
            },
            FrameKind::Stop => Self::Stop,
            FrameKind::Hello
            | FrameKind::Welcome
            | FrameKind::Refused
            | FrameKind::Request
            | FrameKind::Reply
            | FrameKind::Chunk
            | FrameKind::Cancel
            | FrameKind::Alive
            | FrameKind::Leaving => return Err(wrong_kind),
        })
    }
}

// A reason of a newer version is read as the one that promises least: reasons are for people, or end in the same action.

impl LeftReason {
    const fn from_wire(raw: u8) -> Self {
        match raw {
            1 => Self::Goodbye,
            3 => Self::Replaced,
            _ => Self::Lost,
        }
    }
}

impl ExpectRefusal {
    const fn from_wire(raw: u8) -> Self {
        match raw {
            2 => Self::NoEndpoint,
            3 => Self::Stopping,
            _ => Self::RelayOnly,
        }
    }
}

impl RelayReason {
    const fn from_wire(raw: u8) -> Self {
        match raw {
            2 => Self::Timeout,
            _ => Self::Refused,
        }
    }
}

fn read_member(reader: &mut BodyReader<'_>) -> Result<Member, DecodeError> {
    let mut record = reader.record()?;
    Ok(Member {
        identity: NodeIdentity::read(&mut record)?,
        callbacks: read_callbacks(&mut record)?,
    })
}

fn read_callbacks(reader: &mut BodyReader<'_>) -> Result<Vec<CallbackInfo>, DecodeError> {
    reader.list(|reader| {
        let mut record = reader.record()?;
        Ok(CallbackInfo {
            number: CallbackNumber(record.u32()?),
            name: record.name()?,
            signature: Arc::new(Signature::read(&mut record)?),
        })
    })
}

fn read_numbers(reader: &mut BodyReader<'_>) -> Result<Vec<CallbackNumber>, DecodeError> {
    reader.list(|reader| reader.u32().map(CallbackNumber))
}

fn read_endpoints(reader: &mut BodyReader<'_>) -> Result<Vec<Endpoint>, DecodeError> {
    let count = reader.u32()? as usize;
    if count > Endpoint::MAX_LISTED {
        return Err(DecodeError::TooMany("endpoints"));
    }
    (0..count)
        .map(|_| Ok(Endpoint::new(reader.short_text()?)?))
        .collect()
}

fn read_expect_outcome(reader: &mut BodyReader<'_>) -> Result<ExpectOutcome, DecodeError> {
    Ok(match reader.u8()? {
        0 => ExpectOutcome::At(read_endpoints(reader)?),
        1 => ExpectOutcome::Refused(ExpectRefusal::from_wire(reader.u8()?)),
        number => {
            return Err(DecodeError::Unknown {
                what: "outcome of an expectation",
                number,
            });
        }
    })
}

fn read_introduction_outcome(
    reader: &mut BodyReader<'_>,
) -> Result<IntroductionOutcome, DecodeError> {
    Ok(match reader.u8()? {
        0 => {
            let ticket = reader.ticket()?;
            IntroductionOutcome::Meet {
                endpoints: read_endpoints(reader)?,
                ticket,
            }
        }
        1 => IntroductionOutcome::Relay(RelayReason::from_wire(reader.u8()?)),
        2 => IntroductionOutcome::Gone,
        number => {
            return Err(DecodeError::Unknown {
                what: "outcome of an introduction",
                number,
            });
        }
    })
}
