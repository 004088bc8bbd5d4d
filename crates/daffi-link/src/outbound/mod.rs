//! From messages to the bytes of a socket: small frames at once, large values in chunks between which small ones pass.
//!
//! Nothing here blocks. What the kernel does not take now is kept, and the thread that wrote it has it sent later: it
//! waits until the socket takes more, or leaves that to the epoll or to the house-keeper.

mod large;

use std::sync::Arc;

use daffi_proto::{CallId, FrameKind, Head, Leaving, ReplyStatus, Request, write_blob_table};
use parking_lot::Mutex;

use self::large::{Chunk, Large};
use crate::message::{Blob, Body};
use crate::wire::{Moved, Wire};

/// A payload up to this long stands in its frame; a longer one travels as a blob. Half a frame: fixed parts and table
/// fit beside it.
const INLINE_PAYLOAD: usize = 512 << 10;
/// Bytes kept for a peer that does not read, before its link counts as clogged. 4 MiB: some 40,000 small replies, or as
/// much of large values as any socket holds.
const CLOGGED_BYTES: usize = 4 << 20;
/// The same of large values where this side calls. 8 MiB: no more than that is announced to the peer at a time, so more
/// of it here would only wait where no bound of a caller counts it. A single larger value is kept in whole.
const CLOGGED_LARGE_BYTES: u64 = 8 << 20;
/// How many bytes are handed to the kernel while the lock is held. 512 KiB, which takes some 100 us: a thread with
/// something small to send waits that long at most behind large values that the peer reads as fast as they come.
const AT_ONCE: usize = 512 << 10;
/// The most that is sent before the language's lock is given back. 16 KiB, which take some 3 us to copy.
const SMALL_BYTES: usize = 16 << 10;
/// A buffer that has grown beyond this is given back when it is empty.
const KEEP_BYTES: usize = 256 << 10;

/// How far the bytes of a link have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The kernel has everything, or everything of the message that is sent.
    All,
    /// Something is kept: the kernel takes no more now, or has taken as much as it is given at a time.
    Waiting,
    /// The peer has gone; nothing is kept, and the message that is sent has not gone out in whole.
    Gone,
}

/// What a flush has left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    pub(crate) sent: Sent,
    /// So much is kept that nothing should be added before the peer has read some of it.
    pub(crate) is_clogged: bool,
    /// All that is kept: of large values, whole ones, as they stay in memory.
    pub(crate) bytes: u64,
}

/// The two frames that have a payload.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Announce {
    Request(Request),
    Reply(ReplyStatus),
}

/// Whether a message stands in its frame or travels in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    Small,
    Large,
}

impl Size {
    pub(crate) fn of(body: &Body) -> Self {
        if body.blobs.is_empty() && body.payload.len() <= INLINE_PAYLOAD {
            Self::Small
        } else {
            Self::Large
        }
    }

    /// The most bytes of large values that may be kept before such a message. A small one passes between their chunks.
    const fn most_large_bytes(self) -> u64 {
        match self {
            Self::Small => u64::MAX,
            Self::Large => CLOGGED_LARGE_BYTES,
        }
    }
}

/// The sending state of one link, shared by all threads that write to it.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Frames that are not sent; the first `from` bytes are.
    buffer: Vec<u8>,
    from: usize,
    /// A chunk that is sent in part: it must end before any frame begins.
    chunk: Option<Chunk>,
    large: Large,
    /// Bytes that have left `buffer` so far: says whether a message went out before the peer was gone.
    taken: u64,
    /// The kernel took no more when something was last to be sent.
    blocked: bool,
    /// It took something after that, so the peer has read. Cleared by the look that asks.
    unblocked: bool,
    gone: bool,
    /// The messages with large values that were not sent in whole before the peer was gone.
    unsent: Vec<CallId>,
}

