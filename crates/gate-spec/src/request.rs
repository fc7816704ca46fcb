//! A request with placeholders: what the plan writes as `{ post: /x, json: { … } }`.

use std::fmt;
use std::str::FromStr;

use gate_model::Location;

use crate::{JsonTemplate, Template};

/// The request methods of RFC 9110 and RFC 5789.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
    /// OPTIONS.
    Options,
    /// TRACE.
    Trace,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
        Self::Trace,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
        }
    }

    /// Whether it only reads (RFC 9110 section 9.2.1).
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options | Self::Trace)
    }

    /// Whether sending it twice does the same as once (RFC 9110 section 9.2.2).
    pub fn is_idempotent(self) -> bool {
        self.is_safe() || matches!(self, Self::Put | Self::Delete)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Method {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(text))
            .ok_or(())
    }
}

/// A request with placeholders. Credentials are not part of it: the exchange layer adds them.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestTemplate {
    /// The method.
    pub method: Method,
    /// Path, or an absolute URL for login hosts; read with [`Template::parse_path`]. May hold a query.
    pub path: Template,
    /// Query parameters, added to those in the path.
    pub query: Vec<(String, Template)>,
    /// Headers.
    pub headers: Vec<(String, Template)>,
    /// The body.
    pub body: Body,
    /// Where it stands.
    pub source: Option<Location>,
}

/// A request body with placeholders.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Body {
    /// None.
    #[default]
    None,
    /// JSON (RFC 8259); the media type is `application/json` unless a header says otherwise.
    Json(JsonTemplate),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Template)>),
    /// `multipart/form-data` (RFC 7578).
    Multipart(Vec<Part>),
    /// Text of any media type.
    Text {
        /// The media type.
        media_type: String,
        /// The text.
        text: Template,
    },
}

/// A part of a multipart body.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The file's name, where the part is a file.
    pub file_name: Option<Template>,
    /// The media type, where one is sent.
    pub media_type: Option<String>,
    /// The content.
    pub content: Template,
}

impl RequestTemplate {
    /// A request without query, headers or body.
    pub fn new(method: Method, path: Template) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            source: None,
        }
    }

    /// The names of all placeholders: path, query, headers, body.
    pub fn holes(&self) -> Vec<String> {
        let mut names: Vec<String> = self.path.holes().map(str::to_owned).collect();
        for (_, template) in self.query.iter().chain(&self.headers) {
            names.extend(template.holes().map(str::to_owned));
        }
        match &self.body {
            Body::None => {}
            Body::Json(json) => names.extend(json.holes()),
            Body::Form(fields) => {
                for (_, template) in fields {
                    names.extend(template.holes().map(str::to_owned));
                }
            }
            Body::Multipart(parts) => {
                for part in parts {
                    names.extend(part.content.holes().map(str::to_owned));
                    names.extend(part.file_name.iter().flat_map(Template::holes).map(str::to_owned));
                }
            }
            Body::Text { text, .. } => names.extend(text.holes().map(str::to_owned)),
        }
        names
    }
}
