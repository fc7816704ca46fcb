//! What is allowed: paths, rules and values by configuration, and single lines by a comment.

use std::ops::Range;

use regex::bytes::Regex;
use thiserror::Error;

/// Comments that allow the secret on their line, ours and those of other scanners.
const COMMENTS: [&str; 10] = [
    "launchgate:allow",
    "gitleaks:allow",
    "betterleaks:allow",
    "kingfisher:ignore",
    "trufflehog:ignore",
    "pragma: allowlist secret",
    "pragma: whitelist secret",
    "ggignore",
    "secretlint-disable-line",
    "noseyparker:ignore",
];
/// How far from the secret the comment may stand on a very long line.
const LINE: usize = 2000;

/// The allowing comment on the line of `span`.
pub(crate) fn comment(text: &[u8], span: &Range<usize>) -> Option<&'static str> {
    let low = span.start.saturating_sub(LINE);
    let begin = memchr::memrchr(b'\n', &text[low..span.start]).map_or(low, |at| low + at + 1);
    let high = text.len().min(span.end + LINE);
    let end = memchr::memchr(b'\n', &text[span.end..high]).map_or(high, |at| span.end + at);
    let line = text[begin..end].to_ascii_lowercase();
    COMMENTS
        .into_iter()
        .find(|words| memchr::memmem::find(&line, words.as_bytes()).is_some())
}

/// Why an allow-list cannot be used.
#[derive(Debug, Error)]
pub enum AllowError {
    /// A pattern is no regular expression.
    #[error("failed to read the allow-list: `{pattern}`: {source}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: Box<regex::Error>,
    },
}

/// What is not looked at, and what is no secret.
#[derive(Debug, Clone, Default)]
pub struct AllowList {
    paths: Vec<Regex>,
    values: Vec<Regex>,
    pairs: Vec<(String, Regex)>,
}

impl AllowList {
    /// Files whose path matches are not scanned.
    ///
    /// # Errors
    /// When the pattern is no regular expression.
    pub fn path(mut self, pattern: &str) -> Result<Self, AllowError> {
        self.paths.push(compiled(pattern)?);
        Ok(self)
    }

    /// Secrets that match are none, whatever rule finds them.
    ///
    /// # Errors
    /// When the pattern is no regular expression.
    pub fn value(mut self, pattern: &str) -> Result<Self, AllowError> {
        self.values.push(compiled(pattern)?);
        Ok(self)
    }

    /// Secrets that match are none for this rule.
    ///
    /// # Errors
    /// When the pattern is no regular expression.
    pub fn value_of_rule(mut self, rule: &str, pattern: &str) -> Result<Self, AllowError> {
        self.pairs.push((rule.to_owned(), compiled(pattern)?));
        Ok(self)
    }

    /// Whether a file, or a part within one, of this path is left out.
    pub fn covers_path(&self, path: &str) -> bool {
        self.paths.iter().any(|pattern| pattern.is_match(path.as_bytes()))
    }

    pub(crate) fn covers(&self, rule: &str, secret: &[u8]) -> bool {
        self.values.iter().any(|pattern| pattern.is_match(secret))
            || self
                .pairs
                .iter()
                .any(|(id, pattern)| id == rule && pattern.is_match(secret))
    }
}

fn compiled(pattern: &str) -> Result<Regex, AllowError> {
    Regex::new(pattern).map_err(|source| AllowError::Pattern {
        pattern: pattern.to_owned(),
        source: Box::new(source),
    })
}

#[cfg(test)]
mod tests {
    use super::comment;

    #[test]
    fn a_comment_allows_its_own_line_only() {
        let text = b"a = 'x' # gitleaks:allow\nb = 'y'\n";
        assert_eq!(comment(text, &(5..6)), Some("gitleaks:allow"));
        assert_eq!(comment(text, &(30..31)), None);
    }
}
