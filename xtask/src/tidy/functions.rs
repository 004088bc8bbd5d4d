//! Finds the functions of Rust and Python text and how many lines each takes.

/// A function: its name, its first line (from 1) and how many lines it has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) length: usize,
}

/// The functions with a body in Rust text whose strings and comments are blanked.
pub(super) fn rust(masked: &str) -> Vec<Function> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(offset) = masked[from..].find("fn ") {
        let start = from + offset;
        from = start + 3;
        let before = masked[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let name: String = masked[from..]
            .trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let Some(length) = body_end(&masked[start..]) else {
            continue;
        };
        if !name.is_empty() {
            found.push(Function {
                name,
                line: masked[..start].matches('\n').count() + 1,
                length: masked[start..start + length].matches('\n').count() + 1,
            });
        }
    }
    found
}

/// How far the function reaches that starts here; `None` for a declaration without a body.
fn body_end(text: &str) -> Option<usize> {
    let (mut braces, mut brackets) = (0_usize, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            ';' if braces == 0 && brackets == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The functions of Python text, told by their indentation.
pub(super) fn python(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = defined(line.trim_start()) else {
            continue;
        };
        let indent = indentation(line);
        let inside = |line: &&&str| {
            let text = line.trim();
            text.is_empty() || indentation(line) > indent || text.starts_with(')')
        };
        let below = &lines[index + 1..];
        let taken = below.iter().take_while(inside).count();
        let blank_tail = below[..taken]
            .iter()
            .rev()
            .take_while(|line| line.trim().is_empty())
            .count();
        found.push(Function {
            name,
            line: index + 1,
            length: 1 + taken - blank_tail,
        });
    }
    found
}

fn defined(line: &str) -> Option<String> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let name = line.strip_prefix("def ")?.split('(').next()?;
    Some(name.trim().to_owned())
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::{Function, python, rust};

    fn function(name: &str, line: usize, length: usize) -> Function {
        Function {
            name: name.to_owned(),
            line,
            length,
        }
    }

    #[test]
    fn rust_functions_are_measured_from_signature_to_brace() {
        let text = "trait T { fn declared(&self, x: [u8; 4]); }\n\nfn long(\n  a: u8,\n) {\n  inner();\n}\nconst fn short() {}\n";
        assert_eq!(
            rust(text),
            [function("long", 3, 5), function("short", 8, 1)]
        );
    }

    #[test]
    fn python_functions_end_where_indentation_does() {
        let text = "class A:\n    async def first(\n        self,\n    ) -> None:\n        pass\n\n    def second(self): ...\n\nx = 1\n";
        assert_eq!(
            python(text),
            [function("first", 2, 4), function("second", 7, 1)]
        );
    }
}
