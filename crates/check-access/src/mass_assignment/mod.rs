//! `access/mass-assignment`: can an identity set a field of its own object that only the server or somebody else may set?

mod decide;
mod fields;
mod tries;

pub(crate) use decide::fields_of;
pub(crate) use fields::{Meaning, meaning};

use std::sync::Arc;

use gate_check::{Check, Contribution, FindingText, Group, Lane};
use gate_model::{Case, CheckPage, Missing, ResourceName, SkipReason};
use gate_spec::{Body, Effect, Operation, Spec};
use indexmap::IndexMap;

/// Requests that one operation costs where a strict server refuses every field.
const REQUESTS: u64 = 14;

/// The check.
pub struct MassAssignment {
    page: Arc<CheckPage>,
}

impl MassAssignment {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }
}

impl Default for MassAssignment {
    fn default() -> Self {
        Self::new()
    }
}

/// The operations that make and change one kind of object.
struct Wanted {
    resource: ResourceName,
    operations: Vec<(Case, Operation)>,
    text: FindingText,
}

impl Check for MassAssignment {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        let mut kinds: IndexMap<&ResourceName, Vec<(Case, Operation)>> = IndexMap::new();
        for operation in spec.operations.values().filter(|operation| operation.public.is_none()) {
            let Some(resource) = written(spec, operation).filter(|_| may_show_any(spec, operation)) else {
                continue;
            };
            let case = Case::new(&self.page.id)
                .with_operation(&operation.id)
                .with_resource(resource)
                .with_source(operation.source.clone());
            if let Some(reason) = &operation.skip {
                contribution.skipped.push((case, SkipReason::Plan(reason.clone())));
            } else if !spec.writes_allowed() {
                let what = format!(
                    "{} is not a read, and writes are not allowed on this target",
                    operation.id
                );
                contribution.skipped.push((case, SkipReason::WritesNotAllowed(what)));
            } else if !reads(spec, resource) {
                contribution.not_testable.push((case, nothing_reads(spec, resource)));
            } else {
                kinds.entry(resource).or_default().push((case, operation.clone()));
            }
        }
        for (resource, operations) in kinds {
            contribution.groups.push(self.group(resource, operations));
        }
        contribution
    }
}

impl MassAssignment {
    fn group(&self, resource: &ResourceName, mut operations: Vec<(Case, Operation)>) -> Group {
        // What a request makes is what the next one changes.
        operations.sort_by_key(|(_, operation)| operation.effect != Effect::Create);
        let cases: Vec<Case> = operations.iter().map(|(case, _)| case.clone()).collect();
        let wanted = Arc::new(Wanted {
            resource: resource.clone(),
            operations,
            text: FindingText {
                page: Arc::clone(&self.page),
                verb: "set what only the server may set in its own",
            },
        });
        Group {
            requests: 4 + REQUESTS * cases.len() as u64,
            cases,
            lane: Lane::Shared,
            run: Arc::new(move |ctx| {
                let wanted = Arc::clone(&wanted);
                Box::pin(async move { decide::decide(ctx, &wanted).await })
            }),
        }
    }
}

/// The kind of object that an operation makes or changes with a body of fields, where the run can make one.
fn written<'s>(spec: &'s Spec, operation: &'s Operation) -> Option<&'s ResourceName> {
    if !matches!(operation.request.body, Body::Json(_) | Body::Form(_)) {
        return None;
    }
    crate::own_writes::written(spec, operation)
}

/// Whether its objects may show a field that is the server's to set. Where the document does not say what is answered, they
/// may.
fn may_show_any(spec: &Spec, operation: &Operation) -> bool {
    let answers = &operation.declared.answers;
    !spec.settings.privileged_fields.is_empty()
        || answers.is_empty()
        || answers.iter().any(|answer| {
            (fields::meaning(&answer.name).is_some() || answer.kind.is_some())
                && !fields::takes(operation, &answer.name)
        })
}

fn reads(spec: &Spec, resource: &ResourceName) -> bool {
    spec.resources
        .get(resource)
        .is_some_and(|kind| kind.read.is_some() || kind.list().is_some())
}

fn nothing_reads(spec: &Spec, resource: &ResourceName) -> Missing {
    Missing {
        what: format!(
            "nothing reads {} back, so that what was stored cannot be seen",
            resource.with_article()
        ),
        add: Some(spec.stub_read(resource)),
    }
}
