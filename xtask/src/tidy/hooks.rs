//! The seam names modules of Python in one place, its table of hooks: what the core takes from the front stands there.

use super::{Finding, exempt, mask};
use crate::tree::Tree;

/// Where the seam stands.
const SEAM: &str = "crates/daffi-py/src/";
/// The file that may name modules of Python.
const HOOKS: &str = "/hooks.rs";
/// How code of PyO3 imports a module, spaces and line ends aside.
const IMPORTS: [&str; 4] = [".import(", "PyModule::import", "::import(", "PyImport_"];

/// Files that still import elsewhere, and why. An entry that is no longer needed is a finding.
const STILL: &[(&str, &str)] = &[];

/// Imports of Python modules outside of the table of hooks.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    exempt::apply(found(tree), STILL, "xtask/src/tidy/hooks.rs")
}

fn found(tree: &Tree) -> Vec<Finding> {
    let tables = tree.ending(HOOKS);
    let tables = tables.filter(|file| file.path.starts_with(SEAM));
    let others = tables.skip(1).map(|file| {
        let message = "a second table of hooks; hint: one place names modules of Python";
        Finding::new(&file.path, 1, message)
    });
    let seam = tree.ending(".rs").filter(|file| {
        file.path.starts_with(SEAM) && !file.path.ends_with(HOOKS) && !file.is_test()
    });
    let imports = seam.flat_map(|file| {
        let code = mask::without_tests(&mask::code_only(&file.text)).to_owned();
        lines_that_import(&code)
            .map(|line| {
                let message =
                    "a module of Python is imported here; hint: add it to the table of hooks";
                Finding::new(&file.path, line, message)
            })
            .collect::<Vec<_>>()
    });
    others.chain(imports).collect()
}

/// The lines with an import, also where a method stands on a line of its own.
fn lines_that_import(code: &str) -> impl Iterator<Item = usize> {
    let lines = code.lines().enumerate();
    lines.filter_map(|(index, line)| {
        let imports = IMPORTS.iter().any(|import| line.contains(import));
        imports.then_some(index + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_imported_by_the_table_of_hooks_alone() {
        let text = "//! A.\nfn f() {\n  py.import(\"a\")?;\n  PyModule::import(py, \"b\")?;\n  CELL\n    .import(py, \"c\", \"d\")?;\n}\n";
        let tree = Tree::of(&[
            ("crates/daffi-py/src/call/one.rs", text),
            ("crates/daffi-py/src/interpreter/hooks.rs", text),
            ("crates/daffi/src/lib.rs", text),
        ]);
        let found = found(&tree);
        let places: Vec<(&str, usize)> = found.iter().map(|f| (f.path.as_str(), f.line)).collect();
        let one = "crates/daffi-py/src/call/one.rs";
        assert_eq!(places, [(one, 3), (one, 4), (one, 6)]);
    }

    #[test]
    fn there_is_one_table_of_hooks() {
        let tree = Tree::of(&[
            ("crates/daffi-py/src/call/hooks.rs", "//! A."),
            ("crates/daffi-py/src/interpreter/hooks.rs", "//! B."),
        ]);
        assert_eq!(found(&tree).len(), 1);
    }

    #[test]
    fn comments_and_tests_import_nothing() {
        let text =
            "//! A.\n// py.import(x)\n#[cfg(test)]\nmod tests { fn f() { py.import(\"a\"); } }\n";
        let tree = Tree::of(&[("crates/daffi-py/src/a.rs", text)]);
        assert_eq!(found(&tree), []);
    }
}
