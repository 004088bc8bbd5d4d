//! What Rust programs use: callbacks made of closures, and calls by name with Rust values.

use std::any::{Any, type_name};
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use daffi_link::{Body, Received};
use daffi_proto::{BadItems, CallbackNumber, Failure, FailureCode, Name, ReplyStatus, Signature};

use crate::api::search::Search;
use crate::call::items::split_items;
use crate::call::options::CallOptions;
use crate::call::pending::PendingCall;
use crate::call::times::Times;
use crate::call::unsent::Unsent;
use crate::error::{CallError, RegisterError, ValueError};
use crate::global::Global;
use crate::members::choose::{Elsewhere, Shape};
use crate::members::target::Target;
use crate::serve::callback::{Definition, Invocation};
use crate::serve::cancel::CancelFlag;
use crate::serve::responder::Responder;
use crate::value::remote_error::RemoteError;
use crate::value::{Arguments, EncodeError, Value};

/// What a Rust callback gives instead of a value; made of any error by `?`, or of a message.
#[derive(Debug)]
pub struct CallbackError(RemoteError);

impl CallbackError {
    /// An error with a message of its own.
    pub fn new(message: impl Into<String>) -> Self {
        Self(RemoteError {
            type_name: "CallbackError".to_owned(),
            message: message.into(),
            traceback: String::new(),
            notes: Vec::new(),
        })
    }

    fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let mut error = Self::new(text.unwrap_or_else(|| "the callback panicked".to_owned()));
        "panic".clone_into(&mut error.0.type_name);
        error
    }
}

impl<E: Error> From<E> for CallbackError {
    fn from(error: E) -> Self {
        let mut traceback = String::new();
        let mut cause = error.source();
        while let Some(error) = cause {
            traceback.push_str(&format!("caused by: {error}\n"));
            cause = error.source();
        }
        let mut made = Self::new(error.to_string());
        type_name::<E>().clone_into(&mut made.0.type_name);
        made.0.traceback = traceback;
        made
    }
}

impl Definition {
    /// A callback made of a function of values. It accepts any arguments; the function says what does not fit.
    ///
    /// # Errors
    /// [`RegisterError::Name`]: the name cannot be one.
    pub fn of<F>(name: &str, function: F) -> Result<Self, RegisterError>
    where
        F: Fn(Arguments) -> Result<Value, CallbackError> + Send + Sync + 'static,
    {
        Ok(Self {
            name: Name::new(name)?,
            signature: Signature::any(),
            run: Arc::new(move |invocation| run(&function, invocation)),
            at_once: None,
        })
    }
}

fn run<F>(function: &F, invocation: Invocation)
where
    F: Fn(Arguments) -> Result<Value, CallbackError>,
{
    let Invocation {
        mut body,
        responder,
        cancelled,
        ..
    } = invocation;
    if let Some(items) = split_items(&mut body) {
        return run_items(function, items, responder, &cancelled);
    }
    let arguments = match Arguments::from_received(body) {
        Ok(arguments) => arguments,
        Err(error) => {
            let failure = Failure::new(FailureCode::BadArguments, error.to_string());
            return responder.fail(&failure);
        }
    };
    match run_once(function, arguments) {
        Ok(value) => answer(responder, ReplyStatus::Value, value.into_body()),
        Err(error) => answer(responder, ReplyStatus::Raised, error.0.into_body()),
    }
}

fn run_once<F>(function: &F, arguments: Arguments) -> Result<Value, CallbackError>
where
    F: Fn(Arguments) -> Result<Value, CallbackError>,
{
    let ended = catch_unwind(AssertUnwindSafe(|| function(arguments)));
    ended.unwrap_or_else(|panic| Err(CallbackError::of_panic(&*panic)))
}

fn answer(responder: Responder, status: ReplyStatus, body: Result<Body, EncodeError>) {
    match body {
        Ok(body) => responder.reply(status, body),
        Err(error) => responder.fail(&Failure::new(FailureCode::BadResult, error.to_string())),
    }
}

/// Runs a callback once for each item of a stream, in order; the first error ends it.
fn run_items<F>(
    function: &F,
    items: Result<Vec<Received>, BadItems>,
    responder: Responder,
    cancelled: &CancelFlag,
) where
    F: Fn(Arguments) -> Result<Value, CallbackError>,
{
    let unreadable = |error: &dyn Error| Failure::new(FailureCode::BadArguments, error.to_string());
    let items = match items {
        Ok(items) => items,
        Err(error) => return responder.fail(&unreadable(&error)),
    };
    for item in items {
        if cancelled.is_cancelled() {
            let text = "cancelled between two items of a stream";
            return responder.fail(&Failure::new(FailureCode::Cancelled, text));
        }
        let arguments = match Value::from_received(item) {
            Ok(item) => Arguments {
                positional: vec![item],
                keywords: Vec::new(),
            },
            Err(error) => return responder.fail(&unreadable(&error)),
        };
        if let Err(error) = run_once(function, arguments) {
            return answer(responder, ReplyStatus::Raised, error.0.into_body());
        }
    }
    answer(responder, ReplyStatus::Value, Value::Nil.into_body());
}

