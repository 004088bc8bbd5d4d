//! From messages to the bytes of a socket: small frames at once, large values in chunks between which small ones pass.
//!
//! Nothing here blocks. What the kernel does not take now is kept, and whoever wrote it sees to it that it goes out.

use std::collections::VecDeque;
use std::sync::Arc;

use daffi_proto::{
    CallId, Farewell, FrameKind, Head, Limits, ReplyStatus, Request, write_blob_table,
};
use parking_lot::Mutex;

use crate::message::{Blob, Body, SharedBytes};
use crate::wire::{Moved, Wire};

/// A payload up to this long stands in its frame; a longer one travels as a blob. Half a frame: fixed parts and table
/// fit beside it.
const INLINE_PAYLOAD: usize = 512 << 10;
/// Bytes kept for a peer that does not read, before its link counts as clogged. 4 MiB: some 40,000 small replies, or as
/// much of large values as any socket holds.
const CLOGGED_BYTES: usize = 4 << 20;
/// The same of large values where this side calls: they belong to threads that wait until theirs is sent. 64 MiB: what
/// those may hold that do not wait.
const CLOGGED_LARGE_BYTES: u64 = 64 << 20;
/// How many messages with large values are under way on a link at once; the others wait for their turn. 64: as many take
/// turns, and a peer takes 1,024 half received, of which a relay may bring those of several callers.
const OPEN_MESSAGES: usize = 64;
/// How many bytes the messages that are under way announce together, unless it is a single one: what every peer takes.
const OPEN_BYTES: u64 = Limits::ANNOUNCED_BYTES;
/// The same, beside the largest of them. 8 MiB: a callee that is at its bound takes that of one link all the same, as what
/// has begun can only end; enough that one of usual size never waits for a huge one.
const OPEN_BESIDE: u64 = 8 << 20;
/// How many bytes are handed to the kernel at a time. 512 KiB, which takes some 100 us: for so long at most, whoever has
/// something small to send waits for the lock of a link that carries something large to a peer as fast as it comes.
const AT_ONCE: usize = 512 << 10;
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
    /// Large values to be sent, in turns.
    bulk: VecDeque<Bulk>,
    /// Messages with large values that are not announced yet: a peer takes only so many half received.
    held: VecDeque<(Announce, CallId, Body)>,
    /// Bytes of the messages in `bulk`, as announced.
    open_bytes: u64,
    /// Bytes of the large values in `held`, `bulk` and `chunk`: each whole until its last byte is sent, as it stays in
    /// memory until then.
    large_bytes: u64,
    /// Bytes that have left `buffer` so far: says whether a message went out before the peer was gone.
    taken: u64,
    /// The kernel took no more when something was last to be sent.
    blocked: bool,
    /// It took something after that: so the peer has read. Told once.
    unblocked: bool,
    gone: bool,
}

#[derive(Debug)]
struct Bulk {
    call: CallId,
    blobs: VecDeque<Blob>,
    announced: u64,
    /// Bytes of those that are in `blobs`.
    kept: u64,
    /// Bytes of the first blob that are in chunks already.
    sent: usize,
}

