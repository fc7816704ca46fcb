//! The engine: bytes and a path in, findings out. It reads no file and knows no repository.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::allow::{self, AllowList};
use crate::artefact;
use crate::decode::{self, Decoder};
use crate::finding::{Finding, SecretValue};
use crate::judge::{self, Kind, Place, Setting};
use crate::layer::{Budget, Layer, Match, Survey};
use crate::plant::Plant;
use crate::prefilter::Prefilter;
use crate::rule::{Catalog, Find};
use crate::tree::Skipped;

/// Bounds of a scan.
#[derive(Debug, Clone)]
pub struct ScanOptions {
    /// How many encodings around each other are undone.
    pub depth: usize,
    /// How many bytes decoding may make of one text, together.
    pub decoded_bytes: usize,
    /// What is allowed without being looked at.
    pub allow: AllowList,
    /// The time that expiry dates are compared with, in seconds since 1970.
    pub now: u64,
    /// What every source has to find beside what it holds, to show that it finds anything.
    pub plants: Vec<Plant>,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            depth: 5,
            decoded_bytes: 32 << 20,
            allow: AllowList::default(),
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
            plants: Vec::new(),
        }
    }
}

/// Texts longer than this are scanned in pieces.
pub(crate) const PIECE: usize = 8 << 20;
/// How much two pieces share: more than any rule reaches.
pub(crate) const OVERLAP: usize = 16 << 10;

/// Finds secrets in bytes.
#[derive(Debug)]
pub struct Scanner {
    pub(crate) catalog: Catalog,
    pub(crate) prefilter: Prefilter,
    named_files: HashMap<String, Vec<u16>>,
    /// Rules with what the name of their files begins with, as far as that is known.
    globbed_files: Vec<(String, u16)>,
    pub(crate) options: ScanOptions,
}

/// What a text held.
#[derive(Debug, Default)]
pub struct Scanned {
    /// The secrets and notes, by place.
    pub findings: Vec<Finding>,
    /// Something was left out because a bound was reached.
    pub truncated: bool,
    /// Parts within that were not read: encrypted, cut off, too large.
    pub skipped: Vec<Skipped>,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new(Catalog::built_in(), ScanOptions::default())
    }
}

impl Scanner {
    /// A scanner with these rules.
    pub fn new(catalog: Catalog, options: ScanOptions) -> Self {
        let mut named_files: HashMap<String, Vec<u16>> = HashMap::new();
        let mut globbed_files = Vec::new();
        for (at, rule) in (0u16..).zip(&catalog.rules) {
            if rule.definition.find != Find::File {
                continue;
            }
            for glob in rule.definition.files.iter() {
                let name = glob.rsplit('/').next().unwrap_or(glob);
                if let Some((head, _)) = name.split_once('*') {
                    globbed_files.push((head.to_owned(), at));
                } else {
                    named_files.entry(name.to_owned()).or_default().push(at);
                }
            }
        }
        Self {
            prefilter: Prefilter::new(&catalog),
            catalog,
            named_files,
            globbed_files,
            options,
        }
    }

    /// The rules.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Everything in `bytes`, which are the file `path`. Archives and other containers are opened.
    pub fn scan(&self, path: &str, bytes: &[u8]) -> Scanned {
        let mut scanned = Scanned::default();
        if self.options.allow.covers_path(path) {
            return scanned;
        }
        if artefact::is_container(bytes) {
            artefact::scan_bytes(self, path, bytes, Hint::None, &mut scanned);
            return scanned;
        }
        if bytes.len() <= PIECE {
            self.scan_piece(path, bytes, Offset::default(), &mut scanned);
            return scanned;
        }
        let mut offset = Offset::default();
        let mut from = 0;
        while from < bytes.len() {
            let to = bytes.len().min(from + PIECE);
            self.scan_piece(path, &bytes[from..to], offset, &mut scanned);
            if to == bytes.len() {
                break;
            }
            let next = to - OVERLAP;
            offset = offset.past(&bytes[from..next]);
            from = next;
        }
        scanned
    }

    /// One piece of a file, which begins at `offset`.
    pub(crate) fn scan_piece(&self, path: &str, bytes: &[u8], offset: Offset, scanned: &mut Scanned) {
        let wide = decode::utf16(bytes);
        let text = wide.as_deref().unwrap_or(bytes);
        let survey = Survey::of(&self.prefilter, text);
        let rules = self.file_rules(path);
        if survey.is_empty() && rules.is_empty() {
            return;
        }
        let (matches, truncated) = self.judge(offset.place(path), text, &survey, &rules);
        scanned.truncated |= truncated;
        let known = scanned.findings.len();
        for mut found in self.findings(path, text, matches, offset) {
            if wide.is_some() {
                let place = |at: u64| offset.bytes + decode::utf16_place(text, (at - offset.bytes) as usize) as u64;
                found.span = place(found.span.start)..place(found.span.end);
                found.decoders.insert(0, Decoder::Utf16);
            }
            let again = scanned.findings[..known]
                .iter()
                .any(|other| other.rule == found.rule && other.span == found.span);
            if !again {
                scanned.findings.push(found);
            }
        }
    }

