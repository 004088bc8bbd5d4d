//! What the language around the runtime may add: memory for large values, and a hold on every serving thread.

use std::sync::Arc;

use daffi_link::{Allocator, Landing, OutOfMemory};
use daffi_proto::BlobKind;

use crate::serve::callback::Callback;
use crate::serve::failed_run::FailedRun;
use crate::value::heap::HeapLanding;

/// The language that a process is written in, as the runtime sees it. Rust needs nothing: [`RustHost`].
pub trait Host: Allocator + 'static {
    /// Runs the whole life of a serving thread.
    fn run_thread(&self, body: &mut (dyn FnMut() + Send)) {
        body();
    }

    /// Runs the whole life of another thread that runs code of the language, under this name.
    fn run_worker(&self, _name: &str, body: &mut (dyn FnMut() + Send)) {
        body();
    }

    /// Runs the requests of one read.
    fn run_batch(&self, body: &mut (dyn FnMut() + Send)) {
        body();
    }

    /// What runs functions that come with their call, where the language has such; none refuses them.
    fn transferred(&self) -> Option<Arc<dyn Callback>> {
        None
    }

    /// Tells people of a failed run of a scheduled task, where it ran and where it was scheduled. From any thread.
    fn run_failed(&self, failed: FailedRun) {
        let FailedRun {
            callback, error, ..
        } = failed;
        tracing::error!(%error, "a scheduled run of '{callback}' failed");
    }

    /// Tells people what the start of this process waits for: once at the first failure, once when it takes long. From any
    /// thread.
    fn waiting(&self, what: &str, is_long: bool) {
        if is_long {
            tracing::warn!(target: "daffi::node", "{what}");
        } else {
            tracing::info!(target: "daffi::node", "{what}");
        }
    }
}

/// The host of a Rust program: large values land on the heap.
#[derive(Clone, Copy, Debug, Default)]
pub struct RustHost;

impl Host for RustHost {}

impl Allocator for RustHost {
    fn allocate(&self, kind: BlobKind, length: usize) -> Result<Box<dyn Landing>, OutOfMemory> {
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(length)
            .map_err(|_| OutOfMemory(length))?;
        bytes.resize(length, 0);
        Ok(Box::new(HeapLanding { kind, bytes }))
    }
}
