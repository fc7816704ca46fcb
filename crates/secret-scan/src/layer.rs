//! Judges one layer of text: what the first look found in it, and what is encoded within.

use std::ops::Range;

use crate::assignment::{self, Assignment, Form};
use crate::decode::{self, Decoder, Encoded};
use crate::judge::{self, Context, Kind, Place, Promise, Verdict};
use crate::prefilter::{Hit, Prefilter};
use crate::rule::{Catalog, Check, Find};

/// What the first look found in a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Survey {
    pub(crate) hits: Vec<Hit>,
    pub(crate) encoded: Vec<Encoded>,
}

impl Survey {
    pub(crate) fn of(prefilter: &Prefilter, text: &[u8]) -> Self {
        let mut survey = Self::default();
        prefilter.hits(text, 0, &mut survey.hits);
        decode::candidates(text, 0..text.len(), &mut survey.encoded);
        survey
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hits.is_empty() && self.encoded.is_empty()
    }

    /// By place, each once.
    pub(crate) fn tidy(&mut self) {
        self.hits.sort_unstable();
        self.hits.dedup();
        self.encoded.sort_unstable();
        self.encoded.dedup();
    }

    /// Without what was judged and is no secret, unless a rule behind it looks farther than `reach`.
    pub(crate) fn keep(&mut self, prefilter: &Prefilter, matches: &[Match], reach: usize) {
        let near = |start: u32, end: u32| {
            let (low, high) = ((start as usize).saturating_sub(reach), end as usize + reach);
            matches
                .iter()
                .any(|found| found.span.start < high && found.span.end > low)
        };
        self.hits
            .retain(|hit| prefilter.is_far(*hit) || near(hit.start, hit.start));
        self.encoded.retain(|span| near(span.start, span.end));
    }
}

/// A match that is a secret.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    pub(crate) rule: u16,
    /// Where, in the outermost text.
    pub(crate) span: Range<usize>,
    pub(crate) secret: Vec<u8>,
    pub(crate) verdict: Verdict,
    pub(crate) decoders: Vec<Decoder>,
}

impl Match {
    /// What is better to know: that it is public, then what is surer, then what is plainer.
    fn rank(&self, catalog: &Catalog) -> (bool, crate::Level, crate::Confidence, bool, bool) {
        let rule = &catalog.rules[usize::from(self.rule)].definition;
        let generic = rule.id.starts_with("generic/");
        let plain = self.decoders.is_empty();
        (
            rule.advice.is_some(),
            self.verdict.level,
            self.verdict.confidence,
            !generic,
            plain,
        )
    }
}

/// How deep encodings are followed and how much they may unfold.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) depth: usize,
    pub(crate) bytes: usize,
    /// Something was left out.
    pub(crate) truncated: bool,
}

/// The most matches that are kept from one text.
const MOST: usize = 10_000;

pub(crate) struct Layer<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) prefilter: &'a Prefilter,
    pub(crate) place: Place,
    pub(crate) now: u64,
}

/// The name around the last hit and what it gets; several keywords are often in one name.
struct Named {
    name: Range<usize>,
    promise: Option<Promise>,
    assignment: Option<Assignment>,
}

