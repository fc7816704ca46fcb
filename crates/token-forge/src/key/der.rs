//! Keys in their binary encodings: PKCS #8, PKCS #1, SEC 1, SubjectPublicKeyInfo, certificates.

use ed25519_dalek::pkcs8::DecodePublicKey as _;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPublicKey as _};
use rsa::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _};
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey};
use x509_cert::der::{Decode as _, Encode as _};

use super::MAX_RSA_BITS;
use super::public::Public;
use super::signing::Secret;

/// A private key of any of the encodings that stand below these PEM labels.
pub(super) fn private(label: &str, der: &[u8]) -> Option<Secret> {
    match label {
        "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(der).ok().map(rsa_secret),
        "EC PRIVATE KEY" => sec1(der),
        "PRIVATE KEY" => RsaPrivateKey::from_pkcs8_der(der)
            .map(rsa_secret)
            .or_else(|_| p256::SecretKey::from_pkcs8_der(der).map(|key| Secret::P256(key.into())))
            .or_else(|_| p384::SecretKey::from_pkcs8_der(der).map(|key| Secret::P384(key.into())))
            .or_else(|_| p521::SecretKey::from_pkcs8_der(der).map(Secret::P521))
            .or_else(|_| ed25519_dalek::SigningKey::from_pkcs8_der(der).map(Secret::Ed))
            .ok(),
        _ => None,
    }
}

fn rsa_secret(key: RsaPrivateKey) -> Secret {
    Secret::Rsa(Box::new(key))
}

fn sec1(der: &[u8]) -> Option<Secret> {
    p256::SecretKey::from_sec1_der(der)
        .map(|key| Secret::P256(key.into()))
        .or_else(|_| p384::SecretKey::from_sec1_der(der).map(|key| Secret::P384(key.into())))
        .or_else(|_| p521::SecretKey::from_sec1_der(der).map(Secret::P521))
        .ok()
}

/// A public key below one of these PEM labels.
pub(super) fn public(label: &str, der: &[u8]) -> Option<Public> {
    match label {
        "PUBLIC KEY" => spki(der),
        "RSA PUBLIC KEY" => pkcs1(der),
        "CERTIFICATE" => certificate(der),
        _ => None,
    }
}

/// The key of a certificate. Nothing else of the certificate is looked at.
pub(super) fn certificate(der: &[u8]) -> Option<Public> {
    let certificate = x509_cert::Certificate::from_der(der).ok()?;
    spki(&certificate.tbs_certificate.subject_public_key_info.to_der().ok()?)
}

fn spki(der: &[u8]) -> Option<Public> {
    let info = rsa::pkcs8::SubjectPublicKeyInfoRef::try_from(der).ok()?;
    if info.algorithm.oid == rsa::pkcs1::ALGORITHM_OID {
        return pkcs1(info.subject_public_key.as_bytes()?);
    }
    p256::ecdsa::VerifyingKey::from_public_key_der(der)
        .map(Public::P256)
        .or_else(|_| p384::ecdsa::VerifyingKey::from_public_key_der(der).map(Public::P384))
        .or_else(|_| p521::PublicKey::from_public_key_der(der).map(Public::P521))
        .or_else(|_| ed25519_dalek::VerifyingKey::from_public_key_der(der).map(Public::Ed))
        .ok()
}

fn pkcs1(der: &[u8]) -> Option<Public> {
    let key = rsa::pkcs1::RsaPublicKey::try_from(der).ok()?;
    rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes())
}

/// An RSA key of its two numbers, within [`MAX_RSA_BITS`].
pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Public> {
    let (modulus, exponent) = (BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent));
    let key = RsaPublicKey::new_with_max_size(modulus, exponent, MAX_RSA_BITS).ok()?;
    Some(Public::Rsa(key))
}

/// The SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) of a key.
pub(super) fn spki_of(key: &Public) -> Option<Vec<u8>> {
    let document = match key {
        Public::Rsa(key) => key.to_public_key_der(),
        Public::P256(key) => key.to_public_key_der(),
        Public::P384(key) => key.to_public_key_der(),
        Public::P521(key) => key.to_public_key_der(),
        Public::Ed(key) => key.to_public_key_der(),
    };
    document.ok().map(|document| document.into_vec())
}

/// The RSAPublicKey (RFC 8017 appendix A.1.1) of an RSA key.
pub(super) fn pkcs1_of(key: &Public) -> Option<Vec<u8>> {
    let Public::Rsa(key) = key else {
        return None;
    };
    key.to_pkcs1_der().ok().map(|document| document.into_vec())
}
