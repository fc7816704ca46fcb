//! Where the id is in the answer to a create.

use gate_openapi as oas;
use gate_spec::Extract;

use super::words::squashed;

/// The places where the id of a new object may be, best first. `param` is the path parameter that takes it.
pub(super) fn id(create: Option<&oas::Operation>, name: &str, param: Option<&oas::Parameter>) -> Vec<Extract> {
    let response = create.and_then(|operation| {
        let success = || operation.responses.iter().filter(|response| response.is_success());
        success()
            .find(|response| !response.fields.is_empty())
            .or_else(|| success().next())
    });
    let header = response.is_some_and(|response| {
        response
            .headers
            .iter()
            .any(|header| header.eq_ignore_ascii_case("location"))
    });
    let mut found: Vec<(u32, String)> = Vec::new();
    for field in response.map(|response| response.fields.iter()).into_iter().flatten() {
        let Some(score) = score(field, name, param) else {
            continue;
        };
        found.push((score, json_path(&field.path)));
    }
    found.sort();
    found.dedup();
    let mut extracts: Vec<Extract> = found
        .into_iter()
        .take(3)
        .map(|(_, path)| Extract::JsonPath(path))
        .collect();
    if extracts.is_empty() {
        let wrapped = name.replace('-', "_");
        for path in [
            "$.id".to_owned(),
            "$.data.id".to_owned(),
            format!("$['{wrapped}']['id']"),
        ] {
            extracts.push(Extract::JsonPath(path));
        }
        extracts.push(Extract::LastSegmentOf("Location".to_owned()));
    } else if header {
        extracts.push(Extract::LastSegmentOf("Location".to_owned()));
    }
    extracts
}

/// How well a field does for the id; less is better.
fn score(field: &oas::BodyField, name: &str, param: Option<&oas::Parameter>) -> Option<u32> {
    let keys: Vec<&str> = field
        .path
        .iter()
        .map(|seg| match seg {
            oas::PathSeg::Key(key) => Some(key.as_str()),
            oas::PathSeg::Items => None,
        })
        .collect::<Option<_>>()?;
    let (last, above) = keys.split_last()?;
    let kind = field.schema.kind;
    if !matches!(
        kind,
        oas::Kind::String | oas::Kind::Integer | oas::Kind::Any | oas::Kind::Number
    ) {
        return None;
    }
    let last = squashed(last);
    let name = squashed(name);
    let wanted = param.map(|param| squashed(&param.name)).unwrap_or_default();
    let rank = if last == wanted && last != "id" {
        0
    } else if last == "id" || last == "_id" {
        1
    } else if last == format!("{name}id") {
        2
    } else {
        match last.as_str() {
            "uuid" | "guid" => 3,
            "key" => 5,
            "slug" => 6,
            "uid" => 4,
            _ => return None,
        }
    };
    let depth = match above {
        [] => 0,
        [one] if matches!(*one, "data" | "result" | "item" | "object") || squashed(one) == name => 10,
        _ => return None,
    };
    let mismatch = param.is_some_and(|param| {
        let wants = param.schema.kind;
        (wants == oas::Kind::Integer && kind == oas::Kind::String)
            || (wants == oas::Kind::String && kind == oas::Kind::Integer)
            || (param.schema.format.as_deref() == Some("uuid")
                && field.schema.format.as_deref() != Some("uuid")
                && kind != oas::Kind::String)
    });
    Some(rank + depth + if mismatch { 20 } else { 0 })
}

/// A normal JSONPath for a path of object members.
pub(super) fn json_path(path: &[oas::PathSeg]) -> String {
    let mut out = "$".to_owned();
    for seg in path {
        match seg {
            oas::PathSeg::Key(key)
                if key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') =>
            {
                out.push('.');
                out.push_str(key);
            }
            oas::PathSeg::Key(key) => {
                out.push_str("['");
                out.push_str(&key.replace('\\', "\\\\").replace('\'', "\\'"));
                out.push_str("']");
            }
            oas::PathSeg::Items => out.push_str("[0]"),
        }
    }
    out
}
