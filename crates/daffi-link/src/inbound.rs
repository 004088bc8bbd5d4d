//! From the bytes of a socket to whole messages: large values are read straight into their landing.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::message::{Allocator, Landing, OutOfMemory, Received};
use crate::serve::{Admission, Budget, NoShare, Share};
use crate::wire::{Moved, Wire};
use daffi_proto::{
    BadBlobs, BadHead, BlobInfo, BlobKind, CallId, Failure, FailureCode, Farewell, FrameKind, Head,
    Limits, ReplyStatus, Request, Wanted, read_blob_table,
};

/// Bytes read at a time. 64 KiB: a batch of some thousand small calls, and no more memory per link than that.
const BUFFER_BYTES: usize = 64 << 10;
/// Bytes read behind a chunk in the same system call: the next head, and hardly anything that must be copied again.
const BEHIND_A_CHUNK: usize = 512;

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
    Leaving(Farewell),
    /// A request that fails without being served: what it announced is dropped as it comes.
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
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}

/// What one attempt to read brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    Some,
    NotNow,
    Gone,
}

/// A message whose blobs are still arriving.
struct Partial {
    incoming: Incoming,
    rows: Vec<BlobInfo>,
    landings: Vec<Box<dyn Landing>>,
    /// Bytes of the last landing that have arrived.
    filled: usize,
}

/// The receiving state of one link. Owned by whoever reads.
pub(crate) struct Inbound {
    limits: Limits,
    allocator: Arc<dyn Allocator>,
    /// Whoever reads now must not wait for memory.
    at_once: bool,
    /// Which side we are: a caller reads replies, a callee requests, which have a share each.
    budget: Option<Arc<Budget>>,
    admission: (Admission, bool),
    /// The next frame is a request that waits for its share.
    is_stalled: bool,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// A frame too long for the buffer, and how much of it is there.
    long: Option<(Head, Vec<u8>, usize)>,
    /// Ordered: the peer chooses the numbers, and could choose such as share a place in a table that hashes them.
    partial: BTreeMap<CallId, Partial>,
    /// What `partial` has announced, so that announcements alone cannot promise more than two messages' memory.
    announced: u64,
    /// The chunk that is arriving, and how many of its bytes are missing. A chunk of a dropped message is skipped.
    chunk: Option<(CallId, usize)>,
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
            admission: (Admission::IfItFits, false),
            is_stalled: false,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
            long: None,
            partial: BTreeMap::new(),
            announced: 0,
            chunk: None,
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

    /// How the next request is let in, and whether it may overdraw the budget.
    pub(crate) fn set_admission(&mut self, admission: (Admission, bool)) {
        self.admission = admission;
    }

