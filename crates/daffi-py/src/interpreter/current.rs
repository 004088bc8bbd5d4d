//! The Global that fetchers and calls by name use: that of this process, as long as it has one.

use daffi::Global;
use parking_lot::RwLock;
use pyo3::prelude::*;

use crate::errors::Kind;
use crate::hooks;
use crate::interpreter::context::in_callback;
use crate::interpreter::forked::OfThisProcess;

/// The Global that fetchers use. Only touched with the interpreter lock held, and never across a wait, so that no
/// thread holds it while another forks.
static CURRENT: RwLock<Option<OfThisProcess<Global>>> = RwLock::new(None);

/// Gives the Global of this process to `use_it`.
///
/// # Errors
/// `GlobalContextError`: there is none, it was stopped, or it is a parent's.
pub(crate) fn with_current<T>(py: Python<'_>, use_it: impl FnOnce(&Global) -> T) -> PyResult<T> {
    if let Some(global) = &*CURRENT.read() {
        return global.check(py).map(use_it);
    }
    if in_callback(py)? {
        // It may be called before the constructor of its Global has quite returned: waits for that.
        hooks::WAIT_ALMOST_STARTED.get(py)?.call0()?;
    }
    match &*CURRENT.read() {
        Some(global) => global.check(py).map(use_it),
        None => Err(Kind::GlobalContext.error(
            py,
            "this process has no Global\nhint: make one first: g = Global(...); after g.stop() make a new one",
        )),
    }
}

/// Whether this process has a Global that takes part in calls. Needs no lock of the interpreter.
pub(crate) fn is_running() -> bool {
    let current = CURRENT.read();
    let global = current.as_ref().filter(|global| !global.is_foreign());
    global.is_some_and(|global| global.is_running())
}

/// Makes this the one, or none.
pub(crate) fn set(global: Option<&Global>) {
    let new = global.map(|global| OfThisProcess::new(Global::clone(global)));
    let old = std::mem::replace(&mut *CURRENT.write(), new);
    drop(old);
}

/// In a forked child: there is none, and the parent's is not touched.
pub(crate) fn forked() {
    drop(CURRENT.write().take());
}
