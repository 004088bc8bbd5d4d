//! What a request says before its payload: which callback, for how long, after how long.
//!
//! ```text
//! 0        8          12          20      28
//! | target | callback | time left | delay | [chain] [blob table] payload ... |
//! ```

use core::time::Duration;

use crate::{CallbackNumber, ChainId, NodeId};

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
    /// What it belongs to, where a callback made it.
    pub chain: Option<ChainId>,
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

impl Wanted {
    /// What the flags of a request say.
    pub const fn of(flags: u8) -> Self {
        match flags {
            _ if flags & Request::NO_REPLY != 0 => Self::Nothing,
            _ if flags & Request::NO_VALUE != 0 => Self::Failure,
            _ => Self::Outcome,
        }
    }
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

    /// Flag: the number of the chain follows the fixed part.
    pub const CHAIN: u8 = 8;

    /// The flags that say what is wanted back, and whether there is a chain.
    pub const fn flags(&self) -> u8 {
        let wanted = match self.wanted {
            Wanted::Outcome => 0,
            Wanted::Failure => Self::NO_VALUE,
            Wanted::Nothing => Self::NO_REPLY,
        };
        wanted | if self.chain.is_some() { Self::CHAIN } else { 0 }
    }

    /// Writes what precedes the payload and its table. Durations travel in microseconds, rounded up; 0 is "no limit".
    pub fn write(&self, out: &mut Vec<u8>) {
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
        out.extend_from_slice(&bytes);
        if let Some(ChainId(chain)) = self.chain {
            out.extend_from_slice(&chain.to_le_bytes());
        }
    }

    /// Reads what [`Self::write`] wrote and gives it with the rest of the body; `None` where the body is too short.
    pub fn parse(flags: u8, body: &[u8]) -> Option<(Self, &[u8])> {
        let (target, rest) = body.split_first_chunk::<8>()?;
        let (callback, rest) = rest.split_first_chunk::<4>()?;
        let (time_left, rest) = rest.split_first_chunk::<8>()?;
        let (delay, mut rest) = rest.split_first_chunk::<8>()?;
        let mut chain = None;
        if flags & Self::CHAIN != 0 {
            let (number, others) = rest.split_first_chunk::<8>()?;
            chain = Some(ChainId(u64::from_le_bytes(*number)));
            rest = others;
        }
        let time_left = u64::from_le_bytes(*time_left);
        let request = Self {
            target: NodeId::new(u64::from_le_bytes(*target)),
            callback: CallbackNumber(u32::from_le_bytes(*callback)),
            time_left: (time_left != 0).then(|| Duration::from_micros(time_left)),
            delay: Duration::from_micros(u64::from_le_bytes(*delay)),
            wanted: Wanted::of(flags),
            chain,
        };
        Some((request, rest))
    }
}

fn micros(duration: Duration) -> u64 {
    let whole = duration.as_secs().saturating_mul(1_000_000);
    whole.saturating_add(u64::from(duration.subsec_nanos().div_ceil(1000)))
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
            chain: None,
        };
        let chains = [None, Some(ChainId(u64::MAX))];
        let wanted = [Wanted::Outcome, Wanted::Failure, Wanted::Nothing];
        for (wanted, chain) in wanted
            .into_iter()
            .flat_map(|wanted| chains.map(|chain| (wanted, chain)))
        {
            let request = Request {
                wanted,
                chain,
                ..request
            };
            let mut bytes = Vec::new();
            request.write(&mut bytes);
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
            chain: None,
        };
        let mut bytes = Vec::new();
        request.write(&mut bytes);
        let (parsed, _) = Request::parse(0, &bytes).expect("the length is right");
        assert_eq!(parsed.time_left, Some(Duration::from_micros(1)));
    }

    #[test]
    fn a_cut_request_is_none() {
        assert_eq!(Request::parse(0, &[0; Request::SIZE - 1]), None);
        let without_chain = [0; Request::SIZE + 7];
        assert_eq!(Request::parse(Request::CHAIN, &without_chain), None);
    }
}
