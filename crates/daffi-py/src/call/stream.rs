//! `STREAM`, the producer's side: one sending end for all receivers. `daffi._streams.stream` drives it.

use std::time::Duration;

use daffi::{CallError, Global, Name, Signature, StreamSender as Sender};
use pyo3::prelude::*;

use crate::call::given::{Arguments, Given};
use crate::call::plan::Plan;
use crate::codec::errors::call_error;
use crate::codec::{self, Spread};
use crate::errors::Kind;
use crate::hooks;
use crate::interpreter::context::{Blocking, bounds};
use crate::interpreter::current::with_current;
use crate::interpreter::forked::OfThisProcess;
use crate::interpreter::held_up::{Wait, tell_if_held_up};
use crate::interpreter::notifier::notify;
use crate::interpreter::waiter::{Inside, without_lock};

/// The most receivers that an error names. 8: a line that people still read.
const NAMED: usize = 8;

/// Streams the one argument of a call to everyone who offers the callback; `awaitable` is whether an event loop that runs
/// in this thread goes on meanwhile.
///
/// # Errors
/// `InitializationError` where there is nobody, or nothing to stream; what a receiver raised.
#[inline(never)]
pub(crate) fn run<'py>(
    py: Python<'py>,
    given: &Given<'_, 'py>,
    plan: &Plan,
    awaitable: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let Arguments::Objects(args, kwargs) = given.arguments else {
        return Err(Kind::Initialization.error(py, "streams have no retry policy"));
    };
    let items_of = hooks::ITEMS_OF.get(py)?;
    let items = items_of.call1((given.name, args, kwargs))?;
    if !awaitable {
        tell_if_held_up(py, given.name, Wait::STREAM)?;
    }
    let global = with_current(py, Global::clone)?;
    let sender = StreamSender::start(py, &global, given.name, plan)?;
    hooks::RUN_STREAM.get(py)?.call1((sender, items, awaitable))
}

/// The sending end of one stream, for one producer.
#[pyclass(frozen, module = "daffi._daffi")]
pub(crate) struct StreamSender {
    #[pyo3(get)]
    name: String,
    /// What the receivers accept, each signature once, with one that has it.
    signatures: Vec<(Name, Signature)>,
    /// How long the stream may take.
    limit: Option<Duration>,
    sender: OfThisProcess<Sender>,
}

#[pymethods]
impl StreamSender {
    /// Adds an item; waits before that while the slowest receiver has too much before it.
    fn push(&self, py: Python<'_>, item: &Bound<'_, PyAny>) -> PyResult<()> {
        let _inside = Inside::begin(py);
        for (process, signature) in &self.signatures {
            self.check(item, process, signature)?;
        }
        let (sender, body) = (self.sender.check(py)?, codec::encode_item(item)?);
        let blocking = Blocking::of(py)?;
        let pushed = without_lock(py, |interrupt| {
            // A stream that has failed makes nobody wait either.
            let is_free = || sender.has_room().unwrap_or(true);
            blocking.wait(is_free, || sender.push(body, interrupt))
        })?;
        pushed.map_err(|error| self.failed(py, error))
    }

    /// Says that no items will come, and waits until every receiver has taken the last.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        let sender = self.sender.check(py)?;
        let blocking = Blocking::of(py)?;
        let finished = without_lock(py, |interrupt| {
            blocking.wait(|| false, || sender.finish(interrupt))
        })?;
        finished.map_err(|error| self.failed(py, error))
    }

    /// Whether `push` would not wait.
    fn has_room(&self, py: Python<'_>) -> PyResult<bool> {
        let has_room = self.sender.check(py)?.has_room();
        has_room.map_err(|error| self.failed(py, error))
    }

    /// Says that no items will come; whether every receiver has taken the last.
    fn end(&self, py: Python<'_>) -> PyResult<bool> {
        let ended = self.sender.check(py)?.end();
        ended.map_err(|error| self.failed(py, error))
    }

    /// Calls `wake` once, from another thread, when there is room, everything is taken, or the stream has failed.
    fn on_progress(&self, py: Python<'_>, wake: Py<PyAny>) -> PyResult<()> {
        let call = move |py: Python<'_>| {
            if let Err(error) = wake.call0(py) {
                error.write_unraisable(py, None);
            }
        };
        self.sender.check(py)?.on_progress(move || notify(call));
        Ok(())
    }

    /// Ends the stream where it is; after `finish` there is nothing to end.
    fn close(&self, py: Python<'_>) {
        if !self.sender.is_foreign() {
            py.detach(|| self.sender.close());
        }
    }
}

impl StreamSender {
    fn start(py: Python<'_>, global: &Global, name: &str, plan: &Plan) -> PyResult<Self> {
        let targets = match global.targets(name, plan.nodes.as_deref()) {
            Ok(targets) => targets,
            Err(error @ (CallError::UnknownCallback { .. } | CallError::OnlyLocal(_))) => {
                let text = format!("nobody would receive this stream: {error}");
                return Err(Kind::Initialization.error(py, text));
            }
            Err(error) => return Err(call_error(py, name, error)),
        };
        let mut signatures: Vec<(Name, Signature)> = Vec::new();
        for target in &targets {
            let signature = target.signature();
            if !signatures.iter().any(|(_, known)| known == signature) {
                signatures.push((target.process().clone(), signature.clone()));
            }
        }
        let (timeout, chain) = bounds(py, plan.timeout)?;
        let sender = global.stream_to(targets, timeout, chain);
        Ok(Self {
            name: name.to_owned(),
            signatures,
            limit: timeout,
            sender: OfThisProcess::new(sender.map_err(|error| call_error(py, name, error))?),
        })
    }

    /// The exception for the end of the stream; at the limit it says who was behind.
    #[cold]
    fn failed(&self, py: Python<'_>, error: CallError) -> PyErr {
        let (CallError::TimedOut, Some(limit)) = (&error, self.limit) else {
            return call_error(py, &self.name, error);
        };
        let (name, limit) = (&self.name, limit.as_secs_f64());
        let behind = self.sender.behind();
        let text = match &behind[..] {
            [] => format!("{name}: the items of the stream did not end within {limit} s"),
            _ => {
                let more = behind.len().saturating_sub(NAMED);
                let named = behind.iter().take(NAMED);
                let mut named: Vec<_> = named.map(|process| format!("'{process}'")).collect();
                if more > 0 {
                    named.push(format!("{more} more"));
                }
                let named = named.join(", ");
                format!(
                    "{name}: not every item of the stream was taken by {named} within {limit} s"
                )
            }
        };
        Kind::Timeout.error(py, text)
    }

    fn check(
        &self,
        item: &Bound<'_, PyAny>,
        process: &Name,
        signature: &Signature,
    ) -> PyResult<()> {
        let fits = match Spread::of(item, signature.spreads_items()) {
            Spread::Positional(args) => signature.check(args.len(), std::iter::empty()),
            Spread::Named(kwargs) => {
                let names: Vec<String> = kwargs
                    .keys()
                    .iter()
                    .map(|name| name.extract())
                    .collect::<PyResult<_>>()?;
                signature.check(0, names.iter().map(String::as_str))
            }
            Spread::Whole => signature.check(1, std::iter::empty()),
        };
        fits.map_err(|problem| {
            let (name, signature) = (self.name.clone(), signature.text().to_owned());
            let of = item
                .get_type()
                .name()
                .map_or_else(|_| String::new(), |name| name.to_string());
            call_error(
                item.py(),
                &format!("an item of the stream, of type {of}"),
                CallError::Arguments {
                    process: process.clone(),
                    name,
                    signature,
                    problem,
                },
            )
        })
    }
}
