//! The local stand-in for a remote callback, and the call that waits for its modifier. On the hot path of every call.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::call::{Given, run};
use crate::errors::Kind;
use crate::plan::Plan;

/// Stands for the remote callback of its name. With a plan a call runs at once; without, it gives a [`Call`].
#[pyclass(frozen, dict, weakref, module = "daffi._daffi")]
#[derive(Debug)]
pub(crate) struct Fetcher {
    name: String,
    plan: Option<Py<Plan>>,
    /// With `args_from_body`: what makes the arguments.
    body: Option<Py<PyAny>>,
}

#[pymethods]
impl Fetcher {
    #[new]
    #[pyo3(signature = (name, modifier=None, body=None))]
    fn new(
        py: Python<'_>,
        name: String,
        modifier: Option<&Bound<'_, PyAny>>,
        body: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        if name.is_empty() {
            return Err(Kind::Initialization.error(py, "the name of a callback must not be empty"));
        }
        Ok(Self {
            name,
            plan: modifier.map(Plan::of).transpose()?,
            body,
        })
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut plan = self.plan.as_ref().map(|plan| plan.clone_ref(py));
        if let Some(kwargs) = kwargs
            && let Some(modifier) = kwargs.get_item(intern!(py, "__exec_modifier__"))?
        {
            plan = Some(Plan::of(&modifier)?);
            kwargs.del_item(intern!(py, "__exec_modifier__"))?;
        }
        let made = self
            .body
            .as_ref()
            .map(|body| arguments_from_body(py, body, args, kwargs))
            .transpose()?;
        let (args, kwargs) = match &made {
            Some(args) => (args, None),
            None => (args, kwargs),
        };
        match plan {
            Some(plan) => run(
                py,
                &Given {
                    name: &self.name,
                    args,
                    kwargs,
                },
                plan.get(),
            ),
            None => {
                let call = Call {
                    name: self.name.clone(),
                    args: args.clone().unbind(),
                    kwargs: kwargs.map(|kwargs| kwargs.clone().unbind()),
                };
                Ok(Bound::new(py, call)?.into_any())
            }
        }
    }

    /// `fetcher & FG`: the same fetcher with that modifier.
    fn __and__(&self, py: Python<'_>, modifier: &Bound<'_, PyAny>) -> PyResult<Self> {
        let body = self.body.as_ref().map(|body| body.clone_ref(py));
        Ok(Self {
            name: self.name.clone(),
            plan: Some(Plan::of(modifier)?),
            body,
        })
    }

    fn __repr__(&self) -> String {
        format!("<daffi fetcher of {:?}>", self.name)
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
    /// The callback.
    #[pyo3(get)]
    name: String,
    args: Py<PyTuple>,
    kwargs: Option<Py<PyDict>>,
}

#[pymethods]
impl Call {
    fn __and__<'py>(
        &self,
        py: Python<'py>,
        modifier: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let plan = Plan::of(modifier)?;
        let kwargs = self.kwargs.as_ref().map(|kwargs| kwargs.bind(py));
        run(
            py,
            &Given {
                name: &self.name,
                args: self.args.bind(py),
                kwargs,
            },
            plan.get(),
        )
    }

    /// Runs the call and waits for the value; the fields of `FG`.
    #[pyo3(signature = (**fields))]
    fn fg<'py>(
        &self,
        py: Python<'py>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.__and__(py, &modifier(py, "FG", fields)?)
    }

    /// Runs the call in the background; the fields of `BG`.
    #[pyo3(signature = (**fields))]
    fn bg<'py>(
        &self,
        py: Python<'py>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.__and__(py, &modifier(py, "BG", fields)?)
    }

    /// Runs the call and forgets it; the fields of `NO_RETURN`.
    #[pyo3(signature = (**fields))]
    fn no_return<'py>(
        &self,
        py: Python<'py>,
        fields: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.__and__(py, &modifier(py, "NO_RETURN", fields)?)
    }

    fn __repr__(&self) -> String {
        format!("<daffi call of {:?}, not run yet: add `& FG`>", self.name)
    }
}

fn modifier<'py>(
    py: Python<'py>,
    name: &str,
    fields: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "daffi._modifiers"))?
        .getattr(name)?
        .call((), fields)
}
