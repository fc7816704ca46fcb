//! JSON types: which a schema takes, which a value has, and what they are called.

use serde_json::Value;

pub(super) fn typed(text: &str, branches: &[&Value]) -> Option<Value> {
    let wants = |kind: &str| branches.iter().any(|branch| accepts(branch, kind));
    if wants("boolean")
        && let Ok(flag) = text.parse::<bool>()
    {
        return Some(Value::Bool(flag));
    }
    if wants("integer")
        && let Ok(whole) = text.parse::<i64>()
    {
        return Some(Value::from(whole));
    }
    if wants("number")
        && let Ok(number) = text.parse::<f64>()
    {
        return serde_json::Number::from_f64(number).map(Value::Number);
    }
    None
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(super) fn accepts(branch: &Value, kind: &str) -> bool {
    if branch.is_boolean() {
        return branch == &Value::Bool(true);
    }
    let fits = |word: &str| word == kind || (word == "number" && kind == "integer");
    match branch.get("type") {
        Some(Value::String(word)) => fits(word),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).any(fits),
        _ => match (branch.get("const"), branch.get("enum")) {
            (Some(word), _) => fits(self::kind(word)),
            (None, Some(Value::Array(words))) => words.iter().any(|word| fits(self::kind(word))),
            _ => true,
        },
    }
}

pub(super) fn noun(kind: &str) -> &'static str {
    match kind {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a map",
        _ => "nothing",
    }
}

pub(super) fn either(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
