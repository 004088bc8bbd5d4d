//! What waits to be started on the event loops of async callbacks, and which of them is held up.
//!
//! Requests are left here by the reading thread, in the order in which they come and without the interpreter lock. Each
//! loop takes what is meant for it in its own thread, when its descriptor is readable: one wake-up for all that came
//! since it last looked. So calls begin in the order in which they arrive.
//!
//! One loop is enough, unless a callback holds it up, waiting in a blocking way: what comes back to this process because
//! of that wait runs on a spare loop, as it would wait for itself.

use std::cell::Cell;
use std::collections::VecDeque;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use daffi::fork::Registered;
use daffi::{ChainId, Failure, FailureCode};
use parking_lot::{Mutex, MutexGuard};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use rustix::event::{EventfdFlags, eventfd};

use crate::hooks;
use crate::interpreter::forked::{PerProcess, only_parent_returns};
use crate::interpreter::waiter::Inside;

/// So many calls are started in one turn of a loop, then what runs on it goes on for a turn. 64: they take about a
/// millisecond, which nobody feels, and the cost of a turn is spread over them.
const BATCH: usize = 64;

/// Something for an event loop to do.
pub(crate) trait Work: Send {
    /// The chain of calls that it belongs to.
    fn chain(&self) -> Option<ChainId> {
        None
    }

    /// What the loop is to start: function, arguments, keywords, context variables and way back; nothing where it is done
    /// already. Called by the thread of the loop.
    fn prepare(self: Box<Self>, py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>>;

    /// No loop will take it. What holds its way back in Python answers when that is dropped.
    fn refuse(self: Box<Self>, _why: &Failure) {}
}

/// A function that is quick and meant for one loop.
struct Quick(Py<PyAny>);

impl Work for Quick {
    fn prepare(self: Box<Self>, py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
        self.0.call0(py).map(|_| None)
    }
}

/// Why no loop takes something.
#[derive(Clone, Copy)]
enum Refusal {
    /// Its loop has ended, with the process.
    Ended,
    /// There was no thread for it, or no descriptor. The next request has it tried again.
    NotStarted,
}

impl Refusal {
    fn failure(self) -> Failure {
        let (code, text) = match self {
            Self::Ended => (
                FailureCode::Stopping,
                "the event loop of async callbacks has ended",
            ),
            Self::NotStarted => (
                FailureCode::Overloaded,
                "the event loop of async callbacks could not be started",
            ),
        };
        Failure::new(code, text)
    }
}

/// Whether this process has ever had an event loop for callbacks: looking for one costs as much as encoding two numbers.
static HAS_LOOP: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Which event loop of callbacks this thread runs.
    static RUNS_LOOP: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Whether this process has ever had an event loop for callbacks.
pub(crate) fn has_loop() -> bool {
    HAS_LOOP.load(Ordering::Relaxed)
}

/// Which event loop of callbacks the calling thread runs.
pub(crate) fn loop_here() -> Option<usize> {
    RUNS_LOOP.get()
}

/// Whether the calling thread runs an event loop of callbacks.
#[pyfunction]
pub(crate) fn in_loop_thread() -> bool {
    RUNS_LOOP.get().is_some()
}

/// To be called in a forked child: the loop that this thread ran is its parent's.
pub(crate) fn forked() {
    RUNS_LOOP.set(None);
}

/// All loops of a process. The bounds on calls under way bound what waits here.
#[derive(Default)]
pub(crate) struct Loops(Mutex<State>);

#[derive(Default)]
struct State {
    /// The first is the loop of the process, the others are spare.
    lines: Vec<Line>,
    /// Chains of calls that hold a loop up, each with the number of waits that do.
    held: Vec<(ChainId, usize)>,
    /// What waits for a spare loop that is being started.
    homeless: VecDeque<Box<dyn Work>>,
    /// A loop was asked for, and has not come yet: the first one, a spare one.
    is_starting: [bool; 2],
    /// Of those, which nobody has begun to start.
    wanted: [bool; 2],
}

/// One loop.
#[derive(Default)]
struct Line {
    waiting: VecDeque<Box<dyn Work>>,
    /// Readable while something waits; none before its loop is there.
    bell: Option<OwnedFd>,
    /// How many waits of its thread hold it up.
    holds: usize,
    ended: bool,
}

impl Line {
    fn push(&mut self, work: Box<dyn Work>) {
        self.waiting.push_back(work);
        if self.waiting.len() == 1 {
            self.ring();
        }
    }

    fn ring(&self) {
        if let Some(bell) = &self.bell {
            // Fails only when the counter is full, and then the bell rings anyway.
            let _ = rustix::io::write(bell, &1u64.to_ne_bytes());
        }
    }