impl Layer<'_> {
    /// Every secret in the text, best first where they overlap.
    pub(crate) fn matches(&self, text: &[u8], survey: &Survey, budget: &mut Budget) -> Vec<Match> {
        let mut found = Vec::new();
        let mut named: Option<Named> = None;
        for &hit in &survey.hits {
            for &rule in self.prefilter.rules(hit) {
                if found.len() >= MOST {
                    budget.truncated = true;
                    return self.best(found);
                }
                match self.catalog.rules[usize::from(rule)].definition.find {
                    Find::Token => self.token(text, hit, rule, &mut found),
                    Find::Assignment => self.assigned(text, hit, rule, &mut named, &mut found),
                    Find::File => {}
                }
            }
        }
        for encoded in &survey.encoded {
            self.unfold(text, encoded, budget, &mut found);
        }
        self.best(found)
    }

    /// What a rule for files of this kind finds.
    pub(crate) fn in_file(&self, text: &[u8], rule: u16, found: &mut Vec<Match>) {
        let at = &self.catalog.rules[usize::from(rule)];
        let mut from = 0;
        while let Some((span, whole)) = at.find(text, from)
            && found.len() < MOST
        {
            from = whole.end.max(whole.start + 1);
            let value = &text[span.clone()];
            let context = self.context(text, span.start, &[], Form::Set, true, &text[whole]);
            if let Some(verdict) = judge::judge(&at.definition, value, &context) {
                found.push(plain(rule, span, value, verdict));
            }
            if from >= text.len() {
                break;
            }
        }
    }

    fn context<'b>(
        &self,
        text: &[u8],
        at: usize,
        name: &'b [u8],
        form: Form,
        quoted: bool,
        whole: &'b [u8],
    ) -> Context<'b> {
        Context {
            place: Place {
                setting: self.place.setting.at(self.place.kind, text, at),
                ..self.place
            },
            name,
            form,
            quoted,
            computed: false,
            introduced: false,
            whole,
            now: self.now,
        }
    }

    fn token(&self, text: &[u8], hit: Hit, rule: u16, found: &mut Vec<Match>) {
        let at = &self.catalog.rules[usize::from(rule)];
        let start = hit.start as usize;
        let back = usize::from(at.definition.back);
        let low = start.saturating_sub(back);
        let window = &text[low..text.len().min(start + usize::from(at.definition.reach))];
        let mut from = 0;
        while let Some((span, whole)) = at.find(window, from) {
            if low + whole.end <= start {
                from = whole.end.max(whole.start + 1);
                continue;
            }
            let bounds = low + whole.start..low + whole.end;
            if low + whole.start <= start && stands_alone(text, &bounds) && !in_armour(text, &bounds) {
                let value = &window[span.clone()];
                let context = self.context(text, bounds.start, &[], Form::Set, true, &window[whole]);
                if let Some(verdict) = judge::judge(&at.definition, value, &context) {
                    found.push(plain(rule, low + span.start..low + span.end, value, verdict));
                }
            }
            break;
        }
    }

    fn assigned(&self, text: &[u8], hit: Hit, rule: u16, named: &mut Option<Named>, found: &mut Vec<Match>) {
        let (start, end) = (hit.start as usize, hit.start as usize + self.prefilter.keyword_len(hit));
        let same = named
            .as_ref()
            .is_some_and(|named| named.name.start <= start && end <= named.name.end);
        if !same {
            *named = Some(self.read(text, start, end));
        }
        let Some(Named {
            name,
            promise,
            assignment: Some(assignment),
        }) = named
        else {
            return;
        };
        let at = &self.catalog.rules[usize::from(rule)];
        let wanted = match at.definition.check {
            Check::Password => Some(Promise::Password),
            Check::Random => Some(Promise::Random),
            _ => None,
        };
        if wanted.is_some() && (wanted != *promise || is_id_of_pair(text, name)) {
            return;
        }
        let name = &text[name.clone()];
        if !at.definition.needs.is_empty() && !holds_one(name, &at.definition.needs) {
            return;
        }
        let value = &text[assignment.value.clone()];
        if !at.matches(value) {
            return;
        }
        let mut context = self.context(
            text,
            assignment.value.start,
            name,
            assignment.form,
            assignment.quoted,
            value,
        );
        context.computed = assignment.computed;
        context.introduced = introduced(&text[..assignment.name.start]);
        if wanted.is_none() && assignment.computed {
            return;
        }
        if let Some(verdict) = judge::judge(&at.definition, value, &context) {
            found.push(plain(rule, assignment.value.clone(), value, verdict));
        }
    }

    fn read(&self, text: &[u8], start: usize, end: usize) -> Named {
        let name = assignment::name(text, start, end);
        let lines = matches!(self.place.kind, Kind::Config);
        Named {
            promise: judge::promise(&text[name.clone()]),
            assignment: assignment::value(text, name.clone(), lines),
            name,
        }
    }

    fn unfold(&self, text: &[u8], encoded: &Encoded, budget: &mut Budget, found: &mut Vec<Match>) {
        let start = encoded.start as usize;
        if budget.depth == 0 || budget.bytes == 0 {
            budget.truncated = true;
            return;
        }
        for (decoder, part, inner) in decode::decode(&text[start..encoded.end as usize], encoded.kind) {
            budget.bytes = budget.bytes.saturating_sub(inner.len());
            let survey = Survey::of(self.prefilter, &inner);
            if survey.is_empty() {
                continue;
            }
            budget.depth -= 1;
            let layer = Layer {
                place: Place {
                    kind: if self.place.kind == Kind::Generated {
                        Kind::Generated
                    } else {
                        Kind::Config
                    },
                    ..self.place
                },
                ..*self
            };
            let matches = layer.matches(&inner, &survey, budget);
            budget.depth += 1;
            found.extend(matches.into_iter().map(|mut inner| {
                inner.decoders.insert(0, decoder);
                inner.span = start + part.start..start + part.end;
                inner
            }));
        }
    }

    /// Of matches that are one secret, the best.
    pub(crate) fn best(&self, mut found: Vec<Match>) -> Vec<Match> {
        found.sort_by_key(|found| std::cmp::Reverse(found.rank(self.catalog)));
        let mut kept: Vec<Match> = Vec::new();
        // Spans that are taken, by where they begin, so that many matches do not cost their square.
        let mut taken: std::collections::BTreeMap<usize, Vec<(usize, usize)>> = std::collections::BTreeMap::new();
        let longest = found.iter().map(|found| found.span.len()).max().unwrap_or(0);
        for candidate in found {
            let low = candidate.span.start.saturating_sub(longest);
            let clash = taken.range(low..candidate.span.end.max(low + 1)).any(|(_, list)| {
                list.iter().any(|&(end, index)| {
                    let other: &Match = &kept[index];
                    end > candidate.span.start && same_secret(other, &candidate)
                })
            });
            if !clash {
                taken
                    .entry(candidate.span.start)
                    .or_default()
                    .push((candidate.span.end, kept.len()));
                kept.push(candidate);
            }
        }
        kept.sort_by_key(|found| found.span.start);
        kept
    }
}

