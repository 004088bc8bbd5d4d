//! What a link carries: a payload and the large values beside it, on the way out and on the way in.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use daffi_proto::{BlobInfo, BlobKind};

/// Memory of a large outgoing value: borrowed from its owner for as long as it is being sent.
pub type SharedBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A large value on the way out.
#[derive(Clone)]
pub struct Blob {
    /// What the receiver makes of it.
    pub kind: BlobKind,
    /// Its bytes; sent from where they are.
    pub bytes: SharedBytes,
}

impl Blob {
    pub(crate) fn info(&self) -> BlobInfo {
        BlobInfo {
            kind: self.kind,
            length: (*self.bytes).as_ref().len() as u64,
        }
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Blob({:?}, {} bytes)",
            self.kind,
            (*self.bytes).as_ref().len()
        )
    }
}

/// A message on the way out: arguments, a value, an error.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// The payload; links do not look into it.
    pub payload: Vec<u8>,
    /// Large values that the payload refers to by index. None of them is empty.
    pub blobs: Vec<Blob>,
}

impl Body {
    /// Bytes of the payload and all blobs together.
    pub fn len(&self) -> u64 {
        self.payload.len() as u64
            + self
                .blobs
                .iter()
                .map(|blob| blob.info().length)
                .sum::<u64>()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.payload.is_empty() && self.blobs.is_empty()
    }
}

impl From<Vec<u8>> for Body {
    fn from(payload: Vec<u8>) -> Self {
        Self {
            payload,
            blobs: Vec::new(),
        }
    }
}

/// Memory that a large incoming value is read into, straight from the socket.
pub trait Landing: Send {
    /// All of the memory.
    fn bytes_mut(&mut self) -> &mut [u8];
    /// All of the memory.
    fn bytes(&self) -> &[u8];
    /// What its sender made it.
    fn kind(&self) -> BlobKind {
        BlobKind::Fixed
    }
    /// The landing as what its allocator made it.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

impl Landing for Vec<u8> {
    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }
    fn bytes(&self) -> &[u8] {
        self
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// There is no memory for a large incoming value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no memory for a value of {0} bytes")]
pub struct OutOfMemory(pub usize);

/// Where large incoming values land. A language may give memory that its own objects are made of.
pub trait Allocator: Send + Sync {
    /// Memory of this length. Called by a reading thread when the first bytes of the value are there.
    ///
    /// # Errors
    /// [`OutOfMemory`] ends the call that the value is of.
    fn allocate(&self, kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory>;

    /// Like [`Self::allocate`], but never waits, least of all for a language's lock (the GIL): for a house-keeper that
    /// reads.
    ///
    /// # Errors
    /// [`OutOfMemory`] ends the call that the value is of.
    fn allocate_at_once(
        &self,
        kind: BlobKind,
        length: usize,
    ) -> Result<Box<dyn Landing>, OutOfMemory> {
        self.allocate(kind, length)
    }
}

/// Memory from Rust's heap: every landing is a `Vec<u8>`.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeapAllocator;

impl Allocator for HeapAllocator {
    fn allocate(&self, _kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(length)
            .map_err(|_| OutOfMemory(length))?;
        bytes.resize(length, 0);
        Ok(Box::new(bytes))
    }
}

/// A message that has come in whole.
#[derive(Default)]
pub struct Received {
    /// The payload; links do not look into it.
    pub payload: Vec<u8>,
    /// The large values, in the order of their table.
    pub blobs: Vec<Box<dyn Landing>>,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Received({} bytes, {} blobs)",
            self.payload.len(),
            self.blobs.len()
        )
    }
}
