//! A large value on Rust's heap.

use std::any::Any;
use std::fmt;

use daffi_link::Landing;
use daffi_proto::BlobKind;

/// A large value on the heap that remembers what its sender made it.
pub(crate) struct HeapLanding {
    pub(crate) kind: BlobKind,
    pub(crate) bytes: Vec<u8>,
}

impl HeapLanding {
    /// The bytes of a landing of Rust's heap; `None` for one in the memory of another language.
    pub(crate) fn take(landing: Box<dyn Landing>) -> Option<Self> {
        match landing.into_any().downcast::<Self>() {
            Ok(own) => Some(*own),
            Err(other) => other.downcast::<Vec<u8>>().ok().map(|bytes| Self {
                kind: BlobKind::Fixed,
                bytes: *bytes,
            }),
        }
    }
}

impl Landing for HeapLanding {
    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn kind(&self) -> BlobKind {
        self.kind
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl fmt::Debug for HeapLanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HeapLanding({:?}, {} bytes)",
            self.kind,
            self.bytes.len()
        )
    }
}
