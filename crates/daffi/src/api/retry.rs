//! Calls that are made again, for the language around.

use std::sync::Arc;

use crate::call::retry::Retried;
use crate::error::CallError;
use crate::global::Global;

impl Global {
    /// Takes a place for a call to be made again, whose arguments have so many bytes.
    ///
    /// # Errors
    /// [`CallError::RetriedBacklog`]: there are as many as may be. Nothing is kept then.
    pub fn retried(&self, bytes: u64) -> Result<Retried, CallError> {
        Retried::of(Arc::clone(self.node()?.retrying()), bytes)
    }
}
