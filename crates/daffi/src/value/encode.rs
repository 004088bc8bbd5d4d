//! Writes values as the payload of a request or reply; large bytes travel beside it as blobs.

use std::sync::Arc;

use daffi_link::{Blob, Body};
use daffi_proto::{BlobKind, Encoding, Extension, Limits, MAX_DEPTH};
use rmp::encode as pack;

use super::{Arguments, Array, Date, DateTime, Order, Time, TimeDelta, Value, Zone};

/// A value that cannot travel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Containers inside containers beyond the limit.
    #[error("values are nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// A text or container that a length of 32 bits cannot count.
    #[error("a value of {0} elements is too long to travel")]
    TooLong(usize),
}

impl Value {
    /// Writes this value as the payload of a reply.
    ///
    /// # Errors
    /// [`EncodeError`] says what cannot travel.
    pub fn into_body(self) -> Result<Body, EncodeError> {
        let mut writer = Writer::new();
        writer.value(self, MAX_DEPTH)?;
        Ok(writer.body)
    }
}

impl Arguments {
    /// Writes these arguments as the payload of a request.
    ///
    /// # Errors
    /// [`EncodeError`] says what cannot travel.
    pub fn into_body(self) -> Result<Body, EncodeError> {
        let mut writer = Writer::new();
        writer.array(self.positional, MAX_DEPTH)?;
        writer.map_head(self.keywords.len())?;
        for (name, value) in self.keywords {
            writer.text(&name)?;
            writer.value(value, MAX_DEPTH - 1)?;
        }
        Ok(writer.body)
    }
}

struct Writer {
    body: Body,
}

impl Writer {
    fn new() -> Self {
        Self {
            body: Body {
                payload: vec![Encoding::Typed as u8],
                blobs: Vec::new(),
            },
        }
    }

    fn value(&mut self, value: Value, depth: usize) -> Result<(), EncodeError> {
        match value {
            Value::Nil => self.raw(pack::write_nil),
            Value::Bool(value) => self.raw(|out| pack::write_bool(out, value)),
            Value::Float(value) => self.raw(|out| pack::write_f64(out, value)),
            Value::Integer(number) => self.integer(number)?,
            Value::BigInteger(bytes) => self.raw_extension(Extension::BigInteger, &bytes)?,
            Value::Text(text) => self.text(&text)?,
            Value::Bytes(bytes) => self.bytes(bytes)?,
            Value::ByteArray(bytes) if bytes.len() >= Limits::BLOB_THRESHOLD => {
                self.blob(BlobKind::Writable, bytes)?;
            }
            Value::ByteArray(bytes) => self.raw_extension(Extension::ByteArray, &bytes)?,
            Value::List(items) => self.array(items, depth)?,
            Value::Tuple(items) => {
                self.extension(Extension::Tuple, |writer| writer.array(items, depth))?;
            }
            Value::Set(items) => {
                self.extension(Extension::Set, |writer| writer.array(items, depth))?;
            }
            Value::FrozenSet(items) => {
                self.extension(Extension::FrozenSet, |writer| writer.array(items, depth))?;
            }
            Value::Map(entries) => self.map(entries, depth)?,
            Value::Complex(real, imaginary) => {
                let mut raw = real.to_le_bytes().to_vec();
                raw.extend_from_slice(&imaginary.to_le_bytes());
                self.raw_extension(Extension::Complex, &raw)?;
            }
            Value::Date(date) => {
                self.extension(Extension::Date, |writer| {
                    writer.array_head(3)?;
                    writer.date(date);
                    Ok(())
                })?;
            }
            Value::Time(time) => self.time(&time)?,
            Value::DateTime(moment) => self.date_time(&moment)?,
            Value::TimeDelta(delta) => self.time_delta(delta)?,
            Value::Decimal(text) => self.raw_extension(Extension::Decimal, text.as_bytes())?,
            Value::Uuid(bytes) => self.raw_extension(Extension::Uuid, &bytes)?,
            Value::Array(array) => self.nd_array(Extension::NdArray, *array, depth)?,
            Value::Scalar(array) => self.nd_array(Extension::NumpyScalar, *array, depth)?,
        }
        Ok(())
    }

