//! Is a token signed by this demo? The algorithm and the key are the demo's own choice, never the token's.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};

use super::{
    Fetched, Token,
    keys::rs256_public_pem,
    known_key::{self, Broken},
};
use crate::{Hole, guard::Asked, state::App};

/// Whether the signature holds.
pub(super) fn holds(app: &App, asked: &Asked, token: &Token, fetched: Option<&Fetched>) -> Result<bool, Broken> {
    let Some(key) = &app.signing else {
        return Ok(false);
    };
    if unchecked(app, asked) || unsigned(app, asked, token) {
        return Ok(true);
    }
    let Some(signature) = &token.signature else {
        return Ok(token.is_signed_with(key.algorithm_name()));
    };
    if signature.is_empty() && app.hole(Hole::JwtEmptySignature) {
        return Ok(token.is_signed_with(key.algorithm_name()));
    }
    // The public key is known to everybody, and becomes a secret here (RFC 8725, 2.1; CVE-2016-10555).
    if app.hole(Hole::JwtKeyConfusion) && token.is_signed_with("HS256") {
        let secret = DecodingKey::from_secret(rs256_public_pem().as_bytes());
        return Ok(verified(token, signature, &secret, Algorithm::HS256));
    }
    // Zero times anything is zero (CVE-2022-21449).
    if app.hole(Hole::JwtPsychicSignature) && token.is_signed_with("ES256") && is_zero(signature) {
        return Ok(true);
    }
    if let Some((public, algorithm)) = known_key::of_token(app, token, fetched) {
        return Ok(verified(token, signature, &public, algorithm));
    }
    if !token.is_signed_with(key.algorithm_name()) {
        return Ok(false);
    }
    let Some(public) = known_key::named(app, token, key)? else {
        return Ok(false);
    };
    Ok(verified(token, signature, &public, key.algorithm))
}

fn verified(token: &Token, signature: &str, key: &DecodingKey, algorithm: Algorithm) -> bool {
    crypto::verify(signature, token.message.as_bytes(), key, algorithm).unwrap_or(false)
}

/// Guards that forgot to look at the signature.
fn unchecked(app: &App, asked: &Asked) -> bool {
    app.hole(Hole::JwtSignatureIgnored)
        || (app.hole(Hole::JwtSignatureIgnoredOnInvoices) && asked.is_under("/invoices"))
}

/// Guards that take the word of a token that it needs no signature (RFC 8725, 2.1; CVE-2015-9235).
fn unsigned(app: &App, asked: &Asked, token: &Token) -> bool {
    let says_none = |algorithm: &String| algorithm.eq_ignore_ascii_case("none");
    if app.hole(Hole::JwtDuplicateAlg) && token.algorithms.len() > 1 {
        // One reader finds the algorithm that is allowed, and another the one that is used.
        return token.algorithms.iter().any(says_none);
    }
    let on_document_patch = asked.method == "PATCH" && asked.path.contains("/documents/");
    if app.hole(Hole::JwtAlgNone) || (app.hole(Hole::JwtAlgNoneOnDocumentPatch) && on_document_patch) {
        return token.is_signed_with("none");
    }
    app.hole(Hole::JwtAlgNoneMixedCase) && !token.is_signed_with("none") && token.algorithms.iter().any(says_none)
}

/// Both numbers of an ECDSA signature are zero, raw or as ASN.1.
fn is_zero(signature: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(signature) else {
        return false;
    };
    bytes == [0; 64] || bytes == [0x30, 6, 2, 1, 0, 2, 1, 0]
}
