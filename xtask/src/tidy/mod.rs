//! `cargo xtask tidy`: habits of the tree, one rule a file; each rule is a function from a tree to findings.

mod circles;
mod decisions;
mod dependencies;
mod exempt;
mod folders;
mod hooks;
mod links;
mod mask;
mod openings;
mod protocol_page;
mod sizes;
mod skipped;
mod waits;

use crate::tree::Tree;
use std::fmt;
use std::path::Path;

/// Look only, or renew what is derived from sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Check,
    Bless,
}

/// One place where a habit was broken, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// A habit: what it finds in a tree.
type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: [(&str, Rule); 11] = [
    ("opening sentences", openings::check),
    ("sizes of files", sizes::check),
    ("no skipped tests", skipped::check),
    ("no sleeps for luck", waits::check),
    ("directions of dependency", dependencies::check),
    ("no circles of modules", circles::check),
    ("folders that fit a glance", folders::check),
    ("one table of hooks", hooks::check),
    ("links in Markdown", links::check),
    ("dated decisions", decisions::check),
    ("the protocol page", protocol_page::check),
];

/// Runs every rule over the tree at `root` and prints what it finds; true when nothing was found.
pub(crate) fn run(root: &Path, mode: Mode) -> bool {
    let tree = match Tree::read(root) {
        Ok(tree) => tree,
        Err(error) => {
            println!("cannot read the tree at {}: {error}", root.display());
            return false;
        }
    };
    if mode == Mode::Bless {
        return protocol_page::bless(root, &tree);
    }
    let mut found = 0;
    for (name, rule) in RULES {
        for finding in rule(&tree) {
            println!("{finding} [{name}]");
            found += 1;
        }
    }
    println!("tidy: {} rules, {found} findings", RULES.len());
    found == 0
}
