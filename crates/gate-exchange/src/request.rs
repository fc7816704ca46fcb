//! A request that is ready to go, but for its credentials.

use bytes::Bytes;
use gate_model::OperationId;
use gate_spec::{Body, Lookup, Method, RequestTemplate, TemplateError};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::RngCore as _;
use serde_json::Value;
use thiserror::Error;

/// What must be encoded in a path segment (RFC 3986 section 3.3): everything but `pchar`.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b'%')
    .add(b'\\')
    .add(b'^')
    .add(b'|')
    .add(b'[')
    .add(b']');

/// What must be encoded in a query or form value; keeps the unreserved characters of RFC 3986 section 2.3.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request without credentials. Its path and query go out as they stand: nothing normalises them.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query below the target's base URL, beginning with `/`; or an absolute URL (login hosts).
    pub path: String,
    /// Headers beside those that the client adds.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<RequestBody>,
}

/// A body with its media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestBody {
    /// The `Content-Type`.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// Why a template could not be turned into a request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot fill the request of {operation}: {source}")]
pub struct FillError {
    /// Which request.
    pub operation: String,
    /// What is missing.
    #[source]
    pub source: TemplateError,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Fills a template. Values are percent-encoded in path and query, escaped in JSON and forms.
    ///
    /// # Errors
    /// Where a placeholder has no value.
    pub fn fill(template: &RequestTemplate, lookup: &dyn Lookup) -> Result<Self, FillError> {
        let fail = |source| FillError {
            operation: OperationId::of(template.method.as_str(), &template.path.to_string()).to_string(),
            source,
        };
        let mut path = template
            .path
            .fill_with(lookup, |value| encode_segment(&value))
            .map_err(fail)?;
        for (name, value) in &template.query {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&encode_value(name));
            path.push('=');
            path.push_str(&encode_value(&value.fill(lookup).map_err(fail)?));
        }
        let mut headers = Vec::new();
        for (name, value) in &template.headers {
            headers.push((name.clone(), value.fill(lookup).map_err(fail)?));
        }
        let body = fill_body(&template.body, lookup).map_err(fail)?;
        Ok(Self {
            method: template.method,
            path,
            headers,
            body,
        })
    }

    /// The body as text, for looking up what the sender himself sent.
    pub fn body_bytes(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], |body| &body.bytes)
    }
}

/// Percent-encodes a value for a path segment.
pub(crate) fn encode_segment(value: &str) -> String {
    // A segment that is only dots would be taken for navigation by servers and proxies.
    if value == "." || value == ".." {
        return value.replace('.', "%2E");
    }
    utf8_percent_encode(value, SEGMENT).to_string()
}

/// Percent-encodes a value for a query or a form.
pub(crate) fn encode_value(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
}

fn fill_body(body: &Body, lookup: &dyn Lookup) -> Result<Option<RequestBody>, TemplateError> {
    Ok(match body {
        Body::None => None,
        Body::Json(json) => {
            let value: Value = json.fill(lookup)?;
            Some(RequestBody {
                media_type: "application/json".to_owned(),
                bytes: value.to_string().into(),
            })
        }
        Body::Form(fields) => {
            let mut text = String::new();
            for (name, value) in fields {
                if !text.is_empty() {
                    text.push('&');
                }
                text.push_str(&encode_value(name));
                text.push('=');
                text.push_str(&encode_value(&value.fill(lookup)?));
            }
            Some(RequestBody {
                media_type: "application/x-www-form-urlencoded".to_owned(),
                bytes: text.into(),
            })
        }
        Body::Multipart(parts) => {
            let mut random = [0; 12];
            rand::rng().fill_bytes(&mut random);
            let boundary = format!(
                "launchgate{}",
                random.iter().map(|b| format!("{b:02x}")).collect::<String>()
            );
            let mut text = String::new();
            for part in parts {
                text.push_str(&format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"",
                    quoted(&part.name)
                ));
                if let Some(file_name) = &part.file_name {
                    text.push_str(&format!("; filename=\"{}\"", quoted(&file_name.fill(lookup)?)));
                }
                text.push_str("\r\n");
                if let Some(media_type) = &part.media_type {
                    text.push_str(&format!("Content-Type: {media_type}\r\n"));
                }
                text.push_str("\r\n");
                text.push_str(&part.content.fill(lookup)?);
                text.push_str("\r\n");
            }
            text.push_str(&format!("--{boundary}--\r\n"));
            Some(RequestBody {
                media_type: format!("multipart/form-data; boundary={boundary}"),
                bytes: text.into(),
            })
        }
        Body::Text { media_type, text } => Some(RequestBody {
            media_type: media_type.clone(),
            bytes: text.fill(lookup)?.into(),
        }),
    })
}

/// A name in a quoted string of a multipart header (RFC 7578 section 2 points to percent-encoding for the three).
fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use gate_spec::{JsonTemplate, Template};
    use serde_json::json;

    use super::*;

    #[test]
    fn values_cannot_leave_their_place() {
        let mut template = RequestTemplate::new(Method::Post, Template::parse_path("/p/{id}").expect("a path"));
        template
            .query
            .push(("q".to_owned(), Template::parse("{{id}}").expect("a text")));
        template.body = Body::Json(JsonTemplate::parse(json!({"name": "{{id}}"})).expect("a body"));
        let request = Request::fill(&template, &|_: &str| Some(json!("../a?b=c&\"d\""))).expect("filled");
        assert_eq!(request.path, "/p/..%2Fa%3Fb=c&%22d%22?q=..%2Fa%3Fb%3Dc%26%22d%22");
        assert_eq!(request.body_bytes(), br#"{"name":"../a?b=c&\"d\""}"#);
    }
}
