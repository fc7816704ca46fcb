//! What the plan says about values that answers must not hold.

use gate_model::{Location, OperationId};

use crate::OperationPattern;

/// What answers may hold although it looks as if nobody may be shown it, and what they may not although it does not.
#[derive(Clone, Debug, Default)]
pub struct SensitiveFields {
    /// What may be shown, with the reasons.
    pub accepted: Vec<AcceptedField>,
    /// Further fields that no answer may hold.
    pub forbidden: Vec<String>,
    /// Whether addresses of people whom the reader does not know are a failure instead of a note.
    pub contact_fails: bool,
}

/// A field that may be shown.
#[derive(Clone, Debug)]
pub struct AcceptedField {
    /// Its name, or the last names of its path: `api_key`, `user.api_key`; `*` is any.
    pub field: String,
    /// Where; everywhere, if nothing is said.
    pub operation: Option<OperationPattern>,
    /// Why.
    pub reason: String,
    /// The line.
    pub source: Option<Location>,
}

impl SensitiveFields {
    /// The line that accepts a field of an operation. `[]` in the path, case, and what joins the words of a name do not matter.
    pub fn accepted(&self, operation: &str, path: &str) -> Option<&AcceptedField> {
        let operation = OperationId::new(operation);
        self.accepted.iter().find(|accepted| {
            accepted
                .operation
                .as_ref()
                .is_none_or(|pattern| pattern.matches(&operation))
                && ends_with(path, &accepted.field)
        })
    }
}

fn ends_with(path: &str, field: &str) -> bool {
    let names = |text: &str| -> Vec<String> {
        let each = text.split('.').map(|name| {
            let letters = name.chars().filter(|char| char.is_alphanumeric());
            letters.flat_map(char::to_lowercase).collect()
        });
        each.collect()
    };
    field.trim() == "*" || names(path).ends_with(&names(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(field: &str, operation: Option<&str>) -> SensitiveFields {
        SensitiveFields {
            accepted: vec![AcceptedField {
                field: field.to_owned(),
                operation: operation.map(|text| OperationPattern::parse(text).expect("a pattern")),
                reason: "why".to_owned(),
                source: None,
            }],
            ..SensitiveFields::default()
        }
    }

    #[test]
    fn a_field_is_named_by_the_end_of_its_path() {
        for (field, operation, matches) in [
            ("api_key", None, true),
            ("apiKey", Some("GET /keys"), true),
            ("owner.api_key", None, true),
            ("items[].owner.api_key", Some("ANY /keys"), true),
            ("*", Some("GET /keys"), true),
            ("key", None, false),
            ("user.api_key", None, false),
            ("api_key", Some("GET /keys/{id}"), false),
            ("api_key", Some("POST /keys"), false),
        ] {
            let rules = rules(field, operation);
            let found = rules.accepted("GET /keys", "items[].owner.api_key");
            assert_eq!(found.is_some(), matches, "{field} {operation:?}");
        }
    }
}
