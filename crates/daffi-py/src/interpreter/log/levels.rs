//! Which levels Python's loggers want, as of a moment ago.
//!
//! Python's levels change at any time and tell nobody, and asking for them takes the interpreter lock. So they are read
//! when a Global starts, with everything that is logged, and now and then because of an event that seems unwanted: the
//! first such event of a second is let through, and whoever hands it to Python reads the levels again.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use super::LOGGERS;

/// For how long the levels are believed. 1 s: a level that is set while the program runs counts soon enough for people,
/// and unwanted events cost the interpreter lock once in it at most.
const BELIEVED: Duration = Duration::from_secs(1);

/// The lowest level that each logger wants. Everything, until Python has said.
static WANTED: [AtomicU8; LOGGERS.len()] = [const { AtomicU8::new(0) }; LOGGERS.len()];

/// Until when they are believed, in milliseconds since [`BEGAN`].
static BELIEVED_UNTIL: AtomicU64 = AtomicU64::new(0);

static BEGAN: OnceLock<Instant> = OnceLock::new();

/// Whether an event of this level is to be told.
pub(super) fn is_heard(logger: usize, level: u8) -> bool {
    level >= WANTED[logger].load(Ordering::Relaxed) || is_first_in_a_while(now())
}

/// Whether the levels are old, for the first who asks: to the others they are new from then on.
fn is_first_in_a_while(now: u64) -> bool {
    let until = BELIEVED_UNTIL.load(Ordering::Relaxed);
    now >= until
        && BELIEVED_UNTIL
            .compare_exchange(until, believed(now), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
}

fn now() -> u64 {
    let began = BEGAN.get_or_init(Instant::now);
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn believed(now: u64) -> u64 {
    now.saturating_add(u64::try_from(BELIEVED.as_millis()).unwrap_or(u64::MAX))
}

/// Takes in the lowest level that each of the loggers wants, by their names.
#[pyfunction]
pub(crate) fn set_log_levels(levels: HashMap<String, u8>) {
    for (logger, level) in levels {
        let place = LOGGERS.iter().position(|known| *known == logger);
        if let Some(place) = place {
            WANTED[place].store(level, Ordering::Relaxed);
        }
    }
    BELIEVED_UNTIL.store(believed(now()), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test: what is read is of the whole process.
    #[test]
    fn unwanted_events_are_let_through_once_in_a_while() {
        let levels = LOGGERS.map(|logger| (logger.to_owned(), 30));
        set_log_levels(HashMap::from(levels));
        set_log_levels(HashMap::from([(LOGGERS[1].to_owned(), 10)]));
        assert!(
            is_heard(0, 30) && is_heard(1, 10),
            "what is wanted is heard"
        );
        assert!(
            !is_heard(0, 20) && !is_heard(2, 10),
            "just read, and not wanted"
        );
        let later = believed(now());
        assert!(is_first_in_a_while(later), "they may have changed since");
        assert!(!is_first_in_a_while(later), "one is enough to find out");
        assert!(is_first_in_a_while(believed(later)));
    }
}