    /// Whether [`Self::next`] gave nothing as the next request waits for its share. Nothing is to be read before it.
    pub(crate) fn is_stalled(&self) -> bool {
        self.is_stalled
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
        let moved = if let Some((call, missing)) = self.chunk
            && let Some(partial) = self.partial.get_mut(&call)
            && let Some(landing) = partial.landings.last_mut()
        {
            debug_assert_eq!(
                self.start, self.end,
                "a chunk takes all buffered bytes first"
            );
            let into = &mut landing.bytes_mut()[partial.filled..partial.filled + missing];
            let moved = wire.receive_both(into, &mut self.buffer[..BEHIND_A_CHUNK]);
            if let Moved::Bytes(bytes) = moved {
                let landed = bytes.min(missing);
                partial.filled += landed;
                self.chunk = Some((call, missing - landed));
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
            self.make_room();
            let moved = wire.receive(&mut self.buffer[self.end..]);
            if let Moved::Bytes(bytes) = moved {
                self.end += bytes;
            }
            moved
        };
        match moved {
            Moved::Bytes(_) => Filled::Some,
            Moved::NotNow => Filled::NotNow,
            Moved::Gone => Filled::Gone,
        }
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
        self.is_stalled = false;
        loop {
            if self.skip > 0 {
                let skipped = self.skip.min(self.end - self.start);
                self.start += skipped;
                self.skip -= skipped;
                if self.skip > 0 {
                    return Ok(None);
                }
            }
            if let Some((call, missing)) = self.chunk {
                if !self.take_chunk(call, missing) {
                    return Ok(None);
                }
                if let Some(done) = self.finish(call) {
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
                    None if self.is_stalled => {
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
                    self.begin_chunk(head.call, length)?;
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
                    if self.is_stalled {
                        self.start = from - Head::SIZE;
                        return Ok(None);
                    }
                }
                Some(_) if Head::SIZE + length <= BUFFER_BYTES => return Ok(None),
                Some(_) => {
                    let mut body = vec![0; length];
                    body[..there].copy_from_slice(rest);
                    (self.start, self.end) = (0, 0);
                    self.long = Some((head, body, there));
                }
            }
        }
    }

    /// Reads a frame other than a chunk; gives the message if it is whole.
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
                let farewell = Farewell::from_flags(head.flags);
                Ok(self.budget.is_none().then_some(Incoming::Leaving(farewell)))
            }
            Some(kind) => Err(Violation::Misplaced(kind)),
            None => Ok(None),
        }
    }

    fn announce(
        &mut self,
        mut incoming: Incoming,
        call: CallId,
        has_blobs: bool,
        rest: &[u8],
    ) -> Result<Option<Incoming>, Violation> {
        let (rows, payload) = match has_blobs.then(|| read_blob_table(rest, &self.limits)) {
            Some(Err(BadBlobs::TooLarge { length, limit })) => {
                // The peer may have been set up to send more than we take: no reason to end its other calls.
                self.forget(call);
                return Ok(Some(incoming.refused(length, limit)));
            }
            Some(table) => table?,
            None => (Vec::new(), rest),
        };
        let announced: u64 = rows.iter().map(|row| row.length).sum();
        let bytes = announced + payload.len() as u64;
        match self.share_of(&mut incoming, bytes) {
            Ok(()) => {}
            Err(NoShare::Wait) => {
                self.is_stalled = true;
                return Ok(None);
            }
            Err(NoShare::Refused(failure)) => {
                self.forget(call);
                return Ok(Some(incoming.refused_as(failure)));
            }
        }
        incoming.body_mut().payload = payload.to_vec();
        if rows.is_empty() {
            // A failure may end a reply that is half received: the relay found its callee gone.
            self.forget(call);
            return Ok(Some(incoming));
        }
        self.announced += announced;
        let too_much = self.announced > self.limits.announced_bytes();
        if too_much
            || self.partial.len() >= self.limits.partial_messages
            || self.partial.contains_key(&call)
        {
            return Err(Violation::TooManyPartial);
        }
        incoming.set_partial(true);
        self.partial.insert(
            call,
            Partial {
                incoming,
                rows,
                landings: Vec::new(),
                filled: 0,
            },
        );
        Ok(None)
    }

    /// Gives a request its share.
    fn share_of(&self, incoming: &mut Incoming, bytes: u64) -> Result<(), NoShare> {
        if let (Some(budget), Incoming::Request { request, share, .. }) = (&self.budget, incoming) {
            *share = budget.take(request, bytes, self.admission)?;
        }
        Ok(())
    }

    fn begin_chunk(&mut self, call: CallId, length: usize) -> Result<(), Violation> {
        let Some(partial) = self.partial.get_mut(&call) else {
            // A cancel may overtake the chunks of its message: what still comes of it is dropped.
            self.skip = length;
            return Ok(());
        };
        let current_is_full = partial
            .landings
            .last()
            .is_none_or(|landing| landing.bytes().len() == partial.filled);
        if current_is_full {
            let row = partial
                .rows
                .get(partial.landings.len())
                .ok_or(Violation::StrayChunk)?;
            let bytes = usize::try_from(row.length).unwrap_or(usize::MAX);
            let landing = match row.kind {
                BlobKind::Payload => crate::HeapAllocator.allocate(row.kind, bytes)?,
                kind if self.at_once => self.allocator.allocate_at_once(kind, bytes)?,
                kind => self.allocator.allocate(kind, bytes)?,
            };
            partial.landings.push(landing);
            partial.filled = 0;
        }
        let room = partial
            .landings
            .last()
            .map_or(0, |landing| landing.bytes().len() - partial.filled);
        if length > room || length == 0 {
            return Err(Violation::LongChunk);
        }
        self.chunk = Some((call, length));
        Ok(())
    }

    /// Moves what is buffered into the landing; whether the chunk is complete.
    fn take_chunk(&mut self, call: CallId, missing: usize) -> bool {
        let there = missing.min(self.end - self.start);
        if let Some(partial) = self.partial.get_mut(&call)
            && let Some(landing) = partial.landings.last_mut()
        {
            let into = &mut landing.bytes_mut()[partial.filled..partial.filled + there];
            into.copy_from_slice(&self.buffer[self.start..self.start + there]);
            partial.filled += there;
        }
        self.start += there;
        self.chunk = (there < missing).then_some((call, missing - there));
        self.chunk.is_none()
    }

    /// Gives the message out if its last blob is full.
    fn finish(&mut self, call: CallId) -> Option<Incoming> {
        let partial = self.partial.get(&call)?;
        let last = partial.landings.last()?;
        if partial.landings.len() < partial.rows.len() || partial.filled < last.bytes().len() {
            return None;
        }
        let mut partial = self.forget(call)?;
        partial.incoming.set_partial(false);
        let body = partial.incoming.body_mut();
        if partial
            .rows
            .last()
            .is_some_and(|row| row.kind == BlobKind::Payload)
        {
            let payload = partial.landings.pop()?.into_any().downcast::<Vec<u8>>();
            body.payload = *payload.expect("payloads land in HeapAllocator's vectors");
        }
        body.blobs = partial.landings;
        Some(partial.incoming)
    }

    fn forget(&mut self, call: CallId) -> Option<Partial> {
        let partial = self.partial.remove(&call)?;
        self.announced -= partial.rows.iter().map(|row| row.length).sum::<u64>();
        if let Some((_, missing)) = self.chunk.take_if(|(current, _)| *current == call) {
            self.skip = missing;
        }
        Some(partial)
    }
}

impl Incoming {
    fn set_partial(&mut self, is_partial: bool) {
        if let Self::Request {
            share: Some(share), ..
        } = self
        {
            share.set_partial(is_partial);
        }
    }

    /// The same request, ended before it is served.
    fn refused_as(self, failure: Failure) -> Self {
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
    fn refused(self, length: u64, limit: u64) -> Self {
        match self {
            Self::Request { .. } => {
                self.refused_as(too_large(FailureCode::BadArguments, length, limit))
            }
            Self::Reply { call, .. } => Self::Reply {
                call,
                status: ReplyStatus::Failed,
                body: Received {
                    payload: too_large(FailureCode::BadResult, length, limit).to_payload(),
                    blobs: Vec::new(),
                },
            },
            other => other,
        }
    }

    fn body_mut(&mut self) -> &mut Received {
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