impl Outbound {
    /// Puts a message behind what is kept, and sends some of it now. Where the peer has gone before it had the message in
    /// whole, `body` can be sent elsewhere; else nothing of it is needed any more.
    pub(crate) fn send(
        &self,
        wire: &Wire,
        announce: Announce,
        call: CallId,
        body: &mut Body,
    ) -> Sent {
        self.state.lock().send(wire, announce, call, body)
    }

    /// The same where no more is kept than may be; nothing where it is.
    pub(crate) fn send_if_room(
        &self,
        wire: &Wire,
        announce: Announce,
        call: CallId,
        body: &mut Body,
    ) -> Option<Sent> {
        let mut state = self.state.lock();
        let has_room = !state.is_clogged(Size::of(body).most_large_bytes());
        has_room.then(|| state.send(wire, announce, call, body))
    }

    /// Puts a message behind what is kept and leaves sending to a later [`Self::flush`]; how many bytes are kept now.
    pub(crate) fn defer(&self, announce: Announce, call: CallId, mut body: Body) -> u64 {
        let mut state = self.state.lock();
        state.push(announce, call, &mut body);
        state.kept()
    }

    /// Tells the callee that nobody waits for a call any more; drops what is not yet sent of it.
    pub(crate) fn cancel(&self, wire: &Wire, call: CallId) -> Sent {
        let mut state = self.state.lock();
        if state.gone {
            return Sent::Gone;
        }
        state
            .buffer
            .extend_from_slice(&Head::new(FrameKind::Cancel, 0, call, 0).to_bytes());
        state.large.cancel(call);
        // Their frames go behind the cancel: the peer drops this message before the next one is announced.
        state.announce_held();
        state.let_go(call);
        state.flush(wire)
    }

    /// Drops what is not yet sent of a call that has its answer already, as one that the callee refused.
    pub(crate) fn withdraw(&self, wire: &Wire, call: CallId) {
        let is_kept = !self.state.lock().has_left(call);
        if is_kept {
            self.cancel(wire, call);
        }
    }

    /// Shows that this side lives: by a frame of its own where nothing else waits to go out.
    pub(crate) fn show_life(&self) {
        let mut state = self.state.lock();
        if !state.gone && state.is_empty() {
            let head = Head::new(FrameKind::Alive, 0, CallId::NONE, 0);
            state.buffer.extend_from_slice(&head.to_bytes());
        }
    }

    /// Says that this side leaves, with the next [`Self::flush`].
    pub(crate) fn say(&self, leaving: Leaving) {
        let mut state = self.state.lock();
        if !state.gone {
            let head = Head::new(FrameKind::Leaving, leaving.flags(), CallId::NONE, 0);
            state.buffer.extend_from_slice(&head.to_bytes());
        }
    }

    /// Whether the peer has read since this was last asked, after it had not for a while.
    pub(crate) fn take_unblocked(&self) -> bool {
        std::mem::take(&mut self.state.lock().unblocked)
    }

    /// Sends what the kernel takes now, up to a bound.
    pub(crate) fn flush(&self, wire: &Wire) -> Sent {
        self.state.lock().flush(wire)
    }

    /// Like [`Self::flush`], and tells what is left before anyone else can write.
    pub(crate) fn flush_then<T>(&self, wire: &Wire, then: impl FnOnce(Left) -> T) -> T {
        self.state.lock().flush_then(wire, then)
    }

    /// The same where no more is kept than the kernel takes in next to no time; nothing where it is more.
    pub(crate) fn flush_small_then<T>(
        &self,
        wire: &Wire,
        then: impl FnOnce(Left) -> T,
    ) -> Option<T> {
        let mut state = self.state.lock();
        state.is_small().then(|| state.flush_then(wire, then))
    }

    /// Whether the kernel takes no more until the peer reads.
    pub(crate) fn is_blocked(&self) -> bool {
        self.state.lock().blocked
    }

    /// Whether so much is kept that such a message should not be added before some of it has gone.
    pub(crate) fn is_clogged_for(&self, message: Size) -> bool {
        self.state.lock().is_clogged(message.most_large_bytes())
    }

