//! Texts that follow a regular expression, and the judgement whether one does.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Longest pattern looked at.
const MAX_PATTERN: usize = 2_000;
/// Longest text written while looking.
const MAX_TEXT: usize = 30_000;
/// Largest compiled expression, in bytes.
const MAX_COMPILED: usize = 2 * 1024 * 1024;

/// Compiles an ECMA 262 expression. There `\d` and `\w` mean ASCII only, so that reading is tried first. `None` for
/// what this engine lacks (look-around, back-references) and for expressions that are too large.
pub(crate) fn compile(pattern: &str) -> Option<Regex> {
    let pattern = translate(pattern)?;
    [false, true].into_iter().find_map(|unicode| {
        RegexBuilder::new(&pattern)
            .unicode(unicode)
            .nest_limit(60)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .build()
            .ok()
    })
}

/// Some documents write the expression as a JavaScript literal.
fn bare(pattern: &str) -> &str {
    match pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(inner) if inner.starts_with('^') || inner.ends_with('$') => inner,
        _ => pattern,
    }
}

/// What ECMA 262 takes literally and this engine does not: braces that count nothing, and `[`, `&&`, `~~`, `--` inside
/// a class.
fn translate(pattern: &str) -> Option<String> {
    let pattern = bare(pattern);
    if pattern.len() > MAX_PATTERN {
        return None;
    }
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut in_class = false;
    let mut rest = pattern.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => {
                out.push(c);
                if let Some((_, escaped)) = rest.next() {
                    out.push(escaped);
                    // `\u{61}` and `\p{L}` hold their braces.
                    if matches!(escaped, 'u' | 'p' | 'P') && pattern[at + 2..].starts_with('{') {
                        for (_, inner) in rest.by_ref() {
                            out.push(inner);
                            if inner == '}' {
                                break;
                            }
                        }
                    }
                }
            }
            '[' if in_class => out.push_str("\\["),
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            '[' => {
                in_class = true;
                out.push(c);
            }
            ']' => {
                in_class = false;
                out.push(c);
            }
            '{' if !in_class && !is_count(&pattern[at + 1..]) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    Some(out)
}

/// Whether what follows an opening brace makes it a repetition: `3}`, `3,}`, `3,5}`.
fn is_count(after: &str) -> bool {
    after.split_once('}').is_some_and(|(inner, _)| {
        let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
        !least.is_empty() && least.bytes().chain(most.bytes()).all(|b| b.is_ascii_digit())
    })
}

struct Pattern {
    regex: Regex,
    hir: Option<Hir>,
}

/// The patterns met so far, compiled once.
#[derive(Default)]
pub(crate) struct PatternCache {
    known: RefCell<HashMap<String, Option<Pattern>>>,
}

impl PatternCache {
    /// Whether a text follows a pattern; `None` when the pattern cannot be judged.
    pub(crate) fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        self.with(pattern, |known| known.regex.is_match(text.as_bytes()))
    }

    /// A text of `min` to `max` characters that follows the pattern.
    pub(crate) fn generate(&self, pattern: &str, min: usize, max: usize, salt: usize) -> Option<String> {
        self.with(pattern, |known| {
            let hir = known.hir.as_ref()?;
            candidates(hir, min, salt).find(|text| {
                let length = text.chars().count();
                length >= min && length <= max && known.regex.is_match(text.as_bytes())
            })
        })
        .flatten()
    }

    fn with<T>(&self, pattern: &str, judge: impl FnOnce(&Pattern) -> T) -> Option<T> {
        let mut known = self.known.borrow_mut();
        if !known.contains_key(pattern) {
            let parsed = compile(pattern).map(|regex| {
                let mut parser = regex_syntax::ParserBuilder::new().nest_limit(60).build();
                Pattern {
                    regex,
                    hir: translate(pattern).and_then(|pattern| parser.parse(&pattern).ok()),
                }
            });
            known.insert(pattern.to_owned(), parsed);
        }
        known.get(pattern)?.as_ref().map(judge)
    }
}

/// Texts worth trying, best first: short but not of one character only, then longer, then padded.
fn candidates(hir: &Hir, min: usize, salt: usize) -> impl Iterator<Item = String> + '_ {
    let extras =
        [2, 0, 1]
            .into_iter()
            .chain(3..=24)
            .chain([min, min.saturating_sub(1), min.saturating_sub(2), min / 2]);
    extras.flat_map(move |extra| {
        [false, true].into_iter().flat_map(move |only_one| {
            (0..3).flat_map(move |branch| {
                let mut writer = Writer {
                    out: String::new(),
                    extra,
                    only_one,
                    used_extra: false,
                    branch,
                    salt,
                    steps: MAX_TEXT,
                };
                let ok = writer.write(hir);
                let text = writer.out;
                let padded = format!("{text}{}", "x".repeat(min.saturating_sub(text.chars().count())));
                let padded = (padded.len() > text.len()).then_some(padded);
                ok.then_some(text).into_iter().chain(padded.filter(|_| ok))
            })
        })
    })
}

