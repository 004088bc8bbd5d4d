//! Dates, times, decimals and UUIDs of the standard library, on their way out and in.

use daffi::Extension;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes, PyString, PyTuple};
use rmp::Marker;

use super::decode::{BAD_BODY, DecodeError, Decoder};
use super::encode::{Encoder, NotTyped, exact};
use super::types::{Rare, recognise};
use crate::hooks::{DATE, DATETIME, DECIMAL, TIME, TIMEDELTA, TIMEZONE, UUID, ZONE_INFO};

/// Shorter than any body of this module can get: their lengths fit one byte, a long zone name aside.
const SHORT: bool = false;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

type Written = Result<(), NotTyped>;
type Read<'py> = Result<Bound<'py, PyAny>, DecodeError>;

impl Encoder<'_> {
    pub(super) fn date(&mut self, value: &Bound<'_, PyAny>) -> Written {
        let day = day_fields(value)?;
        self.extension(Extension::Date, SHORT, |encoder| {
            encoder.array_len(3)?;
            encoder.integers(&day);
            Ok(())
        })
    }

    pub(super) fn time(&mut self, value: &Bound<'_, PyAny>) -> Written {
        let clock = clock_fields(value)?;
        self.extension(Extension::Time, SHORT, |encoder| {
            encoder.array_len(6)?;
            encoder.integers(&clock);
            encoder.zone(value)
        })
    }

    pub(super) fn datetime(&mut self, value: &Bound<'_, PyAny>) -> Written {
        let day = day_fields(value)?;
        let clock = clock_fields(value)?;
        self.extension(Extension::DateTime, SHORT, |encoder| {
            encoder.array_len(9)?;
            encoder.integers(&day);
            encoder.integers(&clock);
            encoder.zone(value)
        })
    }

    pub(super) fn timedelta(&mut self, value: &Bound<'_, PyAny>) -> Written {
        let fields = delta_fields(value)?;
        self.extension(Extension::TimeDelta, SHORT, |encoder| {
            encoder.array_len(3)?;
            encoder.integers(&fields);
            Ok(())
        })
    }

    /// The zone of a time: the two kinds of the standard library; any other goes by pickle with the time it is in.
    fn zone(&mut self, time: &Bound<'_, PyAny>) -> Written {
        let py = time.py();
        let zone = time.getattr(intern!(py, "tzinfo"))?;
        if zone.is_none() {
            self.nil();
            return Ok(());
        }
        match recognise(&zone.get_type()) {
            Some(Rare::TimeZone) => {
                // The offset, and the name only where one was given: there is no other way to tell.
                let given = zone.call_method0(intern!(py, "__getinitargs__"))?;
                let given = exact::<PyTuple>(&given).ok_or(NotTyped)?;
                let [days, seconds, micros] = delta_fields(&given.get_item(0)?)?;
                self.array_len(2)?;
                self.write_i64(days * DAY + seconds * SECOND + micros);
                match given.get_item(1) {
                    Ok(name) => self.text(exact::<PyString>(&name).ok_or(NotTyped)?.to_str()?),
                    Err(_) => {
                        self.nil();
                        Ok(())
                    }
                }
            }
            Some(Rare::ZoneInfo) => {
                let key = zone.getattr(intern!(py, "key"))?;
                self.text(exact::<PyString>(&key).ok_or(NotTyped)?.to_str()?)
            }
            _ => Err(NotTyped),
        }
    }

    pub(super) fn decimal(&mut self, value: &Bound<'_, PyAny>) -> Written {
        self.raw_extension(Extension::Decimal, value.str()?.to_str()?.as_bytes())
    }

    pub(super) fn uuid(&mut self, value: &Bound<'_, PyAny>) -> Written {
        let py = value.py();
        let number: u128 = value.getattr(intern!(py, "int"))?.extract()?;
        self.raw_extension(Extension::Uuid, &number.to_be_bytes())
    }
}

