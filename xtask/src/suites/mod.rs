//! Runs suites of checks one after the other and sums what they report.

mod count;
mod list;
mod runner;

pub(crate) use list::{lint, test, test_quick};

use count::{Counts, Report};
use std::path::PathBuf;
use std::time::Instant;

/// One command and how to read its outcome.
#[derive(Debug)]
pub(crate) struct Suite {
    name: String,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    folder: PathBuf,
    report: Report,
}

/// Runs all suites, prints what each counted and the sum; true when nothing failed.
pub(crate) fn run(suites: &[Suite]) -> bool {
    let mut total = Counts::default();
    let mut lines = Vec::new();
    for suite in suites {
        println!("── {} ──", suite.name);
        let start = Instant::now();
        let (ended_well, output) = runner::run(suite);
        let counts = count::of(suite.report, ended_well, &output);
        let seconds = start.elapsed().as_secs();
        lines.push(format!("{:24} {counts} ({seconds} s)", suite.name));
        total += counts;
    }
    println!("── sum ──");
    for line in lines {
        println!("{line}");
    }
    println!("{total}");
    total.failed == 0
}
