//! Large values on the way out: which messages with such are announced, which wait until they may be, and whose chunk
//! is next, in round robin.

use std::collections::VecDeque;
use std::sync::Arc;

use daffi_proto::{CallId, FrameKind, Head, Limits};

use super::Announce;
use crate::message::{Blob, Body, SharedBytes};

/// How many messages with large values are under way on a link at once; the others wait. 64: a peer takes 1,024
/// half-received messages, and a relay may bring it those of several callers.
pub(super) const OPEN_MESSAGES: usize = 64;
/// How many bytes the messages that are under way announce together, unless it is a single one: what every peer takes.
const OPEN_BYTES: u64 = Limits::ANNOUNCED_BYTES;
/// The same, beside the largest of them. 8 MiB: a callee that is at its bound takes that of one link all the same, as
/// what has begun can only end; enough that one of usual size never waits for a huge one.
const OPEN_BESIDE: u64 = 8 << 20;

/// The messages with large values of one link that are not sent in whole.
#[derive(Debug, Default)]
pub(super) struct Large {
    /// Under way, in round robin.
    open: VecDeque<Open>,
    /// Not announced yet: a peer takes only so many half received. Where something is here, something is under way.
    held: VecDeque<(Announce, CallId, Body)>,
    /// Bytes of the messages under way, as announced.
    open_bytes: u64,
    /// Bytes of the large values here and in the chunk that is sent: each whole until its last byte is sent, as it
    /// stays in memory until then.
    pub(super) kept_bytes: u64,
}

#[derive(Debug)]
struct Open {
    call: CallId,
    blobs: VecDeque<Blob>,
    announced: u64,
    /// Bytes of those that are in `blobs`.
    kept: u64,
    /// Bytes of the first blob that are in chunks already.
    sent: usize,
}

/// A piece of a large value, sent in part.
pub(super) struct Chunk {
    pub(super) call: CallId,
    head: [u8; Head::SIZE],
    head_sent: usize,
    bytes: SharedBytes,
    from: usize,
    to: usize,
    /// The bytes of its large value where this is the end of it.
    frees: u64,
    /// Whether it is the end of its message.
    pub(super) is_last: bool,
}

impl Large {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// How many messages are not in chunks in whole.
    pub(super) fn len(&self) -> usize {
        self.open.len() + self.held.len()
    }

    /// Those, by their calls.
    pub(super) fn calls(&self) -> impl Iterator<Item = CallId> {
        let open = self.open.iter().map(|open| open.call);
        open.chain(self.held.iter().map(|(_, held, _)| *held))
    }

    /// Whether a message may be announced now.
    pub(super) fn may_open(&self, body: &Body) -> bool {
        self.held.is_empty() && self.has_room(body)
    }

    fn has_room(&self, body: &Body) -> bool {
        if self.open.is_empty() {
            return true;
        }
        let bytes = body.len();
        let largest = self.open.iter().map(|open| open.announced).max();
        let largest = largest.map_or(bytes, |largest| largest.max(bytes));
        let all = self.open_bytes.saturating_add(bytes);
        self.open.len() < OPEN_MESSAGES && all <= OPEN_BYTES && all - largest <= OPEN_BESIDE
    }

    /// Keeps a message until it may be announced.
    pub(super) fn hold(&mut self, announce: Announce, call: CallId, body: Body) {
        self.kept_bytes += body.len();
        self.held.push_back((announce, call, body));
    }

    /// The message that was held longest, if it may be announced now.
    pub(super) fn next_held(&mut self) -> Option<(Announce, CallId, Body)> {
        let (_, _, body) = self.held.front()?;
        if !self.has_room(body) {
            return None;
        }
        let next = self.held.pop_front()?;
        self.kept_bytes -= next.2.len();
        Some(next)
    }

    /// The body of a message that is held, in exchange for another.
    pub(super) fn swap_held(&mut self, call: CallId, body: &mut Body) {
        if let Some(held) = self.held.iter_mut().find(|(_, held, _)| *held == call) {
            std::mem::swap(body, &mut held.2);
        }
    }

    /// The message of this call is announced, and its values follow, so many bytes. They stay where they are.
    pub(super) fn open(&mut self, call: CallId, blobs: &[Blob], announced: u64) {
        self.open_bytes += announced;
        self.kept_bytes += announced;
        self.open.push_back(Open {
            call,
            blobs: blobs.iter().cloned().collect(),
            announced,
            kept: announced,
            sent: 0,
        });
    }

    /// Drops what is not in chunks of a message.
    pub(super) fn cancel(&mut self, call: CallId) {
        if let Some(index) = self.held.iter().position(|(_, held, _)| *held == call)
            && let Some((_, _, body)) = self.held.remove(index)
        {
            self.kept_bytes -= body.len();
        }
        if let Some(index) = self.open.iter().position(|open| open.call == call)
            && let Some(open) = self.open.remove(index)
        {
            self.kept_bytes -= open.kept;
            self.open_bytes -= open.announced;
        }
    }

    /// The next piece of the next large value, in round robin, so that one cannot hold up another for long. After the
    /// last piece of a message those that are held may be announced.
    pub(super) fn next_chunk(&mut self) -> Option<Chunk> {
        let mut open = self.open.pop_front()?;
        let call = open.call;
        let blob = open.blobs.front()?;
        let bytes = blob.bytes.clone();
        let whole = (*bytes).as_ref().len();
        let (from, to) = (open.sent, whole.min(open.sent + Limits::CHUNK_BYTES));
        open.sent = to;
        let length = u32::try_from(to - from).expect("a chunk is 256 KiB at most");
        let head = Head::new(FrameKind::Chunk, 0, call, length).to_bytes();
        let mut frees = 0;
        if to == whole {
            open.blobs.pop_front();
            open.sent = 0;
            frees = whole as u64;
            open.kept -= frees;
        }
        let is_last = open.blobs.is_empty();
        if is_last {
            self.open_bytes -= open.announced;
        } else {
            self.open.push_back(open);
        }
        Some(Chunk {
            call,
            head,
            head_sent: 0,
            bytes,
            from,
            to,
            frees,
            is_last,
        })
    }

    /// A chunk is with the kernel in whole.
    pub(super) fn sent(&mut self, chunk: &Chunk) {
        self.kept_bytes -= chunk.frees;
    }
}

impl Chunk {
    /// What is left of its head, and of its bytes.
    pub(super) fn rest(&self) -> (&[u8], &[u8]) {
        let bytes = &(*self.bytes).as_ref()[self.from..self.to];
        (&self.head[self.head_sent..], bytes)
    }

    /// Copies what is left of its bytes, and lets go of the memory of its value.
    pub(super) fn copy_rest(&mut self) {
        let rest = (*self.bytes).as_ref()[self.from..self.to].to_vec();
        (self.from, self.to) = (0, rest.len());
        self.bytes = Arc::new(rest);
    }

    /// So many bytes more are with the kernel; whether that is all of it.
    pub(super) fn advance(&mut self, bytes: usize) -> bool {
        let head = bytes.min(Head::SIZE - self.head_sent);
        self.head_sent += head;
        self.from += bytes - head;
        self.from == self.to && self.head_sent == Head::SIZE
    }
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chunk({}..{})", self.from, self.to)
    }
}
