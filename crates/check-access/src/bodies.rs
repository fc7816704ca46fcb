//! Places in the body of a request: where ids of other objects stand, and how something else is put there.

use gate_model::ResourceName;
use gate_spec::{Body, JsonTemplate, Operation, Reference, RequestTemplate, Spec, Template};
use serde_json::Value;

/// The fields of an operation's body that name objects of other kinds: those that its request fills, then those that the
/// document declares beside them.
pub(crate) fn references(spec: &Spec, operation: &Operation, own: &ResourceName) -> Vec<Reference> {
    let mut found = Vec::new();
    match &operation.request.body {
        Body::Json(json) => holes(spec, json.raw(), "", &mut found),
        Body::Form(fields) => {
            for (name, value) in fields {
                if let Some(kind) = kind_of(spec, &value.to_string()) {
                    found.push(Reference {
                        pointer: format!("/{}", escaped(name)),
                        kind,
                    });
                }
            }
        }
        Body::None | Body::Multipart(_) | Body::Text { .. } => return found,
    }
    for declared in &operation.declared.references {
        if !found.iter().any(|known| known.pointer == declared.pointer) && spec.resources.contains_key(&declared.kind) {
            found.push(declared.clone());
        }
    }
    found.retain(|reference| reference.kind != *own && with(&operation.request, &reference.pointer, "{{x}}").is_some());
    found
}

fn holes(spec: &Spec, value: &Value, pointer: &str, found: &mut Vec<Reference>) {
    match value {
        Value::String(text) => {
            if let Some(kind) = kind_of(spec, text) {
                found.push(Reference {
                    pointer: pointer.to_owned(),
                    kind,
                });
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                holes(spec, item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                holes(spec, value, &format!("{pointer}/{}", escaped(name)), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The kind that a text names the id of, where it is nothing but such a placeholder: `{{project.id}}`, `{{project}}`.
fn kind_of(spec: &Spec, text: &str) -> Option<ResourceName> {
    let name = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let name = name.strip_suffix(".id").unwrap_or(name);
    spec.resources.get_key_value(name).map(|(name, _)| name.clone())
}

/// A request with a text in the place of what its body holds there; `None` where the body has no such place.
pub(crate) fn with(template: &RequestTemplate, pointer: &str, text: &str) -> Option<RequestTemplate> {
    let mut altered = template.clone();
    altered.body = match &template.body {
        Body::Json(json) => {
            let mut value = json.raw().clone();
            put(&mut value, pointer, Value::from(text))?;
            Body::Json(JsonTemplate::parse(value).ok()?)
        }
        Body::Form(fields) => {
            let name = plain(pointer.strip_prefix('/')?);
            let mut fields = fields.clone();
            fields.retain(|(known, _)| *known != name);
            fields.push((name, Template::parse(text).ok()?));
            Body::Form(fields)
        }
        Body::None | Body::Multipart(_) | Body::Text { .. } => return None,
    };
    Some(altered)
}

/// A request with further members in the object that it sends, or in the one that this wraps alone (`{ "project": { … } }`);
/// `None` where it sends none.
pub(crate) fn extended<'v>(
    template: &RequestTemplate,
    members: impl Iterator<Item = (&'v str, &'v Value)>,
) -> Option<RequestTemplate> {
    let mut altered = template.clone();
    match &mut altered.body {
        Body::Json(json) => {
            let mut value = json.raw().clone();
            let root = value.as_object_mut()?;
            let wraps = root.len() == 1 && root.values().all(Value::is_object);
            let object = if wraps {
                root.values_mut().next()?.as_object_mut()?
            } else {
                root
            };
            object.extend(members.map(|(name, value)| (name.to_owned(), value.clone())));
            *json = JsonTemplate::parse(value).ok()?;
        }
        Body::Form(fields) => {
            for (name, value) in members {
                fields.push((name.to_owned(), Template::literal(crate::own_writes::text(value))));
            }
        }
        Body::None | Body::Multipart(_) | Body::Text { .. } => return None,
    }
    Some(altered)
}

/// Puts a value at a place whose parent is there; a list that is not there is made with one item.
pub(crate) fn put(value: &mut Value, pointer: &str, new: Value) -> Option<()> {
    if let Some(place) = value.pointer_mut(pointer) {
        *place = new;
        return Some(());
    }
    let (parent, last) = pointer.rsplit_once('/')?;
    if let Some(Value::Object(fields)) = value.pointer_mut(parent) {
        fields.insert(plain(last), new);
        return Some(());
    }
    if last == "0" && !parent.is_empty() {
        return put(value, parent, Value::Array(vec![new]));
    }
    None
}

/// Every scalar of a value with its pointer, at most so many.
pub(crate) fn scalars(value: &Value) -> Vec<(String, &Value)> {
    const MOST: usize = 4_096;
    let mut found = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((pointer, value)) = open.pop() {
        if found.len() >= MOST {
            break;
        }
        match value {
            Value::Array(items) => {
                let items = items.iter().enumerate().take(MOST);
                open.extend(items.map(|(index, item)| (format!("{pointer}/{index}"), item)));
            }
            Value::Object(fields) => {
                open.extend(
                    fields
                        .iter()
                        .map(|(name, item)| (format!("{pointer}/{}", escaped(name)), item)),
                );
            }
            scalar => found.push((pointer, scalar)),
        }
    }
    found
}

/// A name as a step of a JSON pointer (RFC 6901 section 3).
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn plain(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_there_is_made_where_its_parent_is() {
        let mut value = json!({ "a": { "b": 1 } });
        assert_eq!(put(&mut value, "/a/b", json!(2)), Some(()));
        assert_eq!(put(&mut value, "/a/c~1d", json!(3)), Some(()));
        assert_eq!(put(&mut value, "/ids/0", json!(4)), Some(()));
        assert_eq!(put(&mut value, "/x/y", json!(5)), None);
        assert_eq!(value, json!({ "a": { "b": 2, "c/d": 3 }, "ids": [4] }));
    }
}
