//! Lines on their way to Python, in a bounded queue that any thread may fill and one thread of Python's empties.
//!
//! Not the notifier's: what handles log lines may take long, and cancellations must not wait for it. And a thread that
//! Python made, so that an interpreter that goes may end it in the middle of a handler: no frame of ours is below.

use std::cell::Cell;
use std::collections::VecDeque;
use std::time::{Instant, UNIX_EPOCH};

use daffi::fork;
use parking_lot::{Condvar, Mutex};
use pyo3::prelude::*;

use super::LOGGERS;
use super::line::Line;
use crate::hooks;
use crate::interpreter::durations::seconds;
use crate::interpreter::forked::PerProcess;
use crate::interpreter::notifier::notify;
use crate::interpreter::waiter::without_lock;

/// The most lines that wait. 1,000: a minute of a process in trouble.
const LINES: usize = 1_000;

/// The most memory that they take. 1 MiB: nobody notices it.
const BYTES: usize = 1 << 20;

/// What a record of Python counts for. 1 KiB: what it holds cannot be measured, and is mostly text like ours.
const RECORD: usize = 1 << 10;

/// The lines of this process.
static QUEUE: PerProcess<Queue> = PerProcess::new(Queue::new());

struct Queue {
    state: Mutex<State>,
    /// There are lines, or the end has come.
    news: Condvar,
    /// The thread has ended.
    ended: Condvar,
}

/// What is to be told.
#[derive(Debug)]
enum Entry {
    /// By the core.
    Line(Line),
    /// By Python, which has made a record of it.
    Record(Py<PyAny>),
}

impl Entry {
    fn bytes(&self) -> usize {
        match self {
            Self::Line(line) => line.bytes(),
            Self::Record(_) => RECORD,
        }
    }
}

struct State {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// How many were not kept since the last that was.
    dropped: u64,
    has_thread: bool,
    /// The process ends: what is here is still told.
    is_closed: bool,
}

impl Queue {
    const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                entries: VecDeque::new(),
                bytes: 0,
                dropped: 0,
                has_thread: false,
                is_closed: false,
            }),
            news: Condvar::new(),
            ended: Condvar::new(),
        }
    }

    /// Whether a thread is to be started.
    fn push(&self, entry: Entry) -> bool {
        let bytes = entry.bytes();
        let mut state = self.state.lock();
        if state.is_closed {
            return false;
        }
        let is_full = state.entries.len() >= LINES || state.bytes + bytes > BYTES;
        if is_full {
            state.dropped += 1;
        } else {
            state.bytes += bytes;
            state.entries.push_back(entry);
        }
        self.news.notify_one();
        !std::mem::replace(&mut state.has_thread, true)
    }

    /// Waits for lines; None when the end has come and all are told. And how many were dropped.
    fn take(&self) -> Option<(VecDeque<Entry>, u64)> {
        let mut state = self.state.lock();
        while state.entries.is_empty() && state.dropped == 0 {
            if state.is_closed {
                state.has_thread = false;
                self.ended.notify_all();
                return None;
            }
            self.news.wait(&mut state);
        }
        state.bytes = 0;
        let dropped = std::mem::take(&mut state.dropped);
        Some((std::mem::take(&mut state.entries), dropped))
    }

    /// Whether all is told.
    fn stop(&self, until: Instant) -> bool {
        let mut state = self.state.lock();
        state.is_closed = true;
        self.news.notify_all();
        while state.has_thread {
            if self.ended.wait_until(&mut state, until).timed_out() {
                return !state.has_thread;
            }
        }
        true
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self::new()
    }
}

/// Tells of an event. Never blocks and needs no interpreter lock.
pub(super) fn push(line: Line) {
    if QUEUE.get().push(Entry::Line(line)) {
        notify(start);
    }
}

/// Hands a record that Python has made to its logger soon, in the thread for that: not where a handler would hold up
/// what must go on.
#[pyfunction]
pub(crate) fn log_later(record: Py<PyAny>) {
    if QUEUE.get().push(Entry::Record(record)) {
        notify(start);
    }
}

/// To be called in a forked child, while it has a single thread.
pub(crate) fn forked() {
    QUEUE.get();
    // It may have been called with a line of the parent.
    HANDS_ON.set(false);
}

