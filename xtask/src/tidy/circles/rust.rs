//! Reads the modules of a crate: what is built of them, tests and models aside.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, Token, UseTree, punctuated::Punctuated};

use super::modules::{Module, Modules, Name};
use crate::tidy::Finding;
use crate::tree::Tree;

impl Modules {
    /// Reads the modules below the root of a crate.
    pub(super) fn of_crate(tree: &Tree, root: &str) -> Result<Self, Finding> {
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
        let index = self.all.len();
        self.all.push(module);
        for item in items {
            match item {
                Item::Mod(inner) if is_built(&inner.attrs) => {
                    let name = inner.ident.to_string();
                    let child = match &inner.content {
                        Some((_, items)) => {
                            let module = Module {
                                path: self.all[index].path.clone(),
                                parent: Some(index),
                                is_inline: true,
                                ..Module::default()
                            };
                            self.read_items(tree, module, items)?
                        }
                        None => {
                            let path = file_of(tree, &self.all[index].path, &name);
                            self.read_file(tree, path, Some(index))?
                        }
                    };
                    self.all[index].declare(name, Name::Module(child));
                }
                Item::Mod(_) => {}
                item => Reader(&mut self.all[index]).visit_item(item),
            }
        }
        for item in items.iter().filter(|item| is_built(attributes(item))) {
            if let Some(name) = defined(item) {
                self.all[index].declare(name, Name::Item);
            }
        }
        Ok(index)
    }
}

/// Takes what one module names out of its code.
struct Reader<'a>(&'a mut Module);

impl Reader<'_> {
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
                self.0.paths.push((before.to_vec(), line));
                self.0.globs.push(before.to_vec());
            }
        }
    }

    fn add_import(&mut self, name: String, path: Vec<String>, line: usize) {
        // Of another crate, unless it names a module: `use thiserror;` would lead to itself.
        if path.len() > 1 {
            self.0.paths.push((path.clone(), line));
            self.0.declare(name, Name::Import(path));
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
            self.0.paths.push((path, line));
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
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
            self.0.paths.push((names.collect(), line));
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
