//! Dates, times, decimals and UUIDs of the standard library, on their way out.

use daffi::Extension;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::{Encoder, NotTyped, exact};
use crate::codec::types::{Rare, recognise};

/// Shorter than any body of this module can get: their lengths fit one byte, a long zone name aside.
const SHORT: bool = false;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

type Written = Result<(), NotTyped>;

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
