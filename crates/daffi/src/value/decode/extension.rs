//! Reads the bodies of the extension types: what the typed tier adds to `MessagePack`.

use daffi_proto::{BlobKind, Extension};

use super::{DecodeError, Reader, utf8};
use crate::value::heap::HeapLanding;
use crate::value::{Array, Date, DateTime, Order, Time, TimeDelta, Value, Zone};

impl<'a> Reader<'a> {
    /// Reads the body of one extension; `self` holds that body and nothing else.
    pub(super) fn extension(
        &mut self,
        kind: Extension,
        depth: usize,
    ) -> Result<Value, DecodeError> {
        Ok(match kind {
            Extension::Tuple => Value::Tuple(self.array(depth)?),
            Extension::Set => Value::Set(self.array(depth)?),
            Extension::FrozenSet => Value::FrozenSet(self.array(depth)?),
            Extension::BigInteger => big_integer(self.all()),
            Extension::Complex => Value::Complex(
                f64::from_le_bytes(self.fixed()?),
                f64::from_le_bytes(self.fixed()?),
            ),
            Extension::ByteArray => Value::ByteArray(self.all().to_vec()),
            Extension::Blob => {
                let index = u32::from_le_bytes(self.fixed()?);
                self.blob(index)?
            }
            Extension::Date => {
                self.row(kind, 3)?;
                Value::Date(self.date(kind)?)
            }
            Extension::Time => {
                self.row(kind, 6)?;
                Value::Time(self.time(kind, depth)?)
            }
            Extension::DateTime => {
                self.row(kind, 9)?;
                let date = self.date(kind)?;
                let time = self.time(kind, depth)?;
                Value::DateTime(DateTime { date, time })
            }
            Extension::TimeDelta => {
                self.row(kind, 3)?;
                Value::TimeDelta(TimeDelta {
                    days: self.number(kind)?,
                    seconds: self.number(kind)?,
                    microseconds: self.number(kind)?,
                })
            }
            Extension::Decimal => Value::Decimal(utf8(self.all())?),
            Extension::Uuid => Value::Uuid(self.fixed()?),
            Extension::NdArray => Value::Array(Box::new(self.nd_array(kind, depth)?)),
            Extension::NumpyScalar => Value::Scalar(Box::new(self.nd_array(kind, depth)?)),
            Extension::Again => return Err(DecodeError::BadAgain),
        })
    }

    const fn all(&mut self) -> &'a [u8] {
        let all = self.rest;
        self.rest = &[];
        all
    }

    fn blob(&mut self, index: u32) -> Result<Value, DecodeError> {
        let landing = self
            .blobs
            .get_mut(index as usize)
            .and_then(Option::take)
            .ok_or(DecodeError::NoBlob(index))?;
        let HeapLanding { kind, bytes } =
            HeapLanding::take(landing).ok_or(DecodeError::NoBlob(index))?;
        Ok(match kind {
            BlobKind::Writable => Value::ByteArray(bytes),
            BlobKind::Fixed | BlobKind::Payload => Value::Bytes(bytes),
        })
    }

    /// Reads the head of an array that must have that many elements.
    fn row(&mut self, kind: Extension, expected: usize) -> Result<(), DecodeError> {
        let (marker, raw) = self.marker()?;
        if self.array_length(marker, raw)? == expected {
            Ok(())
        } else {
            Err(DecodeError::BadExtension(kind as i8))
        }
    }

    fn number<T: TryFrom<i128>>(&mut self, kind: Extension) -> Result<T, DecodeError> {
        let bad = DecodeError::BadExtension(kind as i8);
        match self.value(0)? {
            Value::Integer(number) => T::try_from(number).map_err(|_| bad),
            _ => Err(bad),
        }
    }

    fn date(&mut self, kind: Extension) -> Result<Date, DecodeError> {
        Ok(Date {
            year: self.number(kind)?,
            month: self.number(kind)?,
            day: self.number(kind)?,
        })
    }

    fn time(&mut self, kind: Extension, depth: usize) -> Result<Time, DecodeError> {
        let depth = depth.checked_sub(1).ok_or(DecodeError::TooDeep)?;
        Ok(Time {
            hour: self.number(kind)?,
            minute: self.number(kind)?,
            second: self.number(kind)?,
            microsecond: self.number(kind)?,
            fold: self.number(kind)?,
            zone: self.zone(kind, depth)?,
        })
    }

    /// A zone is no container, but its reader is on the way to one: a time inside a zone costs depth like any other.
    fn zone(&mut self, kind: Extension, depth: usize) -> Result<Zone, DecodeError> {
        let bad = DecodeError::BadExtension(kind as i8);
        let mut parts = match self.value(depth)? {
            Value::Nil => return Ok(Zone::Naive),
            Value::Text(key) => return Ok(Zone::Key(key)),
            Value::List(parts) => parts.into_iter(),
            _ => return Err(bad),
        };
        let (Some(Value::Integer(microseconds)), Some(name), None) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(bad);
        };
        let name = match name {
            Value::Nil => None,
            Value::Text(name) => Some(name),
            _ => return Err(bad),
        };
        let microseconds = i64::try_from(microseconds).map_err(|_| bad)?;
        Ok(Zone::Offset { microseconds, name })
    }

    fn nd_array(&mut self, kind: Extension, depth: usize) -> Result<Array, DecodeError> {
        let depth = depth.checked_sub(1).ok_or(DecodeError::TooDeep)?;
        let bad = || DecodeError::BadExtension(kind as i8);
        self.row(kind, 4)?;
        let dtype = self.value(depth)?;
        let (marker, raw) = self.marker()?;
        let dimensions = self.array_length(marker, raw)?;
        let mut shape = Vec::with_capacity(self.at_most(dimensions));
        for _ in 0..dimensions {
            shape.push(self.number(kind)?);
        }
        let order = match self.text()?.as_str() {
            "C" => Order::C,
            "F" => Order::Fortran,
            _ => return Err(bad()),
        };
        let (Value::Bytes(data) | Value::ByteArray(data)) = self.value(0)? else {
            return Err(bad());
        };
        Ok(Array {
            dtype,
            shape,
            order,
            data,
        })
    }
}

/// Two's complement, little-endian; what fits 128 bits is an ordinary integer.
fn big_integer(bytes: &[u8]) -> Value {
    let sign = match bytes.last() {
        Some(last) if last & 0x80 != 0 => 0xff,
        _ => 0,
    };
    let mut wide = [sign; 16];
    match wide.get_mut(..bytes.len()) {
        Some(low) => {
            low.copy_from_slice(bytes);
            Value::Integer(i128::from_le_bytes(wide))
        }
        None => Value::BigInteger(bytes.to_vec()),
    }
}
