//! Runs suites of checks and sums what they report.

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

/// Suites that run one after the other, and others that do so beside them.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What they print is shown as it comes.
    shown: Vec<Suite>,
    /// What they print is shown when each has ended, so that it stands together.
    beside: Vec<Suite>,
}

/// Runs all suites, prints what each counted and the sum; true when nothing failed.
pub(crate) fn run(plan: &Plan) -> bool {
    let outcomes = std::thread::scope(|scope| {
        let beside = scope.spawn(|| plan.beside.iter().map(at_once).collect());
        let mut outcomes: Vec<Outcome> = plan.shown.iter().map(as_it_comes).collect();
        outcomes.extend(beside.join().unwrap_or_else(|_| vec![Outcome::lost()]));
        outcomes
    });
    let mut total = Counts::default();
    println!("── sum ──");
    for Outcome {
        name,
        counts,
        seconds,
    } in outcomes
    {
        println!("{name:24} {counts} ({seconds} s)");
        total += counts;
    }
    println!("{total}");
    total.failed == 0
}

/// What a suite counted, and how long it took.
#[derive(Debug)]
struct Outcome {
    name: String,
    counts: Counts,
    seconds: u64,
}

impl Outcome {
    /// Of suites whose runner failed itself.
    fn lost() -> Self {
        Self {
            name: "the suites beside".to_owned(),
            counts: Counts {
                passed: 0,
                failed: 1,
            },
            seconds: 0,
        }
    }
}

fn as_it_comes(suite: &Suite) -> Outcome {
    println!("── {} ──", suite.name);
    outcome(suite, true)
}

fn at_once(suite: &Suite) -> Outcome {
    outcome(suite, false)
}

fn outcome(suite: &Suite, shown: bool) -> Outcome {
    let start = Instant::now();
    let (ended_well, output) = runner::run(suite, shown);
    if !shown {
        println!("── {} ──\n{}", suite.name, output.join("\n"));
    }
    Outcome {
        name: suite.name.clone(),
        counts: count::of(suite.report, ended_well, &output),
        seconds: start.elapsed().as_secs(),
    }
}
