//! From the bytes of a socket to whole messages: large values are read straight into their landing.

mod ahead;
mod incoming;
mod partial;

use std::sync::Arc;

use daffi_proto::{
    BadBlobs, BlobKind, CallId, Failure, FailureCode, FrameKind, Head, Leaving, Limits,
    ReplyStatus, Request, read_blob_table,
};

pub(crate) use self::ahead::Ahead;
pub(crate) use self::incoming::{Incoming, Violation, too_large};
use self::partial::{Begun, Partials};
use crate::budget::{Budget, NoShare, Terms};
use crate::message::{Allocator, Received};
use crate::wire::{Moved, Wire};

/// Bytes read at a time. 64 KiB: a batch of some thousand small calls, and no more memory per link than that.
const BUFFER_BYTES: usize = 64 << 10;
/// Bytes read behind a chunk in the same system call: the next head, and hardly anything that must be copied again.
const BEHIND_A_CHUNK: usize = 512;

/// What one attempt to read brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    Some,
    NotNow,
    Gone,
}

impl From<Moved> for Filled {
    fn from(moved: Moved) -> Self {
        match moved {
            Moved::Bytes(_) => Self::Some,
            Moved::NotNow => Self::NotNow,
            Moved::Gone => Self::Gone,
        }
    }
}

/// The receiving state of one link. Owned by whoever reads.
pub(crate) struct Inbound {
    limits: Limits,
    allocator: Arc<dyn Allocator>,
    /// Whoever reads now must not wait for memory.
    at_once: bool,
    /// Which side we are: a caller reads replies, a callee requests, which have a share each.
    budget: Option<Arc<Budget>>,
    terms: Terms,
    /// The request of the next frame waits for its share of the budget.
    awaiting_share: Option<CallId>,
    /// How far the bytes behind it were looked at.
    ahead: usize,
    /// A request that waited for its share and that nobody waits for any more.
    given_up: Option<CallId>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// A frame too long for the buffer, and how much of it is there.
    long: Option<(Head, Vec<u8>, usize)>,
    partial: Partials,
    /// Bytes of an unknown optional frame still to be skipped.
    skip: usize,
}

impl Inbound {
    /// For replies.
    pub(crate) fn new(limits: Limits, allocator: Arc<dyn Allocator>) -> Self {
        Self {
            limits,
            allocator,
            at_once: false,
            budget: None,
            terms: Terms::usual(),
            awaiting_share: None,
            ahead: 0,
            given_up: None,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
            long: None,
            partial: Partials::default(),
            skip: 0,
        }
    }

    /// For requests, which have their share of this.
    pub(crate) fn of_requests(
        budget: Arc<Budget>,
        limits: Limits,
        allocator: Arc<dyn Allocator>,
    ) -> Self {
        Self {
            budget: Some(budget),
            ..Self::new(limits, allocator)
        }
    }

    /// On what terms the next request is let in.
    pub(crate) fn set_terms(&mut self, terms: Terms) {
        self.terms = terms;
    }

    /// Whether [`Self::next`] gave nothing as the next request waits for its share. Nothing is to be read before it.
    pub(crate) fn awaits_share(&self) -> bool {
        self.awaiting_share.is_some()
    }

    /// Whether messages are half received.
    pub(crate) fn has_partial(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Says whether whoever reads from now on must not wait for memory.
    pub(crate) fn set_at_once(&mut self, at_once: bool) {
        self.at_once = at_once;
    }

    /// Reads once, without blocking. Call [`Self::next`] until it is empty before reading again.
    pub(crate) fn fill(&mut self, wire: &Wire) -> Filled {
        let moved = if let Some(rest) = self.partial.rest_of_chunk() {
            debug_assert_eq!(
                self.start, self.end,
                "a chunk takes all buffered bytes first"
            );
            let missing = rest.len();
            let moved = wire.receive_both(rest, &mut self.buffer[..BEHIND_A_CHUNK]);
            if let Moved::Bytes(bytes) = moved {
                let landed = bytes.min(missing);
                self.partial.landed(landed);
                (self.start, self.end) = (0, bytes - landed);
            }
            moved
        } else if let Some((_, body, filled)) = &mut self.long {
            let moved = wire.receive(&mut body[*filled..]);
            if let Moved::Bytes(bytes) = moved {
                *filled += bytes;
            }
            moved
        } else {
            self.fill_buffer(wire)
        };
        Filled::from(moved)
    }

    fn fill_buffer(&mut self, wire: &Wire) -> Moved {
        self.make_room();
        let moved = wire.receive(&mut self.buffer[self.end..]);
        if let Moved::Bytes(bytes) = moved {
            self.end += bytes;
        }
        moved
    }

    /// Moves the rest of a frame to the front, so that a head and what follows always fit.
    fn make_room(&mut self) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
    }

