//! The local stand-in for a remote callback, and the call that waits for its modifier. On the hot path of every call.

use std::collections::HashMap;

use daffi::CallError;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyAttributeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyNotImplemented, PyTuple, PyType};

use crate::call::given::Given;
use crate::call::plan::{How, Plan};
use crate::call::unsent::{Forgotten, Unsent};
use crate::call::value::{Value, run_for};
use crate::codec::errors::call_error;
use crate::errors::{Kind, quoted};
use crate::hooks::{self, Hook};
use crate::interpreter::current::with_current;
use crate::interpreter::waiter::Inside;
use crate::result::async_result::AsyncResult;

/// The attributes of a fetcher that are of the function that it stands for.
const OF_FUNCTION: [&str; 3] = ["__wrapped__", "__annotations__", "__signature__"];

/// The arguments of [`Fetcher::new`], by position and by name.
type MadeWith<'py> = (
    (String, Option<Py<PyAny>>, Option<Py<PyAny>>),
    Bound<'py, PyDict>,
);

// With a plan a call runs at once; without, it gives a [`Call`].
/// Stands for the remote callback of its name: `fetcher(1, 2) & FG` calls it, and so does `fetcher(1, 2)` of one with a
/// modifier of its own.
#[pyclass(frozen, dict, weakref, subclass, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct Fetcher {
    name: String,
    plan: Option<Py<Plan>>,
    /// With `args_from_body`: what makes the arguments.
    body: Option<Py<PyAny>>,
    value: Value,
    /// Of what `fetcher & FG` gives, which is made to be called.
    uncalled: Option<Unsent>,
}

#[pymethods]
impl Fetcher {
    #[new]
    #[pyo3(signature = (name, modifier=None, body=None, *, value="now"))]
    fn new(
        py: Python<'_>,
        name: String,
        modifier: Option<&Bound<'_, PyAny>>,
        body: Option<Py<PyAny>>,
        value: &str,
    ) -> PyResult<Self> {
        let value = Value::ALL
            .into_iter()
            .find(|known| known.name() == value)
            .ok_or_else(|| PyValueError::new_err(format!("no such value: {value}")))?;
        if name.is_empty() {
            return Err(Kind::Initialization.error(py, "the name of a callback must not be empty"));
        }
        Ok(Self {
            name,
            plan: modifier.map(Plan::of).transpose()?,
            body,
            value,
            uncalled: None,
        })
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        let _inside = Inside::begin(py);
        this.settle();
        let mut plan = this.plan.as_ref().map(|plan| plan.clone_ref(py));
        if let Some(kwargs) = kwargs
            && let Some(modifier) = kwargs.get_item(intern!(py, "__exec_modifier__"))?
        {
            plan = Some(Plan::of(&modifier)?);
            kwargs.del_item(intern!(py, "__exec_modifier__"))?;
        }
        let made = this
            .body
            .as_ref()
            .map(|body| arguments_from_body(py, body, args, kwargs))
            .transpose()?;
        let (args, kwargs) = match &made {
            Some(args) => (args, None),
            None => (args, kwargs),
        };
        match plan {
            Some(plan) => {
                let given = Given::new(&this.name, args, kwargs);
                let gave = run_for(py, &given, plan.get(), this.value)?;
                if this.value == Value::Awaitable
                    && let Ok(result) = gave.cast::<AsyncResult>()
                {
                    result.get().give_itself();
                }
                Ok(gave)
            }
            None => {
                let call = Call {
                    fetcher: slf.clone().unbind(),
                    args: args.clone().unbind(),
                    kwargs: kwargs.map(|kwargs| kwargs.clone().unbind()),
                    unsent: Unsent::made_here(py),
                };
                Ok(Bound::new(py, call)?.into_any())
            }
        }
    }

