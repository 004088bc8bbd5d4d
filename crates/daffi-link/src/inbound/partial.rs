//! Messages that are half received: their large values are read into their landings, chunk by chunk.

use std::collections::BTreeMap;

use daffi_proto::{BlobInfo, BlobKind, CallId, Limits};

use super::incoming::{Incoming, Violation};
use crate::message::{Landing, OutOfMemory};

/// The half-received messages of one link.
#[derive(Default)]
pub(super) struct Partials {
    /// Ordered and not hashed: the peer chooses the numbers, and could choose such that collide.
    messages: BTreeMap<CallId, Partial>,
    /// What they have announced, so that announcements alone cannot promise more than two messages' memory.
    announced: u64,
    /// The chunk that is arriving, and how many of its bytes are missing. Its message is there.
    chunk: Option<(CallId, usize)>,
}

/// A message whose blobs are still arriving.
struct Partial {
    incoming: Incoming,
    rows: Vec<BlobInfo>,
    landings: Vec<Box<dyn Landing>>,
    /// Bytes of the last landing that have arrived.
    filled: usize,
}

/// What becomes of a chunk that begins.
pub(super) enum Begun {
    /// It goes into its landing.
    Known,
    /// Its message is not there any more.
    Unknown,
    /// There is no memory for it: the message is given up.
    NoMemory(Incoming, OutOfMemory),
}

impl Partials {
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Takes in a message that has announced these blobs.
    pub(super) fn add(
        &mut self,
        call: CallId,
        mut incoming: Incoming,
        rows: Vec<BlobInfo>,
        limits: &Limits,
    ) -> Result<(), Violation> {
        self.announced += bytes_of(&rows);
        let too_much = self.announced > limits.announced_bytes();
        if too_much
            || self.messages.len() >= limits.partial_messages
            || self.messages.contains_key(&call)
        {
            return Err(Violation::TooManyPartial);
        }
        incoming.set_partial(true);
        let partial = Partial {
            incoming,
            rows,
            landings: Vec::new(),
            filled: 0,
        };
        self.messages.insert(call, partial);
        Ok(())
    }

    /// A chunk of so many bytes begins; what becomes of it. `allocate` gives the memory of the next blob.
    pub(super) fn begin_chunk(
        &mut self,
        call: CallId,
        length: usize,
        allocate: impl FnOnce(BlobKind, usize) -> Result<Box<dyn Landing>, OutOfMemory>,
    ) -> Result<Begun, Violation> {
        let Some(partial) = self.messages.get_mut(&call) else {
            return Ok(Begun::Unknown);
        };
        if partial.room() == 0 {
            let row = partial
                .rows
                .get(partial.landings.len())
                .ok_or(Violation::StrayChunk)?;
            let bytes = usize::try_from(row.length).unwrap_or(usize::MAX);
            match allocate(row.kind, bytes) {
                Ok(landing) => partial.landings.push(landing),
                Err(none) => {
                    let partial = self.messages.remove(&call);
                    return Ok(partial.map_or(Begun::Unknown, |partial| {
                        self.announced -= bytes_of(&partial.rows);
                        Begun::NoMemory(partial.incoming, none)
                    }));
                }
            }
            partial.filled = 0;
        }
        if length > partial.room() || length == 0 {
            return Err(Violation::LongChunk);
        }
        self.chunk = Some((call, length));
        Ok(Begun::Known)
    }

    /// Whether a chunk is arriving.
    pub(super) fn is_in_chunk(&self) -> bool {
        self.chunk.is_some()
    }

    /// Where the rest of the chunk goes that is arriving.
    pub(super) fn rest_of_chunk(&mut self) -> Option<&mut [u8]> {
        let (call, missing) = self.chunk?;
        let partial = self.messages.get_mut(&call)?;
        let filled = partial.filled;
        let landing = partial.landings.last_mut()?;
        Some(&mut landing.bytes_mut()[filled..filled + missing])
    }

    /// So many bytes of the chunk have arrived.
    pub(super) fn landed(&mut self, bytes: usize) {
        if let Some((call, missing)) = &mut self.chunk
            && let Some(partial) = self.messages.get_mut(call)
        {
            partial.filled += bytes;
            *missing -= bytes;
        }
    }

    /// The chunk that is arriving ends here if nothing of it is missing: whose it was.
    pub(super) fn end_chunk(&mut self) -> Option<CallId> {
        let (call, _) = self.chunk.take_if(|(_, missing)| *missing == 0)?;
        Some(call)
    }

    /// Gives the message out if its last blob is full.
    pub(super) fn finish(&mut self, call: CallId) -> Option<Incoming> {
        let partial = self.messages.get(&call)?;
        if partial.landings.len() < partial.rows.len() || partial.room() > 0 {
            return None;
        }
        let mut partial = self.messages.remove(&call)?;
        self.announced -= bytes_of(&partial.rows);
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

    /// Drops what has come of a message; how much of its chunk is still to come.
    #[inline]
    pub(super) fn forget(&mut self, call: CallId) -> usize {
        if self.messages.is_empty() {
            return 0;
        }
        self.forget_partial(call)
    }

    fn forget_partial(&mut self, call: CallId) -> usize {
        let Some(partial) = self.messages.remove(&call) else {
            return 0;
        };
        self.announced -= bytes_of(&partial.rows);
        let chunk = self.chunk.take_if(|(current, _)| *current == call);
        chunk.map_or(0, |(_, missing)| missing)
    }
}

impl Partial {
    /// How much the last landing still takes.
    fn room(&self) -> usize {
        self.landings
            .last()
            .map_or(0, |landing| landing.bytes().len() - self.filled)
    }
}

fn bytes_of(rows: &[BlobInfo]) -> u64 {
    rows.iter().map(|row| row.length).sum()
}
