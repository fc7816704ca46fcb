//! Bodies as they were sent. They are read after the guards, so that a refusal never depends on the body.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::header,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::Problem;

/// A body, not yet looked at.
pub(crate) struct Sent {
    bytes: Bytes,
    is_json: bool,
}

/// Rules that a type cannot express.
pub(crate) trait Check {
    /// Says what is wrong.
    fn check(&self) -> Result<(), String>;
}

impl Sent {
    /// The bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The body without a field that nothing asks for, and what was in it: a binding that takes whatever has a column.
    pub fn without(self, field: &str) -> (Self, Option<Value>) {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(&self.bytes) else {
            return (self, None);
        };
        let value = fields.remove(field);
        let bytes = Value::Object(fields).to_string().into();
        (Self { bytes, ..self }, value)
    }

    /// Reads the body: 415 if it is not JSON by its type, 400 if it is no JSON, 422 if it is not what is asked for.
    pub fn read<T: DeserializeOwned + Check>(&self) -> Result<T, Problem> {
        if !self.is_json {
            return Err(Problem::media_type());
        }
        let value: T = serde_json::from_slice(&self.bytes).map_err(|error| {
            if error.is_data() {
                Problem::invalid(error.to_string())
            } else {
                Problem::malformed("the body is no JSON")
            }
        })?;
        value.check().map_err(Problem::invalid)?;
        Ok(value)
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let essence = content_type
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .trim();
        let is_json = essence.eq_ignore_ascii_case("application/json");
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Problem::too_large())?;
        Ok(Self { bytes, is_json })
    }
}

/// A text of so many characters.
pub(crate) fn length(field: &str, text: &str, least: usize, most: usize) -> Result<(), String> {
    let count = text.chars().count();
    if count < least || count > most {
        return Err(format!("{field} needs {least} to {most} characters"));
    }
    Ok(())
}

/// The same for a field that may be left out.
pub(crate) fn length_if(field: &str, text: Option<&String>, least: usize, most: usize) -> Result<(), String> {
    text.map_or(Ok(()), |text| length(field, text, least, most))
}
