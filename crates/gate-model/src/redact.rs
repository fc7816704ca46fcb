//! Takes secrets out of text: plain, JSON-escaped, URL-encoded, base64 and hexadecimal, and their beginnings where a text was cut.
//!
//! Redaction comes before truncation everywhere; [`Redactor::redact_cut`] is for foreign text that arrived truncated.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::{Arc, RwLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986 section 2.3: the usual encoding of a value in a URL.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same, but for the slash: how paths are encoded.
const PATH_KEPT: &AsciiSet = &RESERVED.remove(b'/');
/// What `encodeURIComponent` leaves alone beside those.
const COMPONENT_KEPT: &AsciiSet = &RESERVED
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What stands in the place of a secret.
pub const MARK: &str = "[redacted]";

/// Shorter secrets cannot be told from ordinary text and are left alone in free text.
const MIN_SECRET_BYTES: usize = 4;
/// A cut secret of this many bytes at the end of a text is taken out too.
const MIN_CUT_BYTES: usize = 5;

/// Bytes of the beginning of a form by which it is found before it is compared as a whole.
const BEGINNING_BYTES: usize = 24;

/// New forms that are looked for one by one before an automaton is built of them.
const MAX_FRESH: usize = 64;

/// Replaces known secrets in text.
#[derive(Clone, Default)]
pub struct Redactor {
    /// What was added, as it was added.
    known: HashSet<String>,
    needles: BTreeSet<Vec<u8>>,
    /// A run learns secrets all the time, and building an automaton costs as much as it has forms: so there are several, each
    /// at least twice as large as the next, and a form is built into few of them.
    tiers: Vec<Tier>,
    /// Forms that are in no automaton yet.
    fresh: Vec<Vec<u8>>,
}

/// Forms, sorted, and an automaton of how they begin. A token has a dozen forms of a kilobyte each: an automaton of whole forms
/// would take more time and memory than the run. Tokens of one issuer begin alike, so that beginnings are few.
#[derive(Clone)]
struct Tier {
    needles: Vec<Vec<u8>>,
    /// For each beginning in the automaton, the forms that begin so.
    begun: Vec<std::ops::Range<usize>>,
    automaton: AhoCorasick,
}

impl Tier {
    /// The forms, or what they were where no automaton can be built.
    fn new(mut needles: Vec<Vec<u8>>) -> Result<Self, Vec<Vec<u8>>> {
        needles.sort_unstable();
        let mut begun: Vec<std::ops::Range<usize>> = Vec::new();
        for (at, needle) in needles.iter().enumerate() {
            match begun.last_mut() {
                Some(last) if beginning(&needles[last.start]) == beginning(needle) => last.end = at + 1,
                _ => begun.push(at..at + 1),
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(begun.iter().map(|range| beginning(&needles[range.start])));
        match automaton {
            Ok(automaton) => Ok(Self {
                needles,
                begun,
                automaton,
            }),
            Err(_) => Err(needles),
        }
    }

    /// Where forms stand in a text; several may overlap.
    fn find<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = (usize, usize)> + 't {
        self.automaton.find_overlapping_iter(text).flat_map(move |found| {
            let start = found.start();
            let begun = self.begun.get(found.pattern().as_usize()).cloned().unwrap_or_default();
            self.needles[begun]
                .iter()
                .filter(move |needle| text[start..].starts_with(needle))
                .map(move |needle| (start, start + needle.len()))
        })
    }
}

/// What of a form the automaton looks for.
fn beginning(needle: &[u8]) -> &[u8] {
    &needle[..needle.len().min(BEGINNING_BYTES)]
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("secrets", &self.known.len())
            .finish_non_exhaustive()
    }
}

