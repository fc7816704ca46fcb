//! `access/tenant-selector`: does an operation show another tenant's objects to whoever names that tenant in a header or a parameter?

mod decide;
mod select;

use std::sync::Arc;

use gate_check::{Check, Contribution, FindingText, Group, Lane, Subject, subject_of};
use gate_model::{Case, CheckPage, Relation, ResourceName, SkipReason};
use gate_spec::{Operation, Spec};

use crate::cross_tenant::{everybody_may, needs_second_tenant, tenants};
use crate::list_filter::{listed, no_mark, takes_mark};
use select::{Selector, selectors};

/// Requests that one selector costs on one operation: the owner's, the stranger's, and what shows that a refusal is one.
const REQUESTS: u64 = 4;

/// The check.
pub struct TenantSelector {
    page: Arc<CheckPage>,
}

impl TenantSelector {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }
}

impl Default for TenantSelector {
    fn default() -> Self {
        Self::new()
    }
}

/// One operation.
struct Wanted {
    case: Case,
    operation: Operation,
    /// The kind of object that it reads or lists.
    resource: ResourceName,
    is_list: bool,
    selectors: Vec<Selector>,
    text: FindingText,
}

impl Check for TenantSelector {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        let guarded = spec.operations.values().filter(|operation| operation.public.is_none());
        let shown: Vec<(&Operation, ResourceName, bool)> = guarded
            .filter(|operation| !everybody_may(spec, operation))
            .filter_map(|operation| {
                let (resource, is_list) = shown(spec, operation)?;
                Some((operation, resource, is_list))
            })
            .collect();
        let mut asked = false;
        for (operation, resource, is_list) in &shown {
            let selectors = selectors(spec, operation, *is_list);
            if !selectors.is_empty() {
                asked = true;
                self.case(spec, operation, resource, *is_list, selectors, &mut contribution);
            }
        }
        // A selector that nobody declared is there for every operation, or for none.
        let mut lists = shown.iter().filter(|(operation, resource, is_list)| {
            *is_list && operation.skip.is_none() && takes_mark(spec, resource)
        });
        if !asked && let Some((operation, resource, _)) = lists.next() {
            self.case(
                spec,
                operation,
                resource,
                true,
                vec![Selector::usual()],
                &mut contribution,
            );
        }
        contribution
    }
}

impl TenantSelector {
    fn case(
        &self,
        spec: &Spec,
        operation: &Operation,
        resource: &ResourceName,
        is_list: bool,
        selectors: Vec<Selector>,
        contribution: &mut Contribution,
    ) {
        let case = Case::new(&self.page.id)
            .with_operation(&operation.id)
            .with_resource(resource)
            .with_relation(Relation::OtherTenant)
            .with_source(operation.source.clone());
        if let Some(reason) = &operation.skip {
            contribution.skipped.push((case, SkipReason::Plan(reason.clone())));
        } else if !spec.writes_allowed() {
            let what = format!("nothing may be made on this target that {} could show", operation.id);
            contribution.skipped.push((case, SkipReason::WritesNotAllowed(what)));
        } else if tenants(spec) < 2 {
            contribution.not_testable.push((case, needs_second_tenant(spec)));
        } else if !takes_mark(spec, resource) {
            contribution.not_testable.push((case, no_mark(spec, resource)));
        } else {
            let requests = REQUESTS * selectors.len() as u64;
            let wanted = Arc::new(Wanted {
                case: case.clone(),
                operation: operation.clone(),
                resource: resource.clone(),
                is_list,
                selectors,
                text: FindingText {
                    page: Arc::clone(&self.page),
                    verb: "see, by naming another tenant,",
                },
            });
            contribution.groups.push(Group {
                cases: vec![case],
                lane: Lane::Shared,
                requests,
                run: Arc::new(move |ctx| {
                    let wanted = Arc::clone(&wanted);
                    Box::pin(async move { vec![decide::decide(ctx, &wanted).await] })
                }),
            });
        }
    }
}

/// The kind of object that an operation lists or reads, and whether it lists.
fn shown(spec: &Spec, operation: &Operation) -> Option<(ResourceName, bool)> {
    if let Some(listed) = listed(spec, operation) {
        return Some((listed, true));
    }
    match subject_of(spec, operation) {
        Subject::Read(resource) if operation.method().is_safe() && spec.resources.get(&resource)?.create.is_some() => {
            Some((resource, false))
        }
        _ => None,
    }
}
