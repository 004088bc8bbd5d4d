//! No test is skipped: a test that cannot run is mended or removed.

use super::{Finding, mask};
use crate::tree::Tree;

const RUST: [&str; 2] = ["#[ignore", "#[should_panic"];
const PYTHON: [&str; 3] = ["pytest.mark.skip", "pytest.skip(", "unittest.skip"];

/// Attributes and marks that keep a test from running, or let a panic stand for an assertion.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rust = tree
        .ending(".rs")
        .flat_map(|file| marks(&file.path, &mask::code_only(&file.text), &RUST));
    let python = tree
        .ending(".py")
        .flat_map(|file| marks(&file.path, &file.text, &PYTHON));
    rust.chain(python).collect()
}

fn marks(path: &str, text: &str, marks: &[&str]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
            let message = format!("a test is skipped; hint: mend it or remove it: {mark}");
            found.push(Finding::new(path, index + 1, message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_found_and_words_in_strings_are_not() {
        let tree = Tree::of(&[
            ("a.rs", "#[test]\n#[ignore]\nfn f() {}\n"),
            ("b.rs", "const MARK: &str = \"#[ignore]\";\n"),
            (
                "tests/c.py",
                "@pytest.mark.skipif(True)\ndef test_c(): ...\n",
            ),
        ]);
        let found = check(&tree);
        let places: Vec<(&str, usize)> = found.iter().map(|f| (f.path.as_str(), f.line)).collect();
        assert_eq!(places, [("a.rs", 2), ("tests/c.py", 1)]);
    }
}
