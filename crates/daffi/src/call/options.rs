//! How a call is made: its times, and what its caller does about the answer.

use std::time::Duration;

use daffi_proto::{ChainId, Wanted};

/// How a call is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// How long the caller waits, counted after the delay; none for ever.
    pub timeout: Option<Duration>,
    /// How long after it was made the callee runs the callback.
    pub delay: Duration,
    /// What the caller does about the answer.
    pub answer: Answer,
    /// What it belongs to, where a callback makes it.
    pub chain: Option<ChainId>,
}

/// What a caller does about the answer to a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Waits for it at once.
    #[default]
    Awaited,
    /// Looks at it later, or never: the house-keeper sees to it that the call ends meanwhile.
    Later,
    /// Looks later, or never, whether it failed; the value does not come back.
    Failure,
    /// Wants none, not even a failure.
    None,
}

impl Answer {
    /// Whether the caller waits for the value, or looks at it later.
    pub(crate) const fn wants_value(self) -> bool {
        matches!(self, Self::Awaited | Self::Later)
    }

    pub(crate) const fn wanted(self) -> Wanted {
        match self {
            Self::Awaited | Self::Later => Wanted::Outcome,
            Self::Failure => Wanted::Failure,
            Self::None => Wanted::Nothing,
        }
    }
}
