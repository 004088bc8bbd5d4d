//! Reads from what a suite printed how many of its checks passed and failed.

use std::fmt;
use std::ops::AddAssign;

/// In which words a suite reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// One check: its exit status.
    Status,
    /// `Summary [ 1.2s] 12 tests run: 11 passed, 1 failed, 0 skipped`
    Nextest,
    /// `test result: ok. 3 passed; 0 failed; ...`, once per binary.
    CargoTest,
    /// `==== 3 passed, 1 failed, 2 errors in 1.23s ====`
    Pytest,
    /// `3 passed, 0 failed`
    Plain,
}

/// Checks that passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// What a suite that ended so and printed this has to its account.
///
/// A crash is a failure even where nothing was counted as failed, and so is a suite that checked nothing.
pub(super) fn of(report: Report, ended_well: bool, output: &[String]) -> Counts {
    let mut counts = Counts::default();
    if report == Report::Status {
        counts.passed = usize::from(ended_well);
    }
    for line in output {
        let line = without_colours(line);
        if is_summary(report, &line) {
            counts += read(&line);
        }
    }
    let nothing = counts == Counts::default();
    if counts.failed == 0 && (nothing || !ended_well) {
        counts.failed = 1;
    }
    counts
}

fn is_summary(report: Report, line: &str) -> bool {
    let line = line.trim();
    match report {
        Report::Status => false,
        Report::Nextest => line.starts_with("Summary ["),
        Report::CargoTest => line.starts_with("test result: "),
        Report::Pytest => {
            let bare = line.trim_matches(['=', ' ']);
            bare.starts_with(|c: char| c.is_ascii_digit()) && bare.contains(" in ")
        }
        Report::Plain => {
            let words: Vec<&str> = line.split_whitespace().collect();
            matches!(words.as_slice(), [_, "passed,", _, "failed"])
        }
    }
}

/// Sums every number by the word that follows it.
fn read(line: &str) -> Counts {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .filter(|word| !word.is_empty())
        .collect();
    let mut counts = Counts::default();
    for pair in words.windows(2) {
        let &[number, word] = pair else { continue };
        let Ok(number) = number.parse::<usize>() else {
            continue;
        };
        match word {
            "passed" => counts.passed += number,
            "failed" | "error" | "errors" | "timed" | "xpassed" => counts.failed += number,
            _ => {}
        }
    }
    counts
}

/// The line without the escape sequences of a terminal.
fn without_colours(line: &str) -> String {
    let mut parts = line.split('\x1b');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(report: Report, line: &str) -> (usize, usize) {
        let counts = of(report, true, &[line.to_owned()]);
        (counts.passed, counts.failed)
    }

    #[test]
    fn each_tongue_is_understood() {
        let nextest = "     Summary [   0.01s] 12 tests run: 8 passed (1 slow), 3 failed, 1 timed out, 0 skipped";
        assert_eq!(counted(Report::Nextest, nextest), (8, 4));
        let cargo =
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(counted(Report::CargoTest, cargo), (3, 2));
        let pytest = "\x1b[31m=== \x1b[32m3 passed\x1b[0m, 1 failed, 2 errors in 4.20s ===\x1b[0m";
        assert_eq!(counted(Report::Pytest, pytest), (3, 3));
        assert_eq!(counted(Report::Pytest, "5 passed in 1.1s"), (5, 0));
        assert_eq!(counted(Report::Plain, "4 passed, 1 failed"), (4, 1));
    }

    #[test]
    fn binaries_are_summed() {
        let lines = [
            "test result: ok. 3 passed; 0 failed",
            "test result: ok. 4 passed; 0 failed",
        ];
        let counts = of(Report::CargoTest, true, &lines.map(str::to_owned));
        assert_eq!(
            counts,
            Counts {
                passed: 7,
                failed: 0
            }
        );
    }

    #[test]
    fn a_crash_and_an_empty_suite_are_failures() {
        let ran = ["3 passed, 0 failed".to_owned()];
        assert_eq!(
            of(Report::Plain, false, &ran),
            Counts {
                passed: 3,
                failed: 1
            }
        );
        assert_eq!(
            of(Report::Pytest, true, &[]),
            Counts {
                passed: 0,
                failed: 1
            }
        );
        assert_eq!(counted(Report::Plain, "0 passed, 0 failed"), (0, 1));
        assert_eq!(
            of(Report::Status, true, &[]),
            Counts {
                passed: 1,
                failed: 0
            }
        );
        assert_eq!(
            of(Report::Status, false, &[]),
            Counts {
                passed: 0,
                failed: 1
            }
        );
    }
}
