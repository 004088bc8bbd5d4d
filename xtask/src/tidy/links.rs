//! Every relative link in Markdown leads to a file, and its fragment to a heading.

use super::Finding;
use crate::tree::{SourceFile, Tree};

/// Links without a scheme that lead nowhere.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.ending(".md")
        .flat_map(|page| check_page(tree, page))
        .collect()
}

fn check_page(tree: &Tree, page: &SourceFile) -> Vec<Finding> {
    let mut found = Vec::new();
    for (line, text) in prose(&page.text) {
        for target in targets(&text) {
            if let Some(problem) = dead(tree, page, target) {
                found.push(Finding::new(&page.path, line, problem));
            }
        }
    }
    found
}

/// Lines outside fenced blocks, numbered from 1, their inline code blanked.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let kept: Vec<&str> = line.split('`').step_by(2).collect();
            lines.push((index + 1, kept.join("`")));
        }
    }
    lines
}

/// What stands between `](` and `)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
}

fn dead(tree: &Tree, page: &SourceFile, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    let Some(path) = resolve(&page.path, path) else {
        return Some(format!("a link out of the project: {target}"));
    };
    let linked = tree.file(&path);
    let exists = linked.is_some() || crate::root().join(&path).exists();
    if !exists {
        return Some(format!("a link to nothing: {target}"));
    }
    let headed = |file: &SourceFile| {
        prose(&file.text)
            .iter()
            .any(|(_, line)| slug(line) == fragment)
    };
    match linked {
        Some(file) if !fragment.is_empty() && !headed(file) => {
            Some(format!("a link to no heading of {path}: {target}"))
        }
        _ => None,
    }
}

/// The path from the root; `None` when it leaves the project. An empty link path is the page itself.
fn resolve(page: &str, link: &str) -> Option<String> {
    if link.is_empty() {
        return Some(page.to_owned());
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The anchor a heading gets, as Markdown sites make it; empty for other lines.
fn slug(line: &str) -> String {
    if !line.starts_with('#') {
        return String::new();
    }
    line.trim_start_matches('#')
        .trim()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| {
            if c == ' ' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_links_and_fragments_are_found() {
        let tree = Tree::of(&[
            (
                "docs/a.md",
                "[b](b.md#the-two-ends), [no](c.md)\n[no](b.md#nothing) [out](../../x.md)\n",
            ),
            (
                "docs/b.md",
                "# The two ends\n[web](https://example.org/x.md) [root](../README.md)\n",
            ),
            (
                "README.md",
                "`[code](nowhere.md)`\n```\n[code](nowhere.md)\n```\n[down](#here)\n## Here\n",
            ),
        ]);
        let found = check(&tree);
        let messages: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "a link to nothing: c.md",
                "a link to no heading of docs/b.md: b.md#nothing",
                "a link out of the project: ../../x.md",
            ]
        );
    }
}
