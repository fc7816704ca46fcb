//! Public keys: where they come from, whether one made a token, and the bytes that a confused server takes for a secret.

use hmac::digest::FixedOutputReset;
use rsa::RsaPublicKey;
use rsa::pkcs8::AssociatedOid;
use rsa::sha2::digest::Digest;
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::signature::Verifier;
use rsa::signature::hazmat::PrehashVerifier as _;
use serde_json::Value;

use super::text::{blocks, pem};
use super::{KeyError, MAX_KEY_BYTES, MAX_KEYS, der, jwk};
use crate::algorithm::{Algorithm, Hash, KeyKind};
use crate::base64url;
use crate::jws::{Jws, Members};

/// The key itself.
#[derive(Clone, Debug)]
pub(super) enum Public {
    Rsa(RsaPublicKey),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::PublicKey),
    Ed(ed25519_dalek::VerifyingKey),
}

/// A form in which a public key is stored or published, and therefore the bytes that a server hands to HMAC when it lets the
/// token choose the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// PEM of SubjectPublicKeyInfo, with a line break at the end, as `openssl` writes it.
    SpkiPem,
    /// The same without the last line break, as it comes out of an environment variable.
    SpkiPemNoNewline,
    /// The same with carriage returns, as a file from Windows.
    SpkiPemCrlf,
    /// PEM of PKCS #1: `BEGIN RSA PUBLIC KEY`.
    Pkcs1Pem,
    /// The same without the last line break.
    Pkcs1PemNoNewline,
    /// The binary forms, SubjectPublicKeyInfo and PKCS #1, and for curves the bare point or key.
    Der,
    /// The JSON Web Key, as it was published and in its shortest forms.
    Jwk,
    /// The certificate that holds the key.
    CertificatePem,
    /// The text of the plan, if it is in no form above.
    AsGiven,
}

/// A public key with what is known about it.
#[derive(Clone, Debug)]
pub struct PublicKey {
    kid: Option<String>,
    key: Public,
    /// The JWK or PEM as it was read.
    given: Option<String>,
    certificate: Option<String>,
}

impl PublicKey {
    /// Reads the keys of a text: PEM (public keys or certificates, any number), a JWK, a JWK set (RFC 7517 section 5), or a JSON
    /// object of certificates by key id. Keys of unknown kinds are left out, as RFC 7517 section 5 asks.
    ///
    /// # Errors
    ///
    /// Where the text is too long or holds no usable key.
    pub fn read(text: &str) -> Result<Vec<Self>, KeyError> {
        if text.len() > MAX_KEY_BYTES {
            return Err(KeyError::TooLong);
        }
        let keys: Vec<Self> = if text.trim_start().starts_with('{') {
            jwk::members(text)
                .iter()
                .flat_map(Self::of_members)
                .take(MAX_KEYS)
                .collect()
        } else {
            Self::of_pem(text, None)
        };
        if keys.is_empty() {
            Err(KeyError::NoKey)
        } else {
            Ok(keys)
        }
    }

    fn of_members(members: &Members) -> Vec<Self> {
        if members.contains_key("kty") {
            return Self::of_jwk(members).into_iter().collect();
        }
        let texts = members.iter().filter_map(|(kid, text)| Some((kid, text.as_str()?)));
        texts
            .take(MAX_KEYS)
            .flat_map(|(kid, text)| Self::of_pem(text, Some(kid)))
            .collect()
    }

    fn of_jwk(members: &Members) -> Option<Self> {
        let certificate = members
            .get("x5c")
            .and_then(|chain| chain.get(0))
            .and_then(Value::as_str);
        Some(Self {
            kid: members.get("kid").and_then(Value::as_str).map(str::to_owned),
            key: jwk::public(members)?,
            given: Some(Value::Object(members.clone()).to_string()),
            certificate: certificate
                .and_then(base64url::decode_any)
                .map(|der| pem("CERTIFICATE", &der, "\n")),
        })
    }

    fn of_pem(text: &str, kid: Option<&str>) -> Vec<Self> {
        let blocks = blocks(text).into_iter().take(MAX_KEYS);
        let read = blocks.filter_map(|block| {
            Some(Self {
                kid: kid.map(str::to_owned),
                key: der::public(&block.label, &block.der)?,
                certificate: (block.label == "CERTIFICATE").then(|| block.text.clone()),
                given: Some(block.text),
            })
        });
        read.collect()
    }

    pub(super) fn new(key: Public) -> Self {
        Self {
            kid: None,
            key,
            given: None,
            certificate: None,
        }
    }

    /// The key id of the set, if there was one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether the key belongs to the signature of the token, under the algorithm that the token names.
    pub fn verifies(&self, token: &Jws) -> bool {
        let (Some(algorithm), Some(signature)) = (token.algorithm(), token.signature()) else {
            return false;
        };
        self.verifies_bytes(algorithm, token.signing_input().as_bytes(), signature)
    }

    pub(super) fn verifies_bytes(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (&self.key, algorithm.key_kind()) {
            (Public::Rsa(key), KeyKind::RsaPkcs1 | KeyKind::RsaPss) => match algorithm.hash() {
                Hash::Sha256 => verifies_rsa::<Sha256>(key, algorithm.key_kind(), message, signature),
                Hash::Sha384 => verifies_rsa::<Sha384>(key, algorithm.key_kind(), message, signature),
                Hash::Sha512 => verifies_rsa::<Sha512>(key, algorithm.key_kind(), message, signature),
            },
            (Public::Ed(key), KeyKind::Ed) => {
                ed25519_dalek::Signature::from_slice(signature).is_ok_and(|read| key.verify(message, &read).is_ok())
            }
            (_, KeyKind::Ec) => self.verifies_prehash(&hashed(algorithm.hash(), message), signature),
            _ => false,
        }
    }

