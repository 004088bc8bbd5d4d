//! The values that mean the same in every language: what a Rust program sends and gets.
//!
//! One [`Value`] for each type of the typed tier. What only Python can read (its pickles) never becomes a `Value`; it
//! is refused with an error that says so.

mod convert;
mod decode;
mod encode;
pub(crate) mod heap;
pub(crate) mod remote_error;
mod temporal;

pub use convert::{WrongArguments, WrongType};
pub use decode::DecodeError;
pub use encode::EncodeError;
pub use temporal::{Date, DateTime, Time, TimeDelta, Zone};

/// One value of the typed tier.
///
/// ```
/// use daffi::Value;
///
/// let value = Value::from(vec![Value::from(1), Value::from("two")]);
/// assert_eq!(value, Value::List(vec![Value::Integer(1), Value::Text("two".into())]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing: `()` in Rust, `None` in Python.
    Nil,
    /// True or false.
    Bool(bool),
    /// A whole number of up to 128 bits.
    Integer(i128),
    /// A whole number beyond 128 bits: two's complement, little-endian.
    BigInteger(Vec<u8>),
    /// A floating point number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes that nobody changes: Python `bytes`.
    Bytes(Vec<u8>),
    /// Bytes that may be changed: Python `bytearray`.
    ByteArray(Vec<u8>),
    /// A list.
    List(Vec<Self>),
    /// A tuple.
    Tuple(Vec<Self>),
    /// A mapping, in order; keys may be any value.
    Map(Vec<(Self, Self)>),
    /// A set.
    Set(Vec<Self>),
    /// A frozen set.
    FrozenSet(Vec<Self>),
    /// A complex number: real and imaginary part.
    Complex(f64, f64),
    /// A day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A day with a time.
    DateTime(DateTime),
    /// A length of time.
    TimeDelta(TimeDelta),
    /// A decimal number as text, such as `"1.10"`.
    Decimal(String),
    /// A UUID.
    Uuid([u8; 16]),
    /// An array of numbers or records.
    Array(Box<Array>),
    /// One element of an array.
    Scalar(Box<Array>),
}

/// An array as NumPy lays it out.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The element type: NumPy's `dtype.str` as text, or its `descr` as a list of rows.
    pub dtype: Value,
    /// The length of each dimension; empty for one element.
    pub shape: Vec<u64>,
    /// How the elements follow each other in `data`.
    pub order: Order,
    /// The elements, as they lie in memory.
    pub data: Vec<u8>,
}

/// Which index of an array runs fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The last: rows follow each other.
    C,
    /// The first: columns follow each other.
    Fortran,
}

/// The arguments of one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments {
    /// By position.
    pub positional: Vec<Value>,
    /// By name, in order.
    pub keywords: Vec<(String, Value)>,
}

impl Arguments {
    /// Arguments by position alone.
    pub const fn new(positional: Vec<Value>) -> Self {
        Self {
            positional,
            keywords: Vec::new(),
        }
    }

    /// The same with one more argument by name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.keywords.push((name.into(), value.into()));
        self
    }
}
