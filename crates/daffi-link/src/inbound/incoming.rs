//! What comes in on a link, whole or refused, and what no peer of ours sends.

use daffi_proto::{
    BadBlobs, BadHead, CallId, Failure, FailureCode, FrameKind, Leaving, ReplyStatus, Request,
    Wanted,
};

use crate::budget::Share;
use crate::message::{OutOfMemory, Received};

/// A message or notice that has come in whole.
#[derive(Debug)]
pub(crate) enum Incoming {
    Request {
        call: CallId,
        request: Request,
        body: Received,
        share: Option<Share>,
    },
    Reply {
        call: CallId,
        status: ReplyStatus,
        body: Received,
    },
    Cancel {
        call: CallId,
    },
    /// The callee leaves.
    Leaving(Leaving),
    /// A request that fails without being served: the chunks that it announced are dropped as they come in.
    Refused {
        call: CallId,
        wanted: Wanted,
        failure: Failure,
    },
}

/// Bytes that no peer of ours sends; the link ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Violation {
    #[error(transparent)]
    Head(#[from] BadHead),
    #[error(transparent)]
    Blobs(#[from] BadBlobs),
    #[error("a frame of kind {0:?} has no place on this link")]
    Misplaced(FrameKind),
    #[error("the body of a frame of kind {0:?} cannot be read")]
    Body(FrameKind),
    #[error("a chunk for a message that is complete or was never announced")]
    StrayChunk,
    #[error("a chunk that goes beyond its blob")]
    LongChunk,
    #[error("more half-received messages than allowed")]
    TooManyPartial,
}

impl Incoming {
    pub(super) fn set_partial(&mut self, is_partial: bool) {
        if let Self::Request {
            share: Some(share), ..
        } = self
        {
            share.set_partial(is_partial);
        }
    }

    /// The same request, ended before it is served.
    pub(super) fn refused_as(self, failure: Failure) -> Self {
        match self {
            Self::Request { call, request, .. } => Self::Refused {
                call,
                wanted: request.wanted,
                failure,
            },
            other => other,
        }
    }

    /// The same call, ended because its message is larger than this side takes.
    pub(super) fn refused(self, length: u64, limit: u64) -> Self {
        let code = match self {
            Self::Request { .. } => FailureCode::BadArguments,
            _ => FailureCode::BadResult,
        };
        self.ended(too_large(code, length, limit))
    }

    /// The same call, ended because there is no memory for its message.
    pub(super) fn refused_for_memory(self, OutOfMemory(bytes): OutOfMemory) -> Self {
        let (code, what) = match self {
            Self::Request { .. } => (FailureCode::Overloaded, "an argument"),
            _ => (
                FailureCode::BadResult,
                "a part of the result, which the callback gave,",
            ),
        };
        let text = format!("there is no memory for {what} of {bytes} bytes");
        self.ended(Failure::new(code, text))
    }

    fn ended(self, failure: Failure) -> Self {
        match self {
            Self::Reply { call, .. } => Self::Reply {
                call,
                status: ReplyStatus::Failed,
                body: Received {
                    payload: failure.to_payload(),
                    blobs: Vec::new(),
                },
            },
            other => other.refused_as(failure),
        }
    }

    pub(super) fn body_mut(&mut self) -> &mut Received {
        match self {
            Self::Request { body, .. } | Self::Reply { body, .. } => body,
            Self::Cancel { .. } | Self::Refused { .. } | Self::Leaving(_) => {
                unreachable!("only requests and replies announce anything")
            }
        }
    }
}

/// The failure of a call whose message is larger than one side sends or takes.
pub(crate) fn too_large(code: FailureCode, length: u64, limit: u64) -> Failure {
    let what = match code {
        FailureCode::BadArguments => "the arguments have",
        _ => "the result has",
    };
    let text = format!(
        "{what} {length} bytes, over the limit of {limit}\nhint: raise max_message on both sides"
    );
    Failure::new(code, text)
}