    fn __or__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        self.settle();
        Err(no_operand(py, &self.name, "|", other))
    }

    /// The modifier on the left: not how it is written.
    fn __rand__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        self.settle();
        Err(no_operand(py, &self.name, "left of the &", other))
    }

    /// A call whose parentheses were forgotten: `g.call.name.fg()`.
    fn __getattr__(&self, py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
        // Python comes here for the error of a property, too.
        match name {
            "exists" => return self.exists(py)?.into_py_any(py),
            "info" => return self.info(py)?.into_py_any(py),
            _ => {}
        }
        if STYLES.contains(&name) {
            let text = format!(
                "{0}.{name}: the parentheses of the call are missing\nhint: {0}(...).{name}(...) or {0}(...) & {1}",
                self.name,
                name.to_uppercase()
            );
            // Also an AttributeError: who only asks whether it is there gets no for an answer.
            let class = hooks::UNCALLED_ERROR.get(py)?;
            return Err(PyErr::from_type(class.clone(), (text,)));
        }
        let mut text = format!("a fetcher has no attribute {name:?}");
        if self.value == Value::Fitting && !name.starts_with('_') {
            text += &format!(
                "\nhint: to call the process {0:?}, g.call.{name}(...) & FG(node={0:?})",
                self.name
            );
        }
        Err(PyAttributeError::new_err(text))
    }

    /// Whether another process offers the callback now.
    #[getter]
    fn exists(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(!self.info(py)?.is_empty())
    }

    /// The signatures of the callback, by the process that offers it.
    #[getter]
    fn info(&self, py: Python<'_>) -> PyResult<HashMap<String, String>> {
        self.settle();
        let targets = with_current(py, |global| global.targets(&self.name, None))
            .map_err(|error| unanswered(py, error))?;
        match targets {
            Ok(targets) => Ok(targets
                .iter()
                .map(|target| {
                    let process = target.process().as_str().to_owned();
                    (process, target.signature().text().to_owned())
                })
                .collect()),
            Err(CallError::UnknownCallback { .. } | CallError::OnlyLocal(_)) => Ok(HashMap::new()),
            Err(error) => Err(unanswered(py, call_error(py, &self.name, error))),
        }
    }

    /// `fetcher & FG`: the same fetcher with that modifier.
    fn __and__<'py>(
        &self,
        py: Python<'py>,
        modifier: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _inside = Inside::begin(py);
        let body = self.body.as_ref().map(|body| body.clone_ref(py));
        self.settle();
        let made = Self {
            name: self.name.clone(),
            plan: Some(Plan::of(modifier)?),
            body,
            value: self.value,
            uncalled: Some(Unsent::made_here(py)),
        };
        Ok(match self.value {
            Value::Now | Value::Iterated => Bound::new(py, made)?.into_any(),
            Value::Awaitable | Value::Fitting => {
                let made = PyClassInitializer::from(made).add_subclass(AwaitedFetcher);
                Bound::new(py, made)?.into_any()
            }
        })
    }

    /// Copied as itself, like a function.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    /// What [`Fetcher::new`] makes the same of again. Called where it is pickled.
    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<MadeWith<'py>> {
        self.settle();
        let named = PyDict::new(py);
        named.set_item("value", self.value.name())?;
        let [plan, body] = [
            self.plan.as_ref().map(|plan| plan.clone_ref(py).into_any()),
            self.body.as_ref().map(|body| body.clone_ref(py)),
        ];
        Ok(((self.name.clone(), plan, body), named))
    }

    /// Its attributes but for those of the function that it stands for: that need not travel, as it does not run.
    fn __getstate__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let own = slf.getattr(intern!(slf.py(), "__dict__"))?;
        let state = own.cast::<PyDict>()?.copy()?;
        for name in OF_FUNCTION {
            if state.contains(name)? {
                state.del_item(name)?;
            }
        }
        Ok(state)
    }

    fn __repr__(&self) -> String {
        format!("<daffi fetcher of {:?}>", self.name)
    }
}

