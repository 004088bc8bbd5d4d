//! Every source file opens with one sentence that says what it is for.

use super::Finding;
use crate::tree::{SourceFile, Tree};

const HINT: &str = "hint: say in one sentence what it is for and where it stands";

/// Files without an opening sentence.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rust = tree
        .ending(".rs")
        .filter(|file| !opens_rust(&file.text))
        .map(|file| missing(file, "//!"));
    let python = tree
        .ending(".py")
        .filter(|file| !opens_python(&file.text))
        .map(|file| missing(file, "\"\"\""));
    rust.chain(python).collect()
}

fn missing(file: &SourceFile, opener: &str) -> Finding {
    Finding::new(
        &file.path,
        1,
        format!("the file does not open with a {opener} sentence; {HINT}"),
    )
}

fn opens_rust(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first
        .strip_prefix("//!")
        .is_some_and(|sentence| !sentence.trim().is_empty())
}

/// A docstring after nothing but comments (a shebang, a linter's pragma) and blank lines.
fn opens_python(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .is_some_and(|line| {
            let line = line.trim_start_matches('r');
            line.starts_with("\"\"\"") && line.len() > 3
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_its_sentence_is_found() {
        let tree = Tree::of(&[
            ("a.rs", "use std::io;\n"),
            ("b.rs", "//!\n"),
            ("c.py", "import os\n"),
            ("d.py", ""),
        ]);
        let paths: Vec<String> = check(&tree).into_iter().map(|found| found.path).collect();
        assert_eq!(paths, ["a.rs", "b.rs", "c.py", "d.py"]);
    }

    #[test]
    fn a_file_with_its_sentence_passes() {
        let tree = Tree::of(&[
            ("a.rs", "//! The wire.\n"),
            ("b.py", "#!/usr/bin/env python3\n\n\"\"\"The front.\"\"\"\n"),
            ("c.py", "r\"\"\"Raw.\"\"\"\n"),
        ]);
        assert_eq!(check(&tree), []);
    }
}
