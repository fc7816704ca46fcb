//! What fills a path parameter: by its position first, then by its name.

use gate_model::ResourceName;
use gate_openapi as oas;
use gate_spec::{ParamSource, TenantSelector};
use serde_json::Value;

use super::Hints;
use super::resources::{Names, Sketch};
use super::routes::{normal, placeholders, strip_query};

/// Binds the placeholders of a path. `this` is the kind that a bare `{id}` at the end means.
pub(super) fn bind(
    path: &str,
    document: Option<&oas::Operation>,
    names: &Names,
    hints: &Hints,
    this: Option<&Sketch>,
) -> Vec<(String, ParamSource)> {
    let segments: Vec<&str> = strip_query(path)
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    placeholders(path)
        .into_iter()
        .filter(|(_, name)| !is_placeholder(name))
        .map(|(number, name)| {
            let source = source(&segments, number, &name, document, names, hints, this);
            (name, source)
        })
        .collect()
}

/// Placeholders that are filled by what makes the request, not by a parameter.
fn is_placeholder(name: &str) -> bool {
    name.contains('.') || matches!(name, "canary" | "unique")
}

fn source(
    segments: &[&str],
    number: usize,
    name: &str,
    document: Option<&oas::Operation>,
    names: &Names,
    hints: &Hints,
    this: Option<&Sketch>,
) -> ParamSource {
    if hints.tenant == Some(TenantSelector::Path(name.to_owned())) {
        return ParamSource::Tenant;
    }
    let id = |kind: &str| ParamSource::Id(ResourceName::new(kind));
    if this.is_some() && names.is_name(name) {
        return id(name);
    }
    let whole = segments[number].starts_with('{') && segments[number].ends_with('}');
    if whole {
        let prefix = normal(&segments[..=number].join("/"));
        if let Some(kind) = names.item(&prefix) {
            return id(kind);
        }
    }
    if let Some(this) = this
        && number + 1 == segments.len()
        && (name == "id" || this.client_named)
    {
        return id(&this.name);
    }
    let parameter = document.and_then(|operation| operation.path_parameters().find(|parameter| parameter.name == name));
    if let Some(kind) = names.named(name) {
        return id(kind);
    }
    if let Some(kind) = number
        .checked_sub(1)
        .and_then(|before| segments.get(before))
        .and_then(|before| names.segment(before))
        && whole
    {
        return id(kind);
    }
    let field = name.to_ascii_lowercase();
    if hints.fields.contains(&field) {
        return ParamSource::Field(format!("{{{{{field}}}}}"));
    }
    let sample = parameter.and_then(|parameter| parameter.sample.clone());
    let fixed = parameter.is_some_and(|parameter| !parameter.schema.enum_values.is_empty());
    match sample {
        Some(sample) if fixed => ParamSource::Literal(sample),
        Some(sample) => ParamSource::Unknown { sample },
        None => ParamSource::Unknown {
            sample: Value::from("1"),
        },
    }
}
