//! The candidates of one call, one after the other: where one vanishes before the call was sent, another is tried.
//!
//! [`Search`] is for a thread that waits, [`Elsewhere`] for a call that others send.

use std::fmt;

use daffi_proto::{CallbackNumber, NodeId, Signature};

use crate::call::pending::Target;
use crate::error::CallError;
use crate::global::Global;
use crate::members::choose::Choice;
use crate::shared::NodeShared;

/// How many candidates may vanish under a call. 64: more only where nodes come and go faster than calls are made. With 8 a call
/// was lost now and then while ten processes were replaced within a fifth of a second.
const MOST: usize = 64;

/// Looks for somebody to call. None is tried twice: sending to it has tried all ways there are.
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
        let node = self.global.node()?;
        next(node, self.name, choice, self.last.take())
    }

    /// The call of this target was not sent, or surely has not run.
    pub fn vanished(&mut self, target: &Target, error: CallError) {
        let candidate = &target.candidate;
        self.vanished.push((candidate.node, candidate.number));
        self.last = Some(error);
    }
}

/// How many arguments a call has, and under which names: what a signature is checked against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How many by position.
    pub positional: usize,
    /// The names of the others.
    pub keywords: Vec<String>,
}

impl Shape {
    /// Whether the arguments fit a signature.
    pub(crate) fn fits(&self, signature: &Signature) -> bool {
        let keywords = self.keywords.iter().map(String::as_str);
        signature.check(self.positional, keywords).is_ok()
    }

    /// Checks the arguments against what a target accepts.
    ///
    /// # Errors
    /// [`CallError::Arguments`].
    pub fn check(&self, name: &str, target: &Target) -> Result<(), CallError> {
        let signature = target.signature();
        let keywords = self.keywords.iter().map(String::as_str);
        let fits = signature.check(self.positional, keywords);
        fits.map_err(|problem| CallError::Arguments {
            process: target.process().clone(),
            name: name.to_owned(),
            signature: signature.text().to_owned(),
            problem,
        })
    }
}

/// Where else a call may go that is sent later.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// The callback.
    pub name: String,
    /// The one process that may be called.
    pub node: Option<String>,
    /// Its arguments.
    pub shape: Shape,
    /// Who has vanished.
    vanished: Vec<(NodeId, CallbackNumber)>,
}

impl Elsewhere {
    /// Nobody has vanished yet.
    pub const fn new(name: String, node: Option<String>, shape: Shape) -> Self {
        Self {
            name,
            node,
            shape,
            vanished: Vec::new(),
        }
    }

    /// The next candidate, as this one has vanished; `last` where there is none.
    pub(crate) fn next(
        &mut self,
        node: &NodeShared,
        vanished: (NodeId, CallbackNumber),
        last: CallError,
    ) -> Result<Target, CallError> {
        self.vanished.push(vanished);
        let choice = Choice {
            node: self.node.as_deref(),
            vanished: &self.vanished,
            shape: Some(&self.shape),
        };
        next(node, &self.name, choice, Some(last))
    }
}

/// The next candidate whose signature the arguments fit; `last` where those that were tried were the last.
#[inline]
fn next(
    node: &NodeShared,
    name: &str,
    choice: Choice<'_>,
    last: Option<CallError>,
) -> Result<Target, CallError> {
    if choice.vanished.len() >= MOST
        && let Some(last) = last
    {
        return Err(last);
    }
    let target = node.target(name, choice).and_then(|target| {
        // A candidate that they do not fit is chosen only where they fit none that is left.
        let fits = choice
            .shape
            .map_or(Ok(()), |shape| shape.check(name, &target));
        fits.map(|()| target)
    });
    match (target, last) {
        (
            Err(
                CallError::UnknownCallback { .. }
                | CallError::OnlyLocal(_)
                | CallError::Arguments { .. },
            ),
            Some(last),
        ) => Err(last),
        (target, _) => target,
    }
}

impl fmt::Debug for Search<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Search({}, {} vanished)", self.name, self.vanished.len())
    }
}
