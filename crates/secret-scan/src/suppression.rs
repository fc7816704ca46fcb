//! Suppressions: a file of findings that somebody looked at, one entry a line, sorted, each with a reason and an end.
//!
//! ```text
//! # launchgate secrets 1 key=00112233445566778899aabbccddeeff
//! 3f1c…(32 hexadecimal digits) aws/access-key-id 2027-01-31 the key of the sandbox, rotated weekly
//! ```
//!
//! Entries count from the base of a pull request: one that the pull request itself adds is listed and silences nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use thiserror::Error;

use crate::finding::Finding;
use crate::fingerprint::{Fingerprint, FingerprintKey};

const HEAD: &str = "# launchgate secrets 1 key=";

/// Why a suppression file cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SuppressionError {
    /// The first line is not the one that names format and key.
    #[error("failed to read the suppressions: line 1 has to be `{HEAD}` and hexadecimal digits")]
    Head,
    /// A line is no entry.
    #[error("failed to read the suppressions: line {line}: {what}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
}

/// One finding that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The rule, for readers; the fingerprint decides.
    pub rule: String,
    /// The last day on which it counts, `YYYY-MM-DD`.
    pub until: String,
    /// Why.
    pub reason: String,
}

/// The entries of a file.
#[derive(Debug, Clone)]
pub struct Suppressions {
    key: FingerprintKey,
    entries: BTreeMap<Fingerprint, Suppression>,
}

/// What the suppressions say of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: it counts.
    Open,
    /// It was accepted in the base.
    Accepted(Suppression),
    /// It was accepted, and the time is over: it counts again.
    Lapsed(Suppression),
    /// The pull request accepts it itself, by an entry or a comment: listed, and it counts.
    Claimed(String),
    /// A comment on its line allows it.
    Commented(&'static str),
}

impl Standing {
    /// Whether the finding fails nothing.
    pub fn silences(&self) -> bool {
        matches!(self, Self::Accepted(_) | Self::Commented(_))
    }
}

impl Suppressions {
    /// No entries, under this key.
    pub fn new(key: FingerprintKey) -> Self {
        Self {
            key,
            entries: BTreeMap::new(),
        }
    }

    /// The entries of a file.
    ///
    /// # Errors
    /// When the first line does not name a key, or a line is no entry with fingerprint, rule, day and reason.
    pub fn parse(text: &str) -> Result<Self, SuppressionError> {
        let mut lines = text.lines().enumerate();
        let head = lines.next().and_then(|(_, line)| line.trim().strip_prefix(HEAD));
        let key = head.and_then(FingerprintKey::from_hex).ok_or(SuppressionError::Head)?;
        let mut entries = BTreeMap::new();
        for (at, line) in lines {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fault = |what| SuppressionError::Line { line: at + 1, what };
            let mut words = line.splitn(4, ' ');
            let mut word = || words.next().unwrap_or_default();
            let fingerprint = word()
                .parse()
                .map_err(|()| fault("begins with no fingerprint of 32 hexadecimal digits"))?;
            let entry = Suppression {
                rule: word().to_owned(),
                until: word().to_owned(),
                reason: word().trim().to_owned(),
            };
            if !is_day(&entry.until) {
                return Err(fault("has no day `YYYY-MM-DD` after the rule"));
            }
            if entry.reason.is_empty() {
                return Err(fault("has no reason at its end"));
            }
            entries.insert(fingerprint, entry);
        }
        Ok(Self { key, entries })
    }

    /// The file: sorted, so that two branches that add entries meet in a merge without a conflict more often than not.
    pub fn format(&self) -> String {
        let mut out = format!("{HEAD}{}\n", self.key.hex());
        for (fingerprint, entry) in &self.entries {
            let reason = entry.reason.replace(['\n', '\r'], " ");
            let _ = writeln!(out, "{fingerprint} {} {} {reason}", entry.rule, entry.until);
        }
        out
    }

    /// Adds an entry for a finding.
    pub fn accept(&mut self, finding: &Finding, until: &str, reason: &str) {
        let entry = Suppression {
            rule: finding.rule.to_string(),
            until: until.to_owned(),
            reason: reason.to_owned(),
        };
        self.entries.insert(self.key.of(finding), entry);
    }

    /// Adds an entry for whatever has this fingerprint.
    pub fn insert(&mut self, fingerprint: Fingerprint, entry: Suppression) {
        self.entries.insert(fingerprint, entry);
    }

    /// The entry of a fingerprint.
    pub fn get(&self, fingerprint: &Fingerprint) -> Option<&Suppression> {
        self.entries.get(fingerprint)
    }

    /// All entries, sorted.
    pub fn entries(&self) -> impl Iterator<Item = (&Fingerprint, &Suppression)> {
        self.entries.iter()
    }

    /// The key of the file.
    pub fn key(&self) -> &FingerprintKey {
        &self.key
    }

