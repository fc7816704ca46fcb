//! What was derived, in words: one line each.

use gate_spec::{Operation, ParamSource, PublicReason, Resource};

/// A kind of object in a line: how it is made, read, listed and removed.
pub fn resource_line(resource: &Resource) -> String {
    let mut parts = vec![resource.name.to_string()];
    if let Some(parent) = &resource.parent {
        parts.push(format!("under {parent}"));
    }
    let mut part = |word: &str, call: Option<&gate_spec::Call>| {
        if let Some(call) = call {
            let operation = call.operation.as_ref().map_or_else(
                || format!("{} {}", call.request.method, call.request.path),
                ToString::to_string,
            );
            parts.push(format!("{word} {operation}"));
        }
    };
    part("create", resource.create.as_ref());
    part("read", resource.read.as_ref());
    part("list", resource.list());
    part("delete", resource.delete.as_ref());
    parts.join("  ")
}

/// An operation in a line: what it does, to what, what fills its parameters, and whether anybody may call it.
pub fn operation_line(operation: &Operation) -> String {
    let mut line = format!("{}  {}", operation.id, operation.effect.word());
    if let Some(resource) = &operation.resource {
        line.push_str(&format!(" {resource}"));
    }
    for (name, source) in &operation.params {
        let value = match source {
            ParamSource::Id(resource) => format!("{resource}.id"),
            ParamSource::Key(resource, key) => format!("{resource}.{key}"),
            ParamSource::Tenant => "the tenant".to_owned(),
            ParamSource::Field(field) => format!("{{{{{field}}}}}"),
            ParamSource::Literal(value) => value.to_string(),
            ParamSource::Unknown { .. } => "?".to_owned(),
        };
        line.push_str(&format!("  {{{name}}} = {value}"));
    }
    match &operation.public {
        Some(PublicReason::Document) => line.push_str("  public (the document says so)"),
        Some(PublicReason::Name) => line.push_str("  public (by its name; the document is silent)"),
        Some(PublicReason::Plan { reason, .. }) => {
            line.push_str(&format!(
                "  public ({})",
                reason.as_deref().unwrap_or("the plan says so")
            ));
        }
        Some(PublicReason::Login) => line.push_str("  public (it is the login)"),
        Some(PublicReason::Signed) => line.push_str("  signed by its caller"),
        None => {}
    }
    if let Some(reason) = &operation.skip {
        line.push_str(&format!("  skipped ({reason})"));
    }
    line
}
