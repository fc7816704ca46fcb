//! One rule with its regular expression, which is compiled when a keyword is first met.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::definition::{Find, RuleDefinition};

/// Bounds what a pattern of a user may cost in memory.
const REGEX_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) definition: Cow<'static, RuleDefinition>,
    regex: OnceLock<Option<Regex>>,
}

impl Rule {
    pub(crate) fn new(definition: Cow<'static, RuleDefinition>) -> Self {
        Self {
            definition,
            regex: OnceLock::new(),
        }
    }

    /// Compiles now; for rules that nobody has tried yet.
    pub(crate) fn compile(&self) -> Result<Regex, regex::Error> {
        let pattern = &self.definition.pattern;
        // A token is tried at one place; whoever may begin before its keyword is searched in a window.
        let anchored = match self.definition.find {
            Find::Token if self.definition.back == 0 => format!("^(?:{pattern})"),
            Find::Assignment => format!("^(?:{pattern})$"),
            Find::Token | Find::File => pattern.to_string(),
        };
        RegexBuilder::new(&anchored)
            .unicode(false)
            .multi_line(self.definition.find == Find::File)
            .size_limit(REGEX_BYTES)
            .build()
    }

    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| self.compile().ok()).as_ref()
    }

    /// The secret (the first group, or everything) and the whole match in `text`, searched from `from`.
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<(Range<usize>, Range<usize>)> {
        let regex = self.regex()?;
        if regex.captures_len() == 1 {
            let all = regex.find_at(text, from)?.range();
            return Some((all.clone(), all));
        }
        let groups = regex.captures_at(text, from)?;
        let all = groups.get(0)?.range();
        let secret = groups
            .iter()
            .skip(1)
            .flatten()
            .next()
            .map_or(all.clone(), |group| group.range());
        Some((secret, all))
    }

    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        self.definition.pattern.is_empty() || self.regex().is_some_and(|regex| regex.is_match(value))
    }
}
