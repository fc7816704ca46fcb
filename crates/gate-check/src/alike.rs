//! Whether two answers say the same: a server that answers 200 to everything tells a refusal by its body alone.

use gate_exchange::Exchange;
use serde_json::Value;

/// Bytes of a text that are compared.
const MAX_TEXT_BYTES: usize = 4096;
/// How deep JSON is compared.
const MAX_DEPTH: usize = 6;

/// Whether two answers have the same status and the same kind of body: JSON of the same keys, the same yes and no, or the
/// same text but for its numbers. What is answered 2xx but unlike the answer to a good request may be a refusal.
pub fn alike(one: &Exchange, other: &Exchange) -> bool {
    one.status == other.status && shape(one) == shape(other)
}

fn shape(exchange: &Exchange) -> String {
    match exchange.json() {
        Some(value) => {
            let mut out = String::new();
            describe(&value, 0, &mut out);
            out
        }
        None => {
            let text = exchange.text();
            let letters = text.chars().filter(|letter| !letter.is_ascii_digit());
            letters.take(MAX_TEXT_BYTES).collect()
        }
    }
}

fn describe(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Null => out.push('0'),
        Value::Bool(flag) => out.push(if *flag { 'y' } else { 'n' }),
        Value::Number(_) => out.push('#'),
        Value::String(_) => out.push('s'),
        Value::Array(items) => {
            out.push('[');
            if let Some(first) = items.first().filter(|_| depth < MAX_DEPTH) {
                describe(first, depth + 1, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            for name in names {
                out.push_str(name);
                out.push(':');
                if depth < MAX_DEPTH {
                    describe(&fields[name], depth + 1, out);
                }
                out.push(',');
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(value: Value) -> String {
        let mut out = String::new();
        describe(&value, 0, &mut out);
        out
    }

    #[test]
    fn values_may_differ_and_keys_may_not() {
        assert_eq!(
            told(json!({ "id": 1, "ok": true })),
            told(json!({ "ok": true, "id": 27 }))
        );
        assert_ne!(told(json!({ "received": true })), told(json!({ "received": false })));
        assert_ne!(told(json!({ "token": "a" })), told(json!({ "error": "a" })));
    }
}
