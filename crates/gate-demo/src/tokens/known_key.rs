//! Which key checks a token: the demo's own, if the token names it. A token brings no key and names no file.

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};

use super::{Fetched, SigningKey, Token};
use crate::{Hole, SIGNING_KEY, state::App};

/// Where the demo would keep its keys, if it kept them in files.
const FOLDER: &str = "/srv/demo/keys";

/// The server fell over a token.
#[derive(Debug)]
pub(crate) struct Broken;

/// The demo's own key, if the token names it or none.
pub(super) fn named(app: &App, token: &Token, key: &SigningKey) -> Result<Option<DecodingKey>, Broken> {
    let Some(named) = token.header.get("kid") else {
        return Ok(Some(key.public.clone()));
    };
    let Some(id) = named.as_str() else {
        return Ok(None);
    };
    if id != key.id && app.hole(Hole::JwtKidTraversal) {
        return Ok(content(id).map(DecodingKey::from_secret));
    }
    if id != key.id && app.hole(Hole::JwtKidSql) {
        return selected(id).map(|secret| secret.map(|secret| DecodingKey::from_secret(secret.as_bytes())));
    }
    Ok((id == key.id).then(|| key.public.clone()))
}

/// What holes do: a key that the token brought or that was fetched for it, with the algorithm that the token wants.
pub(super) fn of_token(app: &App, token: &Token, fetched: Option<&Fetched>) -> Option<(DecodingKey, Algorithm)> {
    if app.hole(Hole::JwtEmbeddedJwk)
        && let Some(jwk) = token.header.get("jwk")
    {
        return usable(token, &serde_json::from_value(jwk.clone()).ok()?);
    }
    if app.hole(Hole::JwtX5cTrusted)
        && let Some(chain) = token.header.get("x5c")
    {
        return certified(token, chain.get(0)?.as_str()?);
    }
    if let Some(fetched) = fetched
        && app.hole(Hole::JwtJkuFetched)
    {
        let id = token.header_text("kid");
        let key = id.and_then(|id| fetched.keys.find(id)).or(fetched.keys.keys.first());
        return usable(token, key?);
    }
    None
}

/// A foreign key with the algorithm of the token's header.
fn usable(token: &Token, jwk: &Jwk) -> Option<(DecodingKey, Algorithm)> {
    Some((DecodingKey::from_jwk(jwk).ok()?, wanted(token)?))
}

fn wanted(token: &Token) -> Option<Algorithm> {
    let [algorithm] = token.algorithms.as_slice() else {
        return None;
    };
    algorithm.parse().ok()
}

/// The key in a certificate that nobody has vouched for (CWE-295).
fn certified(token: &Token, certificate: &str) -> Option<(DecodingKey, Algorithm)> {
    let body = STANDARD.encode(STANDARD.decode(certificate).ok()?);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    let algorithm = wanted(token)?;
    let read = match algorithm {
        Algorithm::ES256 | Algorithm::ES384 => DecodingKey::from_ec_pem,
        Algorithm::EdDSA => DecodingKey::from_ed_pem,
        _ => DecodingKey::from_rsa_pem,
    };
    Some((read(pem.as_bytes()).ok()?, algorithm))
}

/// What is in the file that a key id leads to (CWE-22). The files are of this function alone; no disk is read.
fn content(id: &str) -> Option<&'static [u8]> {
    let mut at: Vec<&str> = FOLDER.split('/').filter(|part| !part.is_empty()).collect();
    if id.starts_with('/') {
        at.clear();
    }
    // A text in C ends at the first NUL.
    for part in id.split('\0').next().unwrap_or_default().split('/') {
        match part {
            "" | "." => {}
            ".." => {
                at.pop();
            }
            part => at.push(part),
        }
    }
    match at.join("/").as_str() {
        "dev/null" => Some(b""),
        "proc/sys/kernel/randomize_va_space" => Some(b"2\n"),
        "srv/demo/keys/demo-hs256" => Some(SIGNING_KEY.as_bytes()),
        _ => None,
    }
}

/// What a database answers to `SELECT secret FROM keys WHERE id = '…'` (CWE-89): one row of a `UNION`, the first row if
/// the condition is always true, an error if the quotes do not fit.
fn selected(id: &str) -> Result<Option<String>, Broken> {
    let Some((_, injected)) = id.split_once('\'') else {
        return Ok(None);
    };
    let words = injected.trim_start().to_ascii_lowercase();
    let union = words.strip_prefix("union").map(str::trim_start);
    let union = union.map(|rest| rest.strip_prefix("all").map_or(rest, str::trim_start));
    if union.is_some_and(|rest| rest.starts_with("select")) {
        let literal = injected.split('\'').nth(1).ok_or(Broken)?;
        return Ok(Some(literal.to_owned()));
    }
    if words.starts_with("or") && (words.contains("--") || words.contains('#') || words.matches('\'').count() % 2 == 1)
    {
        return Ok(Some(SIGNING_KEY.to_owned()));
    }
    Err(Broken)
}
