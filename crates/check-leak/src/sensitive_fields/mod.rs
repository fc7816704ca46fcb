//! `leak/sensitive-fields`: does any answer of the whole run hold a stored password, a key or a token that nobody may be shown?

mod forms;
mod names;
mod watch;

use std::sync::Arc;

use gate_check::{Check, Contribution, Watcher};
use gate_model::{Case, CheckPage};
use gate_objects::Canaries;
use gate_spec::Spec;

pub(crate) use names::squashed;

/// The check.
pub struct SensitiveFields {
    page: Arc<CheckPage>,
}

impl SensitiveFields {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }

    fn case(&self, spec: &Spec) -> Case {
        Case::new(&self.page.id).with_source(spec.source.clone())
    }
}

impl Default for SensitiveFields {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for SensitiveFields {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        if !spec.operations.is_empty() {
            contribution.watched.push(self.case(spec));
        }
        contribution
    }

    fn watcher(&self, spec: &Arc<Spec>, _canaries: &Arc<Canaries>) -> Option<Arc<dyn Watcher>> {
        if spec.operations.is_empty() {
            return None;
        }
        Some(Arc::new(watch::FieldWatch::new(&self.page, spec, self.case(spec))))
    }
}