    /// Whether a message or frame has come in part, or its bytes are still to be looked at.
    pub(crate) fn is_within_message(&self) -> bool {
        !self.partial.is_empty() || self.long.is_some() || self.skip > 0 || self.start < self.end
    }

    /// The next whole message among the bytes read so far.
    pub(crate) fn next(&mut self) -> Result<Option<Incoming>, Violation> {
        (self.awaiting_share, self.ahead) = (None, 0);
        loop {
            if self.skip > 0 {
                let skipped = self.skip.min(self.end - self.start);
                self.start += skipped;
                self.skip -= skipped;
                if self.skip > 0 {
                    return Ok(None);
                }
            }
            if self.partial.is_in_chunk() {
                self.take_chunk();
                let Some(call) = self.partial.end_chunk() else {
                    return Ok(None);
                };
                if let Some(done) = self.partial.finish(call) {
                    return Ok(Some(done));
                }
                continue;
            }
            if let Some((head, body, filled)) = self.long.take() {
                if filled < body.len() {
                    self.long = Some((head, body, filled));
                    return Ok(None);
                }
                match self.frame(head, &body)? {
                    Some(done) => return Ok(Some(done)),
                    None if self.awaits_share() => {
                        self.long = Some((head, body, filled));
                        return Ok(None);
                    }
                    None => continue,
                }
            }
            let Some((bytes, rest)) =
                self.buffer[self.start..self.end].split_first_chunk::<{ Head::SIZE }>()
            else {
                return Ok(None);
            };
            let head = Head::parse(*bytes, &self.limits)?;
            let (length, there) = (head.length as usize, rest.len());
            match head.known_kind() {
                None => {
                    self.start += Head::SIZE;
                    self.skip = length;
                }
                Some(FrameKind::Chunk) => {
                    self.start += Head::SIZE;
                    if let Some(refused) = self.begin_chunk(head.call, length)? {
                        return Ok(Some(refused));
                    }
                }
                Some(_) if there >= length => {
                    let from = self.start + Head::SIZE;
                    self.start = from + length;
                    // The buffer is lent to the parser; nothing in there touches it.
                    let buffer = std::mem::take(&mut self.buffer);
                    let done = self.frame(head, &buffer[from..from + length]);
                    self.buffer = buffer;
                    if let Some(done) = done? {
                        return Ok(Some(done));
                    }
                    if self.awaits_share() {
                        self.start = from - Head::SIZE;
                        self.ahead = Head::SIZE + length;
                        return Ok(None);
                    }
                }
                Some(_) if Head::SIZE + length <= BUFFER_BYTES => return Ok(None),
                Some(_) => self.begin_long(head),
            }
        }
    }

    /// A frame that is longer than the buffer is gathered apart.
    #[cold]
    fn begin_long(&mut self, head: Head) {
        let mut body = vec![0; head.length as usize];
        let there = &self.buffer[self.start + Head::SIZE..self.end];
        body[..there.len()].copy_from_slice(there);
        self.long = Some((head, body, there.len()));
        (self.start, self.end) = (0, 0);
    }

    /// Reads a frame other than a chunk; gives the message if it is whole.
    #[inline]
    fn frame(&mut self, head: Head, body: &[u8]) -> Result<Option<Incoming>, Violation> {
        let call = head.call;
        match head.known_kind() {
            Some(kind @ FrameKind::Request) if self.budget.is_some() => {
                let (request, rest) =
                    Request::parse(head.flags, body).ok_or(Violation::Body(kind))?;
                let incoming = Incoming::Request {
                    call,
                    request,
                    body: Received::default(),
                    share: None,
                };
                self.announce(incoming, call, head.flags & Request::BLOBS != 0, rest)
            }
            Some(kind @ FrameKind::Reply) if self.budget.is_none() => {
                let status = ReplyStatus::from_flags(head.flags).ok_or(Violation::Body(kind))?;
                let incoming = Incoming::Reply {
                    call,
                    status,
                    body: Received::default(),
                };
                self.announce(incoming, call, head.flags & ReplyStatus::BLOBS != 0, body)
            }
            Some(FrameKind::Cancel) if self.budget.is_some() => {
                self.forget(call);
                Ok(Some(Incoming::Cancel { call }))
            }
            // It has said all by coming.
            Some(FrameKind::Alive) => Ok(None),
            Some(FrameKind::Leaving) => {
                let leaving = Leaving::from_flags(head.flags);
                Ok(self.budget.is_none().then_some(Incoming::Leaving(leaving)))
            }
            Some(kind) => Err(Violation::Misplaced(kind)),
            None => Ok(None),
        }
    }

