//! What is wrong with a file, shown with the line it stands in.

use std::fmt;
use std::sync::Arc;

use gate_model::Location;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used.
    Warning,
}

/// One remark about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What, as a lowercase fragment. Values of environment variables are never part of it.
    pub message: String,
    /// Where.
    pub location: Location,
    /// How many characters of the line are meant, at least one.
    pub span_len: u32,
    /// What stands beside the carets.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// The source line, where there is one.
    pub line: Option<Arc<str>>,
}

/// All remarks of a file at once, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

/// Remarks that are shown at most: nobody reads more, and each may be about a line as long as the plan.
const MAX_SHOWN: usize = 500;
/// Characters of a source line that are shown at most.
const MAX_LINE_CHARS: usize = 160;

impl Diagnostics {
    /// Whether any of them makes the file unusable.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The remarks.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Sorts by place and takes out what was said twice.
    pub fn sorted(mut self) -> Self {
        self.0
            .sort_by_key(|diagnostic| (diagnostic.location.line, diagnostic.location.column));
        self.0.dedup();
        if self.0.len() > MAX_SHOWN {
            let more = self.0.len() - MAX_SHOWN;
            // What is cut may be what makes the plan unusable.
            let severity = if self.has_errors() {
                Severity::Error
            } else {
                Severity::Warning
            };
            self.0.truncate(MAX_SHOWN);
            if let Some(last) = self.0.last().cloned() {
                self.0.push(Diagnostic {
                    severity,
                    message: format!("{more} more remarks are not shown"),
                    label: None,
                    help: None,
                    line: None,
                    ..last
                });
            }
        }
        self
    }
}

impl std::error::Error for Diagnostics {}

impl Diagnostics {
    /// The remarks as text, with or without the colours of a terminal.
    pub fn render(&self, color: bool) -> String {
        let remarks: Vec<String> = self.0.iter().map(|remark| remark.render(color)).collect();
        remarks.join("\n")
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl Diagnostic {
    /// The remark as text, with or without the colours of a terminal.
    pub fn render(&self, color: bool) -> String {
        let paint = |style: &str, text: &str| {
            if color {
                format!("\u{1b}[{style}m{text}\u{1b}[0m")
            } else {
                text.to_owned()
            }
        };
        let (word, loud) = match self.severity {
            Severity::Error => ("error", RED),
            Severity::Warning => ("warning", YELLOW),
        };
        let mut out = format!("{}: {}\n", paint(loud, word), printable(&self.message));
        let number = self.location.line.to_string();
        let pad = " ".repeat(number.len());
        let bar = paint(FRAME, "|");
        out.push_str(&format!("{pad}{} {}\n", paint(FRAME, "-->"), self.location));
        if let Some(line) = &self.line {
            let (shown, column) = window(line, self.location.column as usize);
            let room = shown.chars().count().saturating_sub(column - 1).max(1);
            let carets = "^".repeat((self.span_len.max(1) as usize).min(room));
            let label = self.label.as_deref().map(printable).unwrap_or_default();
            let marked = format!("{carets} {label}");
            out.push_str(&format!("{pad} {bar}\n{} {bar} {shown}\n", paint(FRAME, &number)));
            out.push_str(&format!(
                "{pad} {bar} {}{}\n",
                " ".repeat(column - 1),
                paint(loud, marked.trim_end())
            ));
        }
        if let Some(help) = &self.help {
            for (index, text) in help.lines().enumerate() {
                let lead = if index == 0 {
                    paint(HELP, "= help: ")
                } else {
                    " ".repeat(8)
                };
                out.push_str(&format!("{pad} {lead}{}\n", printable(text)));
            }
        }
        out
    }
}

/// Styles of a terminal (ECMA-48 SGR): bold red, bold yellow, blue, cyan.
const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const FRAME: &str = "34";
const HELP: &str = "36";

/// The part of a line around a column, and the column in it. Terminal control characters are shown as `?`.
fn window(line: &str, column: usize) -> (String, usize) {
    let column = column.max(1);
    let fits = line.chars().nth(MAX_LINE_CHARS).is_none();
    let start = if fits || column <= MAX_LINE_CHARS / 2 {
        0
    } else {
        column - MAX_LINE_CHARS / 2
    };
    let shown: String = line.chars().skip(start).take(MAX_LINE_CHARS).collect();
    (printable(&shown), column - start)
}

fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '?',
            c => c,
        })
        .collect()
}

/// The valid word nearest to a wrong one, where one is near.
pub fn nearest<'a>(wrong: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let mut best: Option<(&str, f64)> = None;
    for word in valid.into_iter().take(5_000) {
        let lower = word.to_lowercase();
        let score = strsim::normalized_damerau_levenshtein(&wrong, &lower).max(
            if wrong.len() >= 3 && (lower.starts_with(&wrong) || wrong.starts_with(&lower)) && lower.len() >= 3 {
                0.75
            } else {
                0.0
            },
        );
        if score >= 0.6 && best.is_none_or(|(_, top)| score > top) {
            best = Some((word, score));
        }
    }
    best.map(|(word, _)| word)
}

/// `did you mean …` or the list of what there is.
pub fn remedy<'a>(wrong: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let valid: Vec<&str> = valid.into_iter().collect();
    match nearest(wrong, valid.iter().copied()) {
        Some(word) => Some(format!("did you mean `{word}`?")),
        None if valid.is_empty() => None,
        None => {
            let shown: Vec<String> = valid.iter().take(30).map(|word| format!("`{word}`")).collect();
            let more = if valid.len() > 30 { ", …" } else { "" };
            Some(format!("there is {}{more}", shown.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_shows_line_and_carets() {
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            message: "unknown key `ulr`".to_owned(),
            location: Location::new("launchgate.yml", 12, 3),
            span_len: 3,
            label: Some("not a key of `target`".to_owned()),
            help: Some("did you mean `url`?".to_owned()),
            line: Some(Arc::from("  ulr: \u{1b}[31mx")),
        };
        assert_eq!(
            diagnostic.to_string(),
            "error: unknown key `ulr`\n  --> launchgate.yml:12:3\n   |\n12 |   ulr: ?[31mx\n   |   ^^^ not a key of `target`\n   = help: did you mean `url`?\n"
        );
    }

    #[test]
    fn colours_are_all_that_they_add() {
        let diagnostic = Diagnostic {
            severity: Severity::Warning,
            message: "odd".to_owned(),
            location: Location::new("p.yml", 3, 2),
            span_len: 1,
            label: None,
            help: Some("one\ntwo".to_owned()),
            line: Some(Arc::from("ab")),
        };
        let coloured = diagnostic.render(true);
        assert!(
            coloured.starts_with("\u{1b}[1;33mwarning\u{1b}[0m: odd\n"),
            "{coloured:?}"
        );
        let mut plain = coloured;
        for style in [RED, YELLOW, FRAME, HELP, "0"] {
            plain = plain.replace(&format!("\u{1b}[{style}m"), "");
        }
        assert_eq!(plain, diagnostic.to_string());
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let line = "x".repeat(10_000);
        let (shown, column) = window(&line, 5_000);
        assert_eq!(shown.chars().count(), MAX_LINE_CHARS);
        assert_eq!(column, MAX_LINE_CHARS / 2);
    }

    #[test]
    fn the_nearest_word_is_found() {
        assert_eq!(nearest("identites", ["target", "identities"]), Some("identities"));
        assert_eq!(nearest("zzz", ["target", "identities"]), None);
    }
}
