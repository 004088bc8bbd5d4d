//! From Rust's own types to values and back.

use super::{Arguments, Value};

/// A value was of another type than the program asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got {got}")]
pub struct WrongType {
    /// What the program asked for.
    pub expected: &'static str,
    /// What the value is.
    pub got: &'static str,
}

impl Value {
    /// What people call the type of this value.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "bool",
            Self::Integer(_) | Self::BigInteger(_) => "integer",
            Self::Float(_) => "float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::ByteArray(_) => "byte array",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Map(_) => "map",
            Self::Set(_) => "set",
            Self::FrozenSet(_) => "frozen set",
            Self::Complex(..) => "complex number",
            Self::Date(_) => "date",
            Self::Time(_) => "time",
            Self::DateTime(_) => "date with time",
            Self::TimeDelta(_) => "length of time",
            Self::Decimal(_) => "decimal number",
            Self::Uuid(_) => "UUID",
            Self::Array(_) => "array",
            Self::Scalar(_) => "array element",
        }
    }

    const fn wrong(&self, expected: &'static str) -> WrongType {
        WrongType {
            expected,
            got: self.type_name(),
        }
    }
}

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::Nil
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nil, Into::into)
    }
}

macro_rules! from_type {
    ($($type:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        })+
    };
}

from_type! {
    bool => Bool,
    i8 => Integer, i16 => Integer, i32 => Integer, i64 => Integer, i128 => Integer,
    u8 => Integer, u16 => Integer, u32 => Integer, u64 => Integer,
    f32 => Float, f64 => Float,
    String => Text,
    Vec<u8> => Bytes,
    Vec<Value> => List,
}

macro_rules! integer_from_value {
    ($($type:ty),+) => {
        $(impl TryFrom<Value> for $type {
            type Error = WrongType;

            fn try_from(value: Value) -> Result<Self, WrongType> {
                const NAME: &str = concat!("an integer that fits ", stringify!($type));
                match value {
                    Value::Integer(number) => number.try_into().map_err(|_| value.wrong(NAME)),
                    other => Err(other.wrong(NAME)),
                }
            }
        })+
    };
}

integer_from_value!(i8, i16, i32, i64, u8, u16, u32, u64, usize);

macro_rules! try_from_value {
    ($($type:ty, $expected:literal, $($pattern:pat => $result:expr),+;)+) => {
        $(impl TryFrom<Value> for $type {
            type Error = WrongType;

            fn try_from(value: Value) -> Result<Self, WrongType> {
                match value {
                    $($pattern => Ok($result),)+
                    other => Err(other.wrong($expected)),
                }
            }
        })+
    };
}

try_from_value! {
    (), "nil", Value::Nil => ();
    bool, "a bool", Value::Bool(value) => value;
    i128, "an integer of 128 bits", Value::Integer(value) => value;
    f64, "a float", Value::Float(value) => value;
    String, "text", Value::Text(text) => text;
    Vec<u8>, "bytes", Value::Bytes(bytes) => bytes, Value::ByteArray(bytes) => bytes;
    Vec<Value>, "a list or tuple", Value::List(items) => items, Value::Tuple(items) => items;
}

impl From<Value> for Arguments {
    /// A tuple is the positional arguments, anything else the one argument.
    fn from(value: Value) -> Self {
        match value {
            Value::Tuple(positional) => Self::new(positional),
            other => Self::new(vec![other]),
        }
    }
}

impl From<()> for Arguments {
    fn from((): ()) -> Self {
        Self::default()
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Into<Value>),+> From<($($name,)+)> for Arguments {
            #[expect(non_snake_case, reason = "a type parameter and its value share a name in this macro")]
            fn from(($($name,)+): ($($name,)+)) -> Self {
                Self::new(vec![$($name.into()),+])
            }
        }

        impl<$($name: TryFrom<Value, Error = WrongType>),+> TryFrom<Arguments> for ($($name,)+) {
            type Error = WrongArguments;

            #[expect(non_snake_case, reason = "a type parameter and its value share a name in this macro")]
            fn try_from(arguments: Arguments) -> Result<Self, WrongArguments> {
                const EXPECTED: usize = [$(stringify!($name)),+].len();
                if let Some((name, _)) = arguments.keywords.into_iter().next() {
                    return Err(WrongArguments::Keyword(name));
                }
                let got = arguments.positional.len();
                let [$($name),+] = <[Value; EXPECTED]>::try_from(arguments.positional)
                    .map_err(|_| WrongArguments::Count { expected: EXPECTED, got })?;
                Ok(($($name.try_into()?,)+))
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);

/// Arguments that do not fit the tuple a callback asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongArguments {
    /// More or fewer than the tuple has.
    #[error("expected {expected} arguments, got {got}")]
    Count {
        /// How many the tuple has.
        expected: usize,
        /// How many came.
        got: usize,
    },
    /// One came by name.
    #[error("got an unexpected keyword argument '{0}'")]
    Keyword(String),
    /// One is of another type.
    #[error(transparent)]
    Type(#[from] WrongType),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuple_becomes_positional_arguments_and_comes_back() {
        let arguments = Arguments::from((1, "two", 3.0));
        assert_eq!(arguments.positional.len(), 3);
        let back: Result<(i64, String, f64), _> = arguments.try_into();
        assert_eq!(back, Ok((1, "two".to_owned(), 3.0)));
    }

    #[test]
    fn arguments_that_do_not_fit_say_why() {
        let wrong: Result<(i64, i64), _> = Arguments::from((1,)).try_into();
        let text = wrong.expect_err("one is missing").to_string();
        assert_eq!(text, "expected 2 arguments, got 1");
        let wrong: Result<(i64,), _> = Arguments::from(("x",)).try_into();
        let text = wrong.expect_err("the type differs").to_string();
        assert_eq!(text, "expected an integer that fits i64, got text");
        let wrong: Result<(i64,), _> = Arguments::default().with("b", 2).try_into();
        let text = wrong.expect_err("it came by name").to_string();
        assert_eq!(text, "got an unexpected keyword argument 'b'");
    }

    #[test]
    fn a_number_that_does_not_fit_is_refused() {
        assert!(u8::try_from(Value::Integer(256)).is_err());
        assert_eq!(u8::try_from(Value::Integer(255)), Ok(255));
    }
}
