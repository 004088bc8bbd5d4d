//! The directions of dependency hold, and every foreign crate has its reason on a page.
//!
//! The manifests are read as lines: cargo-deny knows bans but no directions and is an install for everybody, and what
//! `cargo metadata` tells has no lines to point at and needs a whole workspace, where a test here makes up a tree.

use super::Finding;
use crate::tree::{SourceFile, Tree};

/// The page that says of each dependency why it is there.
const REASONS: &str = "docs/decisions/dependencies.md";
/// All the rules may stand on: no I/O, no clock, no threads can come in by these.
const RULES_MAY_USE: [&str; 3] = ["rustc-hash", "strsim", "thiserror"];
/// What each crate may use of the others: front → seam → runtime → {rules, wires}, wires → rules.
const INSIDE: [(&str, &[&str]); 4] = [
    ("daffi-proto", &[]),
    ("daffi-link", &["daffi-proto"]),
    ("daffi", &["daffi-link", "daffi-proto"]),
    ("daffi-py", &["daffi", "daffi-link", "daffi-proto"]),
];

/// Dependencies that point the wrong way, and foreign ones without a reason.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let reasons = tree.file(REASONS).map_or("", |page| page.text.as_str());
    tree.ending("Cargo.toml")
        .flat_map(|manifest| check_manifest(manifest, reasons))
        .collect()
}

fn check_manifest(manifest: &SourceFile, reasons: &str) -> Vec<Finding> {
    let owner = manifest.path.trim_start_matches("crates/");
    let owner = owner.trim_end_matches("/Cargo.toml");
    let allowed = INSIDE.iter().find(|(name, _)| *name == owner);
    let mut found = Vec::new();
    for (line, section, name) in dependencies(&manifest.text) {
        let ours = name.starts_with("daffi");
        if let (true, Some((_, allowed))) = (ours, allowed)
            && !allowed.contains(&name)
        {
            let message = format!("{owner} must not depend on {name}; hint: see ARCHITECTURE.md");
            found.push(Finding::new(&manifest.path, line, message));
        }
        if owner == "daffi-proto" && section == "dependencies" && !RULES_MAY_USE.contains(&name) {
            let message = format!("the rules stand on next to nothing: {name}");
            found.push(Finding::new(&manifest.path, line, message));
        }
        if !ours && !reasons.contains(&format!("`{name}`")) {
            let message = format!("no reason given; hint: a paragraph in {REASONS}: {name}");
            found.push(Finding::new(&manifest.path, line, message));
        }
    }
    found
}

/// Line, kind of section and name of every dependency in a manifest.
fn dependencies(text: &str) -> Vec<(usize, &str, &str)> {
    let mut section = "";
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(header) = line.trim().strip_prefix('[') {
            section = header
                .trim_end_matches(']')
                .rsplit('.')
                .next()
                .unwrap_or("");
            continue;
        }
        if !section.ends_with("dependencies") || line.starts_with('#') {
            continue;
        }
        let name = line.split(['=', '.', ' ']).next().unwrap_or("");
        if !name.is_empty() {
            found.push((index + 1, section, name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: (&str, &str) = (REASONS, "`thiserror` writes errors. `tokio` runs.");

    #[test]
    fn the_rules_take_nothing_but_what_is_listed() {
        let manifest = "[dependencies]\nthiserror.workspace = true\ntokio = \"1\"\ndaffi-link.workspace = true\n";
        let tree = Tree::of(&[PAGE, ("crates/daffi-proto/Cargo.toml", manifest)]);
        let found = check(&tree);
        let lines: Vec<usize> = found.iter().map(|found| found.line).collect();
        assert_eq!(lines, [3, 4, 4]);
    }

    #[test]
    fn wires_do_not_know_the_runtime() {
        let manifest = "[target.'cfg(loom)'.dependencies]\ndaffi = { path = \"../daffi\" }\n";
        let tree = Tree::of(&[PAGE, ("crates/daffi-link/Cargo.toml", manifest)]);
        assert_eq!(check(&tree).len(), 1);
    }

    #[test]
    fn a_foreign_crate_needs_its_reason() {
        let manifest = "[workspace.dependencies]\ntokio = \"1\"\nserde = \"1\"\n";
        let tree = Tree::of(&[PAGE, ("Cargo.toml", manifest)]);
        let found = check(&tree);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.ends_with("serde"));
    }
}
