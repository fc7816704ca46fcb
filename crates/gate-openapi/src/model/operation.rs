//! One operation: a method on a path template.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::{Body, Parameter, Response, Security};

/// The methods an OpenAPI path item may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET
    Get,
    /// PUT
    Put,
    /// POST
    Post,
    /// DELETE
    Delete,
    /// PATCH
    Patch,
    /// HEAD
    Head,
    /// OPTIONS
    Options,
    /// TRACE
    Trace,
}

impl Method {
    /// The method as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
        }
    }

    /// The method with this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Get,
            Self::Put,
            Self::Post,
            Self::Delete,
            Self::Patch,
            Self::Head,
            Self::Options,
            Self::Trace,
        ]
        .into_iter()
        .find(|method| method.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether the method is safe: not meant to change anything (RFC 9110, 9.2.1).
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options | Self::Trace)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where in the document something stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Location {
    /// JSON pointer (RFC 6901); empty for the whole document.
    pub pointer: String,
    /// 1-based line in the source text, when known.
    pub line: Option<usize>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line} (#{})", self.pointer),
            None => write!(f, "#{}", self.pointer),
        }
    }
}

/// A method on a path template and all that is said about it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operation {
    /// The method.
    pub method: Method,
    /// Path template with `{param}`, beginning with a slash, without the base path.
    pub path: String,
    /// `operationId`.
    pub operation_id: Option<String>,
    /// One line on what it does.
    pub summary: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Marked as deprecated.
    pub deprecated: bool,
    /// Parameters of the path item and the operation together; every `{param}` of the path has one.
    pub parameters: Vec<Parameter>,
    /// What the operation takes.
    pub body: Option<Body>,
    /// What it answers.
    pub responses: Vec<Arc<Response>>,
    /// Who may call it, as far as the document says.
    pub security: Security,
    /// All scopes named by its security requirements, sorted.
    pub scopes: Vec<String>,
    /// The document lists `Authorization` as an ordinary header parameter, which the specification ignores but
    /// which says that the operation looks at it.
    pub takes_authorization_header: bool,
    /// Where it stands.
    pub location: Location,
}

impl Operation {
    /// The operation's name in plans and reports: `GET /users/{id}`.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The parameters of the path, in the order of the template.
    pub fn path_parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|p| p.location == super::ParamIn::Path)
    }
}
