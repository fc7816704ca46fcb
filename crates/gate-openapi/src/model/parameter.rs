//! Parameters outside the body.

use serde::Serialize;
use serde_json::Value;

use super::SchemaSummary;

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamIn {
    /// In the path template.
    Path,
    /// In the query string.
    Query,
    /// In a header.
    Header,
    /// In a cookie.
    Cookie,
}

impl ParamIn {
    /// The specification's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Path, Self::Query, Self::Header, Self::Cookie]
            .into_iter()
            .find(|place| place.as_str().eq_ignore_ascii_case(word.trim()))
    }
}

/// How lists and objects are written in a parameter, when it differs from the default of its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Style {
    /// `form`, `simple`, `label`, `matrix`, `spaceDelimited`, `pipeDelimited`, `deepObject`, or `json` for a parameter
    /// whose value is a JSON text.
    pub style: String,
    /// Whether each item gets a name of its own.
    pub explode: bool,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Where it travels.
    pub location: ParamIn,
    /// Whether it must be sent; always true in the path.
    pub required: bool,
    /// What it may hold.
    pub schema: SchemaSummary,
    /// The document's own example, when it follows the schema.
    pub example: Option<Value>,
    /// A value that follows the schema: the example, else a built one.
    pub sample: Option<Value>,
    /// How lists and objects are written, when the document says so.
    pub style: Option<Style>,
    /// False when the path names it but no parameter declares it.
    pub declared: bool,
}
