//! The issuer that the tests take for the true one: keys that exist for these tests alone, and good tokens signed with them by
//! the crate jsonwebtoken.

use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{EncodingKey, Header, encode};
use rsa::pkcs8::LineEnding;
use rsa::{BigUint, RsaPrivateKey};
use serde_json::{Value, json};
use token_forge::{Algorithm, PublicKey, SigningKey};

const PRIME_P: &str = "f69b4b237597dc4ad2844e3555b08607f37c0d0d56d8c394e337022c45e6f427baa6298a7db2fa3375242b11437b50086c7288161e1752\
    5cdd9f616bb00a4ba739bff47162a450252ca69485fef1b2f8271d22e857225eb0a2a5fd0b8add1d524c2d5533a8f011252e6d9b4b4019\
    9a460db171c31081493d2308be475e797965";
const PRIME_Q: &str = "cf4d4e65033a920322c629bdd01a430f463160d4c7a43db4219a22db16e087f49efddce447d8b7ab1d0eaf4ff3e5c1adaaa2e784a56d34\
    c752be8b786861e5d22fddbfdf3499575dd78d2e98d50ecebf2812435ba5f7373496c15b97063d5850aaaccbada3c7df3962abde31d549\
    656e20f4989cb78db9a0ef6ba1c36f988f6f";

/// The time of the tests is now, because jsonwebtoken asks the clock.
pub fn now() -> u64 {
    jsonwebtoken::get_current_timestamp()
}

pub const SECRET: &str = "a secret of the tests that no dictionary has: 8Qx2-uf9-Zz71-kLm0";

/// The issuer's key as the text that a plan would hold.
pub fn key_text(algorithm: Algorithm) -> String {
    let pem = match algorithm {
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => return SECRET.to_owned(),
        Algorithm::Es256 => p256::SecretKey::from_slice(&[7; 32])
            .expect("a key")
            .to_pkcs8_pem(LineEnding::LF),
        Algorithm::Es384 => p384::SecretKey::from_slice(&[7; 48])
            .expect("a key")
            .to_pkcs8_pem(LineEnding::LF),
        Algorithm::Es512 => p521::SecretKey::from_slice(&[0; 65].into_iter().chain([7]).collect::<Vec<u8>>())
            .expect("a key")
            .to_pkcs8_pem(LineEnding::LF),
        Algorithm::EdDsa => ed25519_dalek::SigningKey::from_bytes(&[7; 32]).to_pkcs8_pem(LineEnding::LF),
        _ => {
            let prime = |digits: &str| BigUint::parse_bytes(digits.as_bytes(), 16).expect("a prime");
            let key =
                RsaPrivateKey::from_p_q(prime(PRIME_P), prime(PRIME_Q), BigUint::from(65_537_u32)).expect("a key");
            key.to_pkcs8_pem(LineEnding::LF)
        }
    };
    pem.expect("the key is written").to_string()
}

pub fn signing_key(algorithm: Algorithm) -> SigningKey {
    SigningKey::readings(&key_text(algorithm)).expect("a key").remove(0)
}

/// The public key as the issuer would publish it.
pub fn jwks(algorithm: Algorithm) -> String {
    let mut jwk = signing_key(algorithm).public().expect("a public key").jwk();
    jwk["kid"] = "issuer-1".into();
    jwk["use"] = "sig".into();
    json!({ "keys": [jwk] }).to_string()
}

pub fn public_keys(algorithm: Algorithm) -> Vec<PublicKey> {
    PublicKey::read(&jwks(algorithm)).expect("a public key")
}

pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "https://api.example";

pub fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now() - 60, "nbf": now() - 60, "exp": now() + 3600,
        "role": "viewer", "scope": "notes:read", "tenant": "acme",
    })
}

/// The same algorithm as jsonwebtoken names it; it has no ES512.
pub fn theirs(algorithm: Algorithm) -> Option<jsonwebtoken::Algorithm> {
    algorithm.name().parse().ok()
}

/// A good token, made by jsonwebtoken wherever it knows the algorithm.
pub fn token(algorithm: Algorithm, typ: &str) -> String {
    let Some(known) = theirs(algorithm) else {
        let header = json!({ "typ": typ, "alg": algorithm.name(), "kid": "issuer-1" });
        let input = format!("{}.{}", base64(header.to_string()), base64(claims().to_string()));
        let signature = signing_key(algorithm)
            .sign(algorithm, input.as_bytes())
            .expect("signed");
        return format!("{input}.{}", base64(signature));
    };
    let text = key_text(algorithm);
    let key = match algorithm.name().get(..2) {
        Some("HS") => Ok(EncodingKey::from_secret(text.as_bytes())),
        Some("ES") => EncodingKey::from_ec_pem(text.as_bytes()),
        Some("Ed") => EncodingKey::from_ed_pem(text.as_bytes()),
        _ => EncodingKey::from_rsa_pem(text.as_bytes()),
    };
    let mut header = Header::new(known);
    header.kid = Some("issuer-1".to_owned());
    header.typ = Some(typ.to_owned());
    encode(&header, &claims(), &key.expect("a key")).expect("a token")
}

pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