impl Global {
    /// Sends items to the callback of this name in every other process that offers it, and waits until all have taken
    /// the last. A callback runs once for each item, in order. The slowest receiver holds back the items to come.
    ///
    /// # Errors
    /// [`CallError`]: the first failure of a receiver, which ends the stream everywhere.
    pub fn stream(
        &self,
        name: &str,
        items: impl IntoIterator<Item = Value>,
        timeout: Option<Duration>,
    ) -> Result<(), CallError> {
        let sender = self.stream_to(self.targets(name, None)?, timeout, None)?;
        for item in items {
            let item = item.into_body().map_err(ValueError::Argument)?;
            sender.push(item, &mut || false)?;
        }
        sender.finish(&mut || false)
    }

    /// Offers a function of values to the others.
    ///
    /// # Errors
    /// [`RegisterError`], of which a second callback of one name is the usual one.
    pub fn callback<F>(&self, name: &str, function: F) -> Result<CallbackNumber, RegisterError>
    where
        F: Fn(Arguments) -> Result<Value, CallbackError> + Send + Sync + 'static,
    {
        self.register(Definition::of(name, function)?)
    }

    /// Calls a function of another process and waits for its value.
    ///
    /// # Errors
    /// [`CallError`] says how the call ended instead.
    pub fn call(&self, name: &str, arguments: impl Into<Arguments>) -> Result<Value, CallError> {
        self.call_with(name, None, arguments.into(), CallOptions::default())
    }

    /// The same, with a choice of the process and of the times.
    ///
    /// # Errors
    /// [`CallError`] says how the call ended instead.
    pub fn call_with(
        &self,
        name: &str,
        node: Option<&str>,
        arguments: Arguments,
        options: CallOptions,
    ) -> Result<Value, CallError> {
        let sending = Sending::of(arguments, options)?;
        let mut search = self.search(name, node);
        loop {
            let (target, pending) = sending.send(&mut search)?;
            let Some(pending) = pending else {
                return Ok(Value::Nil);
            };
            let ended = loop {
                pending.wait(None, &mut || false);
                if let Some(ended) = pending.take() {
                    break ended;
                }
            };
            match ended {
                // It has not run, so it may run elsewhere.
                Err(error @ CallError::Vanished { .. }) => search.vanished(&target, error),
                ended => {
                    let value = Value::from_received(ended?);
                    return Ok(value.map_err(ValueError::Result)?);
                }
            }
        }
    }

    /// Sends a call and does not wait for it. Where it is refused before it begins it goes to another candidate, as long as
    /// its arguments are few (64 KiB, and no value among them of 32 KiB). `None` where no answer is wanted.
    ///
    /// # Errors
    /// [`CallError`]: the call was not sent.
    pub fn send(
        &self,
        name: &str,
        node: Option<&str>,
        arguments: Arguments,
        options: CallOptions,
    ) -> Result<Option<PendingCall>, CallError> {
        let mut sending = Sending::of(arguments, options)?;
        let shape = sending.shape.clone();
        let elsewhere = Elsewhere::new(name.to_owned(), node.map(str::to_owned), shape);
        sending.elsewhere = Some(elsewhere);
        let (_, pending) = sending.send(&mut self.search(name, node))?;
        Ok(pending)
    }
}

/// A call that is to be sent, to one candidate after the other.
struct Sending {
    shape: Shape,
    body: Body,
    options: CallOptions,
    /// Where it goes by itself after it was sent; a thread that waits for it looks for others itself.
    elsewhere: Option<Elsewhere>,
    times: Times,
}

impl Sending {
    fn of(arguments: Arguments, options: CallOptions) -> Result<Self, CallError> {
        let names = arguments.keywords.iter().map(|(name, _)| name.clone());
        Ok(Self {
            shape: Shape {
                positional: arguments.positional.len(),
                keywords: names.collect(),
            },
            body: arguments.into_body().map_err(ValueError::Argument)?,
            options,
            elsewhere: None,
            times: Times::of(&options),
        })
    }

    /// Sends it to the next candidate that is there.
    fn send(&self, search: &mut Search<'_>) -> Result<(Target, Option<PendingCall>), CallError> {
        loop {
            let target = search.fitting(&self.shape)?;
            let unsent = Unsent {
                body: self.body.clone(),
                options: self.options,
                times: self.times,
                route: None,
                elsewhere: self.elsewhere.clone(),
            };
            let caller = search.global().caller()?;
            match PendingCall::begin(caller, &target, unsent, &mut || false) {
                Err(error @ CallError::Vanished { .. }) => search.vanished(&target, error),
                ended => return Ok((target, ended?)),
            }
        }
    }
}
