//! Private keys and shared secrets: read from what a plan gives, used to sign.

use std::fmt;

use hmac::{Hmac, Mac as _};
use rsa::RsaPrivateKey;
use rsa::pkcs8::AssociatedOid;
use rsa::rand_core::OsRng;
use rsa::sha2::digest::{Digest, FixedOutputReset};
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::signature::hazmat::PrehashSigner as _;
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _, Signer as _};

use super::public::{Public, PublicKey, hashed};
use super::text::blocks;
use super::{KeyError, MAX_KEY_BYTES, der, jwk};
use crate::algorithm::{Algorithm, Hash, KeyKind};
use crate::base64url;
use crate::jws::Jws;

/// The key itself.
#[derive(Clone)]
pub(super) enum Secret {
    Hmac(Vec<u8>),
    Rsa(Box<RsaPrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::SecretKey),
    Ed(ed25519_dalek::SigningKey),
}

/// A key that can sign tokens.
#[derive(Clone)]
pub struct SigningKey(pub(super) Secret);

impl SigningKey {
    /// A shared secret of these bytes.
    pub fn hmac(secret: impl Into<Vec<u8>>) -> Self {
        Self(Secret::Hmac(secret.into()))
    }

    pub(crate) fn rsa(key: RsaPrivateKey) -> Self {
        Self(Secret::Rsa(Box::new(key)))
    }

    pub(crate) fn p256(key: p256::ecdsa::SigningKey) -> Self {
        Self(Secret::P256(key))
    }

    pub(crate) fn p384(key: p384::ecdsa::SigningKey) -> Self {
        Self(Secret::P384(key))
    }

    pub(crate) fn p521(key: p521::SecretKey) -> Self {
        Self(Secret::P521(key))
    }

    pub(crate) fn ed25519(key: ed25519_dalek::SigningKey) -> Self {
        Self(Secret::Ed(key))
    }

    /// What a text may mean as a key. A PEM block or a JWK has one meaning (a JWK set one for each private key). Anything else is
    /// a shared secret: its bytes as they are, and what they decode to as base64 or hex, because a text does not say which one the
    /// server uses; [`Self::made`] tells them apart.
    ///
    /// # Errors
    ///
    /// Where the text is too long, or is a PEM block or JSON without a usable private key.
    pub fn readings(text: &str) -> Result<Vec<Self>, KeyError> {
        if text.len() > MAX_KEY_BYTES {
            return Err(KeyError::TooLong);
        }
        let keys: Vec<Self> = if text.contains("-----BEGIN ") {
            if text.contains("ENCRYPTED") {
                return Err(KeyError::Encrypted);
            }
            let blocks = blocks(text);
            blocks
                .iter()
                .filter_map(|block| der::private(&block.label, &block.der))
                .map(Self)
                .collect()
        } else {
            let members = jwk::members(text);
            if members.is_empty() {
                return Ok(secrets(text));
            }
            members.iter().filter_map(jwk::private).map(Self).collect()
        };
        if keys.is_empty() {
            Err(KeyError::NoKey)
        } else {
            Ok(keys)
        }
    }

    /// The public part; a shared secret has none.
    pub fn public(&self) -> Option<PublicKey> {
        let public = match &self.0 {
            Secret::Hmac(_) => return None,
            Secret::Rsa(key) => Public::Rsa(key.to_public_key()),
            Secret::P256(key) => Public::P256(*key.verifying_key()),
            Secret::P384(key) => Public::P384(*key.verifying_key()),
            Secret::P521(key) => Public::P521(key.public_key()),
            Secret::Ed(key) => Public::Ed(key.verifying_key()),
        };
        Some(PublicKey::new(public))
    }

    /// The algorithm that the key signs with where nothing else is said.
    pub fn usual_algorithm(&self) -> Algorithm {
        match &self.0 {
            Secret::Hmac(_) => Algorithm::Hs256,
            Secret::Rsa(_) => Algorithm::Rs256,
            Secret::P256(_) => Algorithm::Es256,
            Secret::P384(_) => Algorithm::Es384,
            Secret::P521(_) => Algorithm::Es512,
            Secret::Ed(_) => Algorithm::EdDsa,
        }
    }

