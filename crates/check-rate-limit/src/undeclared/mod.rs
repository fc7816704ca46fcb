//! `rate-limit/undeclared`: is an operation limited that ought to be, and of which the plan says nothing?

mod probe;
mod sample;

use std::sync::Arc;

use gate_check::{Check, Contribution, FindingText, Group, Lane};
use gate_model::{Case, CheckPage, Missing, SkipReason};
use gate_spec::{Effect, Operation, Spec};

use crate::maker::Maker;
use crate::words::{Sort, sort_of};

/// The check.
pub(crate) struct Undeclared {
    page: Arc<CheckPage>,
}

/// One operation.
#[derive(Clone)]
struct Wanted {
    case: Case,
    operation: Operation,
    sort: Sort,
    text: Arc<FindingText>,
}

impl Undeclared {
    pub(crate) fn new() -> Self {
        let page = CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete");
        Self { page: Arc::new(page) }
    }
}

impl Check for Undeclared {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let text = Arc::new(FindingText {
            page: Arc::clone(&self.page),
            verb: "go on at",
        });
        let mut contribution = Contribution::default();
        // A run that may only read was never meant to look at logins.
        if spec.settings.read_only {
            return contribution;
        }
        for (operation, sort) in candidates(spec) {
            let case = Case::new(&self.page.id)
                .with_operation(&operation.id)
                .with_source(operation.source.clone());
            if !spec.settings.limit_probe.undeclared {
                let reason = SkipReason::Plan("rate_limit_probe: undeclared: false".to_owned());
                contribution.skipped.push((case, reason));
                continue;
            }
            if let Some(missing) = cannot(spec, operation, sort) {
                contribution.not_testable.push((case, missing));
                continue;
            }
            let wanted = Wanted {
                case: case.clone(),
                operation: operation.clone(),
                sort,
                text: Arc::clone(&text),
            };
            contribution.groups.push(Group {
                cases: vec![case],
                lane: Lane::Exclusive,
                requests: u64::from(spec.settings.limit_probe.requests)
                    * if !sort.guesses() && sample::taken_back(spec, operation).is_some() {
                        2
                    } else {
                        1
                    },
                run: Arc::new(move |ctx| {
                    let wanted = wanted.clone();
                    Box::pin(async move { vec![probe::decide(ctx, &wanted).await] })
                }),
            });
        }
        contribution
    }
}

/// Operations that ought to be limited, without a limit in the plan.
fn candidates(spec: &Spec) -> impl Iterator<Item = (&Operation, Sort)> {
    let declared = |operation: &Operation| {
        let mut limits = spec.settings.rate_limits.iter();
        limits.any(|limit| limit.operation == operation.id)
    };
    spec.operations
        .values()
        .filter(|operation| operation.skip.is_none() && operation.effect != Effect::Dangerous)
        .filter(|operation| !operation.method().is_safe() && operation.method() != gate_spec::Method::Delete)
        .filter(move |operation| !declared(operation))
        .filter_map(|operation| {
            let login = Maker::new(spec, operation, None).is_from_plan().then_some(Sort::Login);
            Some((operation, login.or_else(|| sort_of(operation.id.path()))?))
        })
}

fn cannot(spec: &Spec, operation: &Operation, sort: Sort) -> Option<Missing> {
    if !spec.writes_allowed() {
        return Some(Missing {
            what: format!("{}: writes are not allowed on this target", operation.id),
            add: Some("target:\n  writes: true".to_owned()),
        });
    }
    let maker = Maker::new(spec, operation, None);
    if sort.guesses() && !maker.is_anonymous() && !maker.has_expendable() {
        return Some(Missing {
            what: format!("{}: guesses are tried on an account that may be locked", operation.id),
            add: Some(spec.stub_login()),
        });
    }
    None
}

/// The line that declares a limit.
fn line(operation: &Operation, sort: Sort) -> String {
    let rest = if sort.guesses() {
        "limit: 5, per: 1m, key: account, counts: failures"
    } else {
        "limit: 20, per: 1h, key: token, counts: all"
    };
    format!(
        "checks:\n  rate_limits:\n    - {{ operation: \"{}\", {rest} }}",
        operation.id
    )
}
