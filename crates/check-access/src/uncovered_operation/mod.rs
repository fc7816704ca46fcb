//! `access/uncovered-operation`: does a plan that says who may do what leave an operation to the document, which calls it
//! public?

use std::sync::Arc;

use gate_check::{Check, Contribution, FindingText, Group, Judgement, Lane, Procedure};
use gate_exchange::Actor;
use gate_model::{Case, CheckPage, Undecided};
use gate_spec::{Operation, PublicReason, Spec};

/// The check.
pub struct UncoveredOperation {
    page: Arc<CheckPage>,
}

impl UncoveredOperation {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }

    /// A group that sends nothing: the plan and the document show it all.
    fn group(&self, spec: &Spec, operation: &Operation) -> Group {
        let case = Case::new(&self.page.id)
            .with_operation(&operation.id)
            .with_source(operation.source.clone());
        let text = FindingText {
            page: Arc::clone(&self.page),
            verb: "call",
        };
        let detail = format!(
            "the document asks for no credentials, and no line under `access` says who may call {}, so that nothing tests it; paste \
             into the plan:\n{}",
            operation.id,
            spec.stub_public(&operation.id)
        );
        let mut finding = text.finding(&case, &Actor::anonymous(), None, "", detail, Vec::new());
        finding.title = format!("{} is public, and only the document says so", operation.id);
        finding.root_cause = format!("{} in the plan", self.page.id);
        Group {
            cases: vec![case.clone()],
            lane: Lane::Shared,
            requests: 0,
            run: Arc::new(move |_| {
                let procedure = Procedure::begin(&case);
                let nothing_sent = Undecided::new(gate_model::Cause::NoVerdict, "nothing was asked");
                let verdict = procedure.close(Err(nothing_sent), Judgement::Violated(vec![finding.clone()]));
                Box::pin(std::future::ready(vec![verdict]))
            }),
        }
    }
}

impl Default for UncoveredOperation {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for UncoveredOperation {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let uncovered = spec.operations.values().filter(|operation| {
            spec.access.declared
                && operation.skip.is_none()
                && operation.public == Some(PublicReason::Document)
                && !spec.access.covers(&operation.id)
        });
        Contribution {
            groups: uncovered.map(|operation| self.group(spec, operation)).collect(),
            ..Contribution::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use gate_check::testkit::FakeApi;
    use gate_spec::{AccessRule, OperationPattern, Scope};

    use super::*;

    fn cases(change: impl FnOnce(&mut Spec)) -> Vec<String> {
        let api = FakeApi::sound().with_plan(change);
        let groups = UncoveredOperation::new().contribute(api.spec()).groups;
        groups
            .iter()
            .flat_map(|group| &group.cases)
            .map(|case| case.id.to_string())
            .collect()
    }

    fn document_says_public(spec: &mut Spec) {
        spec.operations[2].public = Some(PublicReason::Document);
        spec.access.declared = true;
    }

    fn rule(spec: &mut Spec, role: &str, pattern: &str) {
        spec.access.rules.push(AccessRule {
            role: role.to_owned(),
            scope: Scope::Any,
            pattern: OperationPattern::parse(pattern).expect("a pattern"),
            reason: None,
            source: None,
        });
    }

    #[test]
    fn what_only_the_document_calls_public_is_said() {
        assert_eq!(cases(document_says_public), ["access/uncovered-operation GET /notes"]);
    }

    #[test]
    fn any_line_covers_and_so_does_the_plans_own_word() {
        for role in ["public", "writer"] {
            let covered = cases(|spec| {
                document_says_public(spec);
                rule(spec, role, "GET /notes");
            });
            assert!(covered.is_empty(), "{role}: {covered:?}");
        }
        let own_word = cases(|spec| {
            document_says_public(spec);
            spec.operations[2].public = Some(PublicReason::Plan {
                reason: None,
                source: None,
            });
        });
        assert!(own_word.is_empty(), "{own_word:?}");
        let skipped = cases(|spec| {
            document_says_public(spec);
            spec.operations[2].skip = Some("later".to_owned());
        });
        assert!(skipped.is_empty(), "{skipped:?}");
    }

    #[test]
    fn without_a_section_the_document_decides() {
        let silent = cases(|spec| {
            document_says_public(spec);
            spec.access.declared = false;
        });
        assert!(silent.is_empty(), "{silent:?}");
    }
}