    fn is_free(&self) -> bool {
        self.bell.is_some() && !self.ended && self.holds == 0
    }

    /// Whether its loop has never come, or could not be started.
    fn is_vacant(&self) -> bool {
        self.bell.is_none()
    }
}

impl State {
    fn main(&mut self) -> &mut Line {
        if self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        &mut self.lines[0]
    }

    fn is_held(&self, chain: Option<ChainId>) -> bool {
        self.held.iter().any(|(held, _)| Some(*held) == chain)
    }

    /// Gives work to the loop that is to do it; back, where that has ended.
    fn push(&mut self, work: Box<dyn Work>) -> Option<Box<dyn Work>> {
        if self.is_held(work.chain()) {
            self.rescue(work);
            return None;
        }
        let main = self.main();
        if main.ended {
            return Some(work);
        }
        main.push(work);
        if main.bell.is_none() {
            self.start(false);
        }
        None
    }

    /// Gives work to a spare loop.
    fn rescue(&mut self, work: Box<dyn Work>) {
        if let Some(spare) = self.lines.iter_mut().skip(1).find(|line| line.is_free()) {
            return spare.push(work);
        }
        self.homeless.push_back(work);
        self.start(true);
    }

    /// Has a loop started by whoever holds the lock, once that is free.
    fn start(&mut self, spare: bool) {
        let is_starting = std::mem::replace(&mut self.is_starting[usize::from(spare)], true);
        if !is_starting {
            self.wanted[usize::from(spare)] = true;
        }
    }

    /// A loop has come. Gives its number.
    fn enter(&mut self, bell: OwnedFd) -> usize {
        self.main();
        let place = self.lines.iter().position(Line::is_vacant);
        let place = place.unwrap_or(self.lines.len());
        let spare = place > 0;
        if place == self.lines.len() {
            self.lines.push(Line::default());
        }
        if spare {
            self.lines[place].waiting.append(&mut self.homeless);
        }
        self.is_starting[usize::from(spare)] = false;
        let line = &mut self.lines[place];
        line.bell = Some(bell);
        if !line.waiting.is_empty() {
            line.ring();
        }
        place
    }

    /// A loop that had come cannot be started: as if it had not come yet.
    fn leave(&mut self, place: usize) {
        let line = &mut self.lines[place];
        line.bell = None;
        if place > 0 {
            self.homeless.append(&mut line.waiting);
        }
        self.is_starting[usize::from(place > 0)] = true;
    }

    /// What a loop may no longer start: it is held up by a wait of this chain. On a spare loop that is everything, as
    /// what waits there is waited for by another loop.
    fn withdraw(&mut self, place: usize, chain: ChainId) -> Vec<Box<dyn Work>> {
        let line = &mut self.lines[place];
        let mut withdrawn = Vec::new();
        for work in std::mem::take(&mut line.waiting) {
            let is_of_the_chain = work.chain() == Some(chain);
            if is_of_the_chain || (place > 0 && work.chain().is_some()) {
                withdrawn.push(work);
            } else {
                line.waiting.push_back(work);
            }
        }
        withdrawn
    }
}

static LOOPS: PerProcess<Loops> = PerProcess::new(Loops(Mutex::new(State {
    lines: Vec::new(),
    held: Vec::new(),
    homeless: VecDeque::new(),
    is_starting: [false; 2],
    wanted: [false; 2],
})));

/// The loops of this process.
pub(crate) fn loops() -> &'static Loops {
    LOOPS.get()
}

impl Loops {
    /// Leaves work for the loop that is to do it. From any thread, without the interpreter lock.
    pub(crate) fn push(&self, work: Box<dyn Work>) {
        let mut state = self.0.lock();
        let refused = state.push(work);
        self.start_wanted(state);
        if let Some(work) = refused {
            work.refuse(&Refusal::Ended.failure());
        }
    }

    /// Starts the loops that are wanted, each from a thread of its own: this one may not run Python, and what runs that
    /// for others may be held up by a function of a user.
    fn start_wanted(&self, mut state: MutexGuard<'_, State>) {
        let wanted = std::mem::take(&mut state.wanted);
        drop(state);
        for spare in [false, true] {
            if !wanted[usize::from(spare)] {
                continue;
            }
            let start = move || {
                if !start_loop(spare) {
                    loops().not_started(spare);
                }
            };
            let thread = std::thread::Builder::new().name("daffi-start".into());
            if thread.spawn(start).is_err() {
                self.not_started(spare);
            }
        }
    }

