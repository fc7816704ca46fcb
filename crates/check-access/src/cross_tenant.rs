//! What the two cross-tenant checks have in common: one case per operation that can be tried on somebody else's object.

use std::sync::Arc;

use gate_check::{Contribution, FindingText, ProbePlan, Prober, Refusal, Subject, subject_of};
use gate_model::{Case, CheckPage, Missing, Relation, ResourceName};
use gate_spec::{Operation, Spec};

/// Contributes a case for each operation whose subject is wanted.
pub(crate) fn contribute(
    page: &Arc<CheckPage>,
    verb: &'static str,
    spec: &Spec,
    wanted: impl Fn(&Operation, &Subject) -> Option<Option<ResourceName>>,
) -> Contribution {
    let text = Arc::new(FindingText {
        page: Arc::clone(page),
        verb,
    });
    let mut contribution = Contribution::default();
    for operation in spec.operations.values().filter(|operation| operation.public.is_none()) {
        let Some(resource) = wanted(operation, &subject_of(spec, operation)) else {
            continue;
        };
        let mut case = Case::new(&page.id)
            .with_operation(&operation.id)
            .with_relation(Relation::OtherTenant);
        if let Some(resource) = &resource {
            case = case.with_resource(resource);
        }
        let case = case.with_source(operation.source.clone());
        if tenants(spec) < 2 {
            contribution.not_testable.push((case, needs_second_tenant(spec)));
        } else if everybody_may(spec, operation) {
            // The plan opens it to every tenant: there is nobody to refuse.
        } else {
            contribution.probes.push(ProbePlan {
                case,
                operation: operation.id.clone(),
                prober: Prober::OtherTenants,
                refusal: Refusal::Ordinary,
                text: Arc::clone(&text),
            });
        }
    }
    contribution
}

/// How many tenants have somebody who may act.
pub(crate) fn tenants(spec: &Spec) -> usize {
    let mut tenants: Vec<_> = spec.actors().map(|identity| &identity.tenant).collect();
    tenants.sort();
    tenants.dedup();
    tenants.len()
}

/// Whether the plan opens an operation to every tenant.
pub(crate) fn everybody_may(spec: &Spec, operation: &Operation) -> bool {
    spec.actors()
        .all(|identity| spec.open_to_other_tenants(identity, operation))
}

/// What is missing where there is one tenant alone.
pub(crate) fn needs_second_tenant(spec: &Spec) -> Missing {
    let tenant = spec
        .identities
        .values()
        .next()
        .map_or("one", |identity| identity.tenant.as_str());
    Missing {
        what: format!("every identity of the plan belongs to `{tenant}`; nobody of another tenant is there to try"),
        add: Some(spec.stub_identity(None)),
    }
}
