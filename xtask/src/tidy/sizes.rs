//! Files stay under 600 lines, tests aside, unless listed here with a reason.
//!
//! How long a function may be is told to clippy (`too_many_lines`) and to ruff (`PLR0915`).

use super::{Finding, exempt, mask};
use crate::tree::{SourceFile, Tree};

/// Past this a file holds more than one idea. The aim is 300.
const FILE_LINES: usize = 600;

/// What may be longer, and why. An entry that is no longer needed is a finding.
const LONGER: &[(&str, &str)] = &[];

/// Files that grew too long, and entries of the table that outlived their reason.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    exempt::apply(found(tree), LONGER, "xtask/src/tidy/sizes.rs")
}

fn found(tree: &Tree) -> Vec<Finding> {
    let sources = tree.ending(".rs").chain(tree.ending(".py"));
    let sources = sources.filter(|file| !file.is_test());
    sources.filter_map(too_long).collect()
}

fn too_long(file: &SourceFile) -> Option<Finding> {
    let lines = if file.path.ends_with(".rs") {
        mask::without_tests(&mask::code_only(&file.text))
            .lines()
            .count()
    } else {
        file.text.lines().count()
    };
    (lines > FILE_LINES).then(|| {
        let message = format!("{lines} lines, at most {FILE_LINES}; hint: one idea a file");
        Finding::new(&file.path, 1, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found() {
        let tree = Tree::of(&[
            ("a.rs", &"x\n".repeat(601)),
            ("b.py", &"x\n".repeat(600)),
            ("tests/c.py", &"x\n".repeat(601)),
        ]);
        let found = found(&tree);
        assert_eq!((found.len(), found[0].path.as_str()), (1, "a.rs"));
    }

    #[test]
    fn tests_inside_a_file_do_not_count() {
        let text = format!(
            "//! A.\n#[cfg(test)]\nmod tests {{\n{}}}",
            "//\n".repeat(600)
        );
        assert_eq!(found(&Tree::of(&[("a.rs", &text)])), []);
    }
}