impl Redactor {
    /// A redactor for these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut redactor = Self::default();
        redactor.add(secrets);
        redactor
    }

    /// Adds secrets. Returns whether any was new.
    pub fn add<'a>(&mut self, secrets: impl IntoIterator<Item = &'a str>) -> bool {
        let before = self.needles.len();
        for secret in secrets {
            if !self.known.insert(secret.to_owned()) {
                continue;
            }
            for form in forms(secret) {
                if self.needles.insert(form.clone()) {
                    self.fresh.push(form);
                }
            }
        }
        if self.fresh.len() > MAX_FRESH {
            self.build();
        }
        self.needles.len() > before
    }

    /// Builds an automaton of what is fresh and of the tiers that are not larger than that.
    fn build(&mut self) {
        let mut needles = std::mem::take(&mut self.fresh);
        while self
            .tiers
            .last()
            .is_some_and(|tier| tier.needles.len() < 2 * needles.len())
        {
            needles.extend(self.tiers.pop().into_iter().flat_map(|tier| tier.needles));
        }
        match Tier::new(needles) {
            Ok(tier) => self.tiers.push(tier),
            // Too large to be built: looked for one by one, which is slow and right.
            Err(needles) => self.fresh = needles,
        }
    }

    /// Where secrets stand in a text, in order and without overlaps.
    fn spans(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = self.tiers.iter().flat_map(|tier| tier.find(text)).collect();
        for needle in &self.fresh {
            let each = memchr::memmem::find_iter(text, needle);
            found.extend(each.map(|start| (start, start + needle.len())));
        }
        found.sort_unstable();
        let mut spans: Vec<(usize, usize)> = Vec::with_capacity(found.len());
        for (start, end) in found {
            match spans.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => spans.push((start, end)),
            }
        }
        spans
    }

    /// The text without the secrets.
    pub fn redact(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut last = 0;
        for (start, end) in self.spans(text.as_bytes()) {
            // Needles are whole encodings of UTF-8 text, so that matches lie on character boundaries, except for a base64
            // or hexadecimal form inside a multi-byte run, which cannot happen: both are ASCII.
            out.push_str(text.get(last..start).unwrap_or_default());
            out.push_str(MARK);
            last = end;
        }
        out.push_str(text.get(last..).unwrap_or_default());
        out
    }

    /// Like [`Redactor::redact`], for a text that was cut at its end: the beginning of a secret there goes too.
    pub fn redact_cut(&self, text: &str) -> String {
        let mut out = self.redact(text);
        let bytes = out.as_bytes();
        let mut keep = bytes.len();
        for needle in &self.needles {
            let most = needle.len().saturating_sub(1).min(bytes.len());
            if let Some(length) = (MIN_CUT_BYTES..=most).rev().find(|&n| bytes.ends_with(&needle[..n])) {
                keep = keep.min(bytes.len() - length);
            }
        }
        if keep < out.len() {
            while !out.is_char_boundary(keep) {
                keep -= 1;
            }
            out.truncate(keep);
            out.push_str(MARK);
        }
        out
    }

    /// Whether the text holds a known secret in any of its forms.
    pub fn finds(&self, text: &[u8]) -> bool {
        let built = || self.tiers.iter().any(|tier| tier.find(text).next().is_some());
        let fresh = || {
            self.fresh
                .iter()
                .any(|needle| memchr::memmem::find(text, needle).is_some())
        };
        built() || fresh()
    }
}

/// A redactor that grows while the run learns tokens.
#[derive(Clone, Debug, Default)]
pub struct SharedRedactor(Arc<RwLock<Redactor>>);

