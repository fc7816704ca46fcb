//! What a listener of ours has to answer, so that a server that follows a token's addresses finds the attacker's keys there.
//!
//! Every address that a row names is below the listener's own and begins with the id of the row, so that a request tells
//! which row caused it.

use serde_json::json;

use crate::algorithm::Algorithm;
use crate::attacker;
use crate::base64url;

/// Where below a listener a row's key set is.
pub(crate) const KEYS: &str = "keys.json";
/// Where below a listener a row's certificate is.
pub(crate) const CERTIFICATE: &str = "certificate.pem";
/// The key id that the attacker's keys have.
pub(crate) const KID: &str = "attacker";

/// An answer with status 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The header `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// The answer to a `GET` on a path below the listener, and the id of the row that named it. `None` is a 404. `base` is the
/// address that [`crate::Input::listener`] had.
pub fn answer(base: &str, path: &str) -> Option<(String, Answer)> {
    let path = path.split(['?', '#']).next()?.trim_start_matches('/');
    let (row, rest) = path.split_once('/')?;
    let json = |body: serde_json::Value| Answer {
        content_type: "application/json",
        body: body.to_string(),
    };
    let answer = if rest.ends_with(CERTIFICATE) {
        Answer {
            content_type: "application/x-pem-file",
            body: certificate_pem()?,
        }
    } else if rest.ends_with("openid-configuration") || rest.ends_with("oauth-authorization-server") {
        let issuer = format!("{base}/{row}");
        json(json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/{KEYS}") }))
    } else if rest.ends_with(KEYS) {
        json(keys())
    } else {
        return None;
    };
    Some((row.to_owned(), answer))
}

/// One key of each kind, as a JWK set.
fn keys() -> serde_json::Value {
    let kinds = [
        Algorithm::Rs256,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Es512,
        Algorithm::EdDsa,
    ];
    json!({ "keys": kinds.map(|algorithm| {
        let mut key = attacker::jwk(algorithm, KID);
        if algorithm == Algorithm::Rs256 && let Some(key) = key.as_object_mut() {
            // The same key signs with every hash and padding.
            key.shift_remove("alg");
        }
        key
    }) })
}

fn certificate_pem() -> Option<String> {
    let der = attacker::certificate(Algorithm::Rs256)?;
    let packed = base64url::encode_standard(der);
    Some(format!(
        "-----BEGIN CERTIFICATE-----\n{packed}\n-----END CERTIFICATE-----\n"
    ))
}
