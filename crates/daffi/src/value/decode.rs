//! Reads the payload of a request or reply as values. Every byte may come from a stranger: nothing here panics, and
//! nothing is reserved beyond what the payload holds.

mod again;
mod extension;
#[cfg(test)]
mod tests;

use daffi_link::{Landing, Received};
use daffi_proto::{Encoding, Extension, MAX_DEPTH, SHARED_FROM};
use rmp::Marker;

use self::again::Parts;
use super::{Arguments, Value};

/// A payload that cannot be read as values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The payload is a Python pickle, which only Python can read.
    #[error(
        "the value was pickled by Python\nhint: send types of the typed tier, such as numbers, text, lists and dicts"
    )]
    Pickled,
    /// The payload has no known encoding.
    #[error("the payload has no known encoding")]
    UnknownEncoding,
    /// The payload ends inside a value.
    #[error("the payload ends inside a value")]
    Cut,
    /// Bytes follow the value.
    #[error("bytes follow the value")]
    Trailing,
    /// Containers inside containers beyond the limit.
    #[error("values are nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// A text that is not UTF-8.
    #[error("a text is not valid UTF-8")]
    BadText,
    /// An extension of a type or shape that does not exist.
    #[error("an extension of type {0} is not valid")]
    BadExtension(i8),
    /// A marker that `MessagePack` does not have, or one that is not allowed here.
    #[error("byte {0:#04x} is not allowed here")]
    BadMarker(u8),
    /// A part that comes again and was not there before, or too much of them.
    #[error("a part that comes again is missing, or too large")]
    BadAgain,
    /// A blob that did not come with the message, was used twice, or landed in the memory of another language.
    #[error("blob {0} is missing")]
    NoBlob(u32),
}

impl Value {
    /// Reads the payload of a reply.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong with the payload.
    pub fn from_received(received: Received) -> Result<Self, DecodeError> {
        read(received, |reader| reader.value(MAX_DEPTH))
    }
}

impl Arguments {
    /// Reads the payload of a request.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong with the payload.
    pub fn from_received(received: Received) -> Result<Self, DecodeError> {
        read(received, |reader| {
            let positional = reader.array(MAX_DEPTH)?;
            let count = reader.map_length()?;
            let mut keywords = Vec::with_capacity(reader.at_most(count));
            for _ in 0..count {
                let name = reader.text()?;
                if let Some(parts) = &mut reader.parts
                    && name.len() >= SHARED_FROM
                {
                    parts.ended(&Value::Text(name.clone()));
                }
                keywords.push((name, reader.value(MAX_DEPTH - 1)?));
            }
            Ok(Self {
                positional,
                keywords,
            })
        })
    }
}