fn plain(rule: u16, span: Range<usize>, value: &[u8], verdict: Verdict) -> Match {
    Match {
        rule,
        span,
        secret: value.to_vec(),
        verdict,
        decoders: Vec::new(),
    }
}

/// Two matches at one place: the same secret, unless both were decoded from one text that holds several.
fn same_secret(a: &Match, b: &Match) -> bool {
    let within = |inner: &[u8], outer: &[u8]| memchr::memmem::find(outer, inner).is_some();
    (a.decoders.is_empty() && b.decoders.is_empty()) || within(&a.secret, &b.secret) || within(&b.secret, &a.secret)
}

/// Whether the match is not a piece of a longer word.
fn stands_alone(text: &[u8], bounds: &Range<usize>) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let before = bounds.start.checked_sub(1).map(|at| text[at]);
    let escaped = bounds.start >= 2
        && text[bounds.start - 2] == b'\\'
        && before.is_some_and(|byte| matches!(byte, b'n' | b'r' | b't'));
    let glued_before = word(text[bounds.start]) && before.is_some_and(word) && !escaped;
    let glued_after = word(text[bounds.end - 1]) && text.get(bounds.end).copied().is_some_and(word);
    !glued_before && !glued_after
}

/// `access_key` beside a `secret_key`: the public half of a pair.
fn is_id_of_pair(text: &[u8], name: &Range<usize>) -> bool {
    let plain = |text: &[u8]| -> Vec<u8> {
        text.iter()
            .filter(|byte| !matches!(byte, b'_' | b'-' | b'.'))
            .map(u8::to_ascii_lowercase)
            .collect()
    };
    let own = plain(&text[name.clone()]);
    let around = || plain(&text[name.start.saturating_sub(300)..text.len().min(name.end + 300)]);
    own.ends_with(b"accesskey") && !own.ends_with(b"secretaccesskey") && {
        let around = around();
        [
            b"secretkey".as_slice(),
            b"accesssecret",
            b"secretaccesskey",
            b"keysecret",
        ]
        .iter()
        .any(|word| memchr::memmem::find(&around, word).is_some())
    }
}

/// Whether a blank is what separates name and value behind this.
fn introduced(before: &[u8]) -> bool {
    let head = before.trim_ascii_end();
    before.ends_with(b"--")
        || [b"ENV".as_slice(), b"ARG", b"setenv"]
            .iter()
            .any(|word| head.ends_with(word) && head.len() < before.len())
}

/// Within lines of base64, as certificates have them: letters meet in every order there.
fn in_armour(text: &[u8], bounds: &Range<usize>) -> bool {
    let line_at = |place: usize| {
        let low = place.saturating_sub(100);
        let begin = memchr::memrchr(b'\n', &text[low..place]).map_or(low, |at| low + at + 1);
        let high = text.len().min(place + 100);
        let end = memchr::memchr(b'\n', &text[place..high]).map_or(high, |at| place + at);
        begin..end
    };
    let armoured = |line: &Range<usize>| {
        let line = text[line.clone()].trim_ascii();
        (60..=80).contains(&line.len())
            && line
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
    };
    let own = line_at(bounds.start);
    armoured(&own)
        && ((own.start > 0 && armoured(&line_at(own.start - 1)))
            || (own.end < text.len() && armoured(&line_at(own.end + 1))))
}

fn holds_one(name: &[u8], words: &[crate::rule::Text]) -> bool {
    let lower = name.to_ascii_lowercase();
    words
        .iter()
        .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}
