//! `auth/key-scope`: is an API key that was made for some operations refused on all others?

mod keys;

use std::sync::Arc;

use gate_check::{Base, Check, Contribution, FindingText, ProbePlan, Prober, Refusal};
use gate_model::{Case, CheckPage, Missing};
use gate_spec::{ApiKeys, Effect, LimitedKey, Operation, Spec};

use crate::api_keys::{has_keys, no_way, plain_reads};
use crate::guards::protected;
use keys::LimitedKeys;

/// The check.
pub(crate) struct KeyScope {
    page: Arc<CheckPage>,
    keys: Arc<LimitedKeys>,
}

impl KeyScope {
    /// The check with its page.
    pub(crate) fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
            keys: Arc::default(),
        }
    }
}

impl Check for KeyScope {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        if !has_keys(spec) || protected(spec).next().is_none() {
            return contribution;
        }
        let limited = match limited(spec) {
            Ok(limited) => limited,
            Err(missing) => {
                let case = Case::new(&self.page.id);
                contribution.not_testable.push((case, missing));
                return contribution;
            }
        };
        let text = Arc::new(FindingText {
            page: Arc::clone(&self.page),
            verb: "reach",
        });
        for operation in protected(spec).filter(|operation| is_tried(operation) && !limited.may(&operation.id)) {
            contribution.probes.push(ProbePlan {
                case: Case::new(&self.page.id)
                    .with_operation(&operation.id)
                    .with_source(operation.source.clone()),
                operation: operation.id.clone(),
                prober: Prober::Altered(Base::Control, Arc::clone(&self.keys) as Arc<dyn gate_check::Alter>),
                refusal: Refusal::Ordinary,
                text: Arc::clone(&text),
            });
        }
        contribution
    }
}

/// What limited keys may do, where such can be made and looked at.
fn limited(spec: &Spec) -> Result<&LimitedKey, Missing> {
    let keys: &ApiKeys = spec.settings.api_keys.as_ref().ok_or_else(no_way)?;
    if keys.create.is_none() {
        return Err(no_way());
    }
    let limited = keys.limited.as_ref().ok_or_else(|| Missing {
        what: "the plan does not say what a limited key may do".to_owned(),
        add: Some("api_keys: { limited: { scope: read, to: [\"GET /**\"] } }".to_owned()),
    })?;
    if plain_reads(spec, |operation| limited.may(operation)).is_empty() {
        return Err(Missing {
            what: "a limited key may call no read that needs no object, so that nothing would show that it works"
                .to_owned(),
            add: Some("api_keys: { limited: { scope: read, to: [\"GET /**\"] } }".to_owned()),
        });
    }
    if !spec.writes_allowed() {
        return Err(Missing {
            what: "a key cannot be made in this run, because unsafe requests may not be sent".to_owned(),
            add: Some("target: { writes: true }".to_owned()),
        });
    }
    Ok(limited)
}

/// Keys may be refused for other reasons where credentials are given out, sessions end or the caller is changed.
fn is_tried(operation: &Operation) -> bool {
    operation.skip.is_none()
        && !matches!(
            operation.effect,
            Effect::IssuesCredentials | Effect::EndsSession | Effect::ChangesCaller | Effect::Dangerous
        )
}
