//! When a scheduled call runs, as `PERIOD(...)` says it and as it travels.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use daffi::Timing;

/// When a scheduled call runs, as its modifier says it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cadence {
    /// Again and again.
    Every(Duration),
    /// At these seconds since 1970.
    At(Vec<f64>),
}

impl Cadence {
    /// The same as time left from now on; a time that has passed is given back.
    pub(crate) fn timing(&self, now: SystemTime) -> Result<Timing, f64> {
        let at = match self {
            Self::Every(every) => return Ok(Timing::Every(*every)),
            Self::At(at) => at,
        };
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let left = at.iter().map(|&stamp| {
            // What is longer than this machine can count is refused where it is scheduled.
            let left = Duration::try_from_secs_f64(stamp - now.as_secs_f64());
            match left {
                Ok(left) => Ok(left),
                Err(_) if stamp > now.as_secs_f64() => Ok(Duration::MAX),
                Err(_) => Err(stamp),
            }
        });
        Ok(Timing::After(left.collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_travel_as_time_left() {
        let now = UNIX_EPOCH + Duration::from_secs(100);
        let timing = Cadence::At(vec![100.5, 103.0]).timing(now);
        let left = [500, 3000].map(Duration::from_millis).to_vec();
        assert_eq!(timing, Ok(Timing::After(left)));
    }

    #[test]
    fn a_time_that_has_passed_is_given_back() {
        let now = UNIX_EPOCH + Duration::from_secs(100);
        assert_eq!(Cadence::At(vec![200.0, 99.0]).timing(now), Err(99.0));
    }

    #[test]
    fn a_time_beyond_counting_is_not_taken_for_a_past_one() {
        let now = UNIX_EPOCH + Duration::from_secs(100);
        let timing = Cadence::At(vec![1e300]).timing(now);
        assert_eq!(timing, Ok(Timing::After(vec![Duration::MAX])));
    }
}