    /// Whether something is kept.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.state.lock().is_empty()
    }

    /// Drops what is kept and takes nothing more; gives the messages with large values that were not sent in whole.
    pub(crate) fn close(&self) -> Vec<CallId> {
        let mut state = self.state.lock();
        state.give_up();
        std::mem::take(&mut state.unsent)
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.buffer.len() == self.from && self.chunk.is_none() && self.large.is_empty()
    }

    /// All that is kept: of large values, whole ones.
    fn kept(&self) -> u64 {
        (self.buffer.len() - self.from) as u64 + self.large.kept_bytes
    }

    fn is_small(&self) -> bool {
        let has_large = self.chunk.is_some() || !self.large.is_empty();
        !has_large && self.buffer.len() - self.from <= SMALL_BYTES
    }

    fn send(&mut self, wire: &Wire, announce: Announce, call: CallId, body: &mut Body) -> Sent {
        if !self.push(announce, call, body) {
            return Sent::Gone;
        }
        let end = self.taken + (self.buffer.len() - self.from) as u64;
        match self.drive(wire) {
            // If only other messages are left, the peer had this one in whole, and may have acted on it before it went.
            Sent::Gone if self.has_sent(call, end) => {
                self.give_up();
                Sent::All
            }
            Sent::Gone => {
                self.large.swap_held(call, body);
                self.give_up()
            }
            sent => sent,
        }
    }

    fn flush_then<T>(&mut self, wire: &Wire, then: impl FnOnce(Left) -> T) -> T {
        let sent = self.flush(wire);
        then(Left {
            sent,
            is_clogged: self.is_clogged(CLOGGED_BYTES as u64),
            bytes: self.kept(),
        })
    }

    /// Whether more is kept than may be. A single message with large values may have any size.
    fn is_clogged(&self, large_bytes: u64) -> bool {
        let ends = self.chunk.as_ref().is_some_and(|chunk| chunk.is_last);
        let large = self.large.len() + usize::from(ends);
        self.buffer.len() - self.from > CLOGGED_BYTES
            || (self.large.kept_bytes > large_bytes && large > 1)
    }

    fn give_up(&mut self) -> Sent {
        let mut unsent = std::mem::take(&mut self.unsent);
        // A chunk that is not the last of its message belongs to one that `large` names anyway.
        let last = self.chunk.iter().filter(|chunk| chunk.is_last);
        unsent.extend(last.map(|chunk| chunk.call));
        unsent.extend(self.large.calls());
        *self = Self {
            gone: true,
            unsent,
            ..Self::default()
        };
        Sent::Gone
    }

    /// Queues a message; false on a link that is gone. The body is moved out where it cannot be announced yet.
    fn push(&mut self, announce: Announce, call: CallId, body: &mut Body) -> bool {
        if self.gone {
            return false;
        }
        if body.payload.len() > INLINE_PAYLOAD {
            let payload = std::mem::take(&mut body.payload);
            body.blobs.push(Blob {
                kind: daffi_proto::BlobKind::Payload,
                bytes: Arc::new(payload),
            });
        }
        if body.blobs.is_empty() || self.large.may_open(body) {
            self.announce(announce, call, body);
        } else {
            self.large.hold(announce, call, std::mem::take(body));
        }
        true
    }

    /// A message with large values is in chunks to its end: announces those that waited for it.
    fn announce_held(&mut self) {
        while let Some((announce, call, body)) = self.large.next_held() {
            self.announce(announce, call, &body);
        }
    }

    /// Writes the frame of a message, and queues its large values, which stay where they are.
    fn announce(&mut self, announce: Announce, call: CallId, body: &Body) {
        let has_blobs = !body.blobs.is_empty();
        let start = self.buffer.len();
        self.buffer.extend_from_slice(&[0; Head::SIZE]);
        let (kind, flags) = match announce {
            Announce::Request(request) => {
                request.write(&mut self.buffer);
                (
                    FrameKind::Request,
                    request.flags() | if has_blobs { Request::BLOBS } else { 0 },
                )
            }
            Announce::Reply(status) => (
                FrameKind::Reply,
                status.flags() | if has_blobs { ReplyStatus::BLOBS } else { 0 },
            ),
        };
        let mut announced = 0;
        if has_blobs {
            let rows = body.blobs.iter().map(Blob::info);
            let rows = rows.inspect(|row| announced += row.length);
            write_blob_table(&mut self.buffer, rows);
        }
        self.buffer.extend_from_slice(&body.payload);
        let length = u32::try_from(self.buffer.len() - start - Head::SIZE)
            .expect("the payload is at most half a frame, the table at most 37 KiB");
        self.buffer[start..start + Head::SIZE]
            .copy_from_slice(&Head::new(kind, flags, call, length).to_bytes());
        if has_blobs {
            self.large.open(call, &body.blobs, announced);
        }
    }

    fn flush(&mut self, wire: &Wire) -> Sent {
        match self.drive(wire) {
            Sent::Gone => self.give_up(),
            sent => sent,
        }
    }

    /// Whether a message whose frame ends at `end` is with the kernel in whole.
    fn has_sent(&self, call: CallId, end: u64) -> bool {
        self.taken >= end && self.has_left(call)
    }

    /// Whether no large value of a message is kept.
    fn has_left(&self, call: CallId) -> bool {
        self.chunk.as_ref().is_none_or(|chunk| chunk.call != call)
            && self.large.calls().all(|other| other != call)
    }

    /// Copies what is left of a chunk of this call: a chunk that has begun must end, but the memory is the caller's
    /// again.
    fn let_go(&mut self, call: CallId) {
        if let Some(chunk) = self.chunk.as_mut().filter(|chunk| chunk.call == call) {
            chunk.copy_rest();
        }
    }

    /// Hands a bounded part to the kernel. What it does not take is kept as it is, also where the peer has gone.
    fn drive(&mut self, wire: &Wire) -> Sent {
        if self.gone {
            return Sent::Gone;
        }
        let mut left = AT_ONCE;
        loop {
            if left == 0 && !self.is_empty() {
                return Sent::Waiting;
            }
            let moved = if let Some(chunk) = &self.chunk {
                match chunk.rest() {
                    ([], bytes) => wire.send(bytes),
                    (head, bytes) => wire.send_both(head, bytes),
                }
            } else if self.from < self.buffer.len() {
                wire.send(&self.buffer[self.from..])
            } else if let Some(chunk) = self.next_chunk() {
                self.chunk = Some(chunk);
                continue;
            } else {
                return Sent::All;
            };
            match moved {
                Moved::Bytes(bytes) => {
                    self.unblocked |= std::mem::take(&mut self.blocked);
                    self.advance(bytes);
                    left = left.saturating_sub(bytes);
                }
                Moved::NotNow => {
                    self.blocked = true;
                    return Sent::Waiting;
                }
                Moved::Gone => return Sent::Gone,
            }
        }
    }

    fn advance(&mut self, bytes: usize) {
        if let Some(chunk) = &mut self.chunk {
            if chunk.advance(bytes) {
                self.large.sent(chunk);
                self.chunk = None;
            }
            return;
        }
        self.from += bytes;
        self.taken += bytes as u64;
        if self.from == self.buffer.len() {
            self.from = 0;
            self.buffer.clear();
            self.buffer.shrink_to(KEEP_BYTES);
        } else if self.from > KEEP_BYTES {
            self.buffer.drain(..self.from);
            self.from = 0;
        }
    }

    fn next_chunk(&mut self) -> Option<Chunk> {
        let chunk = self.large.next_chunk()?;
        if chunk.is_last {
            // What is announced now goes out behind this chunk.
            self.announce_held();
        }
        Some(chunk)
    }
}

#[cfg(test)]
mod tests;
