//! The three mistakes that everybody makes when writing paths and variables into YAML, each with its own hint.

use std::sync::LazyLock;

use regex::Regex;

use crate::{Diagnostic, Index, Span};

struct Mistake {
    pattern: LazyLock<Regex>,
    message: &'static str,
    help: &'static str,
}

static MISTAKES: [Mistake; 3] = [
    Mistake {
        // `[GET /x/{id}]`: inside brackets a brace begins a map.
        pattern: LazyLock::new(|| {
            compile(
                r#"[\[,]\s*((?i:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|ANY)\s+/[^\]\[,"'{}]*\{[^}]*\}[^\],"']*)"#,
            )
        }),
        message: "a path with braces inside `[…]` is not read as one text",
        help: "put it in quotes, as in [\"GET /x/{id}\"], or write the list as lines that begin with `- `",
    },
    Mistake {
        // `* /x`: an asterisk begins an alias.
        pattern: LazyLock::new(|| compile(r"(?:^|[\[,:-])\s*(\*\s+/[^\s,\]}]*)")),
        message: "a text that begins with `*` is read as a YAML alias",
        help: "write `ANY` in place of `*`, or put the text in quotes, as in \"* /x\"",
    },
    Mistake {
        // `{ a: ${B} }`: inside braces a brace begins a map.
        pattern: LazyLock::new(|| compile(r#"\{[^#"']*?[:,]\s*[^\s"',{}]*?(\$\{[^}]*\}?)"#)),
        message: "a variable inside `{ … }` is not read as one text",
        help: "put it in quotes, as in { a: \"${NAME}\" }",
    },
];

static ALIAS: LazyLock<Regex> = LazyLock::new(|| compile(r"(?m)(?:^|[\s\[,:-])\*[A-Za-z0-9_]"));

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a fixed expression that a test compiles")
}

/// Every line that holds one of the mistakes.
pub(super) fn find(index: &Index, text: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate().take(20_000) {
        if line.len() > 10_000 || line.trim_start().starts_with('#') {
            continue;
        }
        for mistake in &MISTAKES {
            let Some(part) = mistake.pattern.captures(line).and_then(|captures| captures.get(1)) else {
                continue;
            };
            let place = Span {
                line: u32::try_from(number + 1).unwrap_or(u32::MAX),
                column: u32::try_from(line[..part.start()].chars().count() + 1).unwrap_or(u32::MAX),
                len: u32::try_from(part.as_str().trim_end().chars().count()).unwrap_or(1),
            };
            found.push(index.error(place, mistake.message).help(mistake.help));
        }
    }
    found
}

/// Whether the text seems to use aliases.
pub(super) fn has_aliases(text: &str) -> bool {
    ALIAS.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let index = Index::read("p.yml", text);
        find(&index, text).into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn the_three_are_found() {
        assert_eq!(messages("a: [GET /x/{id}]").len(), 1);
        assert_eq!(messages("a:\n  - * /x\nb: [GET /y, GET /x/{id}]").len(), 2);
        assert_eq!(messages("a: { password: ${B} }").len(), 1);
        assert_eq!(messages("a: { u: x, password: pre-${B} }").len(), 1);
    }

    #[test]
    fn sound_lines_are_left_alone() {
        for line in [
            "a: [\"GET /x/{id}\"]",
            "- GET /x/{id}",
            "a: { password: \"${B}\" }",
            "a: ${B}",
            "- \"* /x\"",
            "# - * /x",
        ] {
            assert_eq!(messages(line), Vec::<String>::new(), "{line}");
        }
    }
}
