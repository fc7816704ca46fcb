//! `access/write-other-tenant`: can an identity of another tenant change, act on or remove an object?

use std::sync::Arc;

use gate_check::{Check, Contribution, Subject};
use gate_model::CheckPage;
use gate_spec::Spec;

use crate::cross_tenant;

/// The check.
pub struct WriteOtherTenant {
    page: Arc<CheckPage>,
}

impl WriteOtherTenant {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }
}

impl Default for WriteOtherTenant {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for WriteOtherTenant {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        cross_tenant::contribute(&self.page, "change", spec, |operation, subject| match subject {
            Subject::Change(resource) | Subject::Act(resource) | Subject::Remove(resource) => {
                Some(Some(resource.clone()))
            }
            // At the top there is nobody in whose place a stranger could make one.
            Subject::Create(resource) if operation.path_resources().next().is_some() => Some(Some(resource.clone())),
            _ => None,
        })
    }
}
