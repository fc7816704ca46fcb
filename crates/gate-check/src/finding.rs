//! Builds findings from a check's own page, so that its words are written once.

use std::sync::Arc;

use gate_exchange::Actor;
use gate_model::{Case, CheckPage, Evidence, Finding, Fingerprint, IdentityName};

/// The words that a check gives to its findings.
#[derive(Clone, Debug)]
pub struct FindingText {
    /// The check's page: severity, impact, remediation, references.
    pub page: Arc<CheckPage>,
    /// What the actor could do, between actor and object: `read`, `change or remove`, `call without credentials`.
    pub verb: &'static str,
}

impl FindingText {
    /// A finding of a case.
    pub fn finding(
        &self,
        case: &Case,
        actor: &Actor,
        owner: Option<&IdentityName>,
        what: &str,
        detail: String,
        evidence: Vec<Evidence>,
    ) -> Finding {
        let operation = case.operation.as_ref();
        let object = match (owner, &case.resource) {
            (Some(owner), Some(resource)) => format!(" {owner}'s {resource}"),
            _ => String::new(),
        };
        let place = operation.map(|operation| format!(": {operation}")).unwrap_or_default();
        let relation = case.relation.as_ref().map(ToString::to_string).unwrap_or_default();
        Finding {
            check: case.check.clone(),
            case: case.id.clone(),
            title: format!("{actor} can {}{object}{place} {what}", self.verb)
                .trim_end()
                .to_owned(),
            severity: self.page.severity,
            impact: self.page.impact,
            operation: operation.cloned(),
            actor: actor.to_string(),
            owner: owner.map(ToString::to_string),
            detail,
            evidence,
            remediation: self.page.remediation.clone(),
            references: self.page.references.clone(),
            secret: None,
            source: case.source.clone(),
            root_cause: format!(
                "{} {}{relation}",
                case.check,
                case.resource
                    .as_ref()
                    .map(|resource| format!("{resource} "))
                    .unwrap_or_default()
            ),
            fingerprint: Fingerprint::of(&[case.check.as_str(), case.id.as_str()]),
        }
    }
}