    /// Writes with one of rmp's functions; writing to a `Vec` has no error.
    fn raw<T, E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<T, E>) {
        let written = write(&mut self.body.payload);
        debug_assert!(written.is_ok(), "a Vec takes every write");
    }

    fn integer(&mut self, number: i128) -> Result<(), EncodeError> {
        if let Ok(number) = u64::try_from(number) {
            self.raw(|out| pack::write_uint(out, number));
        } else if let Ok(number) = i64::try_from(number) {
            self.raw(|out| pack::write_sint(out, number));
        } else {
            let bytes = number.to_le_bytes();
            self.raw_extension(Extension::BigInteger, shortest(&bytes))?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), EncodeError> {
        fits(text.len())?;
        self.raw(|out| pack::write_str(out, text));
        Ok(())
    }

    fn bytes(&mut self, bytes: Vec<u8>) -> Result<(), EncodeError> {
        if bytes.len() >= Limits::BLOB_THRESHOLD {
            return self.blob(BlobKind::Fixed, bytes);
        }
        self.raw(|out| pack::write_bin(out, &bytes));
        Ok(())
    }

    fn blob(&mut self, kind: BlobKind, bytes: Vec<u8>) -> Result<(), EncodeError> {
        let index = fits(self.body.blobs.len())?;
        let bytes = Arc::new(bytes);
        self.body.blobs.push(Blob { kind, bytes });
        self.raw_extension(Extension::Blob, &index.to_le_bytes())
    }

    fn array_head(&mut self, length: usize) -> Result<(), EncodeError> {
        let length = fits(length)?;
        self.raw(|out| pack::write_array_len(out, length));
        Ok(())
    }

    fn map_head(&mut self, length: usize) -> Result<(), EncodeError> {
        let length = fits(length)?;
        self.raw(|out| pack::write_map_len(out, length));
        Ok(())
    }

    fn array(&mut self, items: Vec<Value>, depth: usize) -> Result<(), EncodeError> {
        let depth = depth.checked_sub(1).ok_or(EncodeError::TooDeep)?;
        self.array_head(items.len())?;
        for item in items {
            self.value(item, depth)?;
        }
        Ok(())
    }

    fn map(&mut self, entries: Vec<(Value, Value)>, depth: usize) -> Result<(), EncodeError> {
        let depth = depth.checked_sub(1).ok_or(EncodeError::TooDeep)?;
        self.map_head(entries.len())?;
        for (key, value) in entries {
            self.value(key, depth)?;
            self.value(value, depth)?;
        }
        Ok(())
    }

    fn raw_extension(&mut self, kind: Extension, body: &[u8]) -> Result<(), EncodeError> {
        self.extension(kind, |writer| {
            writer.body.payload.extend_from_slice(body);
            Ok(())
        })
    }

    /// Writes an extension whose body `write` appends: the head goes before it once its length is known.
    fn extension(
        &mut self,
        kind: Extension,
        write: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let start = self.body.payload.len();
        write(self)?;
        let length = fits(self.body.payload.len() - start)?;
        let mut head = Vec::with_capacity(6);
        let written = pack::write_ext_meta(&mut head, length, kind as i8);
        debug_assert!(written.is_ok(), "a Vec takes every write");
        self.body.payload.splice(start..start, head);
        Ok(())
    }

    fn number(&mut self, number: impl Into<i64>) {
        let number = number.into();
        self.raw(|out| pack::write_sint(out, number));
    }

    fn date(&mut self, date: Date) {
        self.number(date.year);
        self.number(date.month);
        self.number(date.day);
    }

    fn clock(&mut self, time: &Time) -> Result<(), EncodeError> {
        self.number(time.hour);
        self.number(time.minute);
        self.number(time.second);
        self.number(time.microsecond);
        self.number(time.fold);
        match &time.zone {
            Zone::Naive => self.raw(pack::write_nil),
            Zone::Key(key) => self.text(key)?,
            Zone::Offset { microseconds, name } => {
                self.array_head(2)?;
                self.number(*microseconds);
                match name {
                    None => self.raw(pack::write_nil),
                    Some(name) => self.text(name)?,
                }
            }
        }
        Ok(())
    }

    fn time(&mut self, time: &Time) -> Result<(), EncodeError> {
        self.extension(Extension::Time, |writer| {
            writer.array_head(6)?;
            writer.clock(time)
        })
    }

    fn date_time(&mut self, moment: &DateTime) -> Result<(), EncodeError> {
        self.extension(Extension::DateTime, |writer| {
            writer.array_head(9)?;
            writer.date(moment.date);
            writer.clock(&moment.time)
        })
    }

    fn time_delta(&mut self, delta: TimeDelta) -> Result<(), EncodeError> {
        self.extension(Extension::TimeDelta, |writer| {
            writer.array_head(3)?;
            writer.number(delta.days);
            writer.number(delta.seconds);
            writer.number(delta.microseconds);
            Ok(())
        })
    }

    fn nd_array(&mut self, kind: Extension, array: Array, depth: usize) -> Result<(), EncodeError> {
        let depth = depth.checked_sub(1).ok_or(EncodeError::TooDeep)?;
        self.extension(kind, |writer| {
            writer.array_head(4)?;
            writer.value(array.dtype, depth)?;
            writer.array_head(array.shape.len())?;
            for length in array.shape {
                writer.raw(|out| pack::write_uint(out, length));
            }
            writer.text(match array.order {
                Order::C => "C",
                Order::Fortran => "F",
            })?;
            if array.data.len() >= Limits::BLOB_THRESHOLD {
                writer.blob(BlobKind::Writable, array.data)
            } else {
                writer.bytes(array.data)
            }
        })
    }
}

fn fits(length: usize) -> Result<u32, EncodeError> {
    u32::try_from(length).map_err(|_| EncodeError::TooLong(length))
}

/// Cuts the bytes of a two's complement number that only repeat its sign.
fn shortest(bytes: &[u8]) -> &[u8] {
    let mut kept = bytes;
    while let [rest @ .., before, last] = kept {
        let sign = if before & 0x80 == 0 { 0 } else { 0xff };
        if *last != sign {
            break;
        }
        kept = kept.get(..rest.len() + 1).unwrap_or(kept);
    }
    kept
}
