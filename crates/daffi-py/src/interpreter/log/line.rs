//! One event as people read it.

use std::fmt::{self, Write};
use std::time::SystemTime;

use tracing::Event;
use tracing::field::{Field, Visit};

use super::number_of;

/// The most characters of one value. 2,000: more than any of ours has, and a peer may have chosen it.
const LONGEST: usize = 2_000;

/// What Python is to log.
#[derive(Debug)]
pub(super) struct Line {
    /// The place of its logger among [`super::LOGGERS`].
    pub(super) logger: usize,
    /// As Python numbers levels.
    pub(super) level: u8,
    pub(super) message: String,
    /// What the event has beside its message; all of it is in the message, too.
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) at: SystemTime,
    /// The thread that told of it, where it has a name.
    pub(super) thread: Option<String>,
    /// Where it stands in the source.
    pub(super) file: &'static str,
    pub(super) number: u32,
}

impl Line {
    /// Cheap enough for any thread: nothing here waits, nor runs Python.
    pub(super) fn of(event: &Event<'_>, logger: usize) -> Self {
        let metadata = event.metadata();
        let mut line = Self {
            logger,
            level: number_of(*metadata.level()),
            message: String::new(),
            fields: Vec::new(),
            at: SystemTime::now(),
            thread: std::thread::current().name().map(str::to_owned),
            file: metadata.file().unwrap_or("<daffi>"),
            number: metadata.line().unwrap_or_default(),
        };
        event.record(&mut line);
        let mut before = " (";
        for (name, value) in &line.fields {
            line.message.push_str(before);
            line.message.push_str(name);
            line.message.push_str(": ");
            line.message.push_str(value);
            before = ", ";
        }
        if !line.fields.is_empty() {
            line.message.push(')');
        }
        line
    }

    /// The memory that it takes, near enough for a bound.
    pub(super) fn bytes(&self) -> usize {
        let fields: usize = self.fields.iter().map(|(_, value)| value.len()).sum();
        size_of::<Self>() + self.message.len() + fields
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = Bounded(String::new());
        // Fails only where it is too long.
        let _ = write!(text, "{value:?}");
        match field.name() {
            "message" => self.message = text.0,
            name => self.fields.push((name, text.0)),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

/// Text that ends with dots where it would be too long.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = LONGEST.saturating_sub(self.0.len());
        if text.len() <= left {
            self.0.push_str(text);
            return Ok(());
        }
        let whole = (0..=left).rev().find(|end| text.is_char_boundary(*end));
        self.0.push_str(&text[..whole.unwrap_or_default()]);
        self.0.push('…');
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_too_long_ends_with_dots_between_two_characters() {
        let mut text = Bounded(String::new());
        let long = "ä".repeat(LONGEST);
        assert!(write!(text, "x{long}").is_err());
        assert!(text.0.ends_with("ä…"));
        assert!(text.0.len() <= LONGEST + '…'.len_utf8());
    }
}
