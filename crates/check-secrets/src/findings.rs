//! What a scan found, as findings and remarks of a report. Nothing of a secret goes into them but a sketch.

use std::time::Duration;

use gate_model::{
    Case, CheckPage, Finding, Fingerprint, FoundCommit, FoundSecret, Location, NotScanned, RemarkKind, Severity,
    SourceRemark, SourceReport,
};
use secret_scan::{Confidence, Finding as Found, Level, Reason, Skipped, Standing, Stats};

use crate::known_values::KnownValues;
use crate::mask::Mask;
use crate::rulebook::Rulebook;

/// Findings of one source that are listed, worst first.
const FINDINGS: usize = 1000;
/// Remarks of one source that are listed.
const REMARKS: usize = 1000;
/// Things not scanned that are listed.
const UNSCANNED: usize = 200;

/// What was found, sorted by what it means.
pub(crate) struct Sorted {
    pub(crate) findings: Vec<Finding>,
    remarks: Vec<SourceRemark>,
    not_scanned: Vec<NotScanned>,
    left_out: u64,
    mask: Mask,
}

impl Sorted {
    pub(crate) fn of(
        rulebook: &Rulebook,
        page: &CheckPage,
        case: &Case,
        found: Vec<Found>,
        unscanned: &[Skipped],
        prefix: &dyn Fn(&str) -> String,
        notes_count: bool,
    ) -> Self {
        let mut sorted = Self {
            findings: Vec::new(),
            remarks: Vec::new(),
            not_scanned: Vec::new(),
            left_out: 0,
            mask: Mask::of(found.iter().map(|found| &found.secret)),
        };
        let is_tree = page.id.as_str() == "secrets/working-tree";
        for mut found in found {
            // A comment counts where the base had it, which only the blob of the base can say for a tree.
            if found.allowed_by.is_some() && is_tree && !found.in_base {
                found.in_base = rulebook.base_allows(&found.path, &found);
                let standing = rulebook.standing(&found);
                found.in_base = false;
                sorted.put(rulebook, page, case, &found, standing, prefix, notes_count);
            } else {
                let standing = rulebook.standing(&found);
                sorted.put(rulebook, page, case, &found, standing, prefix, notes_count);
            }
        }
        for skipped in unscanned {
            let not_scanned = NotScanned {
                path: sorted.clean(&prefix(&skipped.path)),
                why: sorted.clean(&skipped.why),
            };
            sorted.not_scanned.push(not_scanned);
        }
        sorted
            .findings
            .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        sorted
    }