impl Fetcher {
    /// How a call of it is written.
    fn spelling(&self) -> String {
        format!("{}(...)", self.written())
    }

    /// How it is written itself.
    fn written(&self) -> String {
        let prefix = if self.value == Value::Fitting {
            "g.call."
        } else {
            ""
        };
        format!("{prefix}{}", self.name)
    }

    /// It is used, or an error has told how: from now on there is nothing to warn of.
    fn settle(&self) {
        if let Some(uncalled) = &self.uncalled {
            uncalled.settle();
        }
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        if let Some(uncalled) = &self.uncalled {
            uncalled.dropped(|| {
                let plan = self.plan.as_ref().map(|plan| plan.get().how);
                let modifier = plan.map_or("FG", How::modifier);
                (self.written(), Forgotten::Parentheses(modifier))
            });
        }
    }
}

// Not every fetcher: what has `__await__` is taken for a result by `inspect`, and replaced by something asynchronous by
// `unittest.mock`.
/// A fetcher whose calls may be awaited: `await (fetcher(1, 2) & FG)`.
#[pyclass(frozen, extends = Fetcher, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct AwaitedFetcher;

#[pymethods]
impl AwaitedFetcher {
    #[new]
    #[pyo3(signature = (name, modifier=None, body=None, *, value="awaitable"))]
    fn new(
        py: Python<'_>,
        name: String,
        modifier: Option<&Bound<'_, PyAny>>,
        body: Option<Py<PyAny>>,
        value: &str,
    ) -> PyResult<PyClassInitializer<Self>> {
        let fetcher = Fetcher::new(py, name, modifier, body, value)?;
        Ok(PyClassInitializer::from(fetcher).add_subclass(Self))
    }

    /// A call whose parentheses were forgotten: `await g.call.name`.
    fn __await__(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.as_super().get());
        this.settle();
        let text = format!(
            "await {0}: the parentheses of the call are missing\nhint: await ({0}(...) & FG)",
            this.name
        );
        Err(Kind::Initialization.error(py, text))
    }
}

/// The same error also as an `AttributeError`: who only looks at what a fetcher has gets an answer.
#[cold]
fn unanswered(py: Python<'_>, error: PyErr) -> PyErr {
    if !Kind::GlobalContext.is_of(py, &error) {
        return error;
    }
    match hooks::UNANSWERED_ERROR.get(py) {
        Ok(class) => PyErr::from_type(class.clone(), (error.value(py).to_string(),)),
        Err(error) => error,
    }
}

/// What the body gives: a tuple is the positional arguments, anything else the one argument.
fn arguments_from_body<'py>(
    py: Python<'py>,
    body: &Py<PyAny>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let made = body.bind(py).call(args, kwargs)?;
    match made.cast_exact::<PyTuple>() {
        Ok(tuple) => Ok(tuple.clone()),
        Err(_) => PyTuple::new(py, [made]),
    }
}

/// A call that waits for its modifier: `call & FG` runs it.
#[pyclass(frozen, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct Call {
    fetcher: Py<Fetcher>,
    args: Py<PyTuple>,
    kwargs: Option<Py<PyDict>>,
    unsent: Unsent,
}

