//! Blanks the strings and comments of Rust text, so that rules see code only; lines stay where they are.

use std::iter::Peekable;
use std::str::Chars;

/// The same text with every character of strings, character literals and comments replaced by a space.
pub(super) fn code_only(text: &str) -> String {
    let mut masker = Masker {
        rest: text.chars().peekable(),
        out: String::with_capacity(text.len()),
    };
    while let Some(next) = masker.rest.next() {
        masker.step(next);
    }
    masker.out
}

/// Rust text up to its tests, which stand last in a file.
pub(super) fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod ")
        .or_else(|| text.find("#[cfg(all(test"))
        .map_or(text, |end| &text[..end])
}

struct Masker<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
}

impl Masker<'_> {
    fn step(&mut self, next: char) {
        match (next, self.rest.peek().copied()) {
            ('/', Some('/')) => {
                self.blank(next);
                self.blank_while(|c| c != '\n');
            }
            ('/', Some('*')) => self.block_comment(),
            ('"', _) => self.string(),
            ('r', Some('"' | '#')) if !self.after_word() => self.raw_string(),
            ('\'', _) => self.quote(),
            _ => self.out.push(next),
        }
    }

    /// Whether the character before this one belongs to a word, as in `for"` or `parser#`.
    fn after_word(&self) -> bool {
        let last = self.out.chars().next_back();
        last.is_some_and(|c| c != 'b' && (c.is_alphanumeric() || c == '_'))
    }

    fn blank(&mut self, c: char) {
        self.out.push(if c == '\n' { '\n' } else { ' ' });
    }

    fn blank_while(&mut self, wanted: impl Fn(char) -> bool) {
        while let Some(c) = self.rest.next_if(|c| wanted(*c)) {
            self.blank(c);
        }
    }

    fn block_comment(&mut self) {
        self.blank('/');
        let mut depth = 0_usize;
        let mut last = '/';
        while let Some(c) = self.rest.next() {
            self.blank(c);
            match (last, c) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    last = c;
                    continue;
                }
            }
            if depth == 0 {
                return;
            }
            last = ' ';
        }
    }

    fn string(&mut self) {
        self.blank('"');
        while let Some(c) = self.rest.next() {
            self.blank(c);
            match c {
                '\\' => {
                    if let Some(escaped) = self.rest.next() {
                        self.blank(escaped);
                    }
                }
                '"' => return,
                _ => {}
            }
        }
    }

    fn raw_string(&mut self) {
        let before = self.out.len();
        self.blank('r');
        let mut hashes = 0;
        while self.rest.next_if_eq(&'#').is_some() {
            self.blank('#');
            hashes += 1;
        }
        if self.rest.next_if_eq(&'"').is_none() {
            // A raw identifier, `r#type`: code after all.
            self.out.truncate(before);
            self.out.push_str("r#");
            return;
        }
        self.blank('"');
        let mut closing = None;
        for c in self.rest.by_ref() {
            self.out.push(if c == '\n' { '\n' } else { ' ' });
            closing = match (c, closing) {
                ('"', _) => Some(0),
                ('#', Some(seen)) => Some(seen + 1),
                _ => None,
            };
            if closing == Some(hashes) {
                return;
            }
        }
    }

    /// A character literal is blanked; a lifetime is code.
    fn quote(&mut self) {
        let mut ahead = self.rest.clone();
        let first = ahead.next();
        let is_character = first == Some('\\') || ahead.next() == Some('\'');
        if !is_character {
            self.out.push('\'');
            return;
        }
        self.blank('\'');
        let mut escaped = false;
        while let Some(c) = self.rest.next() {
            self.blank(c);
            if c == '\'' && !escaped {
                return;
            }
            escaped = c == '\\' && !escaped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::code_only;

    #[test]
    fn strings_and_comments_go_and_lines_stay() {
        let text = "let a = \"{\\\"\"; // {\n/* { /* { */ */ let b = 'x';\nlet c = r#\"\" { \"#;";
        let masked = code_only(text);
        assert!(!masked.contains('{'));
        assert_eq!(masked.lines().count(), 3);
        assert!(masked.contains("let b =") && masked.contains("let c ="));
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        let text = "fn f<'a>(r#type: &'a str) { g('{', '\\'') }";
        assert_eq!(
            code_only(text),
            "fn f<'a>(r#type: &'a str) { g(   ,     ) }"
        );
    }
}
