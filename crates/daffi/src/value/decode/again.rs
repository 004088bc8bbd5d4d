//! The parts of a message that come again. A value owns what it is made of, so each time is a copy.

use daffi_proto::SHARED_FROM;

use super::DecodeError;
use crate::value::Value;

/// How many bytes all copies of a message may take together: so many times what came. 32: the same large value for some
/// dozen receivers in one message.
const TIMES: u64 = 32;

/// The same of a small message. 16 MiB: what a reader has at hand, whoever sends it some hundred bytes.
const AT_LEAST: u64 = 16 << 20;

/// The parts that come again, and how far the message is read.
pub(super) struct Parts {
    /// Their numbers, ascending.
    wanted: Vec<u32>,
    /// Those of them that are read, in the same order.
    kept: Vec<Part>,
    /// How many values have a number so far.
    numbers: u32,
    /// What was read last is a copy, which has no number of its own.
    is_copy: bool,
    /// How many bytes may still be copied.
    left: u64,
}

struct Part {
    value: Value,
    size: Size,
}

/// What a value takes when it is copied.
#[derive(Clone, Copy, Default)]
struct Size {
    /// How many containers are in one another.
    height: usize,
    bytes: u64,
}

impl Parts {
    /// The payload without the list at its end, and that; `received` bytes came in all.
    pub(super) fn read(payload: &[u8], received: u64) -> Option<(&[u8], Self)> {
        let (payload, count) = payload.split_last_chunk::<4>()?;
        let length = (u32::from_le_bytes(*count) as usize).checked_mul(4)?;
        let (payload, numbers) = payload.split_at(payload.len().checked_sub(length)?);
        let (numbers, _) = numbers.as_chunks::<4>();
        let wanted: Vec<u32> = numbers.iter().copied().map(u32::from_le_bytes).collect();
        let parts = Self {
            wanted,
            kept: Vec::new(),
            numbers: 0,
            is_copy: false,
            left: received.saturating_mul(TIMES).max(AT_LEAST),
        };
        parts
            .wanted
            .is_sorted_by(|first, second| first < second)
            .then_some((payload, parts))
    }

    /// A value is read.
    pub(super) fn ended(&mut self, value: &Value) {
        let has_number = match value {
            Value::Text(text) => text.len() >= SHARED_FROM,
            Value::Bytes(bytes) => bytes.len() >= SHARED_FROM,
            Value::ByteArray(_)
            | Value::List(_)
            | Value::Tuple(_)
            | Value::Map(_)
            | Value::Set(_)
            | Value::FrozenSet(_)
            | Value::Array(_) => true,
            _ => false,
        };
        if std::mem::take(&mut self.is_copy) || !has_number {
            return;
        }
        if self.wanted.get(self.kept.len()) == Some(&self.numbers) {
            let size = Size::of(value);
            // One that is too large to be copied is missed where it comes again.
            let value = match self.left.checked_sub(size.bytes) {
                Some(left) => {
                    self.left = left;
                    value.clone()
                }
                None => Value::Nil,
            };
            self.kept.push(Part { value, size });
        }
        self.numbers = self.numbers.wrapping_add(1);
    }

    /// The part of this number once more, where so many containers may be in one another.
    pub(super) fn again(&mut self, number: u32, depth: usize) -> Result<Value, DecodeError> {
        let place = self.wanted.binary_search(&number);
        let part = place.ok().and_then(|place| self.kept.get(place));
        let part = part.ok_or(DecodeError::BadAgain)?;
        if part.size.height > depth {
            return Err(DecodeError::TooDeep);
        }
        self.left = self
            .left
            .checked_sub(part.size.bytes)
            .ok_or(DecodeError::BadAgain)?;
        self.is_copy = true;
        Ok(part.value.clone())
    }
}

impl Size {
    fn of(value: &Value) -> Self {
        let own = size_of::<Value>() as u64;
        let of_parts = |parts: &[Value]| {
            let sizes = parts.iter().map(Self::of);
            sizes.fold(Self::default(), Self::beside).inside()
        };
        let inner = match value {
            Value::Text(text) | Value::Decimal(text) => Self::flat(text.len()),
            Value::Bytes(bytes) | Value::ByteArray(bytes) | Value::BigInteger(bytes) => {
                Self::flat(bytes.len())
            }
            Value::List(items)
            | Value::Tuple(items)
            | Value::Set(items)
            | Value::FrozenSet(items) => of_parts(items),
            Value::Map(entries) => {
                let sizes = entries.iter().flat_map(|(key, value)| [key, value]);
                sizes
                    .map(Self::of)
                    .fold(Self::default(), Self::beside)
                    .inside()
            }
            Value::Array(array) | Value::Scalar(array) => Self::flat(array.data.len()),
            _ => Self::default(),
        };
        Self {
            bytes: inner.bytes + own,
            ..inner
        }
    }

    const fn flat(bytes: usize) -> Self {
        Self {
            height: 0,
            bytes: bytes as u64,
        }
    }

    fn beside(self, other: Self) -> Self {
        Self {
            height: self.height.max(other.height),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    const fn inside(self) -> Self {
        Self {
            height: self.height + 1,
            ..self
        }
    }
}