    /// This thread's loop is held up by a wait of a chain: what belongs to that runs elsewhere, until `release`.
    pub(crate) fn hold(&self, place: usize, chain: ChainId) {
        let mut state = self.0.lock();
        state.lines[place].holds += 1;
        match state.held.iter_mut().find(|(held, _)| *held == chain) {
            Some((_, waits)) => *waits += 1,
            None => state.held.push((chain, 1)),
        }
        for work in state.withdraw(place, chain) {
            state.rescue(work);
        }
        self.start_wanted(state);
    }

    /// Ends what `hold` began.
    pub(crate) fn release(&self, place: usize, chain: ChainId) {
        let mut state = self.0.lock();
        state.lines[place].holds -= 1;
        if let Some((_, waits)) = state.held.iter_mut().find(|(held, _)| *held == chain) {
            *waits -= 1;
        }
        state.held.retain(|(_, waits)| *waits > 0);
    }

    /// No loop came: what waits for it is answered.
    fn not_started(&self, spare: bool) {
        let left = {
            let mut state = self.0.lock();
            state.is_starting[usize::from(spare)] = false;
            if spare {
                std::mem::take(&mut state.homeless)
            } else {
                std::mem::take(&mut state.main().waiting)
            }
        };
        for work in left {
            work.refuse(&Refusal::NotStarted.failure());
        }
    }

    /// What a loop is to start in this turn.
    fn take(&self, place: usize) -> Vec<Box<dyn Work>> {
        let mut state = self.0.lock();
        let line = &mut state.lines[place];
        let count = line.waiting.len().min(BATCH);
        let taken = line.waiting.drain(..count).collect();
        if line.waiting.is_empty()
            && let Some(bell) = &line.bell
        {
            let mut counter = [0; 8];
            let _ = rustix::io::read(bell, &mut counter);
        }
        taken
    }

    fn end(&self, place: usize) {
        let left = {
            let mut state = self.0.lock();
            let line = &mut state.lines[place];
            line.ended = true;
            std::mem::take(&mut line.waiting)
        };
        for work in left {
            work.refuse(&Refusal::Ended.failure());
        }
    }

    fn call_soon(&self, place: usize, function: Py<PyAny>) {
        let mut state = self.0.lock();
        let line = &mut state.lines[place];
        if line.ended {
            // Not under the lock: it may be the last to hold the function.
            drop(state);
            drop(function);
        } else {
            line.push(Box::new(Quick(function)));
        }
    }
}

/// Starts a loop from this thread, which is there for that alone; whether it came.
fn start_loop(spare: bool) -> bool {
    let started = Python::try_attach(|py| {
        let start = || hooks::START_LOOP.get(py)?.call1((spare,));
        only_parent_returns(py, start)
            .map_err(|error| error.write_unraisable(py, None))
            .is_ok()
    });
    started.unwrap_or(false)
}

/// What waits for one loop, as that loop sees it.
#[pyclass(frozen, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct CallQueue {
    _registered: Registered,
    descriptor: i32,
    place: usize,
}

#[pymethods]
impl CallQueue {
    /// The first is that of the loop of the process, the others are of spare ones.
    #[new]
    fn new() -> PyResult<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let bell = eventfd(0, flags).map_err(|error| PyOSError::new_err(error.to_string()))?;
        let descriptor = bell.as_raw_fd();
        let registered = Registered::new(descriptor);
        Ok(Self {
            _registered: registered,
            descriptor,
            place: loops().0.lock().enter(bell),
        })
    }

    /// The descriptor to watch for reading.
    const fn fileno(&self) -> i32 {
        self.descriptor
    }

    /// The calling thread is that of the loop.
    fn begin(&self) {
        RUNS_LOOP.set(Some(self.place));
        HAS_LOOP.store(true, Ordering::Relaxed);
    }

    /// Instead of `begin`: the loop could not be started, and nobody takes from this. What waits is answered once the
    /// start has failed.
    fn give_up(&self) {
        loops().0.lock().leave(self.place);
    }

    /// The calls to be started next, in order, as function, arguments, keywords and way back. Called by the loop when the
    /// descriptor is readable; what is left makes it readable again.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let _inside = Inside::begin(py);
        let calls = PyList::empty(py);
        for work in loops().take(self.place) {
            match work.prepare(py) {
                Ok(Some(call)) => calls.append(call)?,
                Ok(None) => {}
                // Whoever waits is told by the way back, as it is dropped.
                Err(error) => error.write_unraisable(py, None),
            }
        }
        Ok(calls)
    }

    /// Has the loop call a function that is quick, after what waits already. From any thread.
    pub(crate) fn call_soon(&self, function: Py<PyAny>) {
        loops().call_soon(self.place, function);
    }

    /// The loop takes no more; what waits is answered so.
    fn end(&self) {
        loops().end(self.place);
    }
}
