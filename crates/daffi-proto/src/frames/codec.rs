//! Bytes in, frames out: the incremental decoder of handshake and control connections, and the readers and writers of frame bodies.
//!
//! Nothing here panics on what a peer sends, and nothing is allocated for bytes that have not arrived.

use crate::{BadHead, CallId, FrameKind, Head, InvalidName, Limits, Name, NodeId, Ticket};

/// One whole frame of a kind that this version knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The head; `head.length` is the length of the body.
    pub head: Head,
    /// The kind of the head, known to this version.
    pub kind: FrameKind,
    /// Everything after the head.
    pub body: Vec<u8>,
}

/// Turns bytes, in pieces of any size, into frames. Optional frames are skipped without being kept: those that this version
/// knows travel on links and lanes, which are read elsewhere.
///
/// ```
/// use daffi_proto::{ControlFrame, FrameDecoder, Limits};
///
/// let mut bytes = Vec::new();
/// ControlFrame::Ping { token: 7 }.encode(&mut bytes);
/// let mut decoder = FrameDecoder::new(Limits::default());
/// let (first, rest) = bytes.split_at(5);
/// decoder.feed(first);
/// assert_eq!(decoder.next_frame(), Ok(None));
/// decoder.feed(rest);
/// let frame = decoder.next_frame()?.expect("the frame is whole");
/// assert_eq!(ControlFrame::decode(&frame.head, &frame.body), Ok(ControlFrame::Ping { token: 7 }));
/// # Ok::<(), daffi_proto::BadHead>(())
/// ```
#[derive(Debug)]
pub struct FrameDecoder {
    limits: Limits,
    /// What has arrived and is not yet a frame; the first `taken` bytes are done with.
    buffer: Vec<u8>,
    taken: usize,
    /// Bytes of an optional frame that have yet to arrive, only to be dropped.
    skip: usize,
}

impl FrameDecoder {
    /// A decoder that accepts frames up to `limits.frame_bytes`.
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            buffer: Vec::new(),
            taken: 0,
            skip: 0,
        }
    }

    /// Sets the limits for the frames to come: a handshake starts with small ones.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Takes bytes in, as they came. Take the frames out before feeding more, so that no more than one frame is kept.
    pub fn feed(&mut self, bytes: &[u8]) {
        let dropped = self.skip.min(bytes.len());
        self.skip -= dropped;
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        self.buffer
            .extend_from_slice(bytes.get(dropped..).unwrap_or_default());
    }

    /// The next frame; `None` until more bytes are fed.
    ///
    /// # Errors
    /// [`BadHead`]: the connection cannot go on. The same error comes again if asked again.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, BadHead> {
        loop {
            let waiting = self.buffer.get(self.taken..).unwrap_or_default();
            let Some((head, rest)) = waiting.split_first_chunk::<{ Head::SIZE }>() else {
                return Ok(None);
            };
            let head = Head::parse(*head, &self.limits)?;
            let length = head.length as usize;
            let Some(kind) = head.known_kind().filter(|kind| !kind.is_optional()) else {
                let here = length.min(rest.len());
                self.skip = length - here;
                self.taken += Head::SIZE + here;
                continue;
            };
            let Some(body) = rest.get(..length) else {
                return Ok(None);
            };
            let body = body.to_vec();
            self.taken += Head::SIZE + length;
            return Ok(Some(Frame { head, kind, body }));
        }
    }

    /// The bytes that were fed and belong to no frame taken out yet; leaves the decoder empty.
    ///
    /// For handing a connection over after its handshake to code that reads frames in its own way.
    pub fn into_rest(mut self) -> Vec<u8> {
        self.buffer.drain(..self.taken);
        self.buffer
    }
}

/// A body that no peer of ours sends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The body ends before what it announces.
    #[error("the frame ends too early")]
    Truncated,
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// A name is not a name.
    #[error("{0}")]
    Name(#[from] InvalidName),
    /// A choice has a number that this version does not know.
    #[error("{what} {number} is unknown")]
    Unknown {
        /// What was to be chosen.
        what: &'static str,
        /// The number that came.
        number: u8,
    },
    /// A node has the number zero, which stands for no node.
    #[error("a node number is zero")]
    NoNode,
    /// A list is longer than anyone needs.
    #[error("{0} come in too long a list")]
    TooMany(&'static str),
    /// The frame is of another kind than the decoder reads.
    #[error("a frame of kind {0:#04x} has no place here")]
    WrongKind(u8),
}

/// Reads a body from front to back; every read checks what is left.
#[derive(Clone, Debug)]
pub struct BodyReader<'a> {
    left: &'a [u8],
}

