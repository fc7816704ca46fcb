//! A place as a location of SARIF.

use gate_model::{FoundSecret, Location};
use serde_json::{Value, json};

use crate::place::Places;

impl Places {
    /// A place as a location of SARIF.
    pub(super) fn location(&self, place: Option<&Location>, secret: Option<&FoundSecret>) -> Value {
        let spot = self.spot(place, secret);
        json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&spot.file) },
                "region": {
                    "startLine": spot.line,
                    "startColumn": spot.column,
                    "endLine": spot.line,
                    "endColumn": spot.column.saturating_add(1),
                },
            },
        })
    }
}

/// A relative reference (RFC 3986): everything that is not unreserved is percent-encoded. A first step with a colon would be a
/// scheme, and is encoded too.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn what_a_path_may_not_hold_is_encoded() {
        assert_eq!(uri("a b/ü:1.py"), "a%20b/%C3%BC%3A1.py");
    }
}
