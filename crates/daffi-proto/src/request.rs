//! What a request says before its payload: which callback, for how long, after how long.
//!
//! ```text
//! 0        8          12          20      28
//! | target | callback | time left | delay | [blob table] payload ... |
//! ```

use core::time::Duration;

use crate::{CallbackNumber, NodeId};

/// The fixed part of a `Request` body, and what its flags say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// On a lane to the controller: the node that is called. On a direct link: none.
    pub target: Option<NodeId>,
    /// The callback, by the number its node gave it.
    pub callback: CallbackNumber,
    /// How long the caller still waits, not counting the delay; none for ever. Time left, not a time of day, so
    /// that clocks need not agree.
    pub time_left: Option<Duration>,
    /// How long the callee waits before it runs the callback (`eta`).
    pub delay: Duration,
    /// What the caller wants back.
    pub wanted: Wanted,
}

/// What the caller of a callback wants back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The value, or why there is none.
    #[default]
    Outcome,
    /// Whether it failed: a value comes back empty.
    Failure,
    /// Nothing, not even a failure.
    Nothing,
}

impl Request {
    /// Bytes of the fixed part.
    pub const SIZE: usize = 28;
    /// Flag: a blob table precedes the payload.
    pub const BLOBS: u8 = 1;
    /// Flag: the caller wants no reply, not even a failure.
    pub const NO_REPLY: u8 = 2;
    /// Flag: the caller wants to know of a failure, and no value.
    pub const NO_VALUE: u8 = 4;

    /// The flags that say what is wanted back.
    pub const fn flags(&self) -> u8 {
        match self.wanted {
            Wanted::Outcome => 0,
            Wanted::Failure => Self::NO_VALUE,
            Wanted::Nothing => Self::NO_REPLY,
        }
    }

    /// The fixed part as it travels. Durations travel in microseconds, rounded up; 0 is "no limit".
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let (target, rest) = bytes.split_at_mut(8);
        let (callback, rest) = rest.split_at_mut(4);
        let (time_left, delay) = rest.split_at_mut(8);
        target.copy_from_slice(&self.target.map_or(0, NodeId::raw).to_le_bytes());
        callback.copy_from_slice(&self.callback.0.to_le_bytes());
        time_left.copy_from_slice(
            &self
                .time_left
                .map_or(0, |left| micros(left).max(1))
                .to_le_bytes(),
        );
        delay.copy_from_slice(&micros(self.delay).to_le_bytes());
        bytes
    }

    /// Reads the fixed part and gives it with the rest of the body; `None` where the body is too short.
    pub fn parse(flags: u8, body: &[u8]) -> Option<(Self, &[u8])> {
        let (target, rest) = body.split_first_chunk::<8>()?;
        let (callback, rest) = rest.split_first_chunk::<4>()?;
        let (time_left, rest) = rest.split_first_chunk::<8>()?;
        let (delay, rest) = rest.split_first_chunk::<8>()?;
        let time_left = u64::from_le_bytes(*time_left);
        let request = Self {
            target: NodeId::new(u64::from_le_bytes(*target)),
            callback: CallbackNumber(u32::from_le_bytes(*callback)),
            time_left: (time_left != 0).then(|| Duration::from_micros(time_left)),
            delay: Duration::from_micros(u64::from_le_bytes(*delay)),
            wanted: match flags {
                _ if flags & Self::NO_REPLY != 0 => Wanted::Nothing,
                _ if flags & Self::NO_VALUE != 0 => Wanted::Failure,
                _ => Wanted::Outcome,
            },
        };
        Some((request, rest))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_as_it_was_written() {
        let request = Request {
            target: NodeId::new(7),
            callback: CallbackNumber(3),
            time_left: Some(Duration::from_millis(1500)),
            delay: Duration::from_secs(2),
            wanted: Wanted::Outcome,
        };
        for wanted in [Wanted::Outcome, Wanted::Failure, Wanted::Nothing] {
            let request = Request { wanted, ..request };
            let mut bytes = request.to_bytes().to_vec();
            bytes.push(9);
            let parsed = Request::parse(request.flags(), &bytes);
            assert_eq!(parsed, Some((request, &[9][..])));
        }
    }

    #[test]
    fn a_deadline_that_is_nearly_over_does_not_become_no_deadline() {
        let request = Request {
            target: None,
            callback: CallbackNumber(0),
            time_left: Some(Duration::ZERO),
            delay: Duration::ZERO,
            wanted: Wanted::Outcome,
        };
        let (parsed, _) = Request::parse(0, &request.to_bytes()).expect("the length is right");
        assert_eq!(parsed.time_left, Some(Duration::from_micros(1)));
    }

    #[test]
    fn a_cut_request_is_none() {
        assert_eq!(Request::parse(0, &[0; Request::SIZE - 1]), None);
    }
}