    /// A foreign text without any part of a found secret.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.mask.clean(text)
    }

    #[allow(clippy::too_many_arguments)]
    fn put(
        &mut self,
        rulebook: &Rulebook,
        page: &CheckPage,
        case: &Case,
        found: &Found,
        standing: Standing,
        prefix: &dyn Fn(&str) -> String,
        notes_count: bool,
    ) {
        let fingerprint = Fingerprint::from_digits(&rulebook.fingerprint(found).to_string());
        let secret = self.secret(found);
        let path = self.clean(&prefix(&found.path));
        let source = Some(Location::new(&path, found.line, found.column));
        let remark = match &standing {
            _ if found.level == Level::Note && !notes_count => Some((RemarkKind::Note, advice(found))),
            Standing::Accepted(entry) => Some((
                RemarkKind::Accepted,
                format!("{} (until {})", self.clean(&entry.reason), entry.until),
            )),
            Standing::Commented(words) => Some((RemarkKind::Commented, (*words).to_owned())),
            _ if found.in_base => Some((RemarkKind::InBase, String::new())),
            Standing::Open | Standing::Lapsed(_) | Standing::Claimed(_) => None,
        };
        if let Some((kind, detail)) = remark {
            self.remarks.push(SourceRemark {
                kind,
                secret,
                source,
                detail,
                fingerprint,
            });
            return;
        }
        let place = secret
            .parts
            .last()
            .map_or(path.clone(), |part| format!("{path}!{part}"));
        let mut detail = described(&secret);
        match &standing {
            Standing::Lapsed(entry) => detail.push_str(&format!(
                "; it was accepted until {}, which is over: {}",
                entry.until,
                self.clean(&entry.reason)
            )),
            Standing::Claimed(words) => detail.push_str(&format!(
                "; not silenced by {}: that counts from the base, once it is merged",
                self.clean(words)
            )),
            _ => {}
        }
        self.findings.push(Finding {
            check: page.id.clone(),
            case: case.id.clone(),
            title: format!("{} in {place}", secret.title),
            severity: severity(found),
            impact: page.impact,
            operation: None,
            actor: "whoever reads it".to_owned(),
            owner: None,
            detail,
            evidence: Vec::new(),
            remediation: page.remediation.clone(),
            references: page.references.clone(),
            secret: Some(secret),
            source,
            root_cause: format!("{} {}", case.id, fingerprint.as_str()),
            fingerprint,
        });
    }

    fn secret(&self, found: &Found) -> FoundSecret {
        FoundSecret {
            rule: found.rule.to_string(),
            title: found.title.to_string(),
            sketch: found.secret.sketch(),
            confidence: match found.confidence {
                Confidence::Low => "low",
                Confidence::Medium => "medium",
                Confidence::High => "high",
            }
            .to_owned(),
            reasons: found.reasons.iter().map(|reason| reason.text().to_owned()).collect(),
            parts: found.parts.iter().map(|part| self.clean(part)).collect(),
            decoders: found.decoders.iter().map(|decoder| decoder.name().to_owned()).collect(),
            commit: found.commit.as_ref().map(|commit| FoundCommit {
                id: commit.id.clone(),
                author: self.clean(&commit.author),
                time: commit.time,
            }),
        }
    }

    /// Adds what the run itself left in a log.
    pub(crate) fn add_known(&mut self, page: &CheckPage, case: &Case, known: &KnownValues) {
        self.findings.extend(known.findings(page, case));
    }

    /// Cuts what is too much to list, and says what was looked at.
    pub(crate) fn report(&mut self, case: &Case, what: &str, stats: &Stats, took: Duration) -> SourceReport {
        let mut left_out = self.left_out;
        let mut cut = |length: usize, most: usize| left_out += length.saturating_sub(most) as u64;
        cut(self.findings.len(), FINDINGS);
        cut(self.remarks.len(), REMARKS);
        cut(self.not_scanned.len(), UNSCANNED);
        let more = self.findings.len().saturating_sub(FINDINGS);
        self.findings.truncate(FINDINGS);
        if let Some(last) = self.findings.last_mut().filter(|_| more > 0) {
            last.detail
                .push_str(&format!("; {more} more findings of this source are not listed"));
        }
        self.remarks.truncate(REMARKS);
        self.not_scanned.truncate(UNSCANNED);
        SourceReport {
            case: case.id.clone(),
            what: what.to_owned(),
            files: stats.files,
            commits: stats.commits,
            blobs: stats.blobs,
            bytes: stats.bytes,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            remarks: std::mem::take(&mut self.remarks),
            not_scanned: std::mem::take(&mut self.not_scanned),
            left_out,
        }
    }
}

fn advice(found: &Found) -> String {
    let mut words: Vec<String> = found.reasons.iter().map(|reason| reason.text().to_owned()).collect();
    words.extend(found.advice.as_ref().map(ToString::to_string));
    words.join("; ")
}

/// What is known of a secret, as a fragment.
fn described(secret: &FoundSecret) -> String {
    let mut words = vec![format!("{}, {}", secret.rule, secret.sketch)];
    words.push(format!("confidence {}", secret.confidence));
    if !secret.reasons.is_empty() {
        words.push(secret.reasons.join(", "));
    }
    if !secret.parts.is_empty() {
        words.push(format!("within {}", secret.parts.join(" in ")));
    }
    if !secret.decoders.is_empty() {
        words.push(format!("encoded as {}", secret.decoders.join(" around ")));
    }
    if let Some(commit) = &secret.commit {
        words.push(format!("brought by commit {} of {}", commit.id, commit.author));
    }
    words.join("; ")
}

/// How bad: certain by its structure, a secret, or one that may be none.
fn severity(found: &Found) -> Severity {
    match (found.level, found.confidence) {
        (Level::Note, _) => Severity::Note,
        _ if found.reasons.contains(&Reason::Proven) => Severity::Critical,
        (_, Confidence::Low) => Severity::Medium,
        (_, Confidence::Medium | Confidence::High) => Severity::High,
    }
}
