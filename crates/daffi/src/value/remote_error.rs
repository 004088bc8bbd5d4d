//! What a callback raised, as it travels between languages: the record in a reply of status `Raised`.
//!
//! A tuple of the class and its bases as `(module, name)` pairs, the message, the traceback, a state that only the
//! language of the class can read, the notes, and the records of a group's members.

use daffi_link::{Body, Received};

use crate::value::{DecodeError, EncodeError, Value};

/// An error that a callback of another process raised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{type_name}: {message}")]
pub struct RemoteError {
    /// Its class, with its module where that is not the language's own.
    pub type_name: String,
    /// What it says.
    pub message: String,
    /// Where it was raised, as its language shows it; may be empty.
    pub traceback: String,
    /// What was added to it on its way.
    pub notes: Vec<String>,
}

/// The module of what is raised by Rust.
const RUST: &str = "rust";

impl RemoteError {
    /// Reads the record of [`CallError::Raised`](crate::CallError::Raised). What is missing in it stays empty.
    ///
    /// # Errors
    /// [`DecodeError`]: the payload holds no record.
    pub fn read(record: Received) -> Result<Self, DecodeError> {
        let (Value::Tuple(fields) | Value::List(fields)) = Value::from_received(record)? else {
            return Err(DecodeError::UnknownEncoding);
        };
        let mut fields = fields.into_iter();
        let mut next = || fields.next().unwrap_or(Value::Nil);
        let type_name = first_class(next()).unwrap_or_else(|| "Exception".to_owned());
        let message = text(next());
        let traceback = text(next());
        let _state = next();
        let notes = items(next()).into_iter().map(text).collect();
        Ok(Self {
            type_name,
            message,
            traceback,
            notes,
        })
    }

    /// Writes the record of an error that a Rust callback gives.
    pub(crate) fn into_body(self) -> Result<Body, EncodeError> {
        let class = Value::Tuple(vec![RUST.into(), self.type_name.into()]);
        let notes = self.notes.into_iter().map(Value::from).collect();
        Value::Tuple(vec![
            Value::List(vec![class]),
            self.message.into(),
            self.traceback.into(),
            Value::Nil,
            Value::List(notes),
            Value::List(Vec::new()),
        ])
        .into_body()
    }
}

fn first_class(lineage: Value) -> Option<String> {
    let mut pair = items(items(lineage).into_iter().next()?).into_iter();
    let module = text(pair.next()?);
    let name = text(pair.next()?);
    Some(match module.as_str() {
        "" | "builtins" | RUST => name,
        _ => format!("{module}.{name}"),
    })
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Tuple(items) | Value::List(items) => items,
        _ => Vec::new(),
    }
}

fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        let error = RemoteError {
            type_name: "Overflow".into(),
            message: "too large".into(),
            traceback: "caused by: x".into(),
            notes: vec!["while adding".into()],
        };
        let body = error.clone().into_body().expect("texts can travel");
        let received = Received {
            payload: body.payload,
            blobs: Vec::new(),
        };
        assert_eq!(RemoteError::read(received), Ok(error));
    }

    #[test]
    fn a_record_of_nonsense_is_an_error_or_empty() {
        let nonsense = |value: Value| Received {
            payload: value.into_body().expect("it can travel").payload,
            blobs: Vec::new(),
        };
        assert!(RemoteError::read(nonsense(Value::Nil)).is_err());
        let empty = RemoteError::read(nonsense(Value::Tuple(vec![1.into(), 2.into()])));
        assert_eq!(empty.expect("a tuple will do").message, "");
    }
}
