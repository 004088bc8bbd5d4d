//! The types beyond the builtin ones that travel typed, looked up once; `import daffi` loads none of their modules.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::hooks::{
    self, DATE, DATETIME, DECIMAL, Hook, NDARRAY, NUMPY_SCALAR, TIME, TIMEDELTA, TIMEZONE, UUID,
    ZONE_INFO,
};

/// What a value of a type that is not builtin is, where it travels typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rare {
    Date,
    Time,
    DateTime,
    TimeDelta,
    TimeZone,
    ZoneInfo,
    Decimal,
    Uuid,
    NdArray,
    NumpyScalar,
}

static EXACT: [(&Hook<PyType>, Rare); 9] = [
    (&DATETIME, Rare::DateTime),
    (&NDARRAY, Rare::NdArray),
    (&DATE, Rare::Date),
    (&DECIMAL, Rare::Decimal),
    (&UUID, Rare::Uuid),
    (&TIMEDELTA, Rare::TimeDelta),
    (&TIME, Rare::Time),
    (&TIMEZONE, Rare::TimeZone),
    (&ZONE_INFO, Rare::ZoneInfo),
];

/// Recognises the exact class; subclasses are unknown, NumPy's own scalar classes aside.
pub(super) fn recognise(class: &Bound<'_, PyType>) -> Option<Rare> {
    EXACT
        .iter()
        .find(|(known, _)| known.is_known(class))
        .map(|(_, rare)| *rare)
        .or_else(|| recognise_by_name(class))
}

/// The slow way, for the first value of each class and for everything that goes by pickle. A value exists, so the
/// module of its class is loaded already, unless a class only claims to be of it.
fn recognise_by_name(class: &Bound<'_, PyType>) -> Option<Rare> {
    let py = class.py();
    let module = class.module().ok()?;
    let module = module.to_str().ok()?;
    if module == hooks::NUMPY
        && NUMPY_SCALAR
            .get(py)
            .is_ok_and(|generic| class.is_subclass(generic).unwrap_or(false))
    {
        return Some(Rare::NumpyScalar);
    }
    let name = class.name().ok()?;
    let name = name.to_str().ok()?;
    EXACT
        .iter()
        .find(|(known, _)| known.is_called(module, name))
        .filter(|(known, _)| known.get(py).is_ok_and(|known| known.is(class)))
        .map(|(_, rare)| *rare)
}
