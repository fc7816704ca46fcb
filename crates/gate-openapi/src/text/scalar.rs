//! Plain YAML scalars by the YAML 1.2 core schema, kept lenient: what does not fit a number stays text.

use serde_json::{Number, Value};

/// The value of a plain scalar. Integers beyond 64 bits become floats; `yes`, `on` and dates stay text, and so do
/// numbers with leading zeros, which in API documents are codes.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn number(text: &str) -> Option<Number> {
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok().map(Number::from);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return u64::from_str_radix(octal, 8).ok().map(Number::from);
    }
    let unsigned = text.trim_start_matches(['-', '+']);
    if text.len() - unsigned.len() > 1 || !unsigned.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    if unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.as_bytes()[1].is_ascii_digit() {
        return None;
    }
    if unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let digits = text.strip_prefix('+').unwrap_or(text);
        if let Ok(small) = digits.parse::<i64>() {
            return Some(small.into());
        }
        if let Ok(large) = digits.parse::<u64>() {
            return Some(large.into());
        }
    } else if !unsigned
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return None;
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::plain;

    #[test]
    fn scalars_follow_the_core_schema() {
        assert_eq!(plain("200"), json!(200));
        assert_eq!(plain("-3"), json!(-3));
        assert_eq!(plain("1.5"), json!(1.5));
        assert_eq!(plain("0x1F"), json!(31));
        assert_eq!(plain("~"), json!(null));
        assert_eq!(plain("True"), json!(true));
    }

    #[test]
    fn what_is_no_number_stays_text() {
        for text in [
            "yes",
            "on",
            "007",
            "2020-01-01",
            "1.2.3",
            "+",
            "-",
            ".",
            "1e",
            "--1",
            ".inf",
            "1_000",
            "0x",
            "12:30",
        ] {
            assert_eq!(plain(text), json!(text), "{text}");
        }
    }

    #[test]
    fn integers_of_twenty_digits_become_floats() {
        assert_eq!(plain("99999999999999999999"), json!(1e20));
        assert_eq!(plain("18446744073709551615"), json!(18_446_744_073_709_551_615_u64));
        assert_eq!(plain("-99999999999999999999"), json!(-1e20));
        assert_eq!(plain(&"9".repeat(400)), json!("9".repeat(400)));
    }
}
