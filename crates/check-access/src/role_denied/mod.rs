//! `access/role-denied`: is an identity refused what its role is not granted?

use std::sync::Arc;

use gate_check::{Check, Contribution};
use gate_model::CheckPage;
use gate_spec::Spec;

use crate::roles::{self, Expected};

/// The check.
pub struct RoleDenied {
    page: Arc<CheckPage>,
}

impl RoleDenied {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }
}

impl Default for RoleDenied {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for RoleDenied {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        roles::contribute(&self.page, "reach", spec, Expected::Refused)
    }
}