struct Writer {
    out: String,
    /// Repetitions beyond the smallest number.
    extra: usize,
    /// Give the extra repetitions to the first repetition that takes them only.
    only_one: bool,
    used_extra: bool,
    branch: usize,
    salt: usize,
    /// Steps left; repetitions of nothing write nothing but take time.
    steps: usize,
}

impl Writer {
    fn write(&mut self, hir: &Hir) -> bool {
        if self.out.len() > MAX_TEXT || self.steps == 0 {
            return false;
        }
        self.steps -= 1;
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => true,
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => {
                    self.out.push_str(text);
                    true
                }
                Err(_) => false,
            },
            HirKind::Class(class) => match self.choose(class) {
                Some(c) => {
                    self.out.push(c);
                    true
                }
                None => false,
            },
            HirKind::Repetition(repetition) => {
                let least = repetition.min as usize;
                let most = repetition.max.map_or(usize::MAX, |max| max as usize);
                let wanted = if self.only_one && self.used_extra {
                    least
                } else {
                    least.saturating_add(self.extra).min(most)
                };
                self.used_extra |= wanted > least;
                (0..wanted).all(|_| self.write(&repetition.sub))
            }
            HirKind::Capture(capture) => self.write(&capture.sub),
            HirKind::Concat(parts) => parts.iter().all(|part| self.write(part)),
            HirKind::Alternation(branches) => branches
                .get(self.branch % branches.len())
                .is_some_and(|branch| self.write(branch)),
        }
    }

    /// A friendly character of a class; the salt turns the first choice.
    fn choose(&mut self, class: &Class) -> Option<char> {
        let holds = |c: char| match class {
            Class::Unicode(unicode) => unicode
                .ranges()
                .iter()
                .any(|range| range.start() <= c && c <= range.end()),
            Class::Bytes(bytes) => u8::try_from(c).is_ok_and(|b| {
                bytes
                    .ranges()
                    .iter()
                    .any(|range| range.start() <= b && b <= range.end())
            }),
        };
        let friendly: Vec<char> = ('a'..='z')
            .chain('A'..='Z')
            .chain('1'..='9')
            .chain(['0'])
            .filter(|c| holds(*c))
            .collect();
        if !friendly.is_empty() {
            let chosen = friendly[self.salt % friendly.len()];
            self.salt /= friendly.len();
            return Some(chosen);
        }
        if let Some(c) = ('!'..='~').chain([' ']).find(|c| holds(*c)) {
            return Some(c);
        }
        match class {
            Class::Unicode(unicode) => unicode.ranges().first().map(|range| range.start()),
            Class::Bytes(bytes) => bytes
                .ranges()
                .first()
                .map(|range| char::from(range.start()))
                .filter(char::is_ascii),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PatternCache;

    #[test]
    fn common_patterns_are_followed() {
        let cache = PatternCache::default();
        for (pattern, min, max) in [
            ("^[A-Z]{3}$", 0, 100),
            ("^[a-z0-9-]+$", 0, 100),
            ("^[a-z0-9-]+$", 40, 50),
            (r"^\+?[0-9]{7,15}$", 0, 100),
            (r"^\d{4}-\d{2}-\d{2}$", 10, 10),
            ("^#[0-9a-fA-F]{6}$", 0, 7),
            (r"^[\w.+-]+@[\w-]+\.[\w.]+$", 6, 60),
            ("[a-z]", 10, 12),
            ("^(foo|bar)_[0-9]+$", 6, 6),
            (r"^/[a-z/]*\.json$", 0, 30),
            ("/^[a-z]+$/", 0, 10),
            (r"^[^\s]+$", 0, 10),
            (r"^\p{L}+$", 0, 10),
            ("^$|^[a-z]{5}$", 1, 9),
            ("^(?:{[0-9a-f]{4}}|[0-9a-f]{4})$", 0, 9),
            (r"^[^[\]&&]{2,}$", 0, 9),
            (r"^\p{Lu}\u0041{x$", 0, 9),
        ] {
            let text = cache
                .generate(pattern, min, max, 0)
                .unwrap_or_else(|| panic!("{pattern}"));
            assert_eq!(cache.matches(pattern, &text), Some(true), "{pattern}: {text}");
            assert!((min..=max).contains(&text.len()), "{pattern}: {text}");
        }
    }

    #[test]
    fn what_cannot_be_judged_is_said() {
        let cache = PatternCache::default();
        assert_eq!(cache.matches("^(?=.*[A-Z]).{8,}$", "Sample"), None);
        assert_eq!(cache.generate("^(?=.*[A-Z]).{8,}$", 0, 100, 0), None);
        assert_eq!(cache.matches("([", "x"), None);
        assert_eq!(cache.generate("^a{900}{900}$", 0, usize::MAX, 0), None);
        assert_eq!(cache.generate("^[a-z]{5}$", 6, 9, 0), None);
    }

    #[test]
    fn salts_give_different_texts() {
        let cache = PatternCache::default();
        let texts: std::collections::HashSet<_> = (0..200)
            .filter_map(|salt| cache.generate("^[a-z]{3}$", 0, 9, salt))
            .collect();
        assert_eq!(texts.len(), 200);
    }
}
