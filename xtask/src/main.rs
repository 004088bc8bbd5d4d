//! The automation of the project: `cargo xtask tidy`, `cargo xtask lint`, `cargo xtask test`, `cargo xtask test-quick`.
//!
//! `tidy` keeps habits that no compiler checks.
//! `lint` and `test` run suites and end with a plain line `N passed, N failed`.
#![expect(clippy::print_stdout, reason = "a command line tool speaks on stdout")]

mod suites;
mod tidy;
mod tree;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask tidy [--bless]   habits of the tree; --bless renews the hash in docs/wire-protocol.md
cargo xtask lint             every static check
cargo xtask test             every test
cargo xtask test-quick       what one runs while working";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let fine = match words.as_slice() {
        ["tidy"] => tidy::run(&root(), tidy::Mode::Check),
        ["tidy", "--bless"] => tidy::run(&root(), tidy::Mode::Bless),
        ["lint"] => suites::run(&suites::lint(&root())),
        ["test-quick"] => suites::run(&suites::test_quick(&root())),
        ["test"] => suites::run(&suites::test(&root())),
        _ => {
            println!("{USAGE}");
            words.is_empty() || words == ["--help"]
        }
    };
    if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The folder with the workspace manifest: one above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
