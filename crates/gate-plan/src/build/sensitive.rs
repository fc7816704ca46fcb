//! What the plan says about values that answers must not hold.

use gate_model::OperationId;
use gate_spec::{AcceptedField, Operation, SensitiveFields};
use gate_yaml::join;
use indexmap::IndexMap;

use super::access;
use super::cx::Cx;
use crate::derive::Routes;
use crate::raw;

const SECTION: &str = "/checks/sensitive_fields";

/// The section as settings.
pub(super) fn settings(
    cx: &mut Cx<'_>,
    raw: Option<&raw::SensitiveFieldChecks>,
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    known: bool,
) -> SensitiveFields {
    let Some(raw) = raw else {
        return SensitiveFields::default();
    };
    let mut accepted = Vec::new();
    for (position, raw) in raw.accept.iter().enumerate() {
        let place = join(&join(SECTION, "accept"), &position.to_string());
        let operation = raw
            .operation
            .as_ref()
            .map(|text| access::pattern(cx, &join(&place, "operation"), text, operations, routes, known));
        if raw.field.trim().is_empty() {
            cx.error(&join(&place, "field"), "not the name of a field");
        }
        if raw.field.trim() == "*" && raw.operation.is_none() {
            cx.error_help(
                &join(&place, "field"),
                "any field of any operation leaves nothing to look at",
                Some("name the field, or the operation".to_owned()),
            );
        }
        if raw.reason.trim().is_empty() {
            cx.error_help(
                &join(&place, "reason"),
                "a reason without words",
                Some("say why it may be shown".to_owned()),
            );
        }
        // A pattern that could not be read is an error already.
        let Some(operation) = operation.map_or(Some(None), |pattern| pattern.map(Some)) else {
            continue;
        };
        accepted.push(AcceptedField {
            field: raw.field.clone(),
            operation,
            reason: raw.reason.trim().to_owned(),
            source: cx.at(&place),
        });
    }
    SensitiveFields {
        accepted,
        forbidden: raw
            .forbid
            .as_ref()
            .map(|names| names.items().0.to_vec())
            .unwrap_or_default(),
        contact_fails: raw.contact == Some(raw::ContactWord::Failure),
    }
}
