//! What a call is made with: the objects that its caller gave, or what was taken of them for calls that are made again.

use daffi::{Body, Shape, Target};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::call::plan::is_modifier;
use crate::codec::{self, Giver};
use crate::errors::Kind;

/// A call: the name of the callback and the arguments.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a, 'py> {
    pub(crate) name: &'a str,
    pub(crate) arguments: Arguments<'a, 'py>,
}

/// The arguments of a call.
#[derive(Clone, Copy)]
pub(crate) enum Arguments<'a, 'py> {
    /// The objects that were given.
    Objects(&'a Bound<'py, PyTuple>, Option<&'a Bound<'py, PyDict>>),
    /// What they were when the call was made.
    Taken(&'a Taken),
}

/// Arguments as they were when the call was made, for as many attempts as there are.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    shape: Shape,
    body: Body,
}

impl Taken {
    /// The bytes that are kept.
    pub(crate) fn len(&self) -> u64 {
        self.body.len()
    }
}

impl<'a, 'py> Given<'a, 'py> {
    /// A call with these objects.
    pub(crate) const fn new(
        name: &'a str,
        args: &'a Bound<'py, PyTuple>,
        kwargs: Option<&'a Bound<'py, PyDict>>,
    ) -> Self {
        let arguments = Arguments::Objects(args, kwargs);
        Self { name, arguments }
    }

    /// How many arguments there are, and under which names.
    #[inline]
    pub(crate) fn shape(&self) -> PyResult<Shape> {
        let (args, kwargs) = match self.arguments {
            Arguments::Objects(args, kwargs) => (args, kwargs),
            Arguments::Taken(taken) => return Ok(taken.shape.clone()),
        };
        let keywords = match kwargs {
            None => Vec::new(),
            Some(kwargs) => {
                let keys = kwargs.keys();
                keys.iter()
                    .map(|name| name.extract())
                    .collect::<PyResult<_>>()?
            }
        };
        Ok(Shape {
            positional: args.len(),
            keywords,
        })
    }

    /// Whether a modifier, class or instance, is among the arguments.
    pub(crate) fn has_modifier(&self) -> bool {
        match self.arguments {
            Arguments::Objects(args, kwargs) => {
                args.iter().any(|value| is_modifier(&value))
                    || kwargs.is_some_and(|kwargs| {
                        let values = kwargs.values();
                        values.iter().any(|value| is_modifier(&value))
                    })
            }
            Arguments::Taken(_) => false,
        }
    }

    /// The arguments as they travel; a target is asked for the names of its parameters, for the message of an error.
    ///
    /// # Errors
    /// `SerializationError`: they cannot travel.
    pub(crate) fn encode(&self, target: Option<&Target>, giver: Giver) -> PyResult<Body> {
        let (args, kwargs) = match self.arguments {
            Arguments::Objects(args, kwargs) => (args, kwargs),
            Arguments::Taken(taken) => return Ok(taken.body.clone()),
        };
        let name_of = |place: usize| {
            let parameter = target?.signature().at_position(place)?;
            Some(parameter.name.as_str().to_owned())
        };
        if let Some(body) = codec::encode_typed(args, kwargs, giver) {
            return Ok(body);
        }
        if self.has_modifier() {
            let text = "a modifier among the arguments\nhint: it stands behind the parentheses";
            let text = format!("{text}: {}(...) & FG", self.name);
            return Err(Kind::Serialization.error(args.py(), text));
        }
        codec::dump_arguments(args, kwargs, &name_of, giver)
    }

    /// The arguments as they are now, to be sent any number of times.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub(crate) fn take(&self, target: Option<&Target>) -> PyResult<Taken> {
        Ok(Taken {
            shape: self.shape()?,
            body: self.encode(target, Giver::GoesOn)?,
        })
    }
}