struct Chunk {
    call: CallId,
    head: [u8; Head::SIZE],
    head_sent: usize,
    bytes: SharedBytes,
    from: usize,
    to: usize,
    /// The bytes of its large value where this is the end of it.
    frees: u64,
    /// Whether it is the end of its message.
    is_last: bool,
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chunk({}..{})", self.from, self.to)
    }
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
        let mut state = self.state.lock();
        if !state.push(announce, call, body) {
            return Sent::Gone;
        }
        let end = state.taken + (state.buffer.len() - state.from) as u64;
        match state.drive(wire) {
            // What is left may be another's alone: then this one is with the peer, which may act on it before it goes.
            Sent::Gone if state.has_sent(call, end) => {
                state.give_up();
                Sent::All
            }
            Sent::Gone => {
                if let Some(held) = state.held.iter_mut().find(|(_, held, _)| *held == call) {
                    std::mem::swap(body, &mut held.2);
                }
                state.give_up()
            }
            sent => sent,
        }
    }

    /// Puts a message behind what is kept and leaves sending to a later [`Self::flush`].
    pub(crate) fn defer(&self, announce: Announce, call: CallId, mut body: Body) {
        self.state.lock().push(announce, call, &mut body);
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
        if let Some(place) = state.held.iter().position(|(_, held, _)| *held == call)
            && let Some((_, _, body)) = state.held.remove(place)
        {
            state.large_bytes -= body.len();
        }
        if let Some(place) = state.bulk.iter().position(|bulk| bulk.call == call)
            && let Some(bulk) = state.bulk.remove(place)
        {
            state.large_bytes -= bulk.kept;
            // Behind the cancel: the peer has forgotten this message when it hears of the next.
            state.closed(bulk.announced);
        }
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
    pub(crate) fn say(&self, farewell: Farewell) {
        let mut state = self.state.lock();
        if !state.gone {
            let head = Head::new(FrameKind::Leaving, farewell.flags(), CallId::NONE, 0);
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

    /// Like [`Self::flush`], and tells the outcome and whether the link is clogged before anyone else can write.
    pub(crate) fn flush_then(&self, wire: &Wire, then: impl FnOnce(Sent, bool)) {
        let mut state = self.state.lock();
        let sent = state.flush(wire);
        let clogged = state.is_clogged(CLOGGED_BYTES as u64);
        then(sent, clogged);
    }

    /// Whether so much is kept that such a message should not be added before some of it has gone. A small one passes
    /// between the chunks of large ones.
    pub(crate) fn is_clogged_for(&self, message: Size) -> bool {
        let large_bytes = match message {
            Size::Small => u64::MAX,
            Size::Large => CLOGGED_LARGE_BYTES,
        };
        self.state.lock().is_clogged(large_bytes)
    }

    /// Whether something is kept.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.state.lock().is_empty()
    }

    /// Drops what is kept and takes nothing more; gives the messages with large values that were not sent in whole.
    pub(crate) fn close(&self) -> Vec<CallId> {
        let mut state = self.state.lock();
        let chunk = state.chunk.iter().map(|chunk| chunk.call);
        let bulk = state.bulk.iter().map(|bulk| bulk.call);
        let unsent = chunk
            .chain(bulk)
            .chain(state.held.iter().map(|held| held.1));
        let unsent = unsent.collect();
        state.give_up();
        unsent
    }
}

impl State {
    fn is_empty(&self) -> bool {
        // Where something is held, something is in `bulk`.
        self.buffer.len() == self.from && self.chunk.is_none() && self.bulk.is_empty()
    }

    /// Whether more is kept than may be. Of large values one alone may be as large as it wants.
    fn is_clogged(&self, large_bytes: u64) -> bool {
        let ends = self.chunk.as_ref().is_some_and(|chunk| chunk.is_last);
        let large = self.bulk.len() + self.held.len() + usize::from(ends);
        self.buffer.len() - self.from > CLOGGED_BYTES
            || (self.large_bytes > large_bytes && large > 1)
    }

    fn give_up(&mut self) -> Sent {
        *self = Self {
            gone: true,
            ..Self::default()
        };
        Sent::Gone
    }

    /// Whether the message was taken: not on a link that is gone. A body that is to wait for its turn is moved out.
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
        if body.blobs.is_empty() || (self.held.is_empty() && self.has_room(body)) {
            self.announce(announce, call, body);
        } else {
            self.large_bytes += body.len();
            self.held.push_back((announce, call, std::mem::take(body)));
        }
        true
    }

    /// Whether another message with large values may be announced now.
    fn has_room(&self, body: &Body) -> bool {
        if self.bulk.is_empty() {
            return true;
        }
        let bytes = body.len();
        let largest = self.bulk.iter().map(|bulk| bulk.announced).max();
        let largest = largest.map_or(bytes, |largest| largest.max(bytes));
        let all = self.open_bytes.saturating_add(bytes);
        self.bulk.len() < OPEN_MESSAGES && all <= OPEN_BYTES && all - largest <= OPEN_BESIDE
    }

    /// A message has no more chunks: announces those that waited for it.
    fn closed(&mut self, announced: u64) {
        self.open_bytes -= announced;
        while let Some((announce, call, body)) = self.held.pop_front() {
            if !self.has_room(&body) {
                self.held.push_front((announce, call, body));
                return;
            }
            self.large_bytes -= body.len();
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
            self.open_bytes += announced;
            self.large_bytes += announced;
            self.bulk.push_back(Bulk {
                call,
                blobs: body.blobs.iter().cloned().collect(),
                announced,
                kept: announced,
                sent: 0,
            });
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
            && self.bulk.iter().all(|bulk| bulk.call != call)
            && self.held.iter().all(|(_, held, _)| *held != call)
    }

    /// Sends what the kernel takes of a bounded part; leaves what it did not take as it is, also when the peer has gone.
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
                let bytes = &(*chunk.bytes).as_ref()[chunk.from..chunk.to];
                match &chunk.head[chunk.head_sent..] {
                    [] => wire.send(bytes),
                    head => wire.send_both(head, bytes),
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

    fn advance(&mut self, mut bytes: usize) {
        if let Some(chunk) = &mut self.chunk {
            let head = bytes.min(Head::SIZE - chunk.head_sent);
            chunk.head_sent += head;
            bytes -= head;
            chunk.from += bytes;
            if chunk.from == chunk.to && chunk.head_sent == Head::SIZE {
                self.large_bytes -= chunk.frees;
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

    /// A chunk that has begun must end, but its owner may do with the memory what he likes from now on: what is left of it
    /// is copied.
    fn let_go(&mut self, call: CallId) {
        if let Some(chunk) = self.chunk.as_mut().filter(|chunk| chunk.call == call) {
            let rest = (*chunk.bytes).as_ref()[chunk.from..chunk.to].to_vec();
            (chunk.from, chunk.to) = (0, rest.len());
            chunk.bytes = Arc::new(rest);
        }
    }

    /// The next piece of the next large value; values take turns, so that one cannot hold up another for long.
    fn next_chunk(&mut self) -> Option<Chunk> {
        let mut bulk = self.bulk.pop_front()?;
        let bulk_call = bulk.call;
        let blob = bulk.blobs.front()?;
        let bytes = blob.bytes.clone();
        let whole = (*bytes).as_ref().len();
        let (from, to) = (bulk.sent, whole.min(bulk.sent + Limits::CHUNK_BYTES));
        bulk.sent = to;
        let length = u32::try_from(to - from).expect("a chunk is 256 KiB at most");
        let head = Head::new(FrameKind::Chunk, 0, bulk.call, length).to_bytes();
        let mut frees = 0;
        if to == whole {
            bulk.blobs.pop_front();
            bulk.sent = 0;
            frees = whole as u64;
            bulk.kept -= frees;
        }
        let is_last = bulk.blobs.is_empty();
        if is_last {
            // What is announced now goes out behind this chunk.
            self.closed(bulk.announced);
        } else {
            self.bulk.push_back(bulk);
        }
        Some(Chunk {
            call: bulk_call,
            head,
            head_sent: 0,
            bytes,
            from,
            to,
            frees,
            is_last,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::wire::WireKind;

    /// A large value: whoever looks at it a second time, to send its first chunk, finds the peer gone.
    struct PeerGoesAtChunk(Mutex<Vec<Option<UnixStream>>>);

    impl AsRef<[u8]> for PeerGoesAtChunk {
        fn as_ref(&self) -> &[u8] {
            self.0.lock().pop();
            &[1; 1000]
        }
    }

    /// The frames go out, then the peer goes, and the chunk of `large` finds nobody.
    fn send_small_behind(large: CallId, small: CallId) -> Sent {
        let (here, there) = UnixStream::pair().expect("descriptors");
        let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
        let outbound = Outbound::default();
        let reply = Announce::Reply(ReplyStatus::Value);
        let blob = Blob {
            kind: daffi_proto::BlobKind::Fixed,
            bytes: Arc::new(PeerGoesAtChunk(Mutex::new(vec![Some(there), None]))),
        };
        let body = Body {
            payload: Vec::new(),
            blobs: vec![blob],
        };
        outbound.defer(reply, large, body);
        outbound.send(&wire, reply, small, &mut vec![7].into())
    }

    #[test]
    fn a_message_counts_as_sent_though_the_peer_goes_before_the_rest_of_another() {
        // It was taken for unsent, and the call was made again elsewhere although it may have run.
        assert_eq!(send_small_behind(CallId(1), CallId(2)), Sent::All);
    }

    #[test]
    fn a_message_that_waits_for_its_turn_was_not_sent() {
        let (here, there) = UnixStream::pair().expect("descriptors");
        let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
        let outbound = Outbound::default();
        let reply = Announce::Reply(ReplyStatus::Value);
        let large = || Body {
            payload: Vec::new(),
            blobs: vec![Blob {
                kind: daffi_proto::BlobKind::Fixed,
                bytes: Arc::new(vec![1; 100_000]),
            }],
        };
        for call in 0..OPEN_MESSAGES as u64 {
            outbound.send(&wire, reply, CallId(call + 1), &mut large());
        }
        outbound.defer(reply, CallId(1000), large());
        drop(there);
        assert_eq!(
            outbound.send(&wire, reply, CallId(1001), &mut large()),
            Sent::Gone
        );
    }

    #[test]
    fn what_was_not_sent_can_be_sent_elsewhere() {
        let reply = Announce::Reply(ReplyStatus::Value);
        for length in [10, 100_000, INLINE_PAYLOAD + 1] {
            let (here, there) = UnixStream::pair().expect("descriptors");
            let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
            drop(there);
            let mut body = Body::from(vec![7; length]);
            let sent = Outbound::default().send(&wire, reply, CallId(1), &mut body);
            assert_eq!(sent, Sent::Gone);
            assert_eq!(body.len(), length as u64);
        }
    }

    #[test]
    fn a_value_that_its_peer_takes_as_fast_as_it_comes_does_not_keep_the_lock() {
        // Who had something small to send waited for the lock until all of the large value was with the kernel.
        let (here, mut there) = UnixStream::pair().expect("descriptors");
        let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
        let reading = std::thread::spawn(move || {
            let mut sink = std::io::sink();
            std::io::copy(&mut there, &mut sink).expect("bytes")
        });
        let outbound = Outbound::default();
        let reply = Announce::Reply(ReplyStatus::Value);
        let length = 64 * AT_ONCE;
        let mut flushes = 1;
        let mut sent = outbound.send(&wire, reply, CallId(1), &mut vec![7; length].into());
        while sent == Sent::Waiting {
            sent = outbound.flush(&wire);
            flushes += 1;
        }
        assert!(flushes >= 64, "{flushes} flushes");
        drop(wire);
        assert!(reading.join().expect("it does not panic") > length as u64);
    }

    #[test]
    fn large_values_count_until_they_are_sent_or_cancelled() {
        // Only what stood in the buffer did: a peer that did not read had answers pile up without a bound.
        let (here, there) = UnixStream::pair().expect("descriptors");
        let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
        let (outbound, reply) = (Outbound::default(), Announce::Reply(ReplyStatus::Value));
        let large = |bytes| Body {
            payload: Vec::new(),
            blobs: vec![Blob {
                kind: daffi_proto::BlobKind::Fixed,
                bytes: Arc::new(vec![1; bytes]),
            }],
        };
        let clogged = || {
            let mut is_clogged = false;
            outbound.flush_then(&wire, |_, clogged| is_clogged = clogged);
            is_clogged
        };
        outbound.send(&wire, reply, CallId(1), &mut large(2 * CLOGGED_BYTES));
        assert!(!clogged(), "one alone goes, whatever its size");
        outbound.send(&wire, reply, CallId(2), &mut large(40_000));
        assert!(clogged());
        assert!(!outbound.is_clogged_for(Size::Small));
        assert!(!outbound.is_clogged_for(Size::Large));
        outbound.cancel(&wire, CallId(1));
        assert!(!clogged());
        for call in 3..80 {
            outbound.defer(reply, CallId(call), large(1 << 20));
        }
        assert!(outbound.is_clogged_for(Size::Large));
        assert!(!outbound.is_clogged_for(Size::Small));
        let reading = std::thread::spawn(move || {
            std::io::copy(&mut &there, &mut std::io::sink()).expect("the end of the stream");
        });
        while outbound.is_waiting() {
            outbound.flush(&wire);
        }
        assert_eq!(outbound.state.lock().large_bytes, 0);
        drop(wire);
        reading.join().expect("it reads to the end");
    }

    #[test]
    fn a_cancelled_message_lets_go_of_its_memory_at_once() {
        // A chunk that had begun kept it until the peer read: after a timeout a buffer could not be resized.
        let (here, there) = UnixStream::pair().expect("descriptors");
        let wire = Wire::new(here.into(), WireKind::Unix).expect("a socket");
        let (outbound, reply) = (Outbound::default(), Announce::Reply(ReplyStatus::Value));
        let bytes: SharedBytes = Arc::new(vec![1; 2 * CLOGGED_BYTES]);
        let mut body = Body {
            payload: Vec::new(),
            blobs: vec![Blob {
                kind: daffi_proto::BlobKind::Writable,
                bytes: Arc::clone(&bytes),
            }],
        };
        outbound.send(&wire, reply, CallId(1), &mut body);
        drop(body);
        while !outbound.state.lock().blocked {
            outbound.flush(&wire);
        }
        assert!(Arc::strong_count(&bytes) > 1);
        outbound.withdraw(&wire, CallId(1));
        assert_eq!(Arc::strong_count(&bytes), 1);
        drop(there);
    }

    #[test]
    fn a_message_of_which_a_chunk_is_missing_was_not_sent() {
        assert_eq!(send_small_behind(CallId(1), CallId(1)), Sent::Gone);
    }
}