impl<'py> Decoder<'_, 'py> {
    pub(super) fn date(&mut self) -> Read<'py> {
        let [year, month, day] = self.fields(3)?;
        Ok(DATE.get(self.py)?.call1((year, month, day))?)
    }

    pub(super) fn time(&mut self) -> Read<'py> {
        let [hour, minute, second, micro, fold] = self.fields(6)?;
        let zone = self.read_zone()?;
        self.with_fold(
            TIME.get(self.py)?
                .call1((hour, minute, second, micro, zone))?,
            &fold,
        )
    }

    pub(super) fn datetime(&mut self) -> Read<'py> {
        let [year, month, day, hour, minute, second, micro, fold] = self.fields(9)?;
        let zone = self.read_zone()?;
        let fields = (year, month, day, hour, minute, second, micro, zone);
        self.with_fold(DATETIME.get(self.py)?.call1(fields)?, &fold)
    }

    pub(super) fn timedelta(&mut self) -> Read<'py> {
        let [days, seconds, micros] = self.fields(3)?;
        Ok(TIMEDELTA.get(self.py)?.call1((days, seconds, micros))?)
    }

    fn with_fold(&self, time: Bound<'py, PyAny>, fold: &Bound<'py, PyAny>) -> Read<'py> {
        if fold.eq(0)? {
            return Ok(time);
        }
        let py = self.py;
        let fold = [(intern!(py, "fold"), fold)].into_py_dict(py)?;
        Ok(time.call_method(intern!(py, "replace"), (), Some(&fold))?)
    }

    /// The first `N` of an array of `length`; they have to be integers.
    fn fields<const N: usize>(
        &mut self,
        length: usize,
    ) -> Result<[Bound<'py, PyAny>; N], DecodeError> {
        if self.array_len()? != length {
            return Err(BAD_BODY);
        }
        let mut fields = [const { None }; N];
        for field in &mut fields {
            *field = Some(self.plain_integer()?);
        }
        let fields: Vec<_> = fields.into_iter().flatten().collect();
        fields.try_into().map_err(|_| BAD_BODY)
    }

    pub(super) fn plain_integer(&mut self) -> Read<'py> {
        match self.peek()? {
            Marker::FixPos(_)
            | Marker::FixNeg(_)
            | Marker::U8
            | Marker::U16
            | Marker::U32
            | Marker::U64
            | Marker::I8
            | Marker::I16
            | Marker::I32
            | Marker::I64 => self.value(0),
            _ => Err(BAD_BODY),
        }
    }

    fn read_zone(&mut self) -> Read<'py> {
        let py = self.py;
        match self.peek()? {
            Marker::Null => self.value(0),
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                let key = self.value(0)?;
                Ok(ZONE_INFO.get(py)?.call1((key,))?)
            }
            _ => {
                if self.array_len()? != 2 {
                    return Err(BAD_BODY);
                }
                let offset = self.plain_integer()?;
                let name = match self.peek()? {
                    Marker::Null
                    | Marker::FixStr(_)
                    | Marker::Str8
                    | Marker::Str16
                    | Marker::Str32 => self.value(0)?,
                    _ => return Err(BAD_BODY),
                };
                let offset = TIMEDELTA.get(py)?.call1((0, 0, offset))?;
                let zone = TIMEZONE.get(py)?;
                Ok(if name.is_none() {
                    zone.call1((offset,))?
                } else {
                    zone.call1((offset, name))?
                })
            }
        }
    }

    pub(super) fn decimal(&self, body: &[u8]) -> Read<'py> {
        let text = PyString::from_bytes(self.py, body)?;
        Ok(DECIMAL.get(self.py)?.call1((text,))?)
    }

    pub(super) fn uuid(&self, body: &[u8]) -> Read<'py> {
        let bytes = PyBytes::new(self.py, body);
        Ok(UUID.get(self.py)?.call1((self.py.None(), bytes))?)
    }
}

fn day_fields(value: &Bound<'_, PyAny>) -> PyResult<[i64; 3]> {
    let py = value.py();
    Ok([
        field(value, intern!(py, "year"))?,
        field(value, intern!(py, "month"))?,
        field(value, intern!(py, "day"))?,
    ])
}

fn clock_fields(value: &Bound<'_, PyAny>) -> PyResult<[i64; 5]> {
    let py = value.py();
    Ok([
        field(value, intern!(py, "hour"))?,
        field(value, intern!(py, "minute"))?,
        field(value, intern!(py, "second"))?,
        field(value, intern!(py, "microsecond"))?,
        field(value, intern!(py, "fold"))?,
    ])
}

fn delta_fields(value: &Bound<'_, PyAny>) -> PyResult<[i64; 3]> {
    let py = value.py();
    Ok([
        field(value, intern!(py, "days"))?,
        field(value, intern!(py, "seconds"))?,
        field(value, intern!(py, "microseconds"))?,
    ])
}

fn field(value: &Bound<'_, PyAny>, name: &Bound<'_, PyString>) -> PyResult<i64> {
    value.getattr(name)?.extract()
}
