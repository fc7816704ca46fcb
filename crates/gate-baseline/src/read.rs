//! The file's text into [`Baseline`], or everything that is wrong with it.

use std::collections::BTreeMap;

use gate_model::{Acceptance, Cause, OperationId};
use gate_yaml::{Bounds, Diagnostic, Diagnostics, Index, Span, join, load, remedy};
use serde_json::Value;

use crate::words::{CAUSES, SEVERITIES, cell, date, gap, gap_word, severity};
use crate::{Accepted, Baseline, Gap, What};

/// Bytes of a file at most.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Characters of a text in the file at most.
const MAX_TEXT: usize = 2_000;
const BOUNDS: Bounds = Bounds {
    what: "a baseline",
    max_bytes: MAX_BYTES,
};
const KEYS: [&str; 5] = ["version", "access", "findings", "undecided", "decided"];
const FINDING: [&str; 6] = ["case", "at", "severity", "reason", "owner", "expires"];
const OPEN: [&str; 5] = ["case", "cause", "reason", "owner", "expires"];

/// Reads a baseline.
///
/// # Errors
/// Everything that is wrong with it, each with its line.
pub fn read(file: &str, text: &str) -> Result<Baseline, Diagnostics> {
    let (value, index) = load(file, text, BOUNDS)?;
    let mut reader = Reader {
        index: &index,
        wrong: Vec::new(),
    };
    let mut baseline = Baseline::default();
    match &value {
        Value::Object(fields) => {
            reader.known_keys("", fields.keys(), &KEYS);
            reader.version(fields.get("version"));
            reader.access(fields.get("access"), &mut baseline);
            for (section, keys) in [("findings", &FINDING[..]), ("undecided", &OPEN[..])] {
                for (position, entry) in reader.list(section, fields.get(section)).iter().enumerate() {
                    let place = join(&join("", section), &position.to_string());
                    baseline.accepted.extend(reader.accepted(&place, entry, section, keys));
                }
            }
            reader.decided(fields.get("decided"), &mut baseline);
        }
        _ => reader.error(
            "",
            "a baseline is a map",
            Some("it begins with `version: 1`".to_owned()),
        ),
    }
    if reader.wrong.is_empty() {
        baseline.sort();
        Ok(baseline)
    } else {
        Err(Diagnostics(reader.wrong).sorted())
    }
}

