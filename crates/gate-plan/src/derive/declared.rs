//! What a document says of the members of an operation's bodies: which name other objects, which a caller may send, which
//! the server answers; and which of its parameters name a tenant.

use std::collections::HashSet;

use gate_model::ResourceName;
use gate_openapi as oas;
use gate_openapi::PathSeg;
use gate_spec::{Answered, Declared, Reference, TenantSelector};

use super::bodies::called_id;
use super::resources::Names;
use super::words::{names_tenant, singular, squashed};

/// Fields that are kept of a body.
const MAX_FIELDS: usize = 64;
/// Parameters that are kept as ones that name a tenant.
const MAX_SELECTORS: usize = 4;

/// Reads what is declared. `own` is the kind of object that the operation makes or changes.
pub(super) fn declared(operation: Option<&oas::Operation>, names: &Names, own: Option<&ResourceName>) -> Declared {
    let Some(operation) = operation else {
        return Declared::default();
    };
    let selectors = selectors(operation);
    let Some(body) = &operation.body else {
        return Declared {
            selectors,
            ..Declared::default()
        };
    };
    let fields: Vec<&oas::BodyField> = body.fields.iter().filter(|field| !field.path.is_empty()).collect();
    let references = fields.iter().filter_map(|field| reference(field, names, own));
    let mut takes: Vec<String> = fields
        .iter()
        .filter(|field| !field.schema.read_only)
        .filter_map(|field| field.name())
        .map(squashed)
        .collect();
    takes.sort();
    takes.dedup();
    Declared {
        references: references.take(MAX_FIELDS).collect(),
        takes: (!fields.is_empty()).then_some(takes),
        answers: answers(operation, names),
        selectors,
    }
}

/// The header and query parameters that name a tenant.
fn selectors(operation: &oas::Operation) -> Vec<TenantSelector> {
    let named = operation
        .parameters
        .iter()
        .filter(|parameter| names_tenant(&parameter.name) && parameter.schema.kind != oas::Kind::Boolean);
    named
        .filter_map(|parameter| match parameter.location {
            oas::ParamIn::Header => Some(TenantSelector::Header(parameter.name.clone())),
            oas::ParamIn::Query => Some(TenantSelector::Query(parameter.name.clone())),
            oas::ParamIn::Path | oas::ParamIn::Cookie => None,
        })
        .take(MAX_SELECTORS)
        .collect()
}

fn reference(field: &oas::BodyField, names: &Names, own: Option<&ResourceName>) -> Option<Reference> {
    if field.schema.read_only || !field.schema.enum_values.is_empty() {
        return None;
    }
    let kind = ResourceName::new(kind_named(field, names)?);
    (own != Some(&kind)).then(|| Reference {
        pointer: pointer(&field.path),
        kind,
    })
}

/// The kind of object whose id a field holds: `customer_id`, `customerIds[]`, and `customer` where it can be no text.
fn kind_named<'n>(field: &oas::BodyField, names: &'n Names) -> Option<&'n str> {
    let name = field.name()?;
    let listed = matches!(field.path.last(), Some(PathSeg::Items));
    if matches!(
        field.schema.kind,
        oas::Kind::Object | oas::Kind::Array | oas::Kind::Boolean
    ) {
        return None;
    }
    let one = if listed { singular(name) } else { name.to_owned() };
    let number = matches!(field.schema.kind, oas::Kind::Integer) || field.schema.format.as_deref() == Some("uuid");
    if called_id(&one) || number {
        names.named(&one)
    } else {
        None
    }
}

/// A path as a JSON pointer (RFC 6901); of a list, its first item.
fn pointer(path: &[PathSeg]) -> String {
    path.iter()
        .map(|seg| match seg {
            PathSeg::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            PathSeg::Items => "/0".to_owned(),
        })
        .collect()
}

/// The members of the object that a success answers; the answer may wrap it once.
fn answers(operation: &oas::Operation, names: &Names) -> Vec<Answered> {
    let response = operation
        .responses
        .iter()
        .find(|response| response.is_success() && !response.fields.is_empty());
    let mut seen = HashSet::new();
    response
        .map(|response| response.fields.iter())
        .into_iter()
        .flatten()
        .filter(|field| {
            matches!(
                field.path.as_slice(),
                [PathSeg::Key(_)] | [PathSeg::Key(_), PathSeg::Key(_)]
            )
        })
        .filter(|field| !matches!(field.schema.kind, oas::Kind::Object | oas::Kind::Array))
        .filter_map(|field| {
            let name = field.name()?;
            seen.insert(name.to_owned()).then(|| Answered {
                name: name.to_owned(),
                choices: field.schema.enum_values.clone(),
                kind: kind_named(field, names).map(ResourceName::new),
            })
        })
        .take(MAX_FIELDS)
        .collect()
}
