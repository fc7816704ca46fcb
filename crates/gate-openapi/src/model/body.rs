//! Request bodies and the fields in them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::SchemaSummary;

/// The name of an object member, cheap to clone: the paths of many fields share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Name(Arc<str>);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One step into a JSON value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PathSeg {
    /// The member of an object.
    Key(Name),
    /// The items of a list; in a sample, the first one.
    Items,
}

/// One field of a body or a response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BodyField {
    /// Where it stands.
    pub path: Vec<PathSeg>,
    /// What it may hold; says also whether it is read-only or write-only.
    pub schema: SchemaSummary,
    /// Whether its parent must hold it.
    pub required: bool,
}

impl BodyField {
    /// The path in words: `owner.emails[].address`.
    pub fn dotted(&self) -> String {
        dotted(&self.path)
    }

    /// The name of the innermost object member on the path.
    pub fn name(&self) -> Option<&str> {
        self.path.iter().rev().find_map(|seg| match seg {
            PathSeg::Key(key) => Some(key.as_str()),
            PathSeg::Items => None,
        })
    }
}

/// A path in words: `owner.emails[].address`, `$` for the whole value.
pub fn dotted(path: &[PathSeg]) -> String {
    let mut out = String::new();
    for seg in path {
        match seg {
            PathSeg::Key(key) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(key);
            }
            PathSeg::Items => out.push_str("[]"),
        }
    }
    if out.is_empty() { "$".to_owned() } else { out }
}

/// The value at a path; `Items` steps into the first item.
pub fn get_at<'v>(value: &'v Value, path: &[PathSeg]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, seg| match seg {
        PathSeg::Key(key) => value.as_object()?.get(key.as_str()),
        PathSeg::Items => value.as_array()?.first(),
    })
}

/// Replaces the value at a path, or adds it when only the last object member is missing. Says whether it was done.
pub fn set_at(value: &mut Value, path: &[PathSeg], new: Value) -> bool {
    let Some((last, parents)) = path.split_last() else {
        *value = new;
        return true;
    };
    let parent = parents.iter().try_fold(value, |value, seg| match seg {
        PathSeg::Key(key) => value.as_object_mut()?.get_mut(key.as_str()),
        PathSeg::Items => value.as_array_mut()?.first_mut(),
    });
    match (parent, last) {
        (Some(Value::Object(map)), PathSeg::Key(key)) => {
            map.insert(key.to_string(), new);
            true
        }
        (Some(Value::Array(items)), PathSeg::Items) => {
            match items.first_mut() {
                Some(first) => *first = new,
                None => items.push(new),
            }
            true
        }
        _ => false,
    }
}

/// What an operation takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Body {
    /// The media type chosen: JSON first, then form, multipart, text, and at last whatever is there.
    pub media_type: String,
    /// All media types offered.
    pub media_types: Vec<String>,
    /// Whether a body must be sent.
    pub required: bool,
    /// A body which a strict server would accept: the document's example made to follow the schema, else all required
    /// fields and optional ones that hold plain text. For forms an object of the fields. `None` when none could be
    /// built or the media type is not made of fields (then a notice says why).
    pub sample: Option<Value>,
    /// The fields to a depth of three objects, read-only ones too; the whole body has an empty path when it is not an
    /// object.
    pub fields: Arc<[BodyField]>,
}

impl Body {
    /// Whether the chosen media type is JSON or ends in `+json`.
    pub fn is_json(&self) -> bool {
        let essence = self
            .media_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
    }
}
