//! Why a text could not be read as an API document at all.

/// The whole document is unreadable. Anything smaller is a [`crate::Notice`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing but white space.
    #[error("read the API document: the text is empty")]
    Empty,
    /// The text is longer than [`crate::Limits::max_bytes`].
    #[error(
        "read the API document: {bytes} bytes are more than the limit of {limit}; split the document or raise the limit"
    )]
    TooLarge {
        /// Length of the text.
        bytes: usize,
        /// The limit it exceeds.
        limit: usize,
    },
    /// More values than [`crate::Limits::max_nodes`], often by YAML aliases that multiply each other.
    #[error(
        "read the API document: more than {limit} values near line {line}; look for YAML aliases that multiply each other"
    )]
    TooManyNodes {
        /// The limit exceeded.
        limit: usize,
        /// 1-based line where it was exceeded.
        line: usize,
    },
    /// Nesting so deep that the text was made to exhaust a reader.
    #[error("read the API document: nested more than {limit} levels deep at line {line}")]
    TooDeep {
        /// The limit exceeded.
        limit: usize,
        /// 1-based line where it was exceeded.
        line: usize,
    },
    /// A web page, usually the documentation viewer instead of the document.
    #[error(
        "read the API document: this is an HTML page{}, not the document itself; \
         give the address of the JSON or YAML behind it (often /openapi.json, /swagger.json or /v3/api-docs)",
        title.as_ref().map(|t| format!(" titled \"{t}\"")).unwrap_or_default()
    )]
    Html {
        /// The page's title, shortened.
        title: Option<String>,
    },
    /// Some other markup.
    #[error("read the API document: this is XML, not JSON or YAML; a WSDL or WADL service is not an OpenAPI document")]
    Xml,
    /// The text follows neither JSON nor YAML.
    #[error("read the API document as {format} at line {line} column {column}: {message}")]
    Syntax {
        /// `JSON` or `YAML`.
        format: &'static str,
        /// 1-based line.
        line: usize,
        /// 1-based column.
        column: usize,
        /// What the text reader says.
        message: String,
    },
    /// A list or a scalar where an object was needed.
    #[error("read the API document: not an OpenAPI document: the top is {found}, not an object")]
    NotAnObject {
        /// What was found.
        found: &'static str,
    },
    /// An object of another kind.
    #[error("read the API document: not an OpenAPI document: neither `openapi` nor `swagger` key; {found}{hint}")]
    NotOpenApi {
        /// The keys found, shortened.
        found: String,
        /// What it looks like, when that is known; begins with a semicolon.
        hint: &'static str,
    },
    /// A version this crate does not read.
    #[error(
        "read the API document: `{key}: {version}` is not supported; convert it to OpenAPI 3.0, 3.1 or Swagger 2.0"
    )]
    UnsupportedVersion {
        /// `openapi` or `swagger`.
        key: &'static str,
        /// The version given, shortened.
        version: String,
    },
}
