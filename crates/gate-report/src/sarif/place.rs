//! Places as code scanning takes them: files of the repository, relative to its root.

use gate_model::{FoundSecret, Location, RunReport};
use serde_json::{Value, json};

use crate::Context;

/// Where a result points that has no place in a file of the repository.
const NOWHERE: &str = "launchgate.yml";

/// Makes places of a run.
pub(super) struct Places {
    below: String,
    otherwise: String,
}

impl Places {
    pub(super) fn of(report: &RunReport, context: &Context) -> Self {
        let mut places = Self {
            below: context.below.clone(),
            otherwise: NOWHERE.to_owned(),
        };
        let plan = report.plan.as_deref().and_then(|plan| places.in_repository(plan));
        if let Some(plan) = plan {
            places.otherwise = plan;
        }
        places
    }

    /// A path from the root of the repository; none for an address, a path on the target, or a file that is elsewhere.
    pub(super) fn in_repository(&self, file: &str) -> Option<String> {
        let file = file.replace('\\', "/");
        let drive = file.as_bytes().get(1) == Some(&b':');
        if file.is_empty() || file.contains("://") || file.starts_with('/') || drive || file.contains('\0') {
            return None;
        }
        let mut steps: Vec<&str> = Vec::new();
        for step in self.below.split('/').chain(file.split('/')) {
            match step {
                "" | "." => {}
                ".." => {
                    steps.pop()?;
                }
                step => steps.push(step),
            }
        }
        (!steps.is_empty()).then(|| steps.join("/"))
    }

    /// A place as a location of SARIF. Lines of a part within an archive are not those of the file.
    pub(super) fn location(&self, place: Option<&Location>, secret: Option<&FoundSecret>) -> Value {
        let within = secret.is_some_and(|secret| !secret.parts.is_empty());
        let known = place.and_then(|place| Some((self.in_repository(&place.file)?, place.line, place.column)));
        let (file, line, column) = match known {
            Some((file, _, _)) if within => (file, 1, 1),
            Some(known) => known,
            None => (self.otherwise.clone(), 1, 1),
        };
        let (line, column) = (line.max(1), column.max(1));
        json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&file) },
                "region": {
                    "startLine": line,
                    "startColumn": column,
                    "endLine": line,
                    "endColumn": column.saturating_add(1),
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
    use super::*;

    fn places(below: &str) -> Places {
        Places {
            below: below.to_owned(),
            otherwise: NOWHERE.to_owned(),
        }
    }

    #[test]
    fn only_files_of_the_repository_are_places() {
        let root = places("");
        assert_eq!(root.in_repository("./a/../b/c.yml"), Some("b/c.yml".to_owned()));
        for elsewhere in ["/openapi.json", "https://a.test/x", "../x", "a/../../x", "C:\\x", ""] {
            assert_eq!(root.in_repository(elsewhere), None, "{elsewhere}");
        }
        let below = places("services/api");
        assert_eq!(below.in_repository("../plan.yml"), Some("services/plan.yml".to_owned()));
        assert_eq!(below.in_repository("a.py"), Some("services/api/a.py".to_owned()));
        assert_eq!(uri("a b/ü:1.py"), "a%20b/%C3%BC%3A1.py");
    }
}
