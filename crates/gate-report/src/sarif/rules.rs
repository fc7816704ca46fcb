//! The checks of a run as rules, with the words of their pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use gate_model::{CheckPage, Finding, Outcome, RunReport, Severity};
use serde_json::{Value, json};

use super::text;
use crate::Context;

/// Characters of a description.
const MAX_DESCRIPTION: usize = 1000;
/// Tags of a rule; more are not kept.
const MAX_TAGS: usize = 10;
/// Rules of a run.
const MAX_RULES: usize = 1000;

/// The rules of a run, in the order of their ids.
pub(super) struct Rules {
    rules: Vec<(String, Rule)>,
}

enum Rule {
    Known(Arc<CheckPage>),
    /// Of a result of another version: what its findings say, which is remediation and severity.
    Unknown(Option<(String, Severity)>),
}

impl Rules {
    pub(super) fn of(report: &RunReport, context: &Context) -> Self {
        let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
        for case in &report.cases {
            let mut meet = |id: &str, finding: Option<&Finding>| {
                if !rules.contains_key(id) && rules.len() >= MAX_RULES {
                    return;
                }
                let page = context.pages.iter().find(|page| page.id.as_str() == id);
                let rule = rules.entry(id.to_owned()).or_insert_with(|| match page {
                    Some(page) => Rule::Known(Arc::clone(page)),
                    None => Rule::Unknown(None),
                });
                if let (Rule::Unknown(words @ None), Some(finding)) = (rule, finding) {
                    *words = Some((finding.remediation.clone(), finding.severity));
                }
            };
            meet(case.case.check.as_str(), None);
            if let Outcome::Fail { findings } = &case.outcome {
                for finding in findings {
                    meet(finding.check.as_str(), Some(finding));
                }
            }
        }
        Self {
            rules: rules.into_iter().collect(),
        }
    }

    pub(super) fn index(&self, id: &str) -> Option<usize> {
        self.rules.iter().position(|(known, _)| known == id)
    }

    pub(super) fn as_json(&self) -> Vec<Value> {
        self.rules.iter().map(|(id, rule)| as_json(id, rule)).collect()
    }
}

fn as_json(id: &str, rule: &Rule) -> Value {
    let unknown = CheckWords::default();
    let words = match rule {
        Rule::Known(page) => CheckWords {
            short: page.question.clone(),
            full: format!("{} {}", page.question, page.remediation),
            help: page.remediation.clone(),
            markdown: page.text.to_owned(),
            severity: page.severity,
            references: page.references.clone(),
        },
        Rule::Unknown(Some((remediation, severity))) => CheckWords {
            short: id.to_owned(),
            full: id.to_owned(),
            help: remediation.clone(),
            // It comes from a file, and makes no links.
            markdown: remediation.replace("](", "] ("),
            severity: *severity,
            references: Vec::new(),
        },
        Rule::Unknown(None) => unknown,
    };
    let family = id.split('/').next().unwrap_or(id);
    let mut tags = vec!["security".to_owned(), text(family, 60)];
    for reference in &words.references {
        // The form by which code scanning knows weaknesses.
        tags.push(match reference.strip_prefix("CWE-") {
            Some(number) => format!("external/cwe/cwe-{number}"),
            None => text(reference, 60),
        });
    }
    tags.truncate(MAX_TAGS);
    json!({
        "id": text(id, 200),
        "name": name(id),
        "shortDescription": { "text": text(&words.short, MAX_DESCRIPTION) },
        "fullDescription": { "text": text(&words.full, MAX_DESCRIPTION) },
        "help": {
            "text": crate::foreign::block(or_id(&words.help, id), 20_000),
            "markdown": crate::foreign::block(or_id(&words.markdown, id), 20_000),
        },
        "defaultConfiguration": { "level": super::level(words.severity) },
        "properties": {
            "tags": tags,
            "precision": "very-high",
            // A text by its contract, of which 9.0 is critical and 7.0 high.
            "security-severity": security_severity(words.severity),
        },
    })
}

/// The name of a rule beside its id, `AccessReadOtherTenant`: the two must not be the same (SARIF 2.1.0 section 3.49.7, and rule
/// SARIF1001 of Microsoft's validator).
fn name(id: &str) -> String {
    let mut name = String::new();
    for word in id
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    name.truncate(200);
    match name {
        name if name.is_empty() || name == id => format!("Check{name}"),
        name => name,
    }
}

/// What is said of a check.
struct CheckWords {
    short: String,
    full: String,
    help: String,
    markdown: String,
    severity: Severity,
    references: Vec<String>,
}

impl Default for CheckWords {
    fn default() -> Self {
        let nothing = "A check of launchgate.".to_owned();
        Self {
            short: nothing.clone(),
            full: nothing.clone(),
            help: nothing.clone(),
            markdown: nothing,
            severity: Severity::Medium,
            references: Vec::new(),
        }
    }
}

fn or_id<'a>(text: &'a str, id: &'a str) -> &'a str {
    if text.trim().is_empty() { id } else { text }
}

fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Note => "1.0",
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_name_is_never_the_id() {
        assert_eq!(name("access/read-other-tenant"), "AccessReadOtherTenant");
        assert_eq!(name("latency/p95-budget"), "LatencyP95Budget");
        for odd in ["", "Access", "\u{e9}/-"] {
            assert_ne!(name(odd), odd);
        }
    }
}
