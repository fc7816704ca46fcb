//! `check.md`: the words of a check, written once. The documentation page, `launchgate explain` and the help text in
//! reports are this file.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{CheckId, Impact, Severity};

/// A parsed `check.md`.
#[derive(Clone, Debug)]
pub struct CheckPage {
    /// The check's id.
    pub id: CheckId,
    /// Default severity of its findings.
    pub severity: Severity,
    /// Default impact of its findings.
    pub impact: Impact,
    /// CWE, OWASP and ASVS ids and other sources, in that order.
    pub references: Vec<String>,
    /// The yes-or-no question.
    pub question: String,
    /// What to do about a finding.
    pub remediation: String,
    /// The page without its front matter.
    pub text: &'static str,
}

/// What can be wrong with a `check.md`.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PageError {
    /// No front matter between two `---` lines.
    #[error("check page has no front matter between two `---` lines")]
    NoFrontMatter,
    /// A key of the front matter is missing or wrong.
    #[error("check page: `{0}` is missing or has an unknown value")]
    Field(&'static str),
    /// A section is missing or empty.
    #[error("check page: section `## {0}` is missing or empty")]
    Section(&'static str),
}

/// The sections that every page has, in this order.
pub const SECTIONS: [&str; 5] = ["Question", "Why", "Control", "Outcomes", "Remediation"];

impl CheckPage {
    /// Reads a page.
    ///
    /// # Errors
    /// Where the front matter or a section is missing. Pages are compiled in, so that a test catches it.
    pub fn parse(page: &'static str) -> Result<Self, PageError> {
        let rest = page.strip_prefix("---\n").ok_or(PageError::NoFrontMatter)?;
        let (front, text) = rest.split_once("\n---\n").ok_or(PageError::NoFrontMatter)?;
        let fields: BTreeMap<&str, &str> = front
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| (key.trim(), value.trim()))
            .collect();
        let field = |key: &'static str| {
            fields
                .get(key)
                .copied()
                .filter(|v| !v.is_empty())
                .ok_or(PageError::Field(key))
        };
        let mut references = Vec::new();
        for key in ["cwe", "owasp", "asvs", "rfc"] {
            if let Some(value) = fields.get(key) {
                references.extend(list(value));
            }
        }
        if references.is_empty() {
            return Err(PageError::Field("cwe"));
        }
        for name in SECTIONS {
            section(text, name).ok_or(PageError::Section(name))?;
        }
        Ok(Self {
            id: CheckId::new(field("id")?),
            severity: severity(field("severity")?).ok_or(PageError::Field("severity"))?,
            impact: impact(field("impact")?).ok_or(PageError::Field("impact"))?,
            references,
            question: section(text, "Question").unwrap_or_default(),
            remediation: section(text, "Remediation").unwrap_or_default(),
            text: text.trim_start(),
        })
    }
}

fn list(value: &str) -> impl Iterator<Item = String> + '_ {
    value
        .trim_matches(['[', ']'])
        .split(',')
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
}

/// The text of a section, its lines joined to paragraphs as they stand.
fn section(text: &str, name: &str) -> Option<String> {
    let heading = format!("## {name}");
    let mut inside = false;
    let mut body = String::new();
    for line in text.lines() {
        if line.starts_with("## ") {
            inside = line.trim_end() == heading;
        } else if inside {
            body.push_str(line);
            body.push('\n');
        }
    }
    let body = body.trim().to_owned();
    (!body.is_empty()).then_some(body)
}

fn severity(word: &str) -> Option<Severity> {
    Some(match word {
        "note" => Severity::Note,
        "low" => Severity::Low,
        "medium" => Severity::Medium,
        "high" => Severity::High,
        "critical" => Severity::Critical,
        _ => return None,
    })
}

fn impact(word: &str) -> Option<Impact> {
    Some(match word {
        "data-exposure" => Impact::DataExposure,
        "login-failure" => Impact::LoginFailure,
        "email-failure" => Impact::EmailFailure,
        "downtime" => Impact::Downtime,
        _ => return None,
    })
}
