//! The `signed` section: operations whose callers sign instead of logging in.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::Text;

/// How the caller of an operation signs what he sends.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Signed {
    /// What he signs with. Keep it in the environment.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) secret: Text,
    /// The scheme. The keys below change it; without one they say it all.
    pub(crate) scheme: Option<SchemeWord>,
    /// The header with the signature.
    pub(crate) header: Option<String>,
    /// What that header holds, with `{{signature}}`, `{{timestamp}}` and `{{id}}`. Default: `{{signature}}`.
    pub(crate) value: Option<String>,
    /// What is signed, with `{{body}}`, `{{timestamp}}` and `{{id}}`. Default: `{{body}}`.
    pub(crate) payload: Option<String>,
    /// The hash of the HMAC. Default: `sha256`.
    pub(crate) hash: Option<HashWord>,
    /// How the signature is written. Default: `hex`.
    pub(crate) encoding: Option<EncodingWord>,
    /// A header of its own with the moment.
    pub(crate) timestamp_header: Option<String>,
    /// How the moment is written. Default: `seconds`.
    pub(crate) timestamp: Option<MomentWord>,
    /// A header of its own with the id of the delivery.
    pub(crate) id_header: Option<String>,
    /// How old a delivery may be. Default: `5m`.
    pub(crate) tolerance: Option<String>,
    /// What becomes of a second delivery of one id. Default: `taken`, because most targets answer it and do nothing.
    pub(crate) duplicates: Option<DuplicatesWord>,
    /// A delivery that the target takes. Default: the operation's own request.
    pub(crate) sample: Option<SampleBody>,
}

/// A body, and headers beside those of the signature.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct SampleBody {
    /// A JSON body.
    pub(crate) json: Option<Value>,
    /// A body of plain text.
    pub(crate) text: Option<String>,
    /// Headers.
    pub(crate) headers: Option<IndexMap<String, Text>>,
}

/// Schemes that senders document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SchemeWord {
    /// `Stripe-Signature: t=…,v1=…` over `{{timestamp}}.{{body}}`.
    Stripe,
    /// `X-Hub-Signature-256: sha256=…` over the body.
    Github,
    /// `X-Slack-Signature: v0=…` over `v0:{{timestamp}}:{{body}}`, the moment in `X-Slack-Request-Timestamp`.
    Slack,
    /// `X-Shopify-Hmac-Sha256: …` in base64 over the body.
    Shopify,
    /// `webhook-signature: v1,…` in base64 over `{{id}}.{{timestamp}}.{{body}}` (Standard Webhooks, Svix).
    StandardWebhooks,
}

/// The hash of an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub(crate) enum HashWord {
    Sha1,
    Sha256,
    Sha512,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub(crate) enum EncodingWord {
    Hex,
    Base64,
}

/// How a moment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MomentWord {
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
    /// RFC 3339.
    Rfc3339,
}

/// What becomes of a second delivery of one id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DuplicatesWord {
    /// It is answered like the first one, and does nothing.
    Taken,
    /// It is refused.
    Refused,
}
