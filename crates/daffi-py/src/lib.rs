//! The seam of daffi: the private extension module `daffi._daffi` behind the Python package.

mod call;
mod codec;
mod errors;
mod fetcher;
mod hooks;
mod interpreter;
mod result;
mod runtime;
mod serve;

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

use call::{plan, stream};
use interpreter::{context, log, loops, waiter};
use result::{async_result, loop_inbox, promise, remote_stream};
use serve::{generator, host, responder};

/// What `python/daffi` builds on. Its types are in `python/daffi/_daffi.pyi`.
#[pymodule]
fn _daffi(module: &Bound<'_, PyModule>) -> PyResult<()> {
    refuse_subinterpreter(module.py())?;
    waiter::learn_main_thread(module.py())?;
    log::install();
    module.add_class::<fetcher::Call>()?;
    module.add_class::<fetcher::Fetcher>()?;
    module.add_class::<fetcher::AwaitedFetcher>()?;
    module.add_class::<loop_inbox::LoopInbox>()?;
    module.add_class::<loop_inbox::Settlement>()?;
    module.add_class::<loops::CallQueue>()?;
    module.add_class::<plan::Plan>()?;
    module.add_class::<promise::Settle>()?;
    module.add_class::<async_result::AsyncResult>()?;
    module.add_class::<context::RunningCall>()?;
    module.add_class::<responder::Responder>()?;
    module.add_class::<runtime::Runtime>()?;
    module.add_class::<stream::StreamSender>()?;
    module.add_class::<waiter::GivenUp>()?;
    module.add_class::<generator::Outlet>()?;
    module.add_class::<remote_stream::RemoteStream>()?;
    module.add_function(wrap_pyfunction!(hooks::register, module)?)?;
    module.add_function(wrap_pyfunction!(runtime::set_current, module)?)?;
    module.add_function(wrap_pyfunction!(runtime::forked, module)?)?;
    module.add_function(wrap_pyfunction!(runtime::name_problem, module)?)?;
    module.add_function(wrap_pyfunction!(context::cancelled, module)?)?;
    module.add_function(wrap_pyfunction!(context::in_callback, module)?)?;
    module.add_function(wrap_pyfunction!(loops::in_loop_thread, module)?)?;
    module.add_function(wrap_pyfunction!(runtime::settle, module)?)?;
    module.add_function(wrap_pyfunction!(host::serving_threads, module)?)?;
    module.add_function(wrap_pyfunction!(runtime::end_notifier, module)?)?;
    module.add_function(wrap_pyfunction!(log::end_log, module)?)?;
    module.add_function(wrap_pyfunction!(log::log_later, module)?)?;
    module.add_function(wrap_pyfunction!(log::log_lines, module)?)?;
    module.add_function(wrap_pyfunction!(log::set_log_levels, module)?)?;
    codec::add_probe(module)
}

/// Threads of ours that run Python take the main interpreter's lock: in another interpreter its end waits for ever.
///
/// # Errors
/// `ImportError` in an interpreter that is not the main one.
fn refuse_subinterpreter(py: Python<'_>) -> PyResult<()> {
    let Some(interpreters) = hooks::interpreters(py) else {
        return Ok(());
    };
    let current = interpreters.call_method0("get_current")?;
    if current.eq(interpreters.call_method0("get_main")?)? {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "daffi cannot be imported in a subinterpreter\n\
         hint: import it in the main interpreter, or run this code in a process of its own",
    ))
}
