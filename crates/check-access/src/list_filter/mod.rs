//! `access/list-filter`: does a list show another tenant's objects to whoever names that tenant, or searches, in its query?

mod decide;
mod query;

pub(crate) use query::{encoded, value_of};

use std::sync::Arc;

use gate_check::{Check, Contribution, FindingText, Group, Lane, Subject, subject_of};
use gate_model::{Case, CheckPage, Missing, Relation, ResourceName, SkipReason};
use gate_spec::{Operation, ParamSource, Spec};

use crate::cross_tenant::{everybody_may, needs_second_tenant, tenants};

/// Requests that one list costs at most: each of two queries by the stranger and by the owner, and what shows that a refusal
/// is one.
const REQUESTS: u64 = 6;

/// The check.
pub struct ListFilter {
    page: Arc<CheckPage>,
}

impl ListFilter {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }
}

impl Default for ListFilter {
    fn default() -> Self {
        Self::new()
    }
}

/// One list.
struct Wanted {
    case: Case,
    operation: Operation,
    /// The kind of object that it lists.
    resource: ResourceName,
    text: FindingText,
}

impl Check for ListFilter {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        for operation in spec.operations.values().filter(|operation| operation.public.is_none()) {
            let Some(resource) = listed(spec, operation).filter(|_| !everybody_may(spec, operation)) else {
                continue;
            };
            let case = Case::new(&self.page.id)
                .with_operation(&operation.id)
                .with_resource(&resource)
                .with_relation(Relation::OtherTenant)
                .with_source(operation.source.clone());
            if let Some(reason) = &operation.skip {
                contribution.skipped.push((case, SkipReason::Plan(reason.clone())));
            } else if !spec.writes_allowed() {
                let what = format!("nothing may be made on this target that {} could show", operation.id);
                contribution.skipped.push((case, SkipReason::WritesNotAllowed(what)));
            } else if tenants(spec) < 2 {
                contribution.not_testable.push((case, needs_second_tenant(spec)));
            } else if !takes_mark(spec, &resource) {
                contribution.not_testable.push((case, no_mark(spec, &resource)));
            } else {
                contribution.groups.push(self.group(case, operation, resource));
            }
        }
        contribution
    }
}

impl ListFilter {
    fn group(&self, case: Case, operation: &Operation, resource: ResourceName) -> Group {
        let wanted = Arc::new(Wanted {
            case: case.clone(),
            operation: operation.clone(),
            resource,
            text: FindingText {
                page: Arc::clone(&self.page),
                verb: "list, by what it asks for,",
            },
        });
        Group {
            cases: vec![case],
            lane: Lane::Shared,
            requests: REQUESTS,
            run: Arc::new(move |ctx| {
                let wanted = Arc::clone(&wanted);
                Box::pin(async move { vec![decide::decide(ctx, &wanted).await] })
            }),
        }
    }
}

/// The kind that an operation lists, below no object: what is below another tenant's object is refused with that object.
pub(crate) fn listed(spec: &Spec, operation: &Operation) -> Option<ResourceName> {
    let below = |(_, source): &(String, ParamSource)| matches!(source, ParamSource::Id(_) | ParamSource::Key(..));
    // What a search shows of the word that it is made for is seen where its list is.
    if operation.request.holes().iter().any(|hole| hole.starts_with("canary")) {
        return None;
    }
    if !operation.method().is_safe()
        || operation.params.iter().any(below)
        || operation.unknown_params().next().is_some()
    {
        return None;
    }
    match subject_of(spec, operation) {
        Subject::List(kinds) => kinds
            .into_iter()
            .find(|kind| spec.resources.get(kind).is_some_and(|kind| kind.create.is_some())),
        _ => None,
    }
}

/// Whether a new object of a kind takes a private value.
pub(crate) fn takes_mark(spec: &Spec, resource: &ResourceName) -> bool {
    let create = spec.resources.get(resource).and_then(|kind| kind.create.as_ref());
    create.is_some_and(|call| call.request.holes().iter().any(|hole| hole.starts_with("canary")))
}

/// What is missing where it does not.
pub(crate) fn no_mark(spec: &Spec, resource: &ResourceName) -> Missing {
    Missing {
        what: format!("a new {resource} has no field that takes a private value, by which a list would show it"),
        add: Some(spec.stub_mark(resource)),
    }
}