impl<'a> BodyReader<'a> {
    /// A reader at the start of a body.
    pub const fn new(body: &'a [u8]) -> Self {
        Self { left: body }
    }

    /// How many bytes are left.
    pub const fn remaining(&self) -> usize {
        self.left.len()
    }

    /// The bytes that are left, all of them.
    pub const fn rest(self) -> &'a [u8] {
        self.left
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`], here and in all that follow, where fewer bytes are left.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (bytes, left) = self
            .left
            .split_at_checked(count)
            .ok_or(DecodeError::Truncated)?;
        self.left = left;
        Ok(bytes)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (bytes, left) = self
            .left
            .split_first_chunk()
            .ok_or(DecodeError::Truncated)?;
        self.left = left;
        Ok(*bytes)
    }

    /// One byte.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(|[byte]| byte)
    }

    /// Two bytes.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    /// A text whose length travels in one byte.
    ///
    /// # Errors
    /// Also [`DecodeError::NotUtf8`].
    pub fn short_text(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.u8()?.into();
        core::str::from_utf8(self.bytes(length)?).map_err(|_| DecodeError::NotUtf8)
    }

    /// A text whose length travels in four bytes.
    ///
    /// # Errors
    /// Also [`DecodeError::NotUtf8`].
    pub fn text(&mut self) -> Result<&'a str, DecodeError> {
        core::str::from_utf8(self.long_bytes()?).map_err(|_| DecodeError::NotUtf8)
    }

    /// Bytes whose length travels in four bytes.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn long_bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.u32()? as usize;
        self.bytes(length)
    }

    /// A part with a length of its own, so that a newer version may append to it.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn record(&mut self) -> Result<Self, DecodeError> {
        Ok(Self::new(self.long_bytes()?))
    }

    /// A name.
    ///
    /// # Errors
    /// Also [`DecodeError::Name`].
    pub fn name(&mut self) -> Result<Name, DecodeError> {
        Ok(Name::new(self.short_text()?)?)
    }

    /// The id of a node.
    ///
    /// # Errors
    /// Also [`DecodeError::NoNode`].
    pub fn node(&mut self) -> Result<NodeId, DecodeError> {
        NodeId::new(self.u64()?).ok_or(DecodeError::NoNode)
    }

    /// A ticket.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn ticket(&mut self) -> Result<Ticket, DecodeError> {
        self.array().map(Ticket)
    }

    /// A list whose count travels in four bytes. Room is made only for what the body can hold.
    ///
    /// # Errors
    /// What `read` gives for an element.
    pub fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.u32()? as usize;
        let room = self.remaining() / size_of::<T>().max(1);
        let mut items = Vec::with_capacity(count.min(room));
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }
}

/// Writes a body to the end of a buffer.
#[derive(Debug)]
pub struct BodyWriter<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> BodyWriter<'a> {
    /// A writer that appends to `out`.
    pub const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Appends a whole frame that belongs to no call: the head, then what `body` writes, with the length set right.
    pub fn frame(out: &mut Vec<u8>, kind: FrameKind, body: impl FnOnce(&mut BodyWriter<'_>)) {
        Self::frame_with(out, kind, 0, body);
    }

    /// The same with flags.
    pub fn frame_with(
        out: &mut Vec<u8>,
        kind: FrameKind,
        flags: u8,
        body: impl FnOnce(&mut BodyWriter<'_>),
    ) {
        let start = out.len();
        out.extend_from_slice(&Head::new(kind, flags, CallId::NONE, 0).to_bytes());
        body(&mut BodyWriter { out });
        set_length(out, start, start + Head::SIZE);
    }

    /// Bytes without a length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    /// Two bytes.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// A text whose length travels in one byte, cut to 255 bytes at the end of a character.
    pub fn short_text(&mut self, text: &str) {
        let text = clip(text, u8::MAX.into());
        self.u8(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.bytes(text.as_bytes());
    }

    /// A text whose length travels in four bytes, cut to 2 KiB at the end of a character: texts are for people to read, and fit a refusal.
    pub fn text(&mut self, text: &str) {
        self.long_bytes(clip(text, Self::TEXT_BYTES).as_bytes());
    }

    /// The most bytes that [`Self::text`] writes.
    pub const TEXT_BYTES: usize = 2 << 10;

    /// Bytes whose length travels in four bytes.
    pub fn long_bytes(&mut self, bytes: &[u8]) {
        self.record(|writer| writer.bytes(bytes));
    }

    /// A part with a length of its own, so that a newer version may append to it.
    pub fn record(&mut self, part: impl FnOnce(&mut BodyWriter<'_>)) {
        let start = self.out.len();
        self.u32(0);
        part(&mut BodyWriter { out: self.out });
        set_length(self.out, start, start + 4);
    }

    /// A list whose count travels in four bytes.
    pub fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut BodyWriter<'_>, &T)) {
        self.u32(u32::try_from(items.len()).unwrap_or(u32::MAX));
        for item in items {
            write(self, item);
        }
    }
}

/// Writes at `at` how many bytes there are from `from` to the end.
fn set_length(out: &mut [u8], at: usize, from: usize) {
    let length = u32::try_from(out.len() - from).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}

/// The longest start of `text` of at most `most` bytes that ends with a whole character.
fn clip(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_is_too_long_ends_the_connection_before_its_body_comes() {
        let limits = Limits::default();
        let head = Head::new(FrameKind::Ping, 0, CallId::NONE, limits.frame_bytes + 1);
        let mut decoder = FrameDecoder::new(limits);
        decoder.feed(&head.to_bytes());
        assert!(matches!(decoder.next_frame(), Err(BadHead::TooLong { .. })));
        assert!(matches!(decoder.next_frame(), Err(BadHead::TooLong { .. })));
    }

    #[test]
    fn unknown_optional_frames_are_skipped_without_being_kept() {
        let head = Head {
            kind: 0x90,
            ..Head::new(FrameKind::Ping, 0, CallId::NONE, 1 << 20)
        };
        let mut decoder = FrameDecoder::new(Limits::default());
        decoder.feed(&head.to_bytes());
        for _ in 0..1 << 10 {
            assert_eq!(decoder.next_frame(), Ok(None));
            assert!(decoder.buffer.len() <= Head::SIZE + (1 << 10));
            decoder.feed(&[0; 1 << 10]);
        }
        decoder.feed(&Head::new(FrameKind::OpenLane, 0, CallId::NONE, 0).to_bytes());
        let frame = decoder
            .next_frame()
            .expect("nothing is wrong")
            .expect("it is whole");
        assert_eq!(frame.kind, FrameKind::OpenLane);
    }

    #[test]
    fn what_follows_the_handshake_can_be_handed_over() {
        let mut bytes = Vec::new();
        BodyWriter::frame(&mut bytes, FrameKind::Welcome, |writer| writer.u8(1));
        bytes.extend_from_slice(b"more");
        let mut decoder = FrameDecoder::new(Limits::default());
        decoder.feed(&bytes);
        assert!(matches!(decoder.next_frame(), Ok(Some(_))));
        assert_eq!(decoder.into_rest(), b"more");
    }

    #[test]
    fn long_texts_are_cut_at_the_end_of_a_character() {
        let mut out = Vec::new();
        BodyWriter::new(&mut out).short_text(&"é".repeat(200));
        let text = BodyReader::new(&out).short_text().expect("it is UTF-8");
        assert_eq!(text, "é".repeat(127));
    }

    #[test]
    fn a_reader_gives_nothing_that_is_not_there() {
        let mut reader = BodyReader::new(&[5, 0, 0, 0, b'a']);
        assert_eq!(reader.text(), Err(DecodeError::Truncated));
        assert_eq!(
            BodyReader::new(&[2, 0xff, 0xff]).short_text(),
            Err(DecodeError::NotUtf8)
        );
        assert_eq!(BodyReader::new(&[0; 8]).node(), Err(DecodeError::NoNode));
        assert_eq!(
            BodyReader::new(&[0]).name(),
            Err(DecodeError::Name(InvalidName::Empty))
        );
    }
}
