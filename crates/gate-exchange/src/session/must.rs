//! Whether an answer shows what the plan says it must.

use gate_spec::{JsonTemplate, Lookup, Match};
use serde_json::Value;

use super::extract::query;
use crate::Exchange;

/// Checks an answer. The reason names places, never values, which may be secrets.
pub(crate) fn check(must: &Match, exchange: &Exchange, lookup: &dyn Lookup) -> Result<(), String> {
    if !must.equals.is_empty() {
        let json = exchange.json().ok_or("its body is not JSON")?;
        for (path, wanted) in &must.equals {
            let wanted = JsonTemplate::parse(wanted.clone())
                .and_then(|template| template.fill(lookup))
                .map_err(|error| format!("`{path}`: {error}"))?;
            match query(path, &json)? {
                None => return Err(format!("`{path}` is not there")),
                Some(found) if !same(&found, &wanted) => {
                    return Err(format!("`{path}` is not what the plan says"));
                }
                Some(_) => {}
            }
        }
    }
    let body = exchange.text();
    if let Some(wanted) = &must.contains {
        let wanted = wanted.fill(lookup).map_err(|error| error.to_string())?;
        if !body.contains(&wanted) {
            return Err("its body does not hold the text that the plan asks for".to_owned());
        }
    }
    if let Some(unwanted) = &must.lacks {
        let unwanted = unwanted.fill(lookup).map_err(|error| error.to_string())?;
        if body.contains(&unwanted) {
            return Err("its body holds the text that the plan excludes".to_owned());
        }
    }
    Ok(())
}

/// Equal values; a number equals the text that writes it, because fields of identities are texts. E-mail addresses
/// are compared without case.
fn same(found: &Value, wanted: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    found == wanted
        || match (text(found), text(wanted)) {
            (Some(found), Some(wanted)) => {
                found == wanted || (found.contains('@') && found.eq_ignore_ascii_case(&wanted))
            }
            _ => false,
        }
}
