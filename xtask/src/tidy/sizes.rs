//! Files stay under 600 lines and functions under 80, tests aside, unless listed here with a reason.

use super::{Finding, functions, mask};
use crate::tree::{SourceFile, Tree};

/// Past this a file holds more than one idea. The aim is 300.
const FILE_LINES: usize = 600;
/// Past this a function no longer fits a screen. The aim is 40.
const FUNCTION_LINES: usize = 80;

/// What may be longer, as `path` or `path::function`, and why. An entry that is no longer needed is a finding.
const LONGER: &[(&str, &str)] = &[];

/// Files and functions that grew too long, and entries of the table that outlived their reason.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_with(tree, LONGER)
}

fn check_with(tree: &Tree, longer: &[(&str, &str)]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut used = vec![false; longer.len()];
    let sources = tree.ending(".rs").chain(tree.ending(".py"));
    for file in sources.filter(|file| !file.is_test()) {
        for (name, finding) in too_long(file) {
            match longer.iter().position(|(listed, _)| *listed == name) {
                Some(index) => used[index] = true,
                None => found.push(finding),
            }
        }
    }
    for ((listed, _), _) in longer.iter().zip(&used).filter(|(_, used)| !**used) {
        let message = format!("nothing is too long any more; hint: take it off the list: {listed}");
        found.push(Finding::new("xtask/src/tidy/sizes.rs", 1, message));
    }
    found
}

/// Everything too long in one file, with the name it would have in the table.
fn too_long(file: &SourceFile) -> Vec<(String, Finding)> {
    let is_rust = file.path.ends_with(".rs");
    let masked = if is_rust {
        mask::without_tests(&mask::code_only(&file.text)).to_owned()
    } else {
        file.text.clone()
    };
    let mut found = Vec::new();
    let lines = masked.lines().count();
    if lines > FILE_LINES {
        let message = format!("{lines} lines, at most {FILE_LINES}; hint: one idea a file");
        found.push((file.path.clone(), Finding::new(&file.path, 1, message)));
    }
    let functions = if is_rust {
        functions::rust(&masked)
    } else {
        functions::python(&masked)
    };
    for function in functions {
        if function.length > FUNCTION_LINES {
            let message = format!(
                "fn {} has {} lines, at most {FUNCTION_LINES}; hint: name its parts",
                function.name, function.length
            );
            let name = format!("{}::{}", file.path, function.name);
            found.push((name, Finding::new(&file.path, function.line, message)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_function() -> String {
        format!(
            "//! Long.\nfn long() {{\n{}}}\n",
            "    step();\n".repeat(80)
        )
    }

    #[test]
    fn long_files_and_functions_are_found() {
        let tree = Tree::of(&[
            ("a.rs", &"x\n".repeat(601)),
            ("b.rs", &long_function()),
            ("tests/c.py", &"x\n".repeat(601)),
        ]);
        let found = check_with(&tree, &[]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].path.as_str(), found[0].line), ("a.rs", 1));
        assert_eq!((found[1].path.as_str(), found[1].line), ("b.rs", 2));
    }

    #[test]
    fn tests_inside_a_file_do_not_count() {
        let text = format!(
            "//! A.\n#[cfg(test)]\nmod tests {{\n{}}}",
            "//\n".repeat(600)
        );
        assert_eq!(check_with(&Tree::of(&[("a.rs", &text)]), &[]), []);
    }

    #[test]
    fn the_table_excuses_and_does_not_outlive_its_reason() {
        let tree = Tree::of(&[("b.rs", &long_function())]);
        assert_eq!(check_with(&tree, &[("b.rs::long", "a table")]), []);
        assert_eq!(
            check_with(&Tree::of(&[]), &[("b.rs::long", "a table")]).len(),
            1
        );
    }
}
