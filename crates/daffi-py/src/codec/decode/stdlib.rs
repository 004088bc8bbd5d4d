//! Dates, times, decimals and UUIDs of the standard library, on their way in.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes, PyString};
use rmp::Marker;

use super::{BAD_BODY, DecodeError, Decoder};
use crate::hooks::{DATE, DATETIME, DECIMAL, TIME, TIMEDELTA, TIMEZONE, UUID, ZONE_INFO};

type Read<'py> = Result<Bound<'py, PyAny>, DecodeError>;

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
