//! Text with holes: `{{name}}` anywhere, `{name}` in paths.

use std::fmt;

use serde_json::Value;
use thiserror::Error;

/// What can be wrong with a template, when it is read or when it is filled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// `{{` without `}}`.
    #[error("`{{{{` without a matching `}}}}` in `{0}`")]
    Unclosed(String),
    /// `{{}}`.
    #[error("empty placeholder in `{0}`")]
    Empty(String),
    /// Nothing known under this name.
    #[error("nothing is known as `{0}`")]
    Unknown(String),
}

/// Gives the value of a placeholder.
pub trait Lookup {
    /// The value under a name such as `email`, `canary` or `alice.project.id`.
    fn get(&self, name: &str) -> Option<Value>;
}

impl<F: Fn(&str) -> Option<Value>> Lookup for F {
    fn get(&self, name: &str) -> Option<Value> {
        self(name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(String),
}

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads `{{name}}` placeholders.
    ///
    /// # Errors
    /// Where a placeholder is not closed or empty.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Self::read(text, false)
    }

    /// Reads a path: `{{name}}` and `{name}` placeholders.
    ///
    /// # Errors
    /// Where a placeholder is not closed or empty.
    pub fn parse_path(text: &str) -> Result<Self, TemplateError> {
        Self::read(text, true)
    }

    /// A text without placeholders.
    pub fn literal(text: impl Into<String>) -> Self {
        Self {
            pieces: vec![Piece::Text(text.into())],
        }
    }

    /// The names of the placeholders, in order.
    pub fn holes(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// Fills the placeholders; values other than text are written as JSON.
    ///
    /// # Errors
    /// Where a name is unknown.
    pub fn fill(&self, lookup: &dyn Lookup) -> Result<String, TemplateError> {
        self.fill_with(lookup, |text| text)
    }

    /// Fills the placeholders, passing each value (not the literal text) through `encode`: percent-encoding for paths.
    ///
    /// # Errors
    /// Where a name is unknown.
    pub fn fill_with(&self, lookup: &dyn Lookup, encode: impl Fn(String) -> String) -> Result<String, TemplateError> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Hole(name) => {
                    let value = lookup.get(name).ok_or_else(|| TemplateError::Unknown(name.clone()))?;
                    out.push_str(&encode(plain(value)));
                }
            }
        }
        Ok(out)
    }

    /// The value where the template is exactly one placeholder: keeps a number a number.
    fn single(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Hole(name)] => Some(name),
            _ => None,
        }
    }

    fn read(text: &str, path: bool) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            literal.push_str(&rest[..open]);
            let after = &rest[open..];
            let (width, close) = if after.starts_with("{{") {
                (2, "}}")
            } else if path {
                (1, "}")
            } else {
                literal.push('{');
                rest = &after[1..];
                continue;
            };
            let end = after[width..]
                .find(close)
                .ok_or_else(|| TemplateError::Unclosed(text.to_owned()))?;
            let name = after[width..width + end].trim();
            if name.is_empty() {
                return Err(TemplateError::Empty(text.to_owned()));
            }
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Hole(name.to_owned()));
            rest = &after[width + end + close.len()..];
        }
        literal.push_str(rest);
        if !literal.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Self { pieces })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => f.write_str(text)?,
                Piece::Hole(name) => write!(f, "{{{{{name}}}}}")?,
            }
        }
        Ok(())
    }
}

/// A JSON value whose texts (and keys) may hold `{{name}}` placeholders.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct JsonTemplate(Value);

impl JsonTemplate {
    /// Reads placeholders in every text of the value.
    ///
    /// # Errors
    /// Where a placeholder is not closed or empty.
    pub fn parse(value: Value) -> Result<Self, TemplateError> {
        check(&value)?;
        Ok(Self(value))
    }

    /// The value with its placeholders unfilled.
    pub fn raw(&self) -> &Value {
        &self.0
    }

    /// The names of the placeholders.
    pub fn holes(&self) -> Vec<String> {
        let mut names = Vec::new();
        visit(&self.0, &mut |text| {
            if let Ok(template) = Template::parse(text) {
                names.extend(template.holes().map(str::to_owned));
            }
        });
        names
    }

    /// Fills the placeholders. A text that is one placeholder takes the value's own type.
    ///
    /// # Errors
    /// Where a name is unknown.
    pub fn fill(&self, lookup: &dyn Lookup) -> Result<Value, TemplateError> {
        fill(&self.0, lookup)
    }
}

fn check(value: &Value) -> Result<(), TemplateError> {
    let mut first = Ok(());
    visit(value, &mut |text| {
        if let (Ok(()), Err(error)) = (&first, Template::parse(text)) {
            first = Err(error);
        }
    });
    first
}

fn visit(value: &Value, each: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().for_each(|item| visit(item, each)),
        Value::Object(fields) => fields.values().for_each(|item| visit(item, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn fill(value: &Value, lookup: &dyn Lookup) -> Result<Value, TemplateError> {
    Ok(match value {
        Value::String(text) if text.contains("{{") => {
            let template = Template::parse(text)?;
            match template.single() {
                Some(name) => lookup
                    .get(name)
                    .ok_or_else(|| TemplateError::Unknown(name.to_owned()))?,
                None => Value::String(template.fill(lookup)?),
            }
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, lookup)).collect::<Result<_, _>>()?),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, item)| Ok((key.clone(), fill(item, lookup)?)))
                .collect::<Result<_, _>>()?,
        ),
        other => other.clone(),
    })
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_take_both_kinds_of_braces() {
        let template = Template::parse_path("/p/{id}/x/{{alice.doc.id}}").expect("a path");
        assert_eq!(template.holes().collect::<Vec<_>>(), ["id", "alice.doc.id"]);
        let filled = template.fill(&|name: &str| Some(json!(name.len()))).expect("all known");
        assert_eq!(filled, "/p/2/x/12");
    }

    #[test]
    fn text_keeps_single_braces() {
        let template = Template::parse("{\"a\": \"{{b}}\"}").expect("a text");
        assert_eq!(
            template.fill(&|_: &str| Some(json!("c"))).expect("known"),
            "{\"a\": \"c\"}"
        );
        assert_eq!(Template::parse("{{a"), Err(TemplateError::Unclosed("{{a".to_owned())));
    }

    #[test]
    fn one_placeholder_keeps_its_type() {
        let template = JsonTemplate::parse(json!({"id": "{{n}}", "t": "no {{n}}"})).expect("a template");
        assert_eq!(
            template.fill(&|_: &str| Some(json!(7))).expect("known"),
            json!({"id": 7, "t": "no 7"})
        );
    }
}