impl SharedRedactor {
    /// Starts with these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        Self(Arc::new(RwLock::new(Redactor::new(secrets))))
    }

    /// Adds secrets.
    pub fn add<'a>(&self, secrets: impl IntoIterator<Item = &'a str>) {
        let unknown: Vec<&str> = {
            let redactor = self.read();
            secrets
                .into_iter()
                .filter(|secret| !redactor.known.contains(*secret))
                .collect()
        };
        if !unknown.is_empty() {
            let mut guard = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            guard.add(unknown);
        }
    }

    /// Whether a secret was added before.
    pub fn knows(&self, secret: &str) -> bool {
        self.read().known.contains(secret)
    }

    /// The text without the secrets known so far.
    pub fn redact(&self, text: &str) -> String {
        self.read().redact(text)
    }

    /// See [`Redactor::redact_cut`].
    pub fn redact_cut(&self, text: &str) -> String {
        self.read().redact_cut(text)
    }

    /// See [`Redactor::finds`].
    pub fn finds(&self, text: &[u8]) -> bool {
        self.read().finds(text)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Redactor> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The forms in which a secret is looked for. A token with dots (JWT) is looked for by its long parts too.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    if secret.len() < MIN_SECRET_BYTES {
        return Vec::new();
    }
    let mut forms: Vec<String> = vec![secret.to_owned()];
    let parts: Vec<&str> = secret.split('.').collect();
    if parts.len() == 3 && secret.starts_with("eyJ") {
        // The header is the same for every token of an issuer; the payload and the signature are the user's.
        forms.extend(
            parts[1..]
                .iter()
                .filter(|part| part.len() >= 16)
                .map(|part| (*part).to_owned()),
        );
    }
    if let Ok(json) = serde_json::to_string(secret) {
        forms.push(json[1..json.len() - 1].to_owned());
    }
    forms.push(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
    for kept in [RESERVED, PATH_KEPT, COMPONENT_KEPT] {
        let encoded = utf8_percent_encode(secret, kept).to_string();
        forms.push(encoded.replace("%20", "+"));
        forms.push(lower_escapes(&encoded));
        forms.push(encoded);
    }
    forms.extend(html_forms(secret));
    if secret.len() >= 6 {
        for offset in 0..3 {
            forms.extend(base64_core(secret.as_bytes(), offset));
        }
        forms.push(secret.bytes().map(|byte| format!("{byte:02x}")).collect());
        forms.push(secret.bytes().map(|byte| format!("{byte:02X}")).collect());
    }
    forms.sort();
    forms.dedup();
    forms
        .into_iter()
        .filter(|form| form.len() >= MIN_SECRET_BYTES)
        .map(String::into_bytes)
        .collect()
}

/// Percent-escapes with lower-case digits.
fn lower_escapes(encoded: &str) -> String {
    let mut out = String::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some(at) = rest.find('%') {
        let end = (at + 3).min(rest.len());
        out.push_str(&rest[..at]);
        out.push_str(&rest[at..end].to_ascii_lowercase());
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// The secret as HTML escapes it, with either spelling of the quotes.
fn html_forms(secret: &str) -> [String; 3] {
    let base = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let quoted = base.replace('"', "&quot;");
    [
        quoted.replace('\'', "&#39;"),
        quoted.replace('\'', "&#x27;"),
        base.replace('"', "&#34;").replace('\'', "&#39;"),
    ]
}

/// The part of the base64 text that depends on the secret alone, when it stands `offset` bytes after a three-byte edge.
fn base64_core(secret: &[u8], offset: usize) -> Vec<String> {
    let mut padded = vec![0; offset];
    padded.extend_from_slice(secret);
    let skip = [0, 2, 3][offset];
    let whole = padded.len() / 3 * 4;
    let cut = |text: String| text.get(skip..whole).map(str::to_owned);
    [cut(STANDARD.encode(&padded)), cut(URL_SAFE_NO_PAD.encode(&padded))]
        .into_iter()
        .flatten()
        .filter(|core| core.len() >= 6)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_goes() {
        let redactor = Redactor::new(["pa\"ss wörd-1234"]);
        let secret = "pa\"ss wörd-1234";
        for prefix in ["", "a", "ab", "user:"] {
            let encoded = STANDARD.encode(format!("{prefix}{secret}"));
            let shown = redactor.redact(&encoded);
            assert!(shown.contains(MARK), "{prefix}: {shown}");
        }
        assert_eq!(redactor.redact(&format!("x{secret}y")), format!("x{MARK}y"));
        assert_eq!(
            redactor.redact(r#"{"p":"pa\"ss wörd-1234"}"#),
            format!(r#"{{"p":"{MARK}"}}"#)
        );
        assert!(
            !redactor
                .redact(&utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string())
                .contains("1234")
        );
    }

    #[test]
    fn a_cut_secret_goes_too() {
        let redactor = Redactor::new(["supersecretvalue"]);
        assert_eq!(redactor.redact_cut("body: supersec"), format!("body: {MARK}"));
        assert_eq!(redactor.redact_cut("body: supe"), "body: supe");
    }

    #[test]
    fn long_secrets_that_begin_alike_are_told_apart() {
        let alike = "the-same-beginning-of-every-token-of-one-issuer";
        let secrets: Vec<String> = (0..100).map(|number| format!("{alike}.{number:03}.{alike}")).collect();
        let redactor = Redactor::new(secrets.iter().map(String::as_str));
        assert!(!redactor.tiers.is_empty(), "so many forms are built into an automaton");
        for secret in &secrets {
            assert_eq!(redactor.redact(&format!("a {secret} b")), format!("a {MARK} b"));
            assert!(redactor.finds(secret.as_bytes()));
        }
        for other in [
            alike.to_owned(),
            format!("{alike}.100.{alike}"),
            secrets[7][..60].to_owned(),
        ] {
            assert_eq!(redactor.redact(&other), other);
            assert!(!redactor.finds(other.as_bytes()));
        }
        // One that ends where the next begins, and one inside of another.
        let inside = Redactor::new([secrets[0].as_str(), "every-token", alike]);
        assert_eq!(inside.redact(&format!("{}{alike}", secrets[0])), MARK);
    }

    #[test]
    fn the_parts_of_a_jwt_go() {
        let redactor = Redactor::new(["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9abc.c2lnbmF0dXJlLXBhcnQtaGVyZQ"]);
        assert!(!redactor.redact("leak c2lnbmF0dXJlLXBhcnQtaGVyZQ").contains("c2ln"));
    }
}
