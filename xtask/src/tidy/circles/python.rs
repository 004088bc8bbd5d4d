//! Reads the modules of the Python package: their imports, wherever these stand.

use super::modules::{Module, Modules, Name};
use crate::tree::{SourceFile, Tree};

impl Modules {
    /// Reads the modules of the package with this `__init__.py`.
    pub(super) fn of_package(tree: &Tree, root: &str) -> Self {
        let folder = root.trim_end_matches("__init__.py");
        let package = folder.trim_end_matches('/').rsplit('/').next();
        let package = package.unwrap_or_default();
        let mut files: Vec<(Vec<&str>, &SourceFile)> = tree
            .ending(".py")
            .filter_map(|file| Some((names(file.path.strip_prefix(folder)?), file)))
            .collect();
        // A package comes before what is inside it.
        files.sort_by(|one, other| one.0.cmp(&other.0));
        let mut modules = Self::default();
        for (index, (names, file)) in files.iter().enumerate() {
            let (name, outer) = names.split_last().unzip();
            let parent = outer.and_then(|outer| files.iter().position(|(names, _)| names == outer));
            let is_package = file.path.ends_with("/__init__.py");
            let mut reader = Reader {
                module: Module {
                    path: file.path.clone(),
                    parent,
                    is_open: true,
                    ..Module::default()
                },
                package,
                inside: if is_package {
                    names
                } else {
                    outer.unwrap_or_default()
                },
            };
            reader.read(&file.text);
            modules.all.push(reader.module);
            if let (Some(name), Some(parent)) = (name, parent) {
                modules.all[parent].declare((*name).to_owned(), Name::Module(index));
            }
        }
        modules
    }
}

/// The names that lead from the package to the module in a file.
fn names(path: &str) -> Vec<&str> {
    let path = path.trim_end_matches(".py");
    path.split('/').filter(|name| *name != "__init__").collect()
}

/// Takes the imports out of one module.
struct Reader<'a> {
    module: Module,
    /// The package that is read.
    package: &'a str,
    /// The names of the package that the module stands in.
    inside: &'a [&'a str],
}

impl Reader<'_> {
    fn read(&mut self, text: &str) {
        let mut lines = text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            // A string of several lines: prose may begin like an import.
            if line.matches("\"\"\"").count() == 1 {
                lines.by_ref().find(|(_, line)| line.contains("\"\"\""));
                continue;
            }
            let mut statement = code(line).to_owned();
            if !statement.starts_with("from ") && !statement.starts_with("import ") {
                continue;
            }
            while statement.contains('(') && !statement.contains(')') {
                let Some((_, line)) = lines.next() else { break };
                statement.push_str(code(line));
            }
            self.import(&statement, index + 1);
        }
    }

    fn import(&mut self, statement: &str, line: usize) {
        if let Some(modules) = statement.strip_prefix("import ") {
            for module in modules.split(',') {
                let (module, name) = renamed(module);
                if let Some(path) = self.path(module) {
                    self.add(name, path, line);
                }
            }
        } else if let Some((module, imported)) = statement
            .strip_prefix("from ")
            .and_then(|rest| rest.split_once(" import "))
            && let Some(base) = self.path(module.trim())
        {
            let imported = imported.trim_matches(|c: char| "() ".contains(c));
            for imported in imported.split(',').filter(|it| !it.trim().is_empty()) {
                let (name, alias) = renamed(imported);
                if name == "*" {
                    self.module.globs.push(base.clone());
                    self.module.paths.push((base.clone(), line));
                } else {
                    let path = base.iter().cloned().chain([name.to_owned()]);
                    self.add(alias.or(Some(name)), path.collect(), line);
                }
            }
        }
    }

    fn add(&mut self, name: Option<&str>, path: Vec<String>, line: usize) {
        self.module.paths.push((path.clone(), line));
        if let Some(name) = name {
            self.module.declare(name.to_owned(), Name::Import(path));
        }
    }

    /// Where a module stands in the package; none if it is another's.
    fn path(&self, module: &str) -> Option<Vec<String>> {
        let named = module.trim_start_matches('.');
        let dots = module.len() - named.len();
        let mut path = vec!["crate".to_owned()];
        let mut named = named.split('.').filter(|name| !name.is_empty());
        if dots > 0 {
            let outer = self.inside.len().checked_sub(dots - 1)?;
            path.extend(self.inside[..outer].iter().map(|name| (*name).to_owned()));
        } else if named.next() != Some(self.package) {
            return None;
        }
        path.extend(named.map(str::to_owned));
        Some(path)
    }
}

/// What is imported, and the name that it gets if that is another.
fn renamed(imported: &str) -> (&str, Option<&str>) {
    match imported.trim().split_once(" as ") {
        Some((name, alias)) => (name.trim(), Some(alias.trim())),
        None => (imported.trim(), None),
    }
}

/// A line without its indentation and its comment.
fn code(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}
