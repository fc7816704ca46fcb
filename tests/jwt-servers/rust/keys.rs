//! The keys of a mode, and what the mode takes for a good token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, dangerous, decode, decode_header, encode};
use p256::elliptic_curve::rand_core::OsRng;
use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use rand::Rng as _;
use serde_json::{Value, json};

const ISSUER: &str = "http://issuer.test";
const AUDIENCE: &str = "notes-api";
const KID: &str = "main";

/// Each mode with the algorithm of its tokens.
const MODES: [(&str, Algorithm); 14] = [
    ("sound-hs256", Algorithm::HS256),
    ("sound-rs256", Algorithm::RS256),
    ("sound-es256", Algorithm::ES256),
    ("sound-eddsa", Algorithm::EdDSA),
    ("not-verified", Algorithm::HS256),
    ("none-allowed", Algorithm::RS256),
    ("key-confusion", Algorithm::RS256),
    ("exp-not-checked", Algorithm::HS256),
    ("aud-not-checked", Algorithm::HS256),
    ("iss-not-checked", Algorithm::HS256),
    ("jwk-header", Algorithm::RS256),
    ("kid-file", Algorithm::HS256),
    ("weak-secret", Algorithm::HS256),
    ("refresh-accepted", Algorithm::HS256),
];

/// The names of all modes.
pub fn modes() -> Vec<&'static str> {
    MODES.map(|(mode, _)| mode).to_vec()
}

/// The keys of one mode.
pub struct Keys {
    mode: &'static str,
    algorithm: Algorithm,
    /// A shared secret, or the private key as PEM.
    private: String,
    /// The same secret, or the public key as PEM.
    public: String,
    directory: std::path::PathBuf,
}

