//! The types beyond the builtin ones that travel typed, looked up once; `import daffi` loads none of their modules.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// A class of the standard library or NumPy, found when first needed.
pub(super) struct KnownType {
    module: &'static str,
    name: &'static str,
    class: PyOnceLock<Py<PyType>>,
}

impl KnownType {
    const fn new(module: &'static str, name: &'static str) -> Self {
        Self {
            module,
            name,
            class: PyOnceLock::new(),
        }
    }

    /// The class; its module is imported where nobody has yet.
    pub(super) fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        self.class.import(py, self.module, self.name)
    }

    /// Whether `class` is this one, as far as it has been looked up.
    pub(super) fn is(&self, class: &Bound<'_, PyType>) -> bool {
        self.class
            .get(class.py())
            .is_some_and(|known| class.is(known))
    }
}

pub(super) static DATE: KnownType = KnownType::new("datetime", "date");
pub(super) static TIME: KnownType = KnownType::new("datetime", "time");
pub(super) static DATETIME: KnownType = KnownType::new("datetime", "datetime");
pub(super) static TIMEDELTA: KnownType = KnownType::new("datetime", "timedelta");
pub(super) static TIMEZONE: KnownType = KnownType::new("datetime", "timezone");
pub(super) static ZONE_INFO: KnownType = KnownType::new("zoneinfo", "ZoneInfo");
pub(super) static DECIMAL: KnownType = KnownType::new("decimal", "Decimal");
pub(super) static UUID: KnownType = KnownType::new("uuid", "UUID");
pub(super) static NDARRAY: KnownType = KnownType::new("numpy", "ndarray");
pub(super) static NUMPY_SCALAR: KnownType = KnownType::new("numpy", "generic");

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

static EXACT: [(&KnownType, Rare); 9] = [
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
        .find(|(known, _)| known.is(class))
        .map(|(_, rare)| *rare)
        .or_else(|| recognise_by_name(class))
}

/// The slow way, for the first value of each class and for everything that goes by pickle. A value exists, so the
/// module of its class is loaded already, unless a class only claims to be of it.
fn recognise_by_name(class: &Bound<'_, PyType>) -> Option<Rare> {
    let py = class.py();
    let module = class.module().ok()?;
    let module = module.to_str().ok()?;
    if module == "numpy"
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
        .find(|(known, _)| known.module == module && known.name == name)
        .filter(|(known, _)| known.get(py).is_ok_and(|known| known.is(class)))
        .map(|(_, rare)| *rare)
}