fn read<T>(
    received: Received,
    body: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let Received { payload, blobs } = received;
    let (encoding, rest) = payload.split_first().ok_or(DecodeError::UnknownEncoding)?;
    let (rest, mut parts) = match Encoding::from_wire(*encoding) {
        Some(Encoding::Typed) => (rest, None),
        Some(Encoding::TypedShared) => {
            let beside = blobs.iter().map(|blob| blob.bytes().len() as u64);
            let came = payload.len() as u64 + beside.sum::<u64>();
            let (rest, parts) = Parts::read(rest, came).ok_or(DecodeError::BadAgain)?;
            (rest, Some(parts))
        }
        Some(Encoding::Pickle) => return Err(DecodeError::Pickled),
        None => return Err(DecodeError::UnknownEncoding),
    };
    let mut blobs = blobs.into_iter().map(Some).collect::<Vec<_>>();
    let mut reader = Reader {
        rest,
        blobs: &mut blobs,
        parts: parts.as_mut(),
    };
    let value = body(&mut reader)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(DecodeError::Trailing)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Each is taken once: a message cannot make us copy one blob a thousand times.
    blobs: &'a mut Vec<Option<Box<dyn Landing>>>,
    /// The parts that come again, in a message with such.
    parts: Option<&'a mut Parts>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Cut)?;
        self.rest = rest;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Cut)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn length(&mut self, bytes: u32) -> Result<usize, DecodeError> {
        Ok(match bytes {
            1 => usize::from(u8::from_be_bytes(self.fixed()?)),
            2 => usize::from(u16::from_be_bytes(self.fixed()?)),
            _ => u32::from_be_bytes(self.fixed()?) as usize,
        })
    }

    /// What may be reserved for that many elements: each takes one byte of the payload at least.
    fn at_most(&self, count: usize) -> usize {
        count.min(self.rest.len())
    }

    fn marker(&mut self) -> Result<(Marker, u8), DecodeError> {
        let [raw] = self.fixed()?;
        Ok((Marker::from_u8(raw), raw))
    }

    fn value(&mut self, depth: usize) -> Result<Value, DecodeError> {
        let value = self.value_itself(depth)?;
        if let Some(parts) = &mut self.parts {
            parts.ended(&value);
        }
        Ok(value)
    }

    fn value_itself(&mut self, depth: usize) -> Result<Value, DecodeError> {
        let (marker, raw) = self.marker()?;
        Ok(match marker {
            Marker::Null => Value::Nil,
            Marker::False => Value::Bool(false),
            Marker::True => Value::Bool(true),
            Marker::FixPos(number) => Value::Integer(number.into()),
            Marker::FixNeg(number) => Value::Integer(number.into()),
            Marker::U8 => Value::Integer(u8::from_be_bytes(self.fixed()?).into()),
            Marker::U16 => Value::Integer(u16::from_be_bytes(self.fixed()?).into()),
            Marker::U32 => Value::Integer(u32::from_be_bytes(self.fixed()?).into()),
            Marker::U64 => Value::Integer(u64::from_be_bytes(self.fixed()?).into()),
            Marker::I8 => Value::Integer(i8::from_be_bytes(self.fixed()?).into()),
            Marker::I16 => Value::Integer(i16::from_be_bytes(self.fixed()?).into()),
            Marker::I32 => Value::Integer(i32::from_be_bytes(self.fixed()?).into()),
            Marker::I64 => Value::Integer(i64::from_be_bytes(self.fixed()?).into()),
            Marker::F32 => Value::Float(f32::from_be_bytes(self.fixed()?).into()),
            Marker::F64 => Value::Float(f64::from_be_bytes(self.fixed()?)),
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                Value::Text(self.text_after(marker, raw)?)
            }
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
                let length = self.length(1 << (raw - 0xc4))?;
                Value::Bytes(self.take(length)?.to_vec())
            }
            Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => {
                Value::List(self.array_after(marker, raw, depth)?)
            }
            Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => {
                Value::Map(self.map_after(marker, raw, depth)?)
            }
            Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32 => self.extension_after(marker, raw, depth)?,
            Marker::Reserved => return Err(DecodeError::BadMarker(raw)),
        })
    }

    fn text(&mut self) -> Result<String, DecodeError> {
        let (marker, raw) = self.marker()?;
        self.text_after(marker, raw)
    }

    fn text_after(&mut self, marker: Marker, raw: u8) -> Result<String, DecodeError> {
        let length = match marker {
            Marker::FixStr(length) => length.into(),
            Marker::Str8 => self.length(1)?,
            Marker::Str16 => self.length(2)?,
            Marker::Str32 => self.length(4)?,
            _ => return Err(DecodeError::BadMarker(raw)),
        };
        utf8(self.take(length)?)
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Value>, DecodeError> {
        let (marker, raw) = self.marker()?;
        self.array_after(marker, raw, depth)
    }

    fn array_length(&mut self, marker: Marker, raw: u8) -> Result<usize, DecodeError> {
        match marker {
            Marker::FixArray(length) => Ok(length.into()),
            Marker::Array16 => self.length(2),
            Marker::Array32 => self.length(4),
            _ => Err(DecodeError::BadMarker(raw)),
        }
    }

    fn array_after(
        &mut self,
        marker: Marker,
        raw: u8,
        depth: usize,
    ) -> Result<Vec<Value>, DecodeError> {
        let depth = depth.checked_sub(1).ok_or(DecodeError::TooDeep)?;
        let length = self.array_length(marker, raw)?;
        let mut items = Vec::with_capacity(self.at_most(length));
        for _ in 0..length {
            items.push(self.value(depth)?);
        }
        Ok(items)
    }

    fn map_length(&mut self) -> Result<usize, DecodeError> {
        let (marker, raw) = self.marker()?;
        self.map_length_after(marker, raw)
    }

    fn map_length_after(&mut self, marker: Marker, raw: u8) -> Result<usize, DecodeError> {
        match marker {
            Marker::FixMap(length) => Ok(length.into()),
            Marker::Map16 => self.length(2),
            Marker::Map32 => self.length(4),
            _ => Err(DecodeError::BadMarker(raw)),
        }
    }

    fn map_after(
        &mut self,
        marker: Marker,
        raw: u8,
        depth: usize,
    ) -> Result<Vec<(Value, Value)>, DecodeError> {
        let depth = depth.checked_sub(1).ok_or(DecodeError::TooDeep)?;
        let length = self.map_length_after(marker, raw)?;
        let mut entries = Vec::with_capacity(self.at_most(length));
        for _ in 0..length {
            entries.push((self.value(depth)?, self.value(depth)?));
        }
        Ok(entries)
    }

    fn extension_after(
        &mut self,
        marker: Marker,
        raw: u8,
        depth: usize,
    ) -> Result<Value, DecodeError> {
        let length = match marker {
            Marker::Ext8 => self.length(1)?,
            Marker::Ext16 => self.length(2)?,
            Marker::Ext32 => self.length(4)?,
            _ => 1 << (raw - 0xd4),
        };
        let kind = i8::from_be_bytes(self.fixed()?);
        let bad = DecodeError::BadExtension(kind);
        let kind = Extension::from_wire(kind).ok_or_else(|| bad.clone())?;
        let rest = self.take(length)?;
        if kind == Extension::Again {
            let number = rest.try_into().map_err(|_| bad)?;
            let parts = self.parts.as_mut().ok_or(DecodeError::BadAgain)?;
            return parts.again(u32::from_le_bytes(number), depth);
        }
        // In the others nothing has a number.
        let is_container = matches!(
            kind,
            Extension::Tuple | Extension::Set | Extension::FrozenSet
        );
        let mut body = Reader {
            rest,
            blobs: self.blobs,
            parts: self.parts.as_deref_mut().filter(|_| is_container),
        };
        let value = body.extension(kind, depth)?;
        if body.rest.is_empty() {
            Ok(value)
        } else {
            Err(bad)
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<String, DecodeError> {
    let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::BadText)?;
    Ok(text.to_owned())
}
