//! What the core tells of goes to Python's `logging`: a subscriber of `tracing` that queues lines and runs no Python.
//!
//! Here an event becomes a line, [`queue`] holds it, and `daffi._log` hands it to a logger in a thread of its own. Which
//! levels are heard, [`levels`] knows well enough to spare the work for lines that nobody wants.

mod levels;
mod line;
mod queue;

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, set_global_default};
use tracing::{Event, Level, Metadata, Subscriber};

pub(crate) use levels::set_log_levels;
pub(crate) use queue::{end_log, forked, is_called_with_a_line, log_later, log_lines};

/// The loggers that the core writes to. `daffi._log` has them, too.
pub(crate) const LOGGERS: [&str; 4] = [
    "daffi.callbacks",
    "daffi.controller",
    "daffi.link",
    "daffi.node",
];

/// Where the modules of the core write to; of several that fit, the first.
const TARGETS: [(&str, usize); 10] = [
    ("daffi_link::serve::group", 0),
    ("daffi_link", 2),
    ("daffi::controller", 1),
    ("daffi::net::listener", 1),
    ("daffi::net::outbox", 2),
    ("daffi::host", 0),
    ("daffi::serve::cut_off", 0),
    ("daffi::serve::service", 0),
    ("daffi::serve::tasks", 0),
    ("daffi::", 3),
];

/// Has the events of this extension heard in Python, from now on. Once for each process that loads it.
pub(crate) fn install() {
    // Fails only where it has been done: the extension has its `tracing` for itself.
    let _ = set_global_default(PythonLog);
}

struct PythonLog;

impl Subscriber for PythonLog {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Asked again each time: levels change as the program runs.
        match logger_of(metadata) {
            Some(_) if metadata.is_event() => Interest::sometimes(),
            _ => Interest::never(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        logger_of(metadata)
            .is_some_and(|logger| levels::is_heard(logger, number_of(*metadata.level())))
    }

    /// Nothing that happens for each call is worth a line, so TRACE is not told of.
    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(tracing::level_filters::LevelFilter::DEBUG)
    }

    fn event(&self, event: &Event<'_>) {
        if let Some(logger) = logger_of(event.metadata()) {
            queue::push(line::Line::of(event, logger));
        }
    }

    // The core has no spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Which of [`LOGGERS`] an event goes to; none for one that is not of ours.
fn logger_of(metadata: &Metadata<'_>) -> Option<usize> {
    let target = metadata.target();
    let mut fitting = TARGETS
        .iter()
        .filter(|(prefix, _)| target.starts_with(prefix));
    fitting.next().map(|(_, logger)| *logger)
}

/// A level as Python numbers it.
fn number_of(level: Level) -> u8 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG => 10,
        Level::TRACE => 5,
    }
}