    /// What the survey of a text comes to.
    pub(crate) fn judge(&self, mut place: Place, text: &[u8], survey: &Survey, rules: &[u16]) -> (Vec<Match>, bool) {
        if memchr::memchr(0, &text[..text.len().min(8000)]).is_some() {
            place.kind = Kind::Generated;
        }
        let layer = Layer {
            catalog: &self.catalog,
            prefilter: &self.prefilter,
            place,
            now: self.options.now,
        };
        let mut budget = Budget {
            depth: self.options.depth,
            bytes: self.options.decoded_bytes,
            truncated: false,
        };
        let mut matches = layer.matches(text, survey, &mut budget);
        if !rules.is_empty() {
            for &rule in rules {
                layer.in_file(text, rule, &mut matches);
            }
            matches = layer.best(matches);
        }
        (matches, budget.truncated)
    }

    /// The rules for files of this path.
    pub(crate) fn file_rules(&self, path: &str) -> Vec<u16> {
        let name = path.rsplit(['/', '!']).next().unwrap_or(path).to_ascii_lowercase();
        let named = self.named_files.get(&name).into_iter().flatten().copied();
        let globbed = self
            .globbed_files
            .iter()
            .filter(|(head, _)| name.starts_with(head.as_str()));
        let mut rules: Vec<u16> = named
            .chain(globbed.map(|(_, rule)| *rule))
            .filter(|rule| {
                let globs = &self.catalog.rules[usize::from(*rule)].definition.files;
                globs.iter().any(|glob| judge::ends_like(path, glob))
            })
            .collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// Matches as findings, with lines and columns.
    pub(crate) fn findings(&self, path: &str, text: &[u8], matches: Vec<Match>, offset: Offset) -> Vec<Finding> {
        let path: Arc<str> = path.into();
        let place = offset.place(&path);
        let (mut line, mut counted) = (offset.lines, 0);
        let mut findings = Vec::with_capacity(matches.len());
        for found in matches {
            let rule = &self.catalog.rules[usize::from(found.rule)].definition;
            if self.options.allow.covers(&rule.id, &found.secret) {
                continue;
            }
            line += memchr::memchr_iter(b'\n', &text[counted..found.span.start]).count() as u64;
            counted = found.span.start;
            let begin = memchr::memrchr(b'\n', &text[..found.span.start]).map_or(0, |at| at + 1);
            findings.push(Finding {
                rule: rule.id.clone(),
                title: rule.title.clone(),
                provider: rule.provider.clone(),
                level: found.verdict.level,
                confidence: found.verdict.confidence,
                reasons: found.verdict.reasons,
                advice: rule.advice.clone(),
                path: path.clone(),
                parts: Vec::new(),
                setting: place.setting.at(place.kind, text, found.span.start),
                line: u32::try_from(line + 1).unwrap_or(u32::MAX),
                column: u32::try_from(found.span.start - begin + 1).unwrap_or(u32::MAX),
                allowed_by: allow::comment(text, &found.span),
                span: offset.bytes + found.span.start as u64..offset.bytes + found.span.end as u64,
                decoders: found.decoders,
                commit: None,
                in_base: false,
                secret: SecretValue::new(&found.secret),
            });
        }
        findings
    }
}

/// Where a piece begins in its file.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Offset {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) hint: Hint,
}

/// What is known of a text beside its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Hint {
    #[default]
    None,
    /// In a package of somebody else, whatever the path says.
    Vendored,
    /// Strings of a program.
    Binary,
}

impl Offset {
    /// What the path, and the package it is in, say.
    pub(crate) fn place(self, path: &str) -> Place {
        let mut place = Place::of(path);
        match self.hint {
            Hint::None => {}
            Hint::Vendored => place.setting = Setting::Generated,
            Hint::Binary => place.kind = Kind::Generated,
        }
        place
    }

    /// Behind `text`.
    pub(crate) fn past(self, text: &[u8]) -> Self {
        Self {
            bytes: self.bytes + text.len() as u64,
            hint: self.hint,
            lines: self.lines + memchr::memchr_iter(b'\n', text).count() as u64,
        }
    }
}
