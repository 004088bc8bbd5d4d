//! What the first byte of a payload and the extension types of the typed tier mean. Only fronts read payloads;
//! links and controllers carry them.
//!
//! A typed payload is MessagePack. Arguments are an array of the positional and a map of the keyword arguments, one
//! after the other; a value is one value. What MessagePack lacks is an extension type, its body again MessagePack.

/// The first byte of the payload of a request, and of a reply with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Encoding {
    /// MessagePack with the extension types of [`Extension`]: means the same in every language.
    Typed = 1,
    /// Python pickle protocol 5, its out-of-band buffers as the blobs of the message: `(args, kwargs)` or the value.
    Pickle = 2,
    /// [`Self::Typed`] with [`Extension::Again`] in it: what is there several times is written once. Behind the values
    /// stand the numbers of the parts that come again, ascending, and how many there are, each a little-endian u32.
    TypedShared = 5,
}

impl Encoding {
    /// The encoding of this number.
    pub const fn from_wire(raw: u8) -> Option<Self> {
        match raw {
            1 => Some(Self::Typed),
            2 => Some(Self::Pickle),
            5 => Some(Self::TypedShared),
            _ => None,
        }
    }
}

/// The extension types of the typed tier. Bodies are MessagePack unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i8)]
pub enum Extension {
    /// An array: a tuple.
    Tuple = 1,
    /// An array: a set.
    Set = 2,
    /// An array: a frozenset.
    FrozenSet = 3,
    /// Two's complement, little-endian, raw: an integer beyond 64 bits.
    BigInteger = 4,
    /// Two little-endian 64-bit floats, raw: real and imaginary part.
    Complex = 5,
    /// Raw bytes: a bytearray.
    ByteArray = 6,
    /// A blob of the message, as a little-endian u32 index, raw; its kind tells bytes from bytearray.
    Blob = 7,
    /// `[year, month, day]`.
    Date = 8,
    /// `[hour, minute, second, microsecond, fold, zone]`, zone as in [`Extension::DateTime`].
    Time = 9,
    /// `[year, month, day, hour, minute, second, microsecond, fold, zone]`; zone is nil, an offset in microseconds
    /// with an optional name as `[offset, name or nil]`, or the key of an IANA zone as text.
    DateTime = 10,
    /// `[days, seconds, microseconds]`, as Python normalizes them.
    TimeDelta = 11,
    /// The text of a decimal number.
    Decimal = 12,
    /// Sixteen raw bytes: a UUID.
    Uuid = 13,
    /// `[dtype, shape, order, data]`: dtype as NumPy's `dtype.str`, or its `descr` as `[name, type(, shape)]` rows;
    /// shape an array of lengths; order `"C"` or `"F"`; data bytes or a [`Extension::Blob`].
    NdArray = 14,
    /// Like [`Extension::NdArray`] with an empty shape: a NumPy scalar.
    NumpyScalar = 15,
    /// A part of the message that is written already, by its number as a little-endian u32, raw: the very same object.
    /// Numbers are given in the order in which parts end: to arrays and maps that are values, tuples, sets, frozensets,
    /// bytearrays, N-dimensional arrays, and texts and bytes of [`SHARED_FROM`] bytes or more; to nothing inside the other
    /// extensions, and not to the arguments as a whole.
    Again = 16,
}

impl Extension {
    /// The extension of this number.
    pub const fn from_wire(raw: i8) -> Option<Self> {
        Some(match raw {
            1 => Self::Tuple,
            2 => Self::Set,
            3 => Self::FrozenSet,
            4 => Self::BigInteger,
            5 => Self::Complex,
            6 => Self::ByteArray,
            7 => Self::Blob,
            8 => Self::Date,
            9 => Self::Time,
            10 => Self::DateTime,
            11 => Self::TimeDelta,
            12 => Self::Decimal,
            13 => Self::Uuid,
            14 => Self::NdArray,
            15 => Self::NumpyScalar,
            16 => Self::Again,
            _ => return None,
        })
    }
}

/// How deep containers may be nested in a typed payload. 64: deeper values go by pickle, and a hostile payload cannot
/// exhaust the stack of the reader.
pub const MAX_DEPTH: usize = 64;

/// From how many bytes on a text or bytes may come again by number. 1,024: below, it is copied as fast as it is looked up,
/// and nobody misses its identity.
pub const SHARED_FROM: usize = 1024;

/// How many elements a message with [`Extension::Again`] has at most, counted as if every part were written out. 2^24: data
/// that shares its parts again and again has no end for whoever walks through it, and this takes some seconds.
pub const MAX_ELEMENTS: u64 = 1 << 24;