    /// Entries that no finding has any more, or whose time is over on `today`: to be removed.
    pub fn idle<'a>(&'a self, findings: &[Finding], today: &str) -> Vec<(Fingerprint, &'a Suppression)> {
        let used: Vec<Fingerprint> = findings.iter().map(|finding| self.key.of(finding)).collect();
        let idle = |(fingerprint, entry): &(&Fingerprint, &Suppression)| {
            !used.contains(fingerprint) || entry.until.as_str() < today
        };
        self.entries
            .iter()
            .filter(idle)
            .map(|(fingerprint, entry)| (*fingerprint, entry))
            .collect()
    }

    /// What these entries, which are those of the base, say of a finding. `head` are those of the pull request itself;
    /// `today` is `YYYY-MM-DD`.
    pub fn standing(&self, finding: &Finding, head: Option<&Self>, today: &str) -> Standing {
        if let Some(entry) = self.entries.get(&self.key.of(finding)) {
            return match entry.until.as_str() >= today {
                true => Standing::Accepted(entry.clone()),
                false => Standing::Lapsed(entry.clone()),
            };
        }
        if let Some(entry) = head.and_then(|head| head.entries.get(&head.key.of(finding))) {
            return Standing::Claimed(format!("an entry that the same change adds: {}", entry.reason));
        }
        match finding.allowed_by {
            // A comment beside a secret that is new was written by whoever brings the secret.
            Some(words) if head.is_some() && !finding.in_base => {
                Standing::Claimed(format!("a comment that the same change adds: {words}"))
            }
            Some(words) => Standing::Commented(words),
            None => Standing::Open,
        }
    }
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u32>().ok());
    bytes.len() == 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && number(0..4).is_some()
        && number(5..7).is_some_and(|month| (1..=12).contains(&month))
        && number(8..10).is_some_and(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::{Standing, SuppressionError, Suppressions};
    use crate::{Finding, FingerprintKey, Scanner};

    fn finding(comment: &str) -> Finding {
        let text = format!("db_{}word = \"kW7#{}\" {comment}\n", "pass", "pq!v2");
        let mut findings = Scanner::default().scan("a.py", text.as_bytes()).findings;
        assert_eq!(findings.len(), 1);
        findings.remove(0)
    }

    #[test]
    fn entries_survive_the_file_and_end_on_their_day() {
        let mut ours = Suppressions::new(FingerprintKey::new(b"0123456789abcdef"));
        ours.accept(&finding(""), "2027-01-31", "seen, a sandbox\nof ours");
        let text = ours.format();
        assert!(!text.contains("pq!v2"));
        let read = Suppressions::parse(&text).expect("it was written by us");
        assert_eq!(read.format(), text);
        let standing = |today| read.standing(&finding(""), None, today);
        assert!(
            matches!(standing("2027-01-31"), Standing::Accepted(entry) if entry.reason == "seen, a sandbox of ours")
        );
        assert!(matches!(standing("2027-02-01"), Standing::Lapsed(_)));
        assert!(!standing("2027-02-01").silences());
        assert_eq!(read.idle(&[finding("")], "2027-01-01").len(), 0);
        assert_eq!(read.idle(&[], "2027-01-01").len(), 1);
    }

    #[test]
    fn what_a_pull_request_adds_does_not_silence_it() {
        let base = Suppressions::new(FingerprintKey::new(b"0123456789abcdef"));
        let mut head = base.clone();
        head.accept(&finding(""), "2027-01-31", "trust me");
        let claimed = base.standing(&finding(""), Some(&head), "2026-12-01");
        assert!(matches!(&claimed, Standing::Claimed(words) if words.contains("trust me")));
        assert!(!claimed.silences());
        let commented = finding("# gitleaks:allow");
        assert!(!base.standing(&commented, Some(&head), "2026-12-01").silences());
        assert_eq!(
            base.standing(&commented, None, "2026-12-01"),
            Standing::Commented("gitleaks:allow")
        );
        let mut old = finding("# gitleaks:allow");
        old.in_base = true;
        assert!(base.standing(&old, Some(&base), "2026-12-01").silences());
    }

    #[test]
    fn damaged_files_are_refused_with_the_line() {
        let parse = |text: &str| Suppressions::parse(text).map(|_| ());
        let head = "# launchgate secrets 1 key=00112233445566778899aabbccddeeff\n";
        assert_eq!(parse(""), Err(SuppressionError::Head));
        assert_eq!(parse(head), Ok(()));
        let wrong = |line: &str| parse(&format!("{head}\n{line}\n"));
        let print = "00112233445566778899aabbccddeeff";
        assert!(matches!(
            wrong("abc x 2027-01-01 y"),
            Err(SuppressionError::Line { line: 3, .. })
        ));
        assert!(wrong(&format!("{print} a/b 2027-13-01 y")).is_err());
        assert!(wrong(&format!("{print} a/b 2027-01-01")).is_err());
        assert!(wrong(&format!("{print} a/b 2027-01-01 y")).is_ok());
    }
}
