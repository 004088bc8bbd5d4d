//! A test waits for an event, not for luck: every sleep in a test says why in a comment.

use super::Finding;
use crate::tree::{SourceFile, Tree};

const SLEEPS: [&str; 2] = ["time.sleep(", "thread::sleep"];

/// Sleeps in tests without a comment on their line or the line above.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rust = tree
        .ending(".rs")
        .flat_map(|file| sleeps(file, first_test_line(file), "//"));
    let python = tree
        .ending(".py")
        .flat_map(|file| sleeps(file, first_test_line(file), "#"));
    rust.filter(|found| !found.path.starts_with("xtask/"))
        .chain(python)
        .collect()
}

/// The line (from 0) with which tests begin.
fn first_test_line(file: &SourceFile) -> usize {
    if file.is_test() {
        return 0;
    }
    let mut lines = file.text.lines();
    lines
        .position(|line| line.starts_with("#[cfg(test)]"))
        .unwrap_or(usize::MAX)
}

fn sleeps(file: &SourceFile, from: usize, comment: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut above = "";
    for (index, line) in file.text.lines().enumerate() {
        let sleeps = SLEEPS.iter().any(|sleep| line.contains(sleep));
        let excused = line.contains(comment) || above.trim_start().starts_with(comment);
        if index >= from && sleeps && !excused {
            let message = "a sleep without a reason; hint: await an event, or say why in a comment";
            found.push(Finding::new(&file.path, index + 1, message));
        }
        above = line;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_needs_its_reason() {
        let tree = Tree::of(&[
            (
                "tests/a.py",
                "time.sleep(1)\n# slow on purpose\ntime.sleep(1)\ntime.sleep(2)  # slow\n",
            ),
            (
                "src/b.rs",
                "thread::sleep(x);\n#[cfg(test)]\nthread::sleep(x);\n",
            ),
        ]);
        let found = check(&tree);
        let places: Vec<(&str, usize)> = found.iter().map(|f| (f.path.as_str(), f.line)).collect();
        assert_eq!(places, [("src/b.rs", 3), ("tests/a.py", 1)]);
    }
}
