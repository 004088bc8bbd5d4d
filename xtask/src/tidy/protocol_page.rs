//! The page of the wire protocol carries a hash of the files it describes, so that it cannot fall behind unseen.

use super::Finding;
use crate::tree::Tree;
use std::path::Path;

const PAGE: &str = "docs/wire-protocol.md";
const FOLDER: &str = "crates/daffi-proto/src/frames";
/// The files that decide what bytes travel.
const FRAMES: [&str; 8] = [
    "head",
    "request",
    "reply",
    "blobs",
    "payload",
    "control",
    "handshake",
    "builtin",
];
const OPENING: &str = "<!-- frames: ";
const CLOSING: &str = " -->";

/// Whether the page exists and was looked at since the frames last changed.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let hash = match frames_hash(tree) {
        Ok(hash) => hash,
        Err(finding) => return vec![finding],
    };
    let Some(page) = tree.file(PAGE) else {
        let message = "the page of the protocol is missing; hint: describe the frames there";
        return vec![Finding::new(PAGE, 1, message)];
    };
    let marked = page.text.lines().position(|line| line.starts_with(OPENING));
    let Some(line) = marked else {
        let message =
            format!("no line with the hash of the frames; hint: add {OPENING}{hash}{CLOSING}");
        return vec![Finding::new(PAGE, 1, message)];
    };
    if page.text.contains(&format!("{OPENING}{hash}{CLOSING}")) {
        return Vec::new();
    }
    let message = "the frames changed since this page was read; \
                   hint: bring the page up to date, then run: cargo xtask tidy --bless";
    vec![Finding::new(PAGE, line + 1, message)]
}

/// Writes the present hash into the page; true when the page carries it afterwards.
pub(super) fn bless(root: &Path, tree: &Tree) -> bool {
    let (Ok(hash), Some(page)) = (frames_hash(tree), tree.file(PAGE)) else {
        println!("{PAGE} or one of the frame files is missing");
        return false;
    };
    let marker = format!("{OPENING}{hash}{CLOSING}");
    let mut marked = false;
    let mut text = String::with_capacity(page.text.len());
    for line in page.text.lines() {
        let is_marker = line.starts_with(OPENING);
        marked |= is_marker;
        text.push_str(if is_marker { &marker } else { line });
        text.push('\n');
    }
    if !marked {
        text.push_str(&format!("\n{marker}\n"));
    }
    match std::fs::write(root.join(PAGE), text) {
        Ok(()) => true,
        Err(error) => {
            println!("cannot write {PAGE}: {error}");
            false
        }
    }
}

fn frames_hash(tree: &Tree) -> Result<String, Finding> {
    let mut hash = FNV_OFFSET;
    for name in FRAMES {
        let below = format!("{FOLDER}/{name}/");
        let (path, folder) = (format!("{FOLDER}/{name}.rs"), format!("{below}mod.rs"));
        let Some(file) = tree.file(&path).or_else(|| tree.file(&folder)) else {
            let message = "a file of frames is missing; hint: FRAMES in xtask names them";
            return Err(Finding::new(&path, 1, message));
        };
        hash = fnv1a(hash, code(&file.text));
        let parts = tree
            .ending(".rs")
            .filter(|part| part.path.starts_with(&below) && part.path != folder);
        hash = parts.fold(hash, |hash, part| fnv1a(hash, code(&part.text)));
    }
    Ok(format!("{hash:016x}"))
}

/// The text up to its tests: those change no byte that travels.
fn code(text: &str) -> &[u8] {
    let code = text.split("#[cfg(test)]").next();
    code.unwrap_or_default().as_bytes()
}

/// FNV-1a, 64 bits: it notices change, it guards against nobody.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

fn fnv1a(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(head: &str, page: &str) -> Tree {
        let paths: Vec<String> = FRAMES
            .iter()
            .map(|name| format!("{FOLDER}/{name}.rs"))
            .collect();
        let mut files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), head)).collect();
        files.push((PAGE, page));
        Tree::of(&files)
    }

    #[test]
    fn the_known_hash_of_a_known_text() {
        assert_eq!(fnv1a(FNV_OFFSET, b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn a_page_falls_behind_when_a_frame_changes() {
        let hash = frames_hash(&tree("//! Old.\n", "")).unwrap();
        let page = format!("# Protocol\n\n{OPENING}{hash}{CLOSING}\n");
        assert_eq!(check(&tree("//! Old.\n", &page)), []);
        assert_eq!(
            check(&tree("//! Old.\n#[cfg(test)]\nmod tests {}", &page)),
            []
        );
        let found = check(&tree("//! New.", &page));
        assert_eq!((found.len(), found[0].line), (1, 3));
    }

    #[test]
    fn a_missing_page_or_marker_is_found() {
        assert_eq!(check(&tree("//! A.", "# Protocol\n")).len(), 1);
        assert_eq!(check(&Tree::of(&[])).len(), 1);
    }
}
