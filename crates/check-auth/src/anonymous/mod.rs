//! `auth/anonymous`: does each operation that is not public refuse a request without credentials?

use std::sync::Arc;

use gate_check::{Check, Contribution, FindingText, ProbePlan, Prober, Refusal};
use gate_model::{Case, CheckPage, Relation};
use gate_spec::{Effect, Operation, Spec};

/// The check.
pub struct Anonymous {
    page: Arc<CheckPage>,
}

impl Anonymous {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }
}

impl Default for Anonymous {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for Anonymous {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let text = Arc::new(FindingText {
            page: Arc::clone(&self.page),
            verb: "reach",
        });
        let mut contribution = Contribution::default();
        for operation in spec
            .operations
            .values()
            .filter(|operation| asks_for_credentials(operation))
        {
            let case = case(&self.page, operation);
            contribution.probes.push(ProbePlan {
                case,
                operation: operation.id.clone(),
                prober: Prober::Anonymous,
                refusal: Refusal::Credential,
                text: Arc::clone(&text),
            });
        }
        contribution
    }
}

fn case(page: &CheckPage, operation: &Operation) -> Case {
    Case::new(&page.id)
        .with_operation(&operation.id)
        .with_relation(Relation::Anonymous)
        .with_source(operation.source.clone())
}

/// Whether a bare request ought to be refused. Logins and the end of a session are open by nature, unless the document
/// asks for credentials in so many words.
fn asks_for_credentials(operation: &Operation) -> bool {
    if operation.public.is_some() {
        return false;
    }
    match operation.effect {
        Effect::IssuesCredentials | Effect::EndsSession => operation.secured == Some(true),
        _ => true,
    }
}
