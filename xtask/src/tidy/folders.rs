//! No folder of product code holds more files than a reader takes in at a glance.

use std::collections::BTreeMap;

use super::{Finding, exempt};
use crate::tree::Tree;

/// The most files in one folder, folders in it not counted: about what fits a glance.
const MOST: usize = 15;

/// Folders that still hold more, and why. An entry that is no longer needed is a finding.
const STILL: &[(&str, &str)] = &[];

/// Folders with too many files.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    exempt::apply(found(tree), STILL, "xtask/src/tidy/folders.rs")
}

fn found(tree: &Tree) -> Vec<Finding> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for file in tree.ending(".rs").chain(tree.ending(".py")) {
        if let Some((folder, _)) = file.path.rsplit_once('/')
            && is_product(folder)
            && !file.is_test()
        {
            *folders.entry(folder).or_default() += 1;
        }
    }
    let crowded = folders.into_iter().filter(|(_, files)| *files > MOST);
    crowded
        .map(|(folder, files)| {
            let message = format!("{files} files, at most {MOST}; hint: a folder for each idea");
            Finding::new(folder, 1, message)
        })
        .collect()
}

fn is_product(folder: &str) -> bool {
    let is_rust = folder.starts_with("crates/") || folder.starts_with("xtask/");
    folder.starts_with("python/") || (is_rust && format!("{folder}/").contains("/src/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(folder: &str, files: usize) -> Vec<Finding> {
        let paths: Vec<String> = (0..files).map(|i| format!("{folder}/f{i}.rs")).collect();
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "")).collect();
        found(&Tree::of(&files))
    }

    #[test]
    fn a_folder_with_too_many_files_is_found() {
        assert_eq!(crowd("crates/x/src", 15), []);
        for folder in ["crates/x/src", "crates/x/src/room", "python/daffi/_room"] {
            let found = crowd(folder, 16);
            assert_eq!((found.len(), found[0].path.as_str()), (1, folder));
        }
    }

    #[test]
    fn tests_and_examples_are_no_product() {
        for folder in [
            "tests/calls",
            "crates/x/tests/it",
            "crates/x/src/tests",
            "examples",
        ] {
            assert_eq!(crowd(folder, 16), []);
        }
    }
}