struct Reader<'i> {
    index: &'i Index,
    wrong: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn at(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.wrong.push(self.index.error(span, message).maybe_help(help));
    }

    fn error(&mut self, pointer: &str, message: impl Into<String>, help: Option<String>) {
        self.at(self.index.value(pointer), message, help);
    }

    fn known_keys<'k>(&mut self, pointer: &str, keys: impl Iterator<Item = &'k String>, known: &[&str]) {
        for key in keys.filter(|key| !known.contains(&key.as_str())) {
            let span = self.index.key(&join(pointer, key));
            self.at(span, format!("unknown key `{key}`"), remedy(key, known.iter().copied()));
        }
    }

    fn version(&mut self, version: Option<&Value>) {
        match version.map(Value::as_u64) {
            Some(Some(1)) => {}
            Some(_) => self.error("/version", "this program reads version 1", None),
            None => self.error("", "`version` is missing", Some("add `version: 1`".to_owned())),
        }
    }

    /// The items of a section; a section that is empty may be left empty.
    fn list<'v>(&mut self, section: &str, value: Option<&'v Value>) -> &'v [Value] {
        match value {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items,
            Some(_) => {
                let message = format!("`{section}` is a list");
                self.error(
                    &join("", section),
                    message,
                    Some("each line begins with `- `".to_owned()),
                );
                &[]
            }
        }
    }

    /// The texts of a section with their places.
    fn texts<'v>(&mut self, section: &str, value: Option<&'v Value>) -> Vec<(String, &'v str)> {
        let mut texts = Vec::new();
        for (position, item) in self.list(section, value).iter().enumerate() {
            let place = join(&join("", section), &position.to_string());
            match item {
                Value::String(text) if text.chars().count() <= MAX_TEXT => texts.push((place, text.as_str())),
                Value::String(_) => self.error(&place, format!("more than {MAX_TEXT} characters"), None),
                _ => self.error(
                    &place,
                    "a text is wanted here",
                    Some("put the line in quotes".to_owned()),
                ),
            }
        }
        texts
    }

    fn access(&mut self, value: Option<&Value>, baseline: &mut Baseline) {
        let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
        for (place, text) in self.texts("access", value) {
            match cell(text) {
                Ok(mut line) => {
                    let location = self.index.location(&place);
                    let key = (line.relation.to_string(), line.operation.to_string());
                    if let Some(first) = seen.insert(key, location.line) {
                        let help = Some("keep the one that is right".to_owned());
                        self.error(
                            &place,
                            format!("line {first} is about the same relation and operation"),
                            help,
                        );
                    }
                    line.source = Some(location);
                    baseline.access.push(line);
                }
                Err((message, help)) => self.error(&place, message, help),
            }
        }
    }

    fn decided(&mut self, value: Option<&Value>, baseline: &mut Baseline) {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for (place, text) in self.texts("decided", value) {
            let location = self.index.location(&place);
            match seen.insert(text.to_owned(), location.line) {
                Some(first) => self.error(&place, format!("line {first} names the same case"), None),
                None => baseline.decided.push((text.to_owned(), Some(location))),
            }
        }
    }

    fn accepted(&mut self, place: &str, entry: &Value, section: &str, keys: &[&str]) -> Option<Accepted> {
        let Value::Object(fields) = entry else {
            self.error(
                place,
                format!("an entry of `{section}` is a map"),
                Some(keys.join(", ")),
            );
            return None;
        };
        self.known_keys(place, fields.keys(), keys);
        let mut text = |name: &str| self.text(place, fields.get(name), name);
        let (case, reason, owner, expires) = (text("case"), text("reason"), text("owner"), text("expires"));
        let what = if section == "findings" {
            let severity = text("severity").and_then(|word| self.severity(place, &word));
            let at = match fields.get("at") {
                Some(_) => Some(self.text(place, fields.get("at"), "at")?),
                None => None,
            };
            severity.map(|severity| What::Finding {
                at: at.map(OperationId::new),
                severity,
            })
        } else {
            text("cause").and_then(|word| self.gap(place, &word)).map(What::Open)
        };
        let until = expires.as_deref().and_then(|text| {
            let day = date(text);
            if day.is_none() {
                let help = Some("write the last day as 2027-01-31".to_owned());
                self.error(&join(place, "expires"), "not a day", help);
            }
            day
        });
        Some(Accepted {
            case: case?,
            what: what?,
            terms: Acceptance {
                reason: reason?,
                owner: owner?,
                expires: expires?,
                source: Some(self.index.location(place)),
            },
            until: until?,
        })
    }

    fn text(&mut self, place: &str, value: Option<&Value>, name: &str) -> Option<String> {
        match value {
            Some(Value::String(text)) if text.trim().is_empty() => {
                self.error(&join(place, name), format!("`{name}` is empty"), None);
            }
            Some(Value::String(text)) if text.chars().count() > MAX_TEXT => {
                self.error(&join(place, name), format!("more than {MAX_TEXT} characters"), None);
            }
            Some(Value::String(text)) => return Some(text.clone()),
            Some(Value::Number(number)) if name == "owner" || name == "reason" => return Some(number.to_string()),
            Some(_) => self.error(&join(place, name), format!("`{name}` is a text"), None),
            None => {
                let message = format!("`{name}` is missing");
                let help = "nothing is accepted without a case, a reason, an owner and a last day".to_owned();
                self.error(place, message, Some(help));
            }
        }
        None
    }

    fn severity(&mut self, place: &str, word: &str) -> Option<gate_model::Severity> {
        let found = severity(word);
        if found.is_none() {
            let words = SEVERITIES.map(|severity| severity.to_string());
            let help = remedy(word, words.iter().map(String::as_str));
            self.error(&join(place, "severity"), format!("`{word}` is no severity"), help);
        }
        found
    }

    fn gap(&mut self, place: &str, word: &str) -> Option<Gap> {
        match gap(word) {
            Some(Gap::Cause(cause)) if !cause.acceptable() => {
                let message = format!("`{word}` can never be accepted: {}", cause.headline());
                self.error(&join(place, "cause"), message, None);
                None
            }
            Some(gap) => Some(gap),
            None => {
                let acceptable = CAUSES.into_iter().filter(|cause: &Cause| cause.acceptable());
                let words: Vec<String> = acceptable
                    .map(Gap::Cause)
                    .chain([Gap::NotTestable, Gap::Skipped])
                    .map(gap_word)
                    .collect();
                let help = remedy(word, words.iter().map(String::as_str));
                self.error(&join(place, "cause"), format!("`{word}` is no cause"), help);
                None
            }
        }
    }
}
