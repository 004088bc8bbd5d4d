//! How a call ended, in the flags and the first bytes of a `Reply`.

use core::fmt;

/// What the payload of a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyStatus {
    /// The value the callback returned.
    Value,
    /// The record of what the callback raised.
    Raised,
    /// A [`FailureCode`] byte and a text: the callback did not run, or its outcome could not travel.
    Failed,
}

impl ReplyStatus {
    /// Flag: a blob table precedes the payload.
    pub const BLOBS: u8 = 1;

    /// The status as bits of the flags.
    pub const fn flags(self) -> u8 {
        match self {
            Self::Value => 0,
            Self::Raised => 2,
            Self::Failed => 4,
        }
    }

    /// The status in the flags of a reply; `None` for one that does not exist.
    pub const fn from_flags(flags: u8) -> Option<Self> {
        match flags & !Self::BLOBS {
            0 => Some(Self::Value),
            2 => Some(Self::Raised),
            4 => Some(Self::Failed),
            _ => None,
        }
    }
}

/// Why a call has no outcome of its callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FailureCode {
    /// The node has no callback of this number (any more). It did not run.
    UnknownCallback = 1,
    /// The node that was called has gone; the callback may have run.
    NodeGone = 2,
    /// The node that was called cannot be reached; the callback did not run.
    Unreachable = 3,
    /// The call was cancelled; the callback may have run in part.
    Cancelled = 4,
    /// The deadline passed before the callback ran.
    Expired = 5,
    /// The node has as many calls as it takes. It did not run.
    Overloaded = 6,
    /// The arguments could not be read by the callee. It did not run.
    BadArguments = 7,
    /// The result could not be written by the callee. It did run.
    BadResult = 8,
    /// The node is stopping. It did not run.
    Stopping = 9,
    /// The callee lost the call through a fault of its own; the callback may have run.
    Dropped = 10,
}

impl FailureCode {
    /// The code of this number; `None` for one that this version does not know.
    pub const fn from_wire(raw: u8) -> Option<Self> {
        Some(match raw {
            1 => Self::UnknownCallback,
            2 => Self::NodeGone,
            3 => Self::Unreachable,
            4 => Self::Cancelled,
            5 => Self::Expired,
            6 => Self::Overloaded,
            7 => Self::BadArguments,
            8 => Self::BadResult,
            9 => Self::Stopping,
            10 => Self::Dropped,
            _ => return None,
        })
    }
}

/// What a process that stops says to whoever wants something of it.
pub const STOPPING: &str = "the process is stopping";

/// A failure as it travels: a code and a text for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the program can act on.
    pub code: FailureCode,
    /// What people read; may be empty.
    pub text: String,
}

impl Failure {
    /// A failure with its text.
    #[cold]
    pub fn new(code: FailureCode, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }

    /// That a process takes no more calls, as it stops.
    #[cold]
    pub fn stopping() -> Self {
        Self::new(FailureCode::Stopping, STOPPING)
    }

    /// The payload of a `Failed` reply.
    pub fn to_payload(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(1 + self.text.len());
        payload.push(self.code as u8);
        payload.extend_from_slice(self.text.as_bytes());
        payload
    }

    /// Reads the payload of a `Failed` reply. A code of a newer version is read as [`FailureCode::Dropped`], which
    /// promises least.
    pub fn from_payload(payload: &[u8]) -> Self {
        let (code, text) = payload
            .split_first()
            .map_or((0, &[][..]), |(code, text)| (*code, text));
        let code = FailureCode::from_wire(code).unwrap_or(FailureCode::Dropped);
        Self {
            code,
            text: String::from_utf8_lossy(text).into_owned(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_comes_back_as_it_was_written() {
        let failure = Failure::new(FailureCode::Overloaded, "4096 calls are running");
        assert_eq!(Failure::from_payload(&failure.to_payload()), failure);
    }

    #[test]
    fn an_unknown_or_missing_code_promises_least() {
        assert_eq!(
            Failure::from_payload(&[200, b'x']).code,
            FailureCode::Dropped
        );
        assert_eq!(Failure::from_payload(&[]).code, FailureCode::Dropped);
    }

    #[test]
    fn every_status_survives_its_flags() {
        for status in [ReplyStatus::Value, ReplyStatus::Raised, ReplyStatus::Failed] {
            assert_eq!(
                ReplyStatus::from_flags(status.flags() | ReplyStatus::BLOBS),
                Some(status)
            );
        }
        assert_eq!(ReplyStatus::from_flags(6), None);
    }
}