    /// Whether the algorithm is meant for this kind of key. For curves that includes the curve: ES256 is P-256 (RFC 7518 section 3.4).
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        match &self.0 {
            Secret::Hmac(_) => algorithm.key_kind() == KeyKind::Hmac,
            Secret::Rsa(_) => matches!(algorithm.key_kind(), KeyKind::RsaPkcs1 | KeyKind::RsaPss),
            Secret::P256(_) | Secret::P384(_) | Secret::P521(_) | Secret::Ed(_) => algorithm == self.usual_algorithm(),
        }
    }

    /// Signs a message. `None` where the algorithm does not fit, or an RSA key is too short for the hash.
    pub fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        if !self.fits(algorithm) {
            return None;
        }
        match &self.0 {
            Secret::Hmac(secret) => Some(mac(algorithm.hash(), secret, message)),
            Secret::Rsa(key) => match algorithm.hash() {
                Hash::Sha256 => sign_rsa::<Sha256>(key, algorithm.key_kind(), message),
                Hash::Sha384 => sign_rsa::<Sha384>(key, algorithm.key_kind(), message),
                Hash::Sha512 => sign_rsa::<Sha512>(key, algorithm.key_kind(), message),
            },
            Secret::Ed(key) => Some(key.sign(message).to_vec()),
            Secret::P256(_) | Secret::P384(_) | Secret::P521(_) => self.sign_with_hash_of(algorithm, message),
        }
    }

    /// An ECDSA signature over the hash of an algorithm that may belong to another curve.
    pub(crate) fn sign_with_hash_of(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        let prehash = hashed(algorithm.hash(), message);
        match &self.0 {
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(&prehash).ok()?;
                Some(signature.to_vec())
            }
            Secret::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(&prehash).ok()?;
                Some(signature.to_vec())
            }
            Secret::P521(key) => {
                let key = p521::ecdsa::SigningKey::from_slice(&key.to_bytes()).ok()?;
                let signature: p521::ecdsa::Signature = key.sign_prehash(&prehash).ok()?;
                Some(signature.to_vec())
            }
            Secret::Hmac(_) | Secret::Rsa(_) | Secret::Ed(_) => None,
        }
    }

    /// Whether this key made the token, checked without a request.
    pub fn made(&self, token: &Jws) -> bool {
        if let Some(public) = self.public() {
            return public.verifies(token);
        }
        let expected = token
            .algorithm()
            .and_then(|algorithm| self.sign(algorithm, token.signing_input().as_bytes()));
        expected.is_some() && expected.as_deref() == token.signature()
    }
}

/// Never shows the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.usual_algorithm().name())
    }
}

/// The readings of a text as a shared secret.
fn secrets(text: &str) -> Vec<SigningKey> {
    let mut secrets = vec![text.as_bytes().to_vec()];
    let trimmed = text.trim();
    let others = [
        Some(trimmed.as_bytes().to_vec()),
        base64url::decode_any(trimmed),
        trimmed.strip_prefix("base64:").and_then(base64url::decode_any),
        hex(trimmed),
    ];
    for other in others.into_iter().flatten() {
        if !other.is_empty() && !secrets.contains(&other) {
            secrets.push(other);
        }
    }
    secrets.into_iter().map(SigningKey::hmac).collect()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

/// HMAC (RFC 2104), with keys of any length.
pub(crate) fn mac(hash: Hash, secret: &[u8], message: &[u8]) -> Vec<u8> {
    macro_rules! mac {
        ($digest:ty) => {{
            let mut mac = Hmac::<$digest>::new_from_slice(secret).expect("HMAC takes keys of any length");
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match hash {
        Hash::Sha256 => mac!(Sha256),
        Hash::Sha384 => mac!(Sha384),
        Hash::Sha512 => mac!(Sha512),
    }
}

fn sign_rsa<D>(key: &RsaPrivateKey, kind: KeyKind, message: &[u8]) -> Option<Vec<u8>>
where
    D: Digest + AssociatedOid + FixedOutputReset,
{
    if kind == KeyKind::RsaPss {
        let key = rsa::pss::SigningKey::<D>::new(key.clone());
        return Some(key.try_sign_with_rng(&mut OsRng, message).ok()?.to_vec());
    }
    let key = rsa::pkcs1v15::SigningKey::<D>::new(key.clone());
    Some(key.try_sign(message).ok()?.to_vec())
}
