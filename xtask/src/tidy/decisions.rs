//! Every page in docs/decisions says when it was decided.

use super::Finding;
use crate::tree::Tree;

/// How far down the date may stand.
const HEAD_LINES: usize = 5;

/// Decision pages without a line `Date: YYYY-MM-DD` near the top.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.ending(".md")
        .filter(|file| file.path.starts_with("docs/decisions/"))
        .filter(|file| !file.path.ends_with("/README.md"))
        .filter(|file| !file.text.lines().take(HEAD_LINES).any(is_date))
        .map(|file| {
            let message =
                "a decision without its date; hint: a line near the top: Date: YYYY-MM-DD";
            Finding::new(&file.path, 1, message)
        })
        .collect()
}

fn is_date(line: &str) -> bool {
    let Some(date) = line.strip_prefix("Date: ") else {
        return false;
    };
    let parts: Vec<&str> = date.trim().split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let all_digits = parts
        .iter()
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    lengths == [4, 2, 2] && all_digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_needs_its_date() {
        let tree = Tree::of(&[
            ("docs/decisions/a.md", "# A\n\nDate: 2026-11-22\n"),
            ("docs/decisions/b.md", "# B\n\nDate: soon\n"),
            ("docs/decisions/README.md", "# Decisions\n"),
            ("docs/c.md", "# C\n"),
        ]);
        let found = check(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "docs/decisions/b.md");
    }
}
