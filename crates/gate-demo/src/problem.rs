//! Everything that is not an answer: the status, a JSON body `{"error", "message"}` and why it was refused.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// What a handler returns.
pub(crate) type Answer = Result<Response, Problem>;

/// Why somebody was refused; travels in the response's extensions, for the sabotage only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No credentials, or none that are valid.
    Anonymous,
    /// The object belongs to another tenant.
    Foreign,
    /// The role does not allow it.
    Role,
}

/// A request that was not served.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    refusal: Option<Refusal>,
    retry_after: Option<String>,
    object: Option<Box<Value>>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            refusal: None,
            retry_after: None,
            object: None,
        }
    }

    fn refused(mut self, refusal: Refusal) -> Self {
        self.refusal = Some(refusal);
        self
    }

    /// No valid access token came with the request.
    pub fn anonymous() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "a valid access token is needed",
        )
        .refused(Refusal::Anonymous)
    }

    /// A login, refresh or one-time code that is wrong; says no more than that.
    pub fn bad_credentials() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "bad_credentials",
            "the credentials are wrong or expired",
        )
    }

    /// The caller's role does not allow the operation.
    pub fn role() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "your role does not allow this").refused(Refusal::Role)
    }

    /// The operation is refused to everybody in this form, whatever the role.
    pub fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// The object is another tenant's; looks exactly like [`Problem::missing`].
    pub fn foreign() -> Self {
        Self::missing().refused(Refusal::Foreign)
    }

    /// A foreign object refused with 403, for the holes that do so; `object` is what they show of it.
    pub fn foreign_forbidden(object: Option<Value>) -> Self {
        let problem = Self::new(StatusCode::FORBIDDEN, "forbidden", "this is not yours").refused(Refusal::Foreign);
        Self {
            object: object.map(Box::new),
            ..problem
        }
    }

    /// No such object.
    pub fn missing() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "no such object")
    }

    /// No such path.
    pub fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "no such path")
    }

    /// The path exists, but not with this method.
    pub fn method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this method is not served here",
        )
    }

    /// The object's state does not allow the operation.
    pub fn conflict(message: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// The body is no JSON, or no multipart form.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// The body was readable, but is not what the operation takes.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message)
    }

    /// The body is of a kind that the operation does not take.
    pub fn media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "send application/json",
        )
    }

    /// The body is too large.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large")
    }

    /// A table is full.
    pub fn full() -> Self {
        Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "full",
            "the demo holds no more objects of this kind",
        )
    }

    /// Too many requests; the caller may come back after so many seconds.
    pub fn throttled(retry_after: u64) -> Self {
        Self::throttled_until(retry_after.max(1).to_string())
    }

    /// The same, with a text of the caller's choice in `Retry-After`.
    pub fn throttled_until(retry_after: String) -> Self {
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "throttled",
            "too many attempts, try again later",
        );
        Self {
            retry_after: Some(retry_after),
            ..problem
        }
    }

    /// The account is locked for so many seconds.
    pub fn locked(seconds: u64) -> Self {
        let problem = Self::new(StatusCode::LOCKED, "locked", "the account is locked for a while");
        Self {
            retry_after: Some(seconds.max(1).to_string()),
            ..problem
        }
    }

    /// A picture has to be read first.
    pub fn captcha() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "captcha_required",
            "read the picture and try again",
        )
    }

    /// The server itself failed.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.code, "message": self.message });
        if let Some(object) = self.object {
            body["object"] = *object;
        }
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(text) = self.retry_after
            && let Ok(text) = HeaderValue::from_str(&text)
        {
            response.headers_mut().insert(header::RETRY_AFTER, text);
        }
        if let Some(refusal) = self.refusal {
            response.extensions_mut().insert(refusal);
        }
        response
    }
}
