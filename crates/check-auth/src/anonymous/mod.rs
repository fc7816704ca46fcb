//! `auth/anonymous`: does each operation that is not public refuse a request without credentials?

use std::sync::Arc;

use gate_check::{Check, Contribution, FindingText, ProbePlan, Prober, Refusal};
use gate_model::{Case, CheckPage, Relation};
use gate_spec::{Operation, Spec};

use crate::guards::protected;

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
        for operation in protected(spec) {
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
