//! `access/foreign-reference`: can an identity make something of its own refer to an object of another tenant?

mod decide;
mod judge;

use std::sync::Arc;

use gate_check::{Check, Contribution, FindingText, Group, Lane};
use gate_model::{Case, CheckPage, Missing, Relation, ResourceName, SkipReason};
use gate_spec::{Operation, Reference, Spec, Visibility};

use crate::cross_tenant::{needs_second_tenant, tenants};
use crate::{bodies, own_writes};

/// Fields that are tried of one operation.
const MAX_REFERENCES: usize = 3;
/// Requests that one field costs at most, where it is refused: both controls, the try and the looks.
const REQUESTS: u64 = 7;

/// The check.
pub struct ForeignReference {
    page: Arc<CheckPage>,
}

impl ForeignReference {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }
}

impl Default for ForeignReference {
    fn default() -> Self {
        Self::new()
    }
}

/// One operation with the fields of its body that name other objects.
struct Wanted {
    case: Case,
    operation: Operation,
    /// The kind of object that it makes or changes.
    resource: ResourceName,
    references: Vec<Reference>,
    text: FindingText,
}

impl Check for ForeignReference {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        for operation in spec.operations.values().filter(|operation| operation.public.is_none()) {
            let Some(resource) = own_writes::written(spec, operation) else {
                continue;
            };
            let all = private_references(spec, operation, resource);
            let Some(first) = all.first() else { continue };
            let case = Case::new(&self.page.id)
                .with_operation(&operation.id)
                .with_resource(&first.kind)
                .with_relation(Relation::OtherTenant)
                .with_source(operation.source.clone());
            let made = |kind: &ResourceName| spec.resources.get(kind).is_some_and(|kind| kind.create.is_some());
            let references: Vec<Reference> = all.iter().filter(|reference| made(&reference.kind)).cloned().collect();
            if let Some(reason) = &operation.skip {
                contribution.skipped.push((case, SkipReason::Plan(reason.clone())));
            } else if !spec.writes_allowed() {
                let what = format!(
                    "{} is not a read, and writes are not allowed on this target",
                    operation.id
                );
                contribution.skipped.push((case, SkipReason::WritesNotAllowed(what)));
            } else if tenants(spec) < 2 {
                contribution.not_testable.push((case, needs_second_tenant(spec)));
            } else if references.is_empty() {
                contribution.not_testable.push((case, nothing_made(spec, &first.kind)));
            } else {
                contribution
                    .groups
                    .push(self.group(case, operation, resource, references));
            }
        }
        contribution
    }
}

impl ForeignReference {
    fn group(&self, case: Case, operation: &Operation, resource: &ResourceName, references: Vec<Reference>) -> Group {
        let requests = REQUESTS * references.len() as u64;
        let wanted = Arc::new(Wanted {
            case: case.clone(),
            operation: operation.clone(),
            resource: resource.clone(),
            references,
            text: FindingText {
                page: Arc::clone(&self.page),
                verb: "refer, in what is its own, to",
            },
        });
        Group {
            cases: vec![case],
            lane: Lane::Shared,
            requests,
            run: Arc::new(move |ctx| {
                let wanted = Arc::clone(&wanted);
                Box::pin(async move { vec![decide::decide(ctx, &wanted).await] })
            }),
        }
    }
}

/// The fields that name objects which are nobody's business outside of their tenant.
fn private_references(spec: &Spec, operation: &Operation, resource: &ResourceName) -> Vec<Reference> {
    let mut references = bodies::references(spec, operation, resource);
    references.retain(|reference| {
        let kind = spec.resources.get(&reference.kind);
        kind.is_some_and(|kind| kind.visibility == Visibility::Tenant)
    });
    references.truncate(MAX_REFERENCES);
    references
}

fn nothing_made(spec: &Spec, kind: &ResourceName) -> Missing {
    Missing {
        what: format!(
            "the plan does not say how {} is made, so that nobody has one of his own to refer to",
            kind.with_article()
        ),
        add: Some(spec.stub_create(kind)),
    }
}
