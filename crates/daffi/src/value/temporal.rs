//! Days, times and lengths of time as they travel: numbers, not moments of a clock.

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Date {
    /// 1 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A time of day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Time {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999,999.
    pub microsecond: u32,
    /// 1 for the second pass through an hour that a clock change repeats.
    pub fold: u8,
    /// Where that clock stands.
    pub zone: Zone,
}

/// A day with a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// The day.
    pub date: Date,
    /// The time of that day.
    pub time: Time,
}

/// The time zone of a clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// Not known: a naive time.
    Naive,
    /// A fixed offset from UTC.
    Offset {
        /// Microseconds east of UTC.
        microseconds: i64,
        /// Its name, where it has one.
        name: Option<String>,
    },
    /// The key of an IANA zone, such as `"Europe/Berlin"`.
    Key(String),
}

/// A length of time, as Python normalizes it: only the days may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeDelta {
    /// Whole days.
    pub days: i32,
    /// 0 to 86,399.
    pub seconds: u32,
    /// 0 to 999,999.
    pub microseconds: u32,
}
