//! The candidates of one call, one after the other: where one vanishes before the call was sent, another is tried.
//!
//! [`Search`] is for a thread that waits, [`Elsewhere`](crate::Elsewhere) for a call that others send.

use std::fmt;

use daffi_proto::{CallbackNumber, NodeId};

use crate::error::CallError;
use crate::global::Global;
use crate::members::choose::{Choice, Shape};
use crate::members::target::Target;

/// Looks for a process to call. No candidate is tried twice: a call that was not sent to it has tried every route there.
///
/// ```text
///  fitting() --> sent                            vanished(): it has not run
///    ^            | it vanished                  fitting(): an error where nobody is left
///    +------------+
/// ```
pub struct Search<'a> {
    global: &'a Global,
    name: &'a str,
    node: Option<&'a str>,
    vanished: Vec<(NodeId, CallbackNumber)>,
    last: Option<CallError>,
}

impl Global {
    /// Looks for candidates of a callback: of those who offer it, the one that is least busy with calls of ours, ties at
    /// random; or the one node.
    pub const fn search<'a>(&'a self, name: &'a str, node: Option<&'a str>) -> Search<'a> {
        Search {
            global: self,
            name,
            node,
            vanished: Vec::new(),
            last: None,
        }
    }
}

impl Search<'_> {
    /// Where it looks.
    pub const fn global(&self) -> &Global {
        self.global
    }

    /// Who is to be called, of those whose signature the arguments fit: processes of one system may differ in version.
    ///
    /// # Errors
    /// [`CallError::Vanished`] of the last one, where all whom they fit have vanished; [`CallError::Arguments`] where they
    /// fit none; else as [`Global::target`].
    #[inline]
    pub fn fitting(&mut self, shape: &Shape) -> Result<Target, CallError> {
        let choice = Choice {
            node: self.node,
            vanished: &self.vanished,
            shape: Some(shape),
        };
        self.global
            .caller()?
            .next(self.name, choice, self.last.take())
    }

    /// The call of this target was not sent, or surely has not run.
    pub fn vanished(&mut self, target: &Target, error: CallError) {
        let candidate = &target.candidate;
        self.vanished.push((candidate.node, candidate.number));
        self.last = Some(error);
    }
}

impl fmt::Debug for Search<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Search({}, {} vanished)", self.name, self.vanished.len())
    }
}