    fn verifies_prehash(&self, prehash: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Public::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|read| key.verify_prehash(prehash, &read).is_ok()),
            Public::P384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|read| key.verify_prehash(prehash, &read).is_ok()),
            Public::P521(key) => p521::ecdsa::Signature::from_slice(signature).is_ok_and(|read| {
                let verifier = p521::ecdsa::VerifyingKey::from_affine(*key.as_affine());
                verifier.is_ok_and(|verifier| verifier.verify_prehash(prehash, &read).is_ok())
            }),
            Public::Rsa(_) | Public::Ed(_) => false,
        }
    }

    /// The key as a JWK with nothing but what its kind requires.
    pub fn jwk(&self) -> Value {
        jwk::written(&self.key)
    }

    /// The bytes of the key in one form, each with a word for what tells it from others of the same form. Empty where the key has
    /// no such form (PKCS #1 of a curve, a certificate of a bare key).
    pub fn encodings(&self, encoding: Encoding) -> Vec<(&'static str, Vec<u8>)> {
        let spki = |line_break: &str, end: &str| {
            let text = pem("PUBLIC KEY", &der::spki_of(&self.key)?, line_break) + end;
            Some(vec![("", text.into_bytes())])
        };
        let pkcs1 = |end: &str| {
            let text = pem("RSA PUBLIC KEY", &der::pkcs1_of(&self.key)?, "\n") + end;
            Some(vec![("", text.into_bytes())])
        };
        let found = match encoding {
            Encoding::SpkiPem => spki("\n", "\n"),
            Encoding::SpkiPemNoNewline => spki("\n", ""),
            Encoding::SpkiPemCrlf => spki("\r\n", "\r\n"),
            Encoding::Pkcs1Pem => pkcs1("\n"),
            Encoding::Pkcs1PemNoNewline => pkcs1(""),
            Encoding::Der => Some(self.binary()),
            Encoding::Jwk => Some(self.jwk_texts()),
            Encoding::CertificatePem => self.certificate.as_ref().map(|text| with_and_without_newline(text)),
            Encoding::AsGiven => self.given_otherwise(),
        };
        found.unwrap_or_default()
    }

    fn binary(&self) -> Vec<(&'static str, Vec<u8>)> {
        let bare = match &self.key {
            Public::Rsa(_) => None,
            Public::P256(key) => Some(key.to_sec1_bytes().to_vec()),
            Public::P384(key) => Some(key.to_sec1_bytes().to_vec()),
            Public::P521(key) => Some(key.to_sec1_bytes().to_vec()),
            Public::Ed(key) => Some(key.as_bytes().to_vec()),
        };
        let forms = [
            ("spki", der::spki_of(&self.key)),
            ("pkcs1", der::pkcs1_of(&self.key)),
            ("bare", bare),
        ];
        forms
            .into_iter()
            .filter_map(|(label, form)| Some((label, form?)))
            .collect()
    }

    fn jwk_texts(&self) -> Vec<(&'static str, Vec<u8>)> {
        let shortest = self.jwk();
        // The order of RFC 7638, which is that of the names.
        let mut sorted = shortest.clone();
        sorted.sort_all_objects();
        let given = self.given.clone().filter(|text| text.starts_with('{'));
        let mut texts: Vec<(&'static str, Vec<u8>)> = Vec::new();
        let forms = [
            ("published", given),
            ("shortest", Some(shortest.to_string())),
            ("thumbprint", Some(sorted.to_string())),
        ];
        for (label, text) in forms {
            let Some(text) = text.map(String::into_bytes) else {
                continue;
            };
            if !texts.iter().any(|(_, known)| *known == text) {
                texts.push((label, text));
            }
        }
        texts
    }

    /// A PEM text that is written otherwise than this crate would write it.
    fn given_otherwise(&self) -> Option<Vec<(&'static str, Vec<u8>)>> {
        let given = self.given.as_ref().filter(|text| !text.starts_with('{'))?;
        let known = [
            Encoding::SpkiPemNoNewline,
            Encoding::Pkcs1PemNoNewline,
            Encoding::CertificatePem,
        ];
        let is_known = known
            .into_iter()
            .flat_map(|encoding| self.encodings(encoding))
            .any(|(_, bytes)| bytes == given.as_bytes());
        (!is_known).then(|| with_and_without_newline(given))
    }
}

fn with_and_without_newline(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("newline", format!("{text}\n").into_bytes()),
        ("no-newline", text.as_bytes().to_vec()),
    ]
}

fn verifies_rsa<D>(key: &RsaPublicKey, kind: KeyKind, message: &[u8], signature: &[u8]) -> bool
where
    D: Digest + AssociatedOid + FixedOutputReset,
{
    if kind == KeyKind::RsaPss {
        return rsa::pss::Signature::try_from(signature).is_ok_and(|read| {
            rsa::pss::VerifyingKey::<D>::new(key.clone())
                .verify(message, &read)
                .is_ok()
        });
    }
    rsa::pkcs1v15::Signature::try_from(signature).is_ok_and(|read| {
        rsa::pkcs1v15::VerifyingKey::<D>::new(key.clone())
            .verify(message, &read)
            .is_ok()
    })
}

pub(super) fn hashed(hash: Hash, message: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha256 => Sha256::digest(message).to_vec(),
        Hash::Sha384 => Sha384::digest(message).to_vec(),
        Hash::Sha512 => Sha512::digest(message).to_vec(),
    }
}
