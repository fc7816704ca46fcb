//! Walks an answer: every text in it with the place where it stands; and what of the run was looked at.

use std::collections::BTreeSet;

use gate_check::Verdict;
use gate_exchange::{Exchange, Purpose};
use gate_model::{Case, Cause, Missing, OperationId, Undecided};
use gate_spec::{Effect, Operation, Spec};
use serde_json::Value;

/// Texts of one answer that are looked at, and how deep they may stand.
const MAX_TEXTS: usize = 20_000;
const MAX_DEPTH: usize = 48;
/// Bytes of a path that are kept.
const MAX_PATH: usize = 200;
/// Operations that a reason names.
const MAX_NAMED: usize = 3;

/// Goes over the texts of an answer: path, name of the field, text. Numbers and what is too deep are left out.
pub(crate) fn texts<'v>(json: &'v Value, mut look: impl FnMut(&str, &'v str, &'v str)) {
    if is_document(json) {
        return;
    }
    let mut walk = Walk {
        look: &mut look,
        left: MAX_TEXTS,
    };
    walk.at(json, "", "", 0);
}

struct Walk<'w, 'v> {
    look: &'w mut dyn FnMut(&str, &'v str, &'v str),
    left: usize,
}

impl<'v> Walk<'_, 'v> {
    fn at(&mut self, value: &'v Value, path: &str, name: &'v str, depth: usize) {
        if self.left == 0 || depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::String(text) => {
                self.left -= 1;
                (self.look)(path, name, text);
            }
            Value::Array(items) => {
                let path = format!("{path}[]");
                items.iter().for_each(|item| self.at(item, &path, name, depth + 1));
            }
            Value::Object(fields) => {
                for (field, value) in fields {
                    let joined = match path {
                        "" => field.clone(),
                        path if path.len() > MAX_PATH => path.to_owned(),
                        path => format!("{path}.{field}"),
                    };
                    self.at(value, &joined, field, depth + 1);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Whether an answer describes answers instead of being one: its examples are nobody's.
fn is_document(json: &Value) -> bool {
    ["openapi", "swagger", "asyncapi", "$schema"]
        .iter()
        .any(|key| json.get(key).is_some_and(Value::is_string))
}

/// Whether a field is in a part that only shows how something would look.
pub(crate) fn illustrates(path: &str) -> bool {
    path.split('.').any(|part| {
        matches!(
            part.trim_end_matches("[]"),
            "example" | "examples" | "placeholder" | "properties" | "schema"
        )
    })
}

/// Which answers were looked at: silence means something only where objects were shown to somebody.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Successful answers with something in them.
    pub(crate) answers: u64,
    /// Reads of objects that somebody entitled asked for, and those that anybody was served.
    asked: BTreeSet<OperationId>,
    served: BTreeSet<OperationId>,
}

impl Looked {
    /// Takes note of an answer.
    pub(crate) fn take(&mut self, spec: &Spec, exchange: &Exchange) {
        let shown = exchange.is_success() && !exchange.body.is_empty();
        self.answers += u64::from(shown);
        let Some(id) = &exchange.sent.operation else { return };
        let reads = spec.operations.get(id).is_some_and(reads_objects);
        if !reads {
            return;
        }
        if exchange.sent.purpose == Purpose::Control && !self.asked.contains(id) {
            self.asked.insert(id.clone());
        }
        if shown && !self.served.contains(id) {
            self.served.insert(id.clone());
        }
    }

    /// Operations that showed an object to somebody.
    pub(crate) fn operations(&self) -> usize {
        self.served.len()
    }

    /// Why silence means nothing, where it does not.
    pub(crate) fn gap(&self, spec: &Spec) -> Option<Gap> {
        let undecided = |text: String| Some(Gap::Undecided(Undecided::new(Cause::NothingSeen, text)));
        if let Some(first) = self.asked.difference(&self.served).next() {
            return undecided(format!(
                "nobody was served {first}, so that nobody knows what its answers hold"
            ));
        }
        if self.served.is_empty() {
            return undecided("no operation that reads an object was served to anybody".to_owned());
        }
        let all: Vec<&Operation> = spec
            .operations
            .values()
            .filter(|operation| reads_objects(operation))
            .collect();
        let never: Vec<&str> = all
            .iter()
            .map(|operation| &operation.id)
            .filter(|id| !self.served.contains(*id))
            .map(OperationId::as_str)
            .collect();
        (never.len() * 2 > all.len()).then(|| {
            let named = never.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
            Gap::NotTestable(Missing {
                what: format!(
                    "{} of {} operations that read objects were asked by nobody in this run, such as {named}",
                    never.len(),
                    all.len()
                ),
                add: None,
            })
        })
    }
}

/// Why a run in which nothing was seen proves nothing.
pub(crate) enum Gap {
    /// Somebody asked, and nobody was served.
    Undecided(Undecided),
    /// Most of what could have been looked at was never asked.
    NotTestable(Missing),
}

impl Gap {
    /// The verdict of a case.
    pub(crate) fn verdict(self, case: &Case) -> Verdict {
        match self {
            Self::Undecided(reason) => Verdict::undecided(&case.id, reason),
            Self::NotTestable(missing) => Verdict::not_testable(&case.id, missing),
        }
    }
}

fn reads_objects(operation: &Operation) -> bool {
    matches!(operation.effect, Effect::Read | Effect::List)
        && operation.resource.is_some()
        && operation.skip.is_none()
        && operation.method().is_safe()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(json: &Value) -> Vec<String> {
        let mut paths = Vec::new();
        texts(json, |path, _, _| paths.push(path.to_owned()));
        paths
    }

    #[test]
    fn texts_are_found_with_their_places() {
        let json = json!({ "a": { "b": ["x", { "c": "y" }] }, "n": 1 });
        assert_eq!(paths(&json), ["a.b[]", "a.b[].c"]);
        assert!(paths(&json!({ "openapi": "3.1.0", "a": "b" })).is_empty());
        assert!(illustrates("a.examples[].b") && !illustrates("a.exampled.b"));
    }

    #[test]
    fn what_is_deep_or_long_ends() {
        let mut json = json!("x");
        for _ in 0..100 {
            json = json!({ "a": json });
        }
        assert!(paths(&json).is_empty());
        let many: Vec<Value> = (0..MAX_TEXTS + 10).map(|n| json!(n.to_string())).collect();
        assert_eq!(paths(&json!(many)).len(), MAX_TEXTS);
    }
}
