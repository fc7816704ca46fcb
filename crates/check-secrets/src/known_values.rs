//! What the run itself brought along and must be in no log: its credentials, and the private values that it planted.
//!
//! A log of requests holds what was sent in their addresses, and some checks send a credential or a private value there on
//! purpose. What stands within an address is therefore no finding: not the server wrote it down, its caller did.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};

use gate_model::{Case, CheckPage, Finding, Fingerprint, FoundSecret, Location, Severity, SharedRedactor};
use gate_objects::Canaries;

use crate::source::Source;

/// The longest line that is looked at in one piece, in bytes.
const LONGEST: u64 = 1 << 20;
/// Lines of one kind that are listed.
const LISTED: usize = 20;
/// Bytes of a log that are looked at.
const MOST: u64 = 256 << 20;

/// Lines of a log that hold what they must not.
#[derive(Debug, Default)]
pub(crate) struct KnownValues {
    lines: Vec<Line>,
    /// Why the log could not be looked at, or not whole.
    pub(crate) failed: Option<String>,
    file: String,
}

#[derive(Debug)]
struct Line {
    number: u32,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Credential,
    /// The private value of whose what.
    Private(String),
}

impl KnownValues {
    /// Looks through a log.
    pub(crate) fn look(source: &Source, redactor: &SharedRedactor, canaries: &Canaries) -> Self {
        let mut known = Self::default();
        let Some(path) = &source.file else { return known };
        known.file = path.to_string_lossy().replace('\\', "/");
        let mut reader = match File::open(path) {
            Ok(file) => BufReader::new(file.take(MOST)),
            // The scan says so.
            Err(_) => return known,
        };
        let mut line = Vec::new();
        let mut number = 1;
        loop {
            line.clear();
            match (&mut reader).take(LONGEST).read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) => known.judge(number, &line, redactor, canaries),
                Err(error) => {
                    known.failed = Some(format!("{}: {error}", known.file));
                    break;
                }
            }
            number += u32::from(line.ends_with(b"\n"));
        }
        if reader.into_inner().limit() == 0 {
            known.failed = Some(format!(
                "{} has more than {} MiB; the rest was not looked at",
                known.file,
                MOST >> 20
            ));
        }
        known
    }

    fn judge(&mut self, number: u32, line: &[u8], redactor: &SharedRedactor, canaries: &Canaries) {
        let credential = redactor.finds(line);
        let private = canaries.find(line);
        if !credential && private.is_empty() {
            return;
        }
        let rest = without_addresses(line);
        if credential && redactor.finds(&rest) {
            self.lines.push(Line {
                number,
                what: What::Credential,
            });
        }
        if private.is_empty() {
            return;
        }
        for (canary, _) in canaries.find(&rest) {
            let what = canary
                .resource
                .as_ref()
                .map_or("object".to_owned(), ToString::to_string);
            self.lines.push(Line {
                number,
                what: What::Private(format!("{}'s {what}", canary.owner)),
            });
        }
    }

    /// The findings: one for each kind of value, at its first line, with how many lines there are.
    pub(crate) fn findings(&self, page: &CheckPage, case: &Case) -> Vec<Finding> {
        let mut kinds: Vec<&What> = Vec::new();
        for line in &self.lines {
            if !kinds.contains(&&line.what) {
                kinds.push(&line.what);
            }
        }
        let finding = |what: &What| {
            let lines: Vec<u32> = self
                .lines
                .iter()
                .filter(|line| line.what == *what)
                .map(|line| line.number)
                .collect();
            let (rule, title, severity, name) = match what {
                What::Credential => (
                    "launchgate/credential",
                    "a credential of the run".to_owned(),
                    Severity::High,
                    "",
                ),
                What::Private(whose) => (
                    "launchgate/private-value",
                    format!("a private value of {whose}"),
                    Severity::Medium,
                    whose.as_str(),
                ),
            };
            let shown: Vec<String> = lines.iter().take(LISTED).map(ToString::to_string).collect();
            let more = lines.len().saturating_sub(LISTED);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            Finding {
                check: page.id.clone(),
                case: case.id.clone(),
                title: format!("{title} in {}", self.file),
                severity,
                impact: page.impact,
                operation: None,
                actor: "whoever reads it".to_owned(),
                owner: None,
                detail: format!(
                    "the application wrote {title} into its log: lines {}{more}; what stood in addresses of requests is left out",
                    shown.join(", ")
                ),
                evidence: Vec::new(),
                remediation: page.remediation.clone(),
                references: page.references.clone(),
                secret: Some(FoundSecret {
                    rule: rule.to_owned(),
                    title: title.clone(),
                    sketch: format!("{} lines", lines.len()),
                    confidence: "high".to_owned(),
                    reasons: vec!["this run sent it".to_owned()],
                    parts: Vec::new(),
                    decoders: Vec::new(),
                    commit: None,
                }),
                source: lines.first().map(|line| Location::new(&self.file, *line, 1)),
                root_cause: format!("{} {rule} {name}", case.id),
                fingerprint: Fingerprint::of(&[case.id.as_str(), rule, name]),
            }
        };
        kinds.into_iter().map(finding).collect()
    }
}

/// The line without what looks like an address: words with a path and a query, or with a scheme.
fn without_addresses(line: &[u8]) -> Vec<u8> {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`');
    let mut out = Vec::with_capacity(line.len());
    for word in line.split_inclusive(is_end) {
        let text = String::from_utf8_lossy(word);
        let begin = text.trim_start_matches(['(', '[', '{', '=']);
        let begin = begin
            .split_once("=/")
            .map_or(begin, |(_, rest)| if begin.starts_with('/') { begin } else { rest });
        let is_address = begin.starts_with('/') || text.contains("://") || text.contains("=/");
        if is_address {
            out.push(b' ');
        } else {
            out.extend_from_slice(word);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use gate_model::IdentityName;
    use gate_objects::Shape;

    use super::*;
    use crate::source::Kind;

    fn look(log: &str, secret: &str, canaries: &Canaries) -> Vec<(u32, What)> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app.log");
        std::fs::write(&path, log).expect("written");
        let source = Source::of_file(Kind::Log, &path);
        let known = KnownValues::look(&source, &SharedRedactor::new([secret]), canaries);
        assert_eq!(known.failed, None);
        known.lines.into_iter().map(|line| (line.number, line.what)).collect()
    }

    #[test]
    fn credentials_and_private_values_are_found_by_line() {
        let canaries = Canaries::new();
        let canary = canaries.mint(&IdentityName::new("alice"), None, Shape::Full);
        let log = format!(
            "started\nlogin password=hunter2hunter2 ok\ncreated {} for alice\nbye\n",
            canary.text
        );
        let private = What::Private("alice's object".to_owned());
        assert_eq!(
            look(&log, "hunter2hunter2", &canaries),
            [(2, What::Credential), (3, private)]
        );
    }

    #[test]
    fn what_callers_put_into_addresses_is_no_finding() {
        let log = "127.0.0.1 - \"GET /files?access_token=hunter2hunter2 HTTP/1.1\" 401\n\
                   url=/files?access_token=hunter2hunter2 status=401\n\
                   http://127.0.0.1/x?t=hunter2hunter2\n";
        assert_eq!(look(log, "hunter2hunter2", &Canaries::new()), []);
        let log = "GET /files token=hunter2hunter2\n";
        assert_eq!(look(log, "hunter2hunter2", &Canaries::new()), [(1, What::Credential)]);
    }
}
