//! The candidates of one call, one after the other: where one vanishes before the call was sent, another is tried.

use std::fmt;

use daffi_proto::{CallbackNumber, NodeId};

use crate::call::Target;
use crate::error::CallError;
use crate::global::Global;

/// How many candidates a call tries. 8: more only where nodes come and go faster than calls are made.
const MOST: usize = 8;

/// Looks for somebody to call. None is tried twice: sending to it has tried all ways there are.
///
/// ```text
///  target() --> sent                             vanished(): it has not run
///    ^            | it vanished                  target(): an error where nobody is left
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

    /// Who is to be called.
    ///
    /// # Errors
    /// [`CallError::Vanished`] of the last one, where all who were there have vanished; else as [`Global::target`].
    pub fn target(&mut self) -> Result<Target, CallError> {
        let Some(last) = self.last.take() else {
            return self.global.target(self.name, self.node);
        };
        if self.vanished.len() >= MOST {
            return Err(last);
        }
        let others = self
            .global
            .target_beside(self.name, self.node, &self.vanished);
        match others {
            Err(CallError::UnknownCallback { .. } | CallError::OnlyLocal(_)) => Err(last),
            others => others,
        }
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