    #[inline]
    fn announce(
        &mut self,
        mut incoming: Incoming,
        call: CallId,
        has_blobs: bool,
        rest: &[u8],
    ) -> Result<Option<Incoming>, Violation> {
        if has_blobs {
            return self.announce_large(incoming, call, rest);
        }
        if let Err(none) = self.share_of(call, &mut incoming, rest.len() as u64) {
            return Ok(self.without_share(incoming, call, none));
        }
        incoming.body_mut().payload = rest.to_vec();
        // A failure may end a reply that is half received: the relay found its callee gone.
        self.forget(call);
        Ok(Some(incoming))
    }

    /// The same for a message whose large values come in chunks.
    #[inline(never)]
    fn announce_large(
        &mut self,
        mut incoming: Incoming,
        call: CallId,
        rest: &[u8],
    ) -> Result<Option<Incoming>, Violation> {
        let (rows, payload) = match read_blob_table(rest, &self.limits) {
            Err(BadBlobs::TooLarge { length, limit }) => {
                // The peer may have been set up to send more than we take: no reason to end its other calls.
                self.forget(call);
                return Ok(Some(incoming.refused(length, limit)));
            }
            table => table?,
        };
        let announced: u64 = rows.iter().map(|row| row.length).sum();
        let bytes = announced + payload.len() as u64;
        if let Err(none) = self.share_of(call, &mut incoming, bytes) {
            return Ok(self.without_share(incoming, call, none));
        }
        incoming.body_mut().payload = payload.to_vec();
        if rows.is_empty() {
            self.forget(call);
            return Ok(Some(incoming));
        }
        self.partial.add(call, incoming, rows, &self.limits)?;
        Ok(None)
    }

    /// A request that gets no share waits, or is refused.
    #[cold]
    fn without_share(
        &mut self,
        incoming: Incoming,
        call: CallId,
        none: NoShare,
    ) -> Option<Incoming> {
        match none {
            NoShare::Wait => {
                self.awaiting_share = Some(call);
                None
            }
            NoShare::Refused(failure) => {
                self.forget(call);
                Some(incoming.refused_as(failure))
            }
        }
    }

    /// Gives a request its share.
    #[inline]
    fn share_of(
        &mut self,
        call: CallId,
        incoming: &mut Incoming,
        bytes: u64,
    ) -> Result<(), NoShare> {
        if let (Some(budget), Incoming::Request { request, share, .. }) = (&self.budget, incoming) {
            if self
                .given_up
                .take_if(|given_up| *given_up == call)
                .is_some()
            {
                let text = "cancelled before it ran";
                return Err(NoShare::Refused(Failure::new(FailureCode::Cancelled, text)));
            }
            *share = budget.take(request, bytes, self.terms)?;
        }
        Ok(())
    }

    /// Moves what is buffered into the landing of the chunk.
    fn take_chunk(&mut self) {
        let Some(rest) = self.partial.rest_of_chunk() else {
            return;
        };
        let there = rest.len().min(self.end - self.start);
        rest[..there].copy_from_slice(&self.buffer[self.start..self.start + there]);
        self.partial.landed(there);
        self.start += there;
    }

    /// The message, ended, where there is no memory for it.
    fn begin_chunk(&mut self, call: CallId, length: usize) -> Result<Option<Incoming>, Violation> {
        let (allocator, at_once) = (&self.allocator, self.at_once);
        let begun = self
            .partial
            .begin_chunk(call, length, |kind, bytes| match kind {
                BlobKind::Payload => crate::HeapAllocator.allocate(kind, bytes),
                kind if at_once => allocator.allocate_at_once(kind, bytes),
                kind => allocator.allocate(kind, bytes),
            })?;
        match begun {
            Begun::Known => Ok(None),
            // A cancel may overtake the chunks of its message: what still comes of it is dropped.
            Begun::Unknown => {
                self.skip = length;
                Ok(None)
            }
            // The other calls of the link have nothing to do with it.
            Begun::NoMemory(incoming, none) => {
                self.skip = length;
                Ok(Some(incoming.refused_for_memory(none)))
            }
        }
    }

    /// Drops what has come of a message, and what still comes of its chunk.
    fn forget(&mut self, call: CallId) {
        self.skip += self.partial.forget(call);
    }
}

impl std::fmt::Debug for Inbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Inbound({} bytes buffered, {} partial)",
            self.end - self.start,
            self.partial.len()
        )
    }
}
