//! What is heard behind a request that waits for its share: cancels, as far as the buffer reaches.

use daffi_proto::{CallId, FrameKind, Head};

use super::{BUFFER_BYTES, Filled, Inbound};
use crate::wire::Wire;

/// What was found behind a request that waits.
#[derive(Debug)]
pub(crate) struct Ahead {
    pub(crate) filled: Filled,
    /// Nothing more can be read before the request is let in.
    pub(crate) is_full: bool,
    /// The calls that nobody waits for any more. They are met again in their turn, as nothing is taken out.
    pub(crate) cancelled: Vec<CallId>,
}

impl Inbound {
    /// Reads once behind the request that waits, without taking anything in.
    pub(crate) fn look_ahead(&mut self, wire: &Wire) -> Ahead {
        let filled = if self.is_full() {
            Filled::NotNow
        } else {
            self.fill_buffer(wire).into()
        };
        let mut cancelled = Vec::new();
        while let Some(rest) = self.buffer[self.start..self.end].get(self.ahead..)
            && let Some((head, _)) = rest.split_first_chunk::<{ Head::SIZE }>()
            && let Ok(head) = Head::parse(*head, &self.limits)
        {
            if head.known_kind() == Some(FrameKind::Cancel) {
                cancelled.push(head.call);
            }
            self.ahead += Head::SIZE + head.length as usize;
        }
        Ahead {
            filled,
            is_full: self.is_full(),
            cancelled,
        }
    }

    fn is_full(&self) -> bool {
        self.end - self.start == BUFFER_BYTES
    }

    /// Nobody waits any more for a call; whether it is the request that waits for its share, which is refused next.
    pub(crate) fn give_up(&mut self, call: CallId) -> bool {
        let waits = self.awaiting_share == Some(call);
        if waits {
            self.given_up = Some(call);
        }
        waits
    }
}
