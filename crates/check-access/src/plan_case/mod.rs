//! `access/plan-case`: is a request of the plan's `cases:` refused, or served, as it says?

mod decide;

use std::sync::Arc;

use gate_check::{Check, Contribution, FindingText, Group, Lane};
use gate_model::{Case, CheckPage, IdentityName, Missing, OperationId, Relation, SkipReason};
use gate_spec::{Spec, UserCase, UserExpectation};

/// The check.
pub struct PlanCase {
    page: Arc<CheckPage>,
}

impl PlanCase {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }
}

impl Default for PlanCase {
    fn default() -> Self {
        Self::new()
    }
}

/// One case of the plan.
#[derive(Clone)]
struct Wanted {
    case: Case,
    line: UserCase,
    /// Who must be served the same request.
    control: Option<IdentityName>,
    text: Arc<FindingText>,
}

impl Check for PlanCase {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let text = Arc::new(FindingText {
            page: Arc::clone(&self.page),
            verb: "reach",
        });
        let mut contribution = Contribution::default();
        let mut ids = Vec::new();
        for line in &spec.settings.cases {
            let mut case = case(&self.page, line);
            if ids.contains(&case.id) {
                // Two lines with one request and caller differ in body or name; their order tells them apart.
                let count = ids.iter().filter(|id| **id == case.id).count() + 1;
                let operation = OperationId::new(format!("{} #{count}", operation_of(line)));
                ids.push(case.id.clone());
                case = case.with_operation(&operation);
            }
            ids.push(case.id.clone());
            if !line.request.method.is_safe() && !spec.writes_allowed() {
                let what = "the request is not a read, and writes are not allowed on this target".to_owned();
                contribution.skipped.push((case, SkipReason::WritesNotAllowed(what)));
                continue;
            }
            let control = line.control.clone().or_else(|| owner_named(spec, line));
            if line.expect == UserExpectation::Denied && control.is_none() {
                contribution.not_testable.push((case, no_control(spec, line)));
                continue;
            }
            let wanted = Wanted {
                case: case.clone(),
                line: line.clone(),
                control,
                text: Arc::clone(&text),
            };
            contribution.groups.push(Group {
                cases: vec![case],
                lane: Lane::Shared,
                requests: 8,
                run: Arc::new(move |ctx| {
                    let wanted = wanted.clone();
                    Box::pin(async move { decide::decide(ctx, &wanted).await })
                }),
            });
        }
        contribution
    }
}

fn case(page: &CheckPage, line: &UserCase) -> Case {
    let relation = line
        .identity
        .as_ref()
        .map_or(Relation::Anonymous, |name| Relation::Identity(name.to_string()));
    Case::new(&page.id)
        .with_operation(&operation_of(line))
        .with_relation(relation)
        .with_source(line.source.clone())
}

fn operation_of(line: &UserCase) -> OperationId {
    OperationId::of(line.request.method.as_str(), &line.request.path.to_string())
}

/// The identity whose object a request names: `alice` in `{{alice.project.id}}`.
fn owner_named(spec: &Spec, line: &UserCase) -> Option<IdentityName> {
    line.request
        .holes()
        .iter()
        .filter_map(|hole| hole.split('.').next())
        .find_map(|name| spec.identities.get_key_value(name).map(|(name, _)| name.clone()))
        .filter(|name| Some(name) != line.identity.as_ref())
}

fn no_control(spec: &Spec, line: &UserCase) -> Missing {
    Missing {
        what: format!(
            "nobody is named who must be served `{}`, so that its refusal would prove nothing",
            line.name
        ),
        add: Some(with_control(spec, line)),
    }
}

/// The case with somebody named who is served the request.
fn with_control(spec: &Spec, line: &UserCase) -> String {
    let expect = match line.expect {
        UserExpectation::Denied => "denied",
        UserExpectation::Served => "served",
    };
    let mut others = spec.actors().map(|identity| &identity.name);
    let control = others.find(|name| Some(*name) != line.identity.as_ref());
    format!(
        "cases: [ {{ as: {}, {}: \"{}\", expect: {expect}, control: {} }} ]   # somebody who is served this request",
        line.identity.as_ref().map_or("anonymous", IdentityName::as_str),
        line.request.method.as_str().to_lowercase(),
        line.request.path,
        control.map_or("alice", IdentityName::as_str),
    )
}
