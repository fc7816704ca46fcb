//! A signed token in its compact form, taken apart: three segments, two JSON objects, a signature.
//!
//! Nothing is verified here, and nothing that arrives is trusted: sizes are bounded, odd headers are kept as they are.

use std::fmt;

use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::base64url;

/// The longest token that is looked at, in bytes. Servers refuse header lines far below.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// A JSON object of a token, in the order of its text.
pub type Members = Map<String, Value>;

/// A compact JSON Web Signature (RFC 7515 section 7.1) whose header and payload are JSON objects: a signed JWT.
#[derive(Clone, PartialEq, Eq)]
pub struct Jws {
    segments: [String; 3],
    header: Members,
    claims: Members,
    signature: Option<Vec<u8>>,
}

impl Jws {
    /// Takes a token apart. `None` where it is longer than [`MAX_TOKEN_BYTES`], has not three segments, or where the first two
    /// are not base64url of JSON objects. A signature that is not base64url is kept as text.
    pub fn parse(token: &str) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let mut segments = token.split('.');
        let (header, payload, signature) = (segments.next()?, segments.next()?, segments.next()?);
        if segments.next().is_some() {
            return None;
        }
        let object = |segment: &str| serde_json::from_slice::<Members>(&base64url::decode(segment)?).ok();
        Some(Self {
            header: object(header)?,
            claims: object(payload)?,
            signature: base64url::decode(signature),
            segments: [header, payload, signature].map(str::to_owned),
        })
    }

    /// The protected header. Of a name that stands twice, the last value.
    pub fn header(&self) -> &Members {
        &self.header
    }

    /// The claims. Of a name that stands twice, the last value (RFC 7519 section 4).
    pub fn claims(&self) -> &Members {
        &self.claims
    }

    /// The bytes of the signature, if it is base64url.
    pub fn signature(&self) -> Option<&[u8]> {
        self.signature.as_deref()
    }

    /// The first segment as it stood.
    pub fn header_segment(&self) -> &str {
        &self.segments[0]
    }

    /// The second segment as it stood.
    pub fn payload_segment(&self) -> &str {
        &self.segments[1]
    }

    /// The third segment as it stood.
    pub fn signature_segment(&self) -> &str {
        &self.segments[2]
    }

    /// What is signed: the first two segments with the dot between them.
    pub fn signing_input(&self) -> String {
        format!("{}.{}", self.segments[0], self.segments[1])
    }

    /// The whole token again.
    pub fn text(&self) -> String {
        self.segments.join(".")
    }

    /// The header's `alg`, if it is text.
    pub fn alg(&self) -> Option<&str> {
        self.header.get("alg")?.as_str()
    }

    /// The algorithm that `alg` names, if this crate knows it.
    pub fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::named(self.alg()?)
    }

    /// The header's `kid`, if it is text.
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }

    /// The header's `typ`, if it is text.
    pub fn typ(&self) -> Option<&str> {
        self.header.get("typ")?.as_str()
    }

    /// Whether `typ` declares the JWT profile for OAuth 2.0 access tokens, which asks for more claims than a plain JWT (RFC 9068
    /// section 2.1). Media types are compared without case, with or without `application/`.
    pub fn is_typed_access_token(&self) -> bool {
        self.typ().is_some_and(|typ| {
            let typ = typ.to_ascii_lowercase();
            typ.strip_prefix("application/").unwrap_or(&typ) == "at+jwt"
        })
    }

    /// The claim `iss`, if it is text.
    pub fn iss(&self) -> Option<&str> {
        self.claims.get("iss")?.as_str()
    }

    /// The claim `sub`, if it is text.
    pub fn sub(&self) -> Option<&str> {
        self.claims.get("sub")?.as_str()
    }

    /// The audiences of the claim `aud`, which is one text or a list of them (RFC 7519 section 4.1.3).
    pub fn aud(&self) -> Vec<&str> {
        match self.claims.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The claim `exp` in seconds since 1970.
    pub fn exp(&self) -> Option<f64> {
        self.claims.get("exp")?.as_f64()
    }

    /// The claim `nbf` in seconds since 1970.
    pub fn nbf(&self) -> Option<f64> {
        self.claims.get("nbf")?.as_f64()
    }

    /// The claim `iat` in seconds since 1970.
    pub fn iat(&self) -> Option<f64> {
        self.claims.get("iat")?.as_f64()
    }

    /// How long the token is good, in seconds: from `iat` (or else `nbf`) to `exp`.
    pub fn lifetime_seconds(&self) -> Option<f64> {
        Some(self.exp()? - self.iat().or_else(|| self.nbf())?)
    }
}

/// Shows the header and the names of the claims, never their values or the signature: a token is a credential.
impl fmt::Debug for Jws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Jws")
            .field("alg", &self.alg())
            .field("claims", &self.claims.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A header and a payload segment with a dot between them, ready to be signed.
pub(crate) fn signing_input(header: &Members, payload_segment: &str) -> String {
    let header = Value::Object(header.clone()).to_string();
    format!("{}.{payload_segment}", base64url::encode(header))
}

/// Claims as a payload segment.
pub(crate) fn payload(claims: &Members) -> String {
    base64url::encode(Value::Object(claims.clone()).to_string())
}

/// A signing input with its signature.
pub(crate) fn compact(signing_input: &str, signature: &[u8]) -> String {
    format!("{signing_input}.{}", base64url::encode(signature))
}
