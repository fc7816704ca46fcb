//! JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037): read and written.

use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey};
use serde_json::{Value, json};

use super::public::Public;
use super::signing::Secret;
use super::{MAX_KEYS, der};
use crate::base64url;
use crate::jws::Members;

/// The keys of a JSON text: one key, a set, or the map from key id to certificate that Google publishes.
pub(super) fn members(text: &str) -> Vec<Members> {
    let Ok(document) = serde_json::from_str::<Members>(text) else {
        return Vec::new();
    };
    if let Some(Value::Array(keys)) = document.get("keys") {
        return keys
            .iter()
            .take(MAX_KEYS)
            .filter_map(Value::as_object)
            .cloned()
            .collect();
    }
    vec![document]
}

fn bytes(key: &Members, name: &str) -> Option<Vec<u8>> {
    base64url::decode_any(key.get(name)?.as_str()?)
}

fn text<'a>(key: &'a Members, name: &str) -> &'a str {
    key.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The public part of a key. Of a symmetric key there is none.
pub(super) fn public(key: &Members) -> Option<Public> {
    match (text(key, "kty"), text(key, "crv")) {
        ("RSA", _) => der::rsa(&bytes(key, "n")?, &bytes(key, "e")?),
        ("EC", "P-256") => p256::ecdsa::VerifyingKey::from_sec1_bytes(&point(key, 32)?)
            .ok()
            .map(Public::P256),
        ("EC", "P-384") => p384::ecdsa::VerifyingKey::from_sec1_bytes(&point(key, 48)?)
            .ok()
            .map(Public::P384),
        ("EC", "P-521") => p521::PublicKey::from_sec1_bytes(&point(key, 66)?)
            .ok()
            .map(Public::P521),
        ("OKP", "Ed25519") => {
            let bytes = bytes(key, "x")?.try_into().ok()?;
            ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok().map(Public::Ed)
        }
        _ => None,
    }
}

/// An uncompressed point. Coordinates that lost their leading zeros get them back.
fn point(key: &Members, size: usize) -> Option<Vec<u8>> {
    let mut point = vec![4];
    for name in ["x", "y"] {
        point.extend(padded(&bytes(key, name)?, size)?);
    }
    Some(point)
}

fn padded(number: &[u8], size: usize) -> Option<Vec<u8>> {
    let missing = size.checked_sub(number.len())?;
    Some([vec![0; missing], number.to_vec()].concat())
}

/// The private key, if it is one.
pub(super) fn private(key: &Members) -> Option<Secret> {
    match (text(key, "kty"), text(key, "crv")) {
        ("oct", _) => bytes(key, "k").map(Secret::Hmac),
        ("RSA", _) => {
            let number = |name: &str| Some(BigUint::from_bytes_be(&bytes(key, name)?));
            let primes = vec![number("p")?, number("q")?];
            let made = RsaPrivateKey::from_components(number("n")?, number("e")?, number("d")?, primes);
            made.ok().map(|key| Secret::Rsa(Box::new(key)))
        }
        ("EC", "P-256") => p256::ecdsa::SigningKey::from_slice(&padded(&bytes(key, "d")?, 32)?)
            .ok()
            .map(Secret::P256),
        ("EC", "P-384") => p384::ecdsa::SigningKey::from_slice(&padded(&bytes(key, "d")?, 48)?)
            .ok()
            .map(Secret::P384),
        ("EC", "P-521") => p521::SecretKey::from_slice(&padded(&bytes(key, "d")?, 66)?)
            .ok()
            .map(Secret::P521),
        ("OKP", "Ed25519") => {
            let bytes: [u8; 32] = bytes(key, "d")?.try_into().ok()?;
            Some(Secret::Ed(ed25519_dalek::SigningKey::from_bytes(&bytes)))
        }
        _ => None,
    }
}

/// A public key with the members that its thumbprint needs, in the order of RFC 7518.
pub(super) fn written(key: &Public) -> Value {
    let curve = |name: &str, x: Option<&[u8]>, y: Option<&[u8]>| {
        let coordinate = |bytes: Option<&[u8]>| base64url::encode(bytes.unwrap_or_default());
        json!({ "kty": "EC", "crv": name, "x": coordinate(x), "y": coordinate(y) })
    };
    match key {
        Public::Rsa(key) => json!({
            "kty": "RSA",
            "n": base64url::encode(key.n().to_bytes_be()),
            "e": base64url::encode(key.e().to_bytes_be()),
        }),
        Public::P256(key) => {
            let point = key.to_encoded_point(false);
            curve("P-256", point.x().map(AsRef::as_ref), point.y().map(AsRef::as_ref))
        }
        Public::P384(key) => {
            let point = key.to_encoded_point(false);
            curve("P-384", point.x().map(AsRef::as_ref), point.y().map(AsRef::as_ref))
        }
        Public::P521(key) => {
            let point = key.to_encoded_point(false);
            curve("P-521", point.x().map(AsRef::as_ref), point.y().map(AsRef::as_ref))
        }
        Public::Ed(key) => json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url::encode(key.as_bytes()) }),
    }
}
