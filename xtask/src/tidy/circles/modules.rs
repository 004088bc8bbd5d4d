//! The modules of one crate: what each declares, what it imports, and which paths its code names.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, Token, UseTree, punctuated::Punctuated};

use crate::tidy::Finding;
use crate::tree::Tree;

/// One module, in a file of its own or within another's.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The file it stands in.
    pub(super) path: String,
    pub(super) parent: Option<usize>,
    /// Whether it stands in the file of its parent.
    pub(super) is_inline: bool,
    names: BTreeMap<String, Vec<Name>>,
    /// The paths of which it imports everything.
    globs: Vec<Vec<String>>,
    /// Every path that its code names, and the line.
    pub(super) paths: Vec<(Vec<String>, usize)>,
}

/// What a name of a module stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    /// Something that is defined there.
    Item,
    Module(usize),
    /// Something that is defined elsewhere.
    Import(Vec<String>),
}

/// The modules of one crate; the first is its root.
#[derive(Debug, Default)]
pub(super) struct Crate {
    pub(super) modules: Vec<Module>,
}

/// How many imports lead to a definition at most: they could lead to each other.
const MOST_IMPORTS: usize = 16;

impl Crate {
    /// Reads the modules below the root of a crate.
    pub(super) fn read(tree: &Tree, root: &str) -> Result<Self, Finding> {
        let mut all = Self::default();
        all.read_file(tree, root.to_owned(), None)?;
        Ok(all)
    }

    fn read_file(
        &mut self,
        tree: &Tree,
        path: String,
        parent: Option<usize>,
    ) -> Result<usize, Finding> {
        let text = tree.file(&path).map_or("", |file| file.text.as_str());
        let items = syn::parse_file(text).map_err(|error| {
            let line = error.span().start().line;
            Finding::new(&path, line, format!("it cannot be read as Rust: {error}"))
        })?;
        let module = Module {
            path,
            parent,
            ..Module::default()
        };
        self.read_items(tree, module, &items.items)
    }

    fn read_items(
        &mut self,
        tree: &Tree,
        module: Module,
        items: &[Item],
    ) -> Result<usize, Finding> {
        let index = self.modules.len();
        self.modules.push(module);
        for item in items {
            match item {
                Item::Mod(inner) if is_built(&inner.attrs) => {
                    let name = inner.ident.to_string();
                    let child = match &inner.content {
                        Some((_, items)) => {
                            let module = Module {
                                path: self.modules[index].path.clone(),
                                parent: Some(index),
                                is_inline: true,
                                ..Module::default()
                            };
                            self.read_items(tree, module, items)?
                        }
                        None => {
                            let path = file_of(tree, &self.modules[index].path, &name);
                            self.read_file(tree, path, Some(index))?
                        }
                    };
                    self.modules[index].declare(name, Name::Module(child));
                }
                Item::Mod(_) => {}
                item => self.modules[index].visit_item(item),
            }
        }
        for item in items.iter().filter(|item| is_built(attributes(item))) {
            if let Some(name) = defined(item) {
                self.modules[index].declare(name, Name::Item);
            }
        }
        Ok(index)
    }

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
        for name in self.modules[module].names.get(first).into_iter().flatten() {
            match name {
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
            for glob in &self.modules[module].globs {
                let path: Vec<String> = glob.iter().chain([first]).chain(rest).cloned().collect();
                found.extend(self.resolve_within(module, &path, left));
            }
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
                "super" => self.modules[module].parent.unwrap_or(0),
                _ => break,
            };
            rest = behind;
        }
        (module, rest)
    }

    /// The module in a file of its own that a module stands in.
    pub(super) fn in_file(&self, mut module: usize) -> usize {
        while let (true, Some(parent)) =
            (self.modules[module].is_inline, self.modules[module].parent)
        {
            module = parent;
        }
        module
    }
}

impl Module {
    fn declare(&mut self, name: String, meaning: Name) {
        let meanings = self.names.entry(name).or_default();
        if !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }

    fn import(&mut self, tree: &UseTree, before: &[String], line: usize) {
        let with = |name: &dyn ToString| -> Vec<String> {
            before.iter().cloned().chain([name.to_string()]).collect()
        };
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(&path.ident), line),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, line);
                }
            }
            UseTree::Name(name) if name.ident == "self" => {
                let last = before.last().cloned().unwrap_or_default();
                self.add_import(last, before.to_vec(), line);
            }
            UseTree::Name(name) => self.add_import(name.ident.to_string(), with(&name.ident), line),
            UseTree::Rename(name) => {
                self.add_import(name.rename.to_string(), with(&name.ident), line);
            }
            UseTree::Glob(_) => {
                self.paths.push((before.to_vec(), line));
                self.globs.push(before.to_vec());
            }
        }
    }

    fn add_import(&mut self, name: String, path: Vec<String>, line: usize) {
        // Of another crate, unless it names a module: `use thiserror;` would lead to itself.
        if path.len() > 1 {
            self.paths.push((path.clone(), line));
            self.declare(name, Name::Import(path));
        }
    }

    /// Takes the paths out of what a macro is given, which need not be Rust.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut line = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(&mut path, line);
                    }
                    line = ident.span().start().line;
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                }
                other => {
                    self.end_path(&mut path, line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.read_tokens(group.stream());
                    }
                }
            }
        }
        self.end_path(&mut path, line);
    }

    fn end_path(&mut self, path: &mut Vec<String>, line: usize) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.paths.push((path, line));
        }
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_built(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if is_built(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        self.import(&import.tree, &[], import.use_token.span.start().line);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let (None, Some(first)) = (&path.leading_colon, path.segments.first()) {
            let line = first.ident.span().start().line;
            let names = path.segments.iter().map(|it| it.ident.to_string());
            self.paths.push((names.collect(), line));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        self.read_tokens(invoked.tokens.clone());
        visit::visit_macro(self, invoked);
    }

    // What they name is no use of it: doc links, lints, `pub(super)`.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// The file of a module that is declared in another file.
fn file_of(tree: &Tree, parent: &str, name: &str) -> String {
    let (folder, file) = parent.rsplit_once('/').unwrap_or(("", parent));
    let folder = match file {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        file => format!("{folder}/{}", file.trim_end_matches(".rs")),
    };
    let own = format!("{folder}/{name}.rs");
    if tree.file(&own).is_some() {
        own
    } else {
        format!("{folder}/{name}/mod.rs")
    }
}

/// The name of what an item defines.
fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether it is part of what users get: not of tests, models or documentation alone.
fn is_built(attributes: &[Attribute]) -> bool {
    let conditions = attributes.iter().filter(|it| it.path().is_ident("cfg"));
    conditions
        .filter_map(|it| it.parse_args::<Meta>().ok())
        .all(|condition| holds(&condition))
}

/// Whether a condition of `cfg` holds. What is not about tests, models or documentation may.
fn holds(condition: &Meta) -> bool {
    let Meta::List(list) = condition else {
        let special = ["test", "loom", "doc"];
        return !special.iter().any(|it| condition.path().is_ident(it));
    };
    let parts = list
        .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        .unwrap_or_default();
    if list.path.is_ident("any") {
        parts.iter().any(holds)
    } else if list.path.is_ident("all") {
        parts.iter().all(holds)
    } else {
        // `not` of a test is what users get, and of anything else it may be.
        true
    }
}
