//! `leak/contact-data`: is anybody shown how to reach people whom he does not know?

mod watch;

use std::sync::Arc;

use gate_check::{Check, Contribution, Watcher};
use gate_model::{Case, CheckPage, Missing};
use gate_objects::Canaries;
use gate_spec::Spec;

use crate::users::Users;

/// The check.
pub struct ContactData {
    page: Arc<CheckPage>,
}

impl ContactData {
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

impl Default for ContactData {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for ContactData {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        if spec.operations.is_empty() {
            return contribution;
        }
        match nobody_to_reach(spec) {
            Some(missing) => contribution.not_testable.push((self.case(spec), missing)),
            None => contribution.watched.push(self.case(spec)),
        }
        contribution
    }

    fn watcher(&self, spec: &Arc<Spec>, _canaries: &Arc<Canaries>) -> Option<Arc<dyn Watcher>> {
        if spec.operations.is_empty() || nobody_to_reach(spec).is_some() {
            return None;
        }
        Some(Arc::new(watch::ContactWatch::new(&self.page, spec, self.case(spec))))
    }
}

/// Why nobody could be recognised by his address.
fn nobody_to_reach(spec: &Spec) -> Option<Missing> {
    let users = Users::of(spec);
    let strangers = spec.actors().any(|identity| users.has_strangers(&identity.name));
    (!strangers).then(|| Missing {
        what: "the plan knows no address of a user whom an identity of another tenant could be shown".to_owned(),
        add: spec.identities.keys().next().map(|name| {
            format!("identities: {{ {name}: {{ as: {{ email: \"user@example.test\" }} }} }}   # the address that the target has of it")
        }),
    })
}
