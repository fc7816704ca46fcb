//! Which operations ask for credentials, and which of them stand for the guards of the target.

use std::collections::BTreeMap;

use gate_check::{Subject, subject_of};
use gate_spec::{Effect, Method, Operation, Spec};

/// Names of parts of an API that often have a guard of their own.
const APART: [&str; 8] = [
    "admin",
    "internal",
    "private",
    "manage",
    "backoffice",
    "staff",
    "ops",
    "system",
];

/// Whether a bare request ought to be refused. Logins and the end of a session are open by nature, unless the document
/// asks for credentials in so many words.
pub(crate) fn asks_for_credentials(operation: &Operation) -> bool {
    if operation.public.is_some() {
        return false;
    }
    match operation.effect {
        Effect::IssuesCredentials | Effect::EndsSession => operation.secured == Some(true),
        _ => true,
    }
}

/// The operations that ask for credentials, in document order.
pub(crate) fn protected(spec: &Spec) -> impl Iterator<Item = &Operation> {
    spec.operations
        .values()
        .filter(|operation| asks_for_credentials(operation))
}

/// One operation for each of so many distinct guards: black-box, a guard is the part of the API that a route belongs to.
/// Reads only: the whole corpus is tried on each, and nothing may come of it. Parts that are often guarded by themselves
/// come first, then the largest.
pub(crate) fn sample(spec: &Spec, guards: usize) -> Vec<&Operation> {
    let reads: Vec<&Operation> = protected(spec)
        .filter(|operation| is_plain_read(spec, operation))
        .collect();
    let common = common_parts(&reads);
    let mut parts: BTreeMap<String, Vec<&Operation>> = BTreeMap::new();
    for operation in reads {
        parts.entry(part(operation, common)).or_default().push(operation);
    }
    let mut parts: Vec<(String, Vec<&Operation>)> = parts.into_iter().collect();
    parts.sort_by_key(|(name, operations)| {
        let apart = APART.iter().any(|known| name.eq_ignore_ascii_case(known));
        (!apart, usize::MAX - operations.len(), name.clone())
    });
    parts
        .into_iter()
        .take(guards)
        .filter_map(|(_, operations)| operations.into_iter().min_by_key(|operation| operation.params.len()))
        .collect()
}

/// A read that a control can be had for.
fn is_plain_read(spec: &Spec, operation: &Operation) -> bool {
    operation.method() == Method::Get
        && operation.skip.is_none()
        && operation.unknown_params().next().is_none()
        && matches!(
            subject_of(spec, operation),
            Subject::Read(_) | Subject::List(_) | Subject::Guard
        )
}

/// How many leading segments all paths share, such as `/api/v1`.
fn common_parts(operations: &[&Operation]) -> usize {
    let paths: Vec<Vec<&str>> = operations.iter().map(|operation| segments(operation)).collect();
    let Some(first) = paths.first() else { return 0 };
    (0..first.len())
        .take_while(|at| paths.iter().all(|path| path.len() > at + 1 && path[*at] == first[*at]))
        .count()
}

fn part(operation: &Operation, common: usize) -> String {
    segments(operation).get(common).copied().unwrap_or_default().to_owned()
}

fn segments(operation: &Operation) -> Vec<&str> {
    operation
        .id
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect()
}
