//! The places of a body where free text may be put, so that it can be looked for elsewhere.

use serde::Serialize;

use crate::model::{Body, Kind, PathSeg, SchemaSummary, get_at};
use crate::sample::{Meaning, compile, meaning};

/// Formats of text that stay true when the text is changed.
const FREE_FORMATS: &[&str] = &["text", "string", "textarea", "markdown", "html", "multiline", "plain"];

/// Which characters a place takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Alphabet {
    /// Any.
    Free,
    /// Those that follow this ECMA 262 expression.
    Pattern(String),
}

/// A place in the sample of a body where free text may be put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextField {
    /// Where; `Items` is the first item of a list. [`crate::set_at`] puts a value there.
    pub path: Vec<PathSeg>,
    /// Most characters.
    pub max_length: Option<u64>,
    /// Fewest characters.
    pub min_length: Option<u64>,
    /// The form the text has to keep, declared (`email`, `uri`) or told by the name of the field. `None` is free text.
    pub format: Option<String>,
    /// Which characters it takes.
    pub alphabet: Alphabet,
    /// The field's name says that people write it for people (title, comment): the least likely to be checked further.
    pub prose: bool,
}

impl TextField {
    /// Whether a text keeps the length and the pattern. The form of a `format` is the caller's care. A pattern that
    /// cannot be judged takes nothing.
    pub fn accepts(&self, text: &str) -> bool {
        let length = text.chars().count() as u64;
        let fits = self.min_length.is_none_or(|min| length >= min) && self.max_length.is_none_or(|max| length <= max);
        fits && match &self.alphabet {
            Alphabet::Free => true,
            Alphabet::Pattern(pattern) => compile(pattern).is_some_and(|regex| regex.is_match(text.as_bytes())),
        }
    }
}

/// The places of the body's sample where free text may be put, best first: prose without a pattern, then other text,
/// then text of a form. Fields that decide something (states, roles, identifiers, secrets) are left out.
pub fn text_fields(body: &Body) -> Vec<TextField> {
    let Some(sample) = &body.sample else { return Vec::new() };
    let mut found: Vec<TextField> = body
        .fields
        .iter()
        .filter(|field| get_at(sample, &field.path).is_some_and(serde_json::Value::is_string))
        .filter_map(|field| text_field(&field.path, &field.schema, field.name().unwrap_or("text")))
        .collect();
    found.sort_by_key(|field| {
        (
            field.format.is_some(),
            field.alphabet != Alphabet::Free,
            !field.prose,
            field.path.len(),
        )
    });
    found
}

fn text_field(path: &[PathSeg], schema: &SchemaSummary, name: &str) -> Option<TextField> {
    if schema.kind != Kind::String || schema.read_only || !schema.enum_values.is_empty() {
        return None;
    }
    let meaning = meaning(name);
    let format = match schema.format.as_deref() {
        Some(free) if FREE_FORMATS.contains(&free.to_ascii_lowercase().as_str()) => None,
        Some(form @ ("email" | "idn-email" | "uri" | "url" | "iri")) => Some(form.to_owned()),
        Some(_) => return None,
        None => match meaning {
            Meaning::Prose | Meaning::Unknown | Meaning::Handle => None,
            Meaning::Formed {
                format: form @ ("email" | "uri"),
                ..
            } => Some(form.to_owned()),
            Meaning::Formed { .. } | Meaning::Control => return None,
        },
    };
    Some(TextField {
        path: path.to_vec(),
        max_length: schema.max_length,
        min_length: schema.min_length,
        format,
        alphabet: schema.pattern.clone().map_or(Alphabet::Free, Alphabet::Pattern),
        prose: meaning == Meaning::Prose,
    })
}
