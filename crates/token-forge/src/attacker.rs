//! The attacker's own keys. They are public, belong to nobody, and must never open anything: whoever accepts what they sign
//! trusts keys that a token brings along.
//!
//! The RSA primes are written down because finding them takes seconds; the other keys come from a label.

use std::str::FromStr as _;
use std::sync::LazyLock;
use std::time::Duration;

use rsa::pkcs1v15;
use rsa::sha2::{Digest as _, Sha256, Sha512};
use rsa::{BigUint, RsaPrivateKey};
use serde_json::{Value, json};
use x509_cert::builder::{Builder as _, CertificateBuilder, Profile};
use x509_cert::der::Encode as _;
use x509_cert::der::asn1::UtcTime;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};

use crate::algorithm::{Algorithm, KeyKind};
use crate::key::SigningKey;

const PRIME_P: &str = "e4847097b05810eff9e7bf79f7ac8e06ac98405029ba57565640b8a8cf70793877c20bd40f2d5bc9262c58cfe64dfb410\
    795d4494c850e219f4ce84518653162f838926c8e640992e82cbad8604f298059774e4c5dd0e9437bcd2c2255d42e4a760fb9d9d3ab893d986b33b05\
    b44e262569da5580f78034dde0ec3f9e0d2cd09";
const PRIME_Q: &str = "dc267acd9dba377ecf1fe2ed0dc56eb5a9cb0e437fbb6ad9f214e47b483b1ba3001974fb9de499550372e54c10cc6ff31\
    a5c5342c50873b84e3c4e5ab521631ebbdbfdf80b6704a4a204a1279ed540968f2325586ffd508496178d2773072ccace593fd843183d82f69b8e546\
    66cdfe7cd104baac2909ee31de8621dbbfe0a07";
/// The certificates are good from 2020 to 2049, in seconds since 1970.
const VALIDITY: [u64; 2] = [1_577_836_800, 2_493_072_000];

static RSA: LazyLock<RsaPrivateKey> = LazyLock::new(|| {
    let prime = |digits: &str| BigUint::parse_bytes(digits.as_bytes(), 16).expect("the primes are hexadecimal");
    RsaPrivateKey::from_p_q(prime(PRIME_P), prime(PRIME_Q), BigUint::from(65_537_u32)).expect("the primes make a key")
});

/// A number below 2^(8 × size) that is never zero; the first byte is, so that it is below the order of every curve.
fn scalar(label: &str, size: usize) -> Vec<u8> {
    let hash = Sha512::digest(format!("attacker {label}"));
    let mut bytes: Vec<u8> = hash.iter().copied().cycle().take(size).collect();
    bytes[0] = 0;
    bytes
}

/// The attacker's key for an algorithm.
pub fn key(algorithm: Algorithm) -> SigningKey {
    const BELOW: &str = "the number is below the order of the curve";
    match algorithm {
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
            SigningKey::hmac(Sha512::digest(b"attacker HMAC").to_vec())
        }
        Algorithm::Es256 => SigningKey::p256(p256::ecdsa::SigningKey::from_slice(&scalar("P-256", 32)).expect(BELOW)),
        Algorithm::Es384 => SigningKey::p384(p384::ecdsa::SigningKey::from_slice(&scalar("P-384", 48)).expect(BELOW)),
        Algorithm::Es512 => SigningKey::p521(p521::SecretKey::from_slice(&scalar("P-521", 66)).expect(BELOW)),
        Algorithm::EdDsa => SigningKey::ed25519(ed25519_dalek::SigningKey::from_bytes(
            &Sha256::digest(b"attacker Ed25519").into(),
        )),
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512 => SigningKey::rsa(RSA.clone()),
    }
}

/// The key as a JWK under a key id: the public part, or for HMAC the secret itself.
pub fn jwk(algorithm: Algorithm, kid: &str) -> Value {
    let mut jwk = match key(algorithm).public() {
        Some(public) => public.jwk(),
        None => json!({ "kty": "oct", "k": crate::base64url::encode(Sha512::digest(b"attacker HMAC")) }),
    };
    jwk["kid"] = kid.into();
    jwk["alg"] = algorithm.name().into();
    jwk["use"] = "sig".into();
    jwk
}

/// A certificate that the attacker signed himself, in DER, for an RSA or ES256 key; `None` for others.
pub fn certificate(algorithm: Algorithm) -> Option<Vec<u8>> {
    static RSA_CERTIFICATE: LazyLock<Option<Vec<u8>>> =
        LazyLock::new(|| self_signed(&pkcs1v15::SigningKey::<Sha256>::new(RSA.clone())));
    static EC_CERTIFICATE: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| {
        let key = p256::ecdsa::SigningKey::from_slice(&scalar("P-256", 32)).ok()?;
        self_signed_ec(&key)
    });
    match algorithm.key_kind() {
        KeyKind::RsaPkcs1 | KeyKind::RsaPss => RSA_CERTIFICATE.clone(),
        KeyKind::Ec if algorithm == Algorithm::Es256 => EC_CERTIFICATE.clone(),
        KeyKind::Ec | KeyKind::Ed | KeyKind::Hmac => None,
    }
}

fn self_signed(key: &pkcs1v15::SigningKey<Sha256>) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoOwned::from_key(RSA.to_public_key()).ok()?;
    let (serial, validity, name) = names()?;
    let builder = CertificateBuilder::new(Profile::Root, serial, validity, name, info, key).ok()?;
    builder.build::<pkcs1v15::Signature>().ok()?.to_der().ok()
}

fn self_signed_ec(key: &p256::ecdsa::SigningKey) -> Option<Vec<u8>> {
    let info = SubjectPublicKeyInfoOwned::from_key(*key.verifying_key()).ok()?;
    let (serial, validity, name) = names()?;
    let builder = CertificateBuilder::new(Profile::Root, serial, validity, name, info, key).ok()?;
    builder.build::<p256::ecdsa::DerSignature>().ok()?.to_der().ok()
}

fn names() -> Option<(SerialNumber, Validity, Name)> {
    let time = |at| {
        UtcTime::from_unix_duration(Duration::from_secs(at))
            .ok()
            .map(Time::UtcTime)
    };
    let validity = Validity {
        not_before: time(VALIDITY[0])?,
        not_after: time(VALIDITY[1])?,
    };
    Some((SerialNumber::from(1_u32), validity, Name::from_str("CN=attacker").ok()?))
}