/// At the end of the process: has what there is to tell be told, for so many seconds at most; whether it was.
#[pyfunction]
pub(crate) fn end_log(py: Python<'_>, timeout: f64) -> PyResult<bool> {
    let bound = seconds(timeout)?;
    Ok(py.detach(|| {
        let now = Instant::now();
        QUEUE.get().stop(now.checked_add(bound).unwrap_or(now))
    }))
}

/// Starts the thread that hands lines to Python.
fn start(py: Python<'_>) {
    let started = hooks::START_LOG
        .get(py)
        .and_then(|start| start.call1((fork::generation(),)));
    if let Err(error) = started {
        // The next line tries again.
        QUEUE.get().state.lock().has_thread = false;
        error.write_unraisable(py, None);
    }
}

/// A line as Python takes it: logger, level, message, fields, seconds since 1970, thread, file, line there.
type Row = (
    &'static str,
    u8,
    String,
    Vec<(&'static str, String)>,
    f64,
    Option<String>,
    &'static str,
    u32,
);

/// What there is to tell, and how many lines were dropped before.
type Told<'py> = (Vec<Bound<'py, PyAny>>, u64);

thread_local! {
    /// Whether this thread is the one that hands on lines.
    static HANDS_ON: Cell<bool> = const { Cell::new(false) };
}

/// Whether what runs on this thread was called with a line: what it does is not told of, or each line would bring the
/// next.
pub(crate) fn is_called_with_a_line() -> bool {
    HANDS_ON.get()
}

/// Waits for lines and records; None at the end of the process, and in the child of a fork in which the thread of its
/// parent finds itself.
#[pyfunction]
pub(crate) fn log_lines(py: Python<'_>, generation: u32) -> PyResult<Option<Told<'_>>> {
    if generation != fork::generation() {
        return Ok(None);
    }
    HANDS_ON.set(true);
    let Some((entries, dropped)) = without_lock(py, |_| QUEUE.get().take())? else {
        return Ok(None);
    };
    let entries = entries.into_iter().map(|entry| match entry {
        Entry::Line(line) => Ok(row(line).into_pyobject(py)?.into_any()),
        Entry::Record(record) => Ok(record.into_bound(py)),
    });
    Ok(Some((entries.collect::<PyResult<_>>()?, dropped)))
}

fn row(line: Line) -> Row {
    let at = line.at.duration_since(UNIX_EPOCH).unwrap_or_default();
    (
        LOGGERS[line.logger],
        line.level,
        line.message,
        line.fields,
        at.as_secs_f64(),
        line.thread,
        line.file,
        line.number,
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn line(message: &str) -> Entry {
        Entry::Line(Line {
            logger: 0,
            level: 30,
            message: message.to_owned(),
            fields: Vec::new(),
            at: SystemTime::now(),
            thread: None,
            file: "here",
            number: 1,
        })
    }

    #[test]
    fn lines_beyond_the_bounds_are_dropped_and_counted() {
        let queue = Queue::new();
        assert!(queue.push(line("first")), "the first line wants a thread");
        for _ in 0..LINES + 6 {
            assert!(!queue.push(line("more")));
        }
        let (lines, dropped) = queue.take().expect("there are lines");
        assert_eq!((lines.len(), dropped), (LINES, 7));
        let large = "x".repeat(BYTES / 2);
        for _ in 0..3 {
            queue.push(line(&large));
        }
        let (lines, dropped) = queue.take().expect("there are lines");
        assert_eq!((lines.len(), dropped), (1, 2));
    }

    #[test]
    fn what_is_there_is_told_before_the_end() {
        let queue = Queue::new();
        queue.push(line("last words"));
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(queue.stop(Instant::now() + Duration::from_secs(30))));
            assert_eq!(queue.take().map(|(lines, _)| lines.len()), Some(1));
            assert!(queue.take().is_none());
        });
        assert!(!queue.push(line("too late")) && queue.take().is_none());
    }

    #[test]
    fn a_thread_that_does_not_end_is_waited_for_within_the_bound() {
        let queue = Queue::new();
        queue.push(line("nobody takes it"));
        assert!(!queue.stop(Instant::now() + Duration::from_millis(10)));
    }
}
