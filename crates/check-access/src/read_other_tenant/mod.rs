//! `access/read-other-tenant`: can an identity of another tenant read an object, or find it in a list?

use std::sync::Arc;

use gate_check::{Check, Contribution, Subject};
use gate_model::CheckPage;
use gate_spec::Spec;

use crate::cross_tenant;

/// The check.
pub struct ReadOtherTenant {
    page: Arc<CheckPage>,
}

impl ReadOtherTenant {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }
}

impl Default for ReadOtherTenant {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for ReadOtherTenant {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        cross_tenant::contribute(&self.page, "read", spec, |operation, subject| match subject {
            Subject::Read(resource) if operation.method().is_safe() => Some(Some(resource.clone())),
            Subject::List(resources) => Some((resources.len() == 1).then(|| resources.first().cloned()).flatten()),
            _ => None,
        })
    }
}