#[pymethods]
impl Call {
    fn __and__<'py>(
        &self,
        py: Python<'py>,
        modifier: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let value = self.run(py, modifier)?;
        if value.is(PyNotImplemented::get(py)) {
            // From an operator it would mean that there is none for this modifier.
            let text = format!(
                "{0}: the value is NotImplemented, which no operator of Python can give\nhint: {0}(...).fg()",
                self.name()
            );
            return Err(Kind::Serialization.error(py, text));
        }
        Ok(value)
    }

    /// The callback.
    #[getter]
    fn name(&self) -> &str {
        &self.fetcher.get().name
    }

    /// How it is written.
    #[getter]
    fn spelling(&self) -> String {
        self.fetcher.get().spelling()
    }

    /// An error tells that it is used in a wrong way: dropped, it needs no warning any more.
    fn settle(&self) {
        self.unsent.settle();
    }

    fn __or__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        self.unsent.settle();
        Err(no_operand(py, self.name(), "|", other))
    }

    fn __rand__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        self.unsent.settle();
        Err(no_operand(py, self.name(), "left of the &", other))
    }

    /// Gives the call itself, not run yet: `await g.call.name(...) & FG` awaits before the modifier comes.
    fn __await__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = Inside::begin(slf.py());
        slf.get().unsent.awaited();
        hooks::AWAIT_ITSELF
            .get(slf.py())?
            .call1((slf,))?
            .call_method0("__await__")
    }

    /// Runs the call and waits for the value; the fields of `FG`.
    #[pyo3(signature = (*values, **fields))]
    fn fg<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyTuple>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.run(py, &modifier(&hooks::FG, values, fields)?)
    }

    /// Runs the call in the background; the fields of `BG`.
    #[pyo3(signature = (*values, **fields))]
    fn bg<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyTuple>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.run(py, &modifier(&hooks::BG, values, fields)?)
    }

    /// Runs the call and forgets it; the fields of `NO_RETURN`.
    #[pyo3(signature = (*values, **fields))]
    fn no_return<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyTuple>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.run(py, &modifier(&hooks::NO_RETURN, values, fields)?)
    }

    /// Calls all who offer it; the fields of `BROADCAST`.
    #[pyo3(signature = (*values, **fields))]
    fn broadcast<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyTuple>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.run(py, &modifier(&hooks::BROADCAST, values, fields)?)
    }

    /// Streams the one argument to everyone who offers the callback; the fields of `STREAM`.
    #[pyo3(signature = (*values, **fields))]
    fn stream<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyTuple>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.run(py, &modifier(&hooks::STREAM, values, fields)?)
    }

    /// Has the call run when its time has come; the fields of `PERIOD`.
    #[pyo3(signature = (*values, **fields))]
    fn period<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyTuple>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.run(py, &modifier(&hooks::PERIOD, values, fields)?)
    }

    fn __repr__(&self) -> String {
        format!("<daffi call of {:?}, not run yet: add `& FG`>", self.name())
    }
}

impl Call {
    /// Runs the call as the modifier says.
    fn run<'py>(
        &self,
        py: Python<'py>,
        modifier: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _inside = Inside::begin(py);
        self.unsent.settle();
        let plan = Plan::of(modifier)?;
        let kwargs = self.kwargs.as_ref().map(|kwargs| kwargs.bind(py));
        let fetcher = self.fetcher.get();
        let given = Given::new(&fetcher.name, self.args.bind(py), kwargs);
        run_for(py, &given, plan.get(), fetcher.value)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.unsent
            .dropped(|| (self.fetcher.get().spelling(), Forgotten::Modifier));
    }
}

/// How a call is run without an operator.
const STYLES: [&str; 6] = ["fg", "bg", "no_return", "broadcast", "stream", "period"];

/// The error for an operator that stands where `&` and a modifier belong.
fn no_operand(py: Python<'_>, name: &str, place: &str, other: &Bound<'_, PyAny>) -> PyErr {
    let named = match other.cast::<PyType>() {
        // Of a modifier as it is written.
        Ok(class) => class.name().map(|name| name.to_string()).ok(),
        Err(_) => None,
    };
    let other = named.unwrap_or_else(|| quoted(other));
    let text = match place {
        "|" => format!("{name}(...) | {other}: calls are made with &"),
        _ => format!("{other} & {name}(...): the modifier stands on the right"),
    };
    let text = format!("{text}\nhint: write `{name}(...) & FG`");
    Kind::Initialization.error(py, text)
}

fn modifier<'py>(
    modifier: &Hook,
    values: &Bound<'py, PyTuple>,
    fields: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    modifier.get(py)?.call(values, fields)
}
