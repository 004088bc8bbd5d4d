//! The modules of one crate or package: what each declares and imports, and where the paths lead that its code names.

use std::collections::BTreeMap;

/// One module, in a file of its own or, in Rust, within another's.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The file it stands in.
    pub(super) path: String,
    pub(super) parent: Option<usize>,
    /// Whether it stands in the file of its parent.
    pub(super) is_inline: bool,
    /// Whether a name that it does not import may be defined there: in Python definitions are not read.
    pub(super) is_open: bool,
    pub(super) names: BTreeMap<String, Vec<Name>>,
    /// The paths of which it imports everything.
    pub(super) globs: Vec<Vec<String>>,
    /// Every path that its code names, and the line.
    pub(super) paths: Vec<(Vec<String>, usize)>,
}

/// What a name of a module stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// Something that is defined there.
    Item,
    Module(usize),
    /// Something that is defined elsewhere.
    Import(Vec<String>),
}

/// The modules of one crate or package; the first is its root.
#[derive(Debug, Default)]
pub(super) struct Modules {
    pub(super) all: Vec<Module>,
}

/// How many imports lead to a definition at most: they could lead to each other.
const MOST_IMPORTS: usize = 16;

impl Modules {
    /// Where a path that a module names leads: the modules that define what it means, and how that is called there.
    pub(super) fn resolve(&self, from: usize, path: &[String]) -> Vec<(usize, String)> {
        self.resolve_within(from, path, MOST_IMPORTS)
    }

    fn resolve_within(&self, from: usize, path: &[String], left: usize) -> Vec<(usize, String)> {
        let Some(left) = left.checked_sub(1) else {
            return Vec::new();
        };
        let (module, rest) = self.start(from, path);
        let Some((first, rest)) = rest.split_first() else {
            return vec![(module, path.last().cloned().unwrap_or_default())];
        };
        let mut found = Vec::new();
        let meanings = self.all[module].names.get(first);
        let is_module = |name: &Name| matches!(name, Name::Module(_));
        let has_module = meanings.is_some_and(|names| names.iter().any(is_module));
        for name in meanings.into_iter().flatten() {
            match name {
                // What goes on behind it is in a module.
                name if has_module && !rest.is_empty() && !is_module(name) => {}
                Name::Item => found.push((module, first.clone())),
                Name::Module(child) if rest.is_empty() => found.push((*child, first.clone())),
                Name::Module(child) => {
                    // Within that module no keyword comes any more.
                    found.extend(self.resolve_within(*child, rest, left));
                }
                Name::Import(path) => {
                    let path: Vec<String> = path.iter().chain(rest).cloned().collect();
                    found.extend(self.resolve_within(module, &path, left));
                }
            }
        }
        if found.is_empty() {
            for glob in &self.all[module].globs {
                let path: Vec<String> = glob.iter().chain([first]).chain(rest).cloned().collect();
                found.extend(self.resolve_within(module, &path, left));
            }
        }
        if meanings.is_none() && found.is_empty() && self.all[module].is_open {
            found.push((module, first.clone()));
        }
        found
    }

    /// The module with which a path begins, and the rest of the path.
    fn start<'a>(&self, from: usize, path: &'a [String]) -> (usize, &'a [String]) {
        let (mut module, mut rest) = (from, path);
        while let Some((first, behind)) = rest.split_first() {
            module = match first.as_str() {
                "crate" => 0,
                "self" => module,
                "super" => self.all[module].parent.unwrap_or(0),
                _ => break,
            };
            rest = behind;
        }
        (module, rest)
    }

    /// The module in a file of its own that a module stands in.
    pub(super) fn in_file(&self, mut module: usize) -> usize {
        while let (true, Some(parent)) = (self.all[module].is_inline, self.all[module].parent) {
            module = parent;
        }
        module
    }
}

impl Module {
    pub(super) fn declare(&mut self, name: String, meaning: Name) {
        let meanings = self.names.entry(name).or_default();
        if !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }
}
