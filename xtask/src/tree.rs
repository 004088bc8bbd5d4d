//! The files of the project, read once: what every tidy rule looks at.

use std::io;
use std::path::Path;

/// Folders that are made, not written.
const MADE: [&str; 4] = ["target", "node_modules", "__pycache__", "vectors"];
/// Endings of the files that rules read.
const READ: [&str; 4] = [".rs", ".py", ".md", ".toml"];

/// One text file, its path relative to the root and with forward slashes.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    /// Whether the file holds nothing but tests or what tests stand on.
    pub(crate) fn is_test(&self) -> bool {
        let path = &self.path;
        path.starts_with("tests/")
            || path.contains("/tests/")
            || path.ends_with("/tests.rs")
            || path.ends_with("_tests.rs")
    }
}

/// All files of one checkout that a rule may look at, in order of their paths.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: Vec<SourceFile>,
}

impl Tree {
    /// Reads every text file below `root`, except hidden folders and what builds leave behind.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, root)?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn read_folder(&mut self, root: &Path, folder: &Path) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.starts_with('.') || MADE.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                self.read_folder(root, &path)?;
            } else if READ.iter().any(|ending| name.ends_with(ending)) {
                let relative = path.strip_prefix(root).unwrap_or(&path);
                self.files.push(SourceFile {
                    path: relative.to_string_lossy().replace('\\', "/"),
                    text: std::fs::read_to_string(&path)?,
                });
            }
        }
        Ok(())
    }

    /// A tree that exists only in a test.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| SourceFile {
                path: (*path).to_owned(),
                text: (*text).to_owned(),
            })
            .collect();
        Self { files }
    }

    /// The files whose path ends so.
    pub(crate) fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = &'a SourceFile> {
        self.files
            .iter()
            .filter(move |file| file.path.ends_with(ending))
    }

    /// The file at this path.
    pub(crate) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }
}
