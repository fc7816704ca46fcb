//! Callers that sign what they send, such as webhooks: they have no session, and the signature is their credential.

use std::time::Duration;

use gate_model::{Location, OperationId, Secret};

use crate::RequestTemplate;

/// The hash of an HMAC (RFC 2104).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureHash {
    /// HMAC-SHA-1, which older senders still use.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureText {
    /// Hexadecimal digits in lower case.
    Hex,
    /// Base64 (RFC 4648 section 4).
    Base64,
}

/// How a moment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedMoment {
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
    /// RFC 3339.
    Rfc3339,
}

/// How a sender signs.
///
/// What is signed (`payload`) and what the header holds (`value`) are texts with the placeholders `{{body}}`, `{{timestamp}}`, `{{id}}`
/// and, in `value`, `{{signature}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureScheme {
    /// The header with the signature.
    pub header: String,
    /// What that header holds: `t={{timestamp}},v1={{signature}}`.
    pub value: String,
    /// What is signed: `{{timestamp}}.{{body}}`.
    pub payload: String,
    /// The hash.
    pub hash: SignatureHash,
    /// How the signature is written.
    pub text: SignatureText,
    /// How the moment is written.
    pub moment: SignedMoment,
    /// A header of its own with the moment.
    pub timestamp_header: Option<String>,
    /// A header of its own with the id of the delivery.
    pub id_header: Option<String>,
}

impl SignatureScheme {
    /// Whether the moment is part of what is signed, so that an old delivery can be told.
    pub fn is_timed(&self) -> bool {
        self.payload.contains("{{timestamp}}")
    }
}

/// An operation whose caller signs.
#[derive(Clone, Debug)]
pub struct SignedCaller {
    /// The operation.
    pub operation: OperationId,
    /// A delivery that the target takes; none where the operation's own request is one.
    pub sample: Option<RequestTemplate>,
    /// How the sender signs.
    pub scheme: SignatureScheme,
    /// What he signs with; the bytes themselves.
    pub secret: Secret<String>,
    /// Whether the secret is written in base64 behind `whsec_`, as Standard Webhooks does.
    pub secret_is_base64: bool,
    /// How old a delivery may be.
    pub tolerance: Duration,
    /// Whether a second delivery of one id is refused; most targets take it and do nothing.
    pub refuses_duplicates: bool,
    /// Where it stands.
    pub source: Option<Location>,
}