impl Keys {
    /// Makes new keys, or `None` for a mode that is none.
    pub fn of_mode(mode: &str) -> Option<Self> {
        let (mode, algorithm) = MODES.into_iter().find(|(known, _)| *known == mode)?;
        let (private, public) = match algorithm {
            Algorithm::RS256 => {
                let key = rsa::RsaPrivateKey::new(&mut OsRng, 2048).expect("a key");
                pair(
                    key.to_pkcs8_pem(LineEnding::LF),
                    key.to_public_key().to_public_key_pem(LineEnding::LF),
                )
            }
            Algorithm::ES256 => {
                let key = p256::SecretKey::random(&mut OsRng);
                pair(
                    key.to_pkcs8_pem(LineEnding::LF),
                    key.public_key().to_public_key_pem(LineEnding::LF),
                )
            }
            Algorithm::EdDSA => {
                let key = ed25519_dalek::SigningKey::from_bytes(&rand::rng().random());
                pair(
                    key.to_pkcs8_pem(LineEnding::LF),
                    key.verifying_key().to_public_key_pem(LineEnding::LF),
                )
            }
            _ => {
                let random = URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>());
                let secret = if mode == "weak-secret" {
                    "my-secret-key".to_owned()
                } else {
                    random
                };
                (secret.clone(), secret)
            }
        };
        let directory = std::env::temp_dir().join(format!("jwt-server-{:08x}", rand::rng().random::<u32>()));
        if mode == "kid-file" {
            std::fs::create_dir(&directory).expect("a directory of its own");
            std::fs::write(directory.join(KID), &public).expect("the key is written");
        }
        Some(Self {
            mode,
            algorithm,
            private,
            public,
            directory,
        })
    }

    /// The signing key, for rows that need it.
    pub fn text(&self) -> &str {
        &self.private
    }

    /// Whether the server forgets to look at what a token is for.
    pub fn takes_refresh_tokens(&self) -> bool {
        self.mode == "refresh-accepted"
    }

    /// A token that is good for some seconds.
    pub fn sign(&self, user: &str, tenant: &str, token_use: &str, seconds: u64) -> String {
        let now = jsonwebtoken::get_current_timestamp();
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": user, "tenant": tenant, "role": "member", "token_use": token_use,
            "jti": format!("{:016x}", rand::rng().random::<u64>()), "iat": now, "nbf": now, "exp": now + seconds,
        });
        let mut header = Header::new(self.algorithm);
        header.kid = Some(KID.to_owned());
        encode(&header, &claims, &self.encoding_key()).expect("a token")
    }

    fn encoding_key(&self) -> EncodingKey {
        let pem = self.private.as_bytes();
        match self.algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(pem),
            Algorithm::ES256 => EncodingKey::from_ec_pem(pem),
            Algorithm::EdDSA => EncodingKey::from_ed_pem(pem),
            _ => Ok(EncodingKey::from_secret(pem)),
        }
        .expect("the key is good")
    }

    fn decoding_key(&self) -> DecodingKey {
        let pem = self.public.as_bytes();
        match self.algorithm {
            Algorithm::RS256 => DecodingKey::from_rsa_pem(pem),
            Algorithm::ES256 => DecodingKey::from_ec_pem(pem),
            Algorithm::EdDSA => DecodingKey::from_ed_pem(pem),
            _ => Ok(DecodingKey::from_secret(pem)),
        }
        .expect("the key is good")
    }

    /// The claims of a token that this mode takes for good.
    pub fn claims(&self, token: &str) -> Option<Value> {
        if self.mode == "not-verified" || (self.mode == "none-allowed" && raw_header(token)?["alg"] == "none") {
            return Some(
                dangerous::insecure_decode::<Value>(&with_known_algorithm(token))
                    .ok()?
                    .claims,
            );
        }
        // jsonwebtoken does not read `crit` (RFC 7515 section 4.1.11), so that the server has to.
        if raw_header(token)?.get("crit").is_some() {
            return None;
        }
        let mut validation = self.validation();
        let mut key = self.decoding_key();
        let header = decode_header(token).ok()?;
        match self.mode {
            "key-confusion" if header.alg == Algorithm::HS256 => {
                validation.algorithms = vec![Algorithm::HS256];
                key = DecodingKey::from_secret(self.public.as_bytes());
            }
            "jwk-header" if header.jwk.is_some() => {
                validation.algorithms = vec![header.alg];
                key = DecodingKey::from_jwk(header.jwk.as_ref()?).ok()?;
            }
            "kid-file" => {
                let secret = std::fs::read(self.directory.join(header.kid?)).ok()?;
                key = DecodingKey::from_secret(&secret);
            }
            _ => {}
        }
        Some(decode::<Value>(token, &key, &validation).ok()?.claims)
    }

    fn validation(&self) -> Validation {
        let mut validation = Validation::new(self.algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.validate_nbf = true;
        match self.mode {
            "exp-not-checked" => validation.validate_exp = false,
            "aud-not-checked" => validation.validate_aud = false,
            "iss-not-checked" => validation.iss = None,
            _ => {}
        }
        validation
    }

    /// The public key as a JWK set; empty for a shared secret.
    pub fn jwks(&self) -> Value {
        if self.algorithm == Algorithm::HS256 {
            return json!({ "keys": [] });
        }
        if self.algorithm == Algorithm::EdDSA {
            // jsonwebtoken 10 panics on this kind of key.
            let der = p256::pkcs8::Document::from_pem(&self.public).expect("the key is PEM").1;
            let x = URL_SAFE_NO_PAD.encode(&der.as_bytes()[der.as_bytes().len() - 32..]);
            return json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": KID, "use": "sig", "alg": "EdDSA" }] });
        }
        let mut jwk = Jwk::from_encoding_key(&self.encoding_key(), self.algorithm).expect("the key is good");
        jwk.common.key_id = Some(KID.to_owned());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        json!({ "keys": [jwk] })
    }
}

fn pair<P: std::fmt::Debug, Q: std::fmt::Debug>(
    private: Result<impl AsRef<str>, P>,
    public: Result<String, Q>,
) -> (String, String) {
    let private = private.expect("the key is written");
    (private.as_ref().to_owned(), public.expect("the key is written"))
}

fn raw_header(token: &str) -> Option<Value> {
    let (header, _) = token.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()
}

/// jsonwebtoken refuses to decode a header whose algorithm it does not know; who wants `none` writes around that.
fn with_known_algorithm(token: &str) -> String {
    let segments: Vec<&str> = token.split('.').collect();
    let payload = segments.get(1).copied().unwrap_or_default();
    format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#))
}
