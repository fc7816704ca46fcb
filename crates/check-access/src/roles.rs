//! What the plan's `access` section expects of each role on each operation: the cells of the matrix, on objects of somebody else
//! of the same tenant.

use std::sync::Arc;

use gate_check::{Contribution, FindingText, ProbePlan, Prober, Refusal, Subject, subject_of};
use gate_model::{Case, CheckPage, Missing, Relation, ResourceName};
use gate_spec::{Identity, Operation, Scope, Spec};

/// What is expected of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// He is served.
    Served,
    /// He is refused.
    Refused,
}

/// Contributes a case for each cell of which this is expected.
pub(crate) fn contribute(page: &Arc<CheckPage>, verb: &'static str, spec: &Spec, wanted: Expected) -> Contribution {
    let mut contribution = Contribution::default();
    if !spec.has_roles() {
        return contribution;
    }
    let text = Arc::new(FindingText {
        page: Arc::clone(page),
        verb,
    });
    let owners = spec.owners();
    for operation in spec.operations.values().filter(|operation| operation.public.is_none()) {
        let subject = subject_of(spec, operation);
        if !fits(&subject) || !spec.access.covers(&operation.id) {
            continue;
        }
        let granted = |identity: &&&Identity| spec.granted(identity, &operation.id).is_some();
        let named = operation
            .addressed()
            .or(operation.resource.as_ref())
            .and_then(|kind| owner_of(spec, kind));
        let Some(owner) = named.or_else(|| owners.iter().find(granted).copied()) else {
            if wanted == Expected::Refused {
                contribution.not_testable.push(nobody_granted(page, spec, operation));
            }
            continue;
        };
        for (roles, identity) in colleagues(spec, owner) {
            if expected(spec, identity, operation, &subject) != wanted {
                continue;
            }
            let source = match wanted {
                Expected::Served => spec
                    .access
                    .rule(&identity.roles, &operation.id)
                    .and_then(|rule| rule.source.clone()),
                Expected::Refused => operation.source.clone(),
            };
            let mut case = Case::new(&page.id)
                .with_operation(&operation.id)
                .with_relation(Relation::SameTenant(roles.clone()))
                .with_source(source);
            if let Some(kind) = object_of(&subject) {
                case = case.with_resource(&kind);
            }
            contribution.probes.push(ProbePlan {
                case,
                operation: operation.id.clone(),
                prober: Prober::SameTenant(roles),
                refusal: match wanted {
                    Expected::Served => Refusal::Wrong,
                    Expected::Refused => Refusal::Ordinary,
                },
                text: Arc::clone(&text),
            });
        }
    }
    contribution
}

/// Whether roles are a question of the operation: a session that is ended and a user who changes himself are his own.
fn fits(subject: &Subject) -> bool {
    match subject {
        Subject::EndsSession | Subject::ChangesCaller | Subject::Dangerous | Subject::Untestable(_) => false,
        Subject::Read(_)
        | Subject::List(_)
        | Subject::Create(_)
        | Subject::Change(_)
        | Subject::Act(_)
        | Subject::Remove(_)
        | Subject::ChangeFound(_)
        | Subject::Guard => true,
    }
}

/// The kind of object that a finding names.
fn object_of(subject: &Subject) -> Option<ResourceName> {
    match subject {
        Subject::Read(kind)
        | Subject::Create(kind)
        | Subject::Change(kind)
        | Subject::Act(kind)
        | Subject::Remove(kind)
        | Subject::ChangeFound(kind) => Some(kind.clone()),
        Subject::List(kinds) => (kinds.len() == 1).then(|| kinds.first().cloned()).flatten(),
        _ => None,
    }
}

/// The owner that the plan names for a kind of object.
fn owner_of<'s>(spec: &'s Spec, kind: &ResourceName) -> Option<&'s Identity> {
    let lineage = spec.lineage(kind);
    let name = lineage.iter().rev().find_map(|kind| kind.owner.as_ref())?;
    spec.identities.get(name)
}

/// One identity for each set of roles in the owner's tenant, the owner left out.
fn colleagues<'s>(spec: &'s Spec, owner: &Identity) -> Vec<(String, &'s Identity)> {
    let mut found: Vec<(String, &Identity)> = Vec::new();
    for other in spec
        .actors()
        .filter(|other| other.tenant == owner.tenant && other.name != owner.name)
    {
        let roles = other.role_words();
        if !found.iter().any(|(known, _)| *known == roles) {
            found.push((roles, other));
        }
    }
    found
}

/// What the plan expects of an identity on an object of somebody else of its tenant.
fn expected(spec: &Spec, identity: &Identity, operation: &Operation, subject: &Subject) -> Expected {
    // What is somebody else's is not one's own; what is made at the top, or belongs to nobody, is.
    let others = match subject {
        Subject::Create(_) => operation.path_resources().next().is_some(),
        Subject::Guard => false,
        _ => true,
    };
    match spec.granted(identity, &operation.id) {
        None => Expected::Refused,
        Some(Scope::Own) if others => Expected::Refused,
        Some(Scope::Own | Scope::Tenant | Scope::Any) => Expected::Served,
    }
}

fn nobody_granted(page: &CheckPage, spec: &Spec, operation: &Operation) -> (Case, Missing) {
    let case = Case::new(&page.id)
        .with_operation(&operation.id)
        .with_source(operation.source.clone());
    let missing = Missing {
        what: format!(
            "no identity of the plan has a role that is granted {}, so that a refusal would prove nothing",
            operation.id
        ),
        add: Some(spec.stub_identity(None)),
    };
    (case, missing)
}
