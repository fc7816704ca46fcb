//! The keys that sign tokens. They are constants, so that a plan can forge tokens with them, and they are no secrets:
//! a token also names a session of the running instance, so that no token of another instance is accepted.

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, jwk::Jwk};
use serde_json::{Value, json};

use super::Tokens;
use crate::{Config, Hole};

/// Signs the access tokens of kind HS256.
pub const SIGNING_KEY: &str = "demo-signing-key-not-a-secret-0123456789";

/// Signs them behind [`Hole::JwtWeakSecret`]: the first word that anybody tries (CWE-1391).
const WEAK_SECRET: &str = "secret";
/// The scalar of the P-256 key.
const ES256_SCALAR: &[u8; 32] = b"demo-es256-key-not-a-secret-0123";
/// The seed of the Ed25519 key.
const EDDSA_SEED: &[u8; 32] = b"demo-eddsa-key-not-a-secret-0123";
/// The public half of the Ed25519 key, as its JWK says it.
const EDDSA_PUBLIC: &str = "ir9K-NOax-X051_hpcYOPOwGnQrMyfW67DofPT2OdBA";
/// What stands around the scalar in PKCS #8 (RFC 5208, RFC 5915); the public half is left out.
const ES256_PREFIX: [u8; 35] = [
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
];
/// What stands before the seed in PKCS #8 (RFC 8410).
const EDDSA_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// The RSA key of the demo, PKCS #1 in base64: published here, and not a secret.
const RS256_NOT_A_SECRET: [&str; 16] = [
    "MIIEpAIBAAKCAQEAyYqjW1ozbWqLogXaRqDRMeFuL5d+/L6ZJrdPsEWGAhd8rjFms/dqru8fZSMsBNXFsJ1n358uytfCAnrKLMms",
    "KYWAst8r0V2EuxdDPrnwUrlZsfU9jqlZx+y1FI4LxfiOt4FRsrGmKCBv+Fz2xN5bp2a4GiK+2iIwmUYWTInkbNwk9xXtYw22WxOo",
    "bz+OvvHCqCblF+op1pJX8XRxr4UcoNPZq7VbpIzZbUWo3bnFU/8VGrh1a7iVg0CDWhjJxXM4mltqwADck8UsUS/uVwnVW/fdNy2z",
    "Kl9EHzakIy8lo+ar+ANwUb0lu36RXBtRde33mp7kvnX+87Gp5cFi/ZN2CQIDAQABAoIBAAHrWTQp4x6+AqOpvtsIlclt8krPfGj7",
    "hzGaUg7VkKnFL72ocIgS+X/+PLwttjH7F7F/hEFZzpwlqx4zLWj5CDPShsfdTnllVLnj5jLrGiXtiDREx7/rrrRT1aMjGataW0CV",
    "4ZFsNe8ApRRWTU7RZ8nLtYHhNhRVekVBaL20m/lp6HKdzPg8wL8T/IWC5p/v2pAUQSICQqv2uDdub0IA+q0JSVQZ5i5oxaHTc+T4",
    "A4IWvGImccXtuziEZhj97G2dbusBs6a8JcGaawfsLEtWvHYkvS3WBISaracdt9XEaP0tnm26PhjJYvLyJBBrAnRL7neFS+vkcmtd",
    "r5mw9LRen2ECgYEA+woFFFjxkSvta/5UIefhaTKsHOl1A8Pp2i6mreYf3GsleQY7GyOpETiSBWNw8N0jyBzsdogPjEf/o9RF7y88",
    "as6POzXz+MygMOfYd9nAfHrofIqpzQF6vq3TJY9tBpN9vdGr0uswVqMiMno0wxUK5JXtIGKN/49INF2LAYrUnykCgYEAzYY3HM4i",
    "GXYDljgKLwWGYI/bZMKTBHL9u8oFuixAuQ0Jv354CLIhPWyau45rtEZbIfhHYxM9GVTXGoe2RuiCxnAF9JpIkt7qESoxliumOyO7",
    "033uWQ+jP9lRd4H4DoSzicV4jVcs4qWuJSBRxD33bHS3vQA8KRoGUDSQqWcgW+ECgYAaLHxFF9Tv7uWNOfIpqtSMtFTPmuOxZc7P",
    "CcglH3Y49A7vJGArPzeUbRKEb07KPjRJ3AInhZ4hYSxdN3enLYSeGjVC1ig+y470Kmgebtyr3eC5g3eawUm78cGvC9oxMlWM4fyJ",
    "PC5JCi85lhZENMBy/tK/aqclexnrI8mneoMaqQKBgQC35srV2ZUllzXqasaiAJ2XNeIorPqEVqi4KjMpvYNEkmgQk4ewsEOSBOYH",
    "wY6aRwIwyUqHWqWnTwUS1jDCDjdGfOK3Vn5t/U0QguLP7srVzEm7Gsn1o0p+TWTaPM/Lne5Q7wPJ5SFixMGosty3boNA5seqNNWg",
    "KYtQpVh0XLTVwQKBgQCe9cfLVggdD9P6DjRKwEgaLkyKxBvVia5ACVEwX7LIel2EUZwbG77yj0zIEADk/QTU5Q0Jdb03o4qZqQtl",
    "jgRkdtWnnfoJwZI0vDni1MvTLN9wPn4j9PsQXHstzbgS5JTQEXvKC3ausfXsI5L3poZbj4DbW8zgqXqA3YKndSnqYA==",
];
/// The public half of the RSA key, as a server keeps it in a file (RFC 5280, SubjectPublicKeyInfo).
const RS256_PUBLIC: [&str; 7] = [
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyYqjW1ozbWqLogXaRqDR",
    "MeFuL5d+/L6ZJrdPsEWGAhd8rjFms/dqru8fZSMsBNXFsJ1n358uytfCAnrKLMms",
    "KYWAst8r0V2EuxdDPrnwUrlZsfU9jqlZx+y1FI4LxfiOt4FRsrGmKCBv+Fz2xN5b",
    "p2a4GiK+2iIwmUYWTInkbNwk9xXtYw22WxOobz+OvvHCqCblF+op1pJX8XRxr4Uc",
    "oNPZq7VbpIzZbUWo3bnFU/8VGrh1a7iVg0CDWhjJxXM4mltqwADck8UsUS/uVwnV",
    "W/fdNy2zKl9EHzakIy8lo+ar+ANwUb0lu36RXBtRde33mp7kvnX+87Gp5cFi/ZN2",
    "CQIDAQAB",
];

/// The key that signs and checks the tokens of a running demo.
pub(crate) struct SigningKey {
    pub algorithm: Algorithm,
    /// The key's name in the header of tokens.
    pub id: &'static str,
    pub private: EncodingKey,
    pub public: DecodingKey,
}

impl SigningKey {
    /// Of a configuration, if its tokens are signed.
    pub fn of(config: &Config) -> Option<Self> {
        let secret = if config.holes.contains(&Hole::JwtWeakSecret) {
            WEAK_SECRET
        } else {
            SIGNING_KEY
        };
        let algorithm = config.kind_of_tokens().algorithm()?;
        let (id, private, public) = match algorithm {
            Algorithm::RS256 => (
                "demo-rs256",
                EncodingKey::from_rsa_der(&rs256_der()),
                DecodingKey::from_rsa_pem(rs256_public_pem().as_bytes()).expect("the key is one of RSA"),
            ),
            Algorithm::ES256 => {
                let private = EncodingKey::from_ec_der(&es256_der());
                let jwk = Jwk::from_encoding_key(&private, algorithm).expect("the key is one of P-256");
                (
                    "demo-es256",
                    private,
                    DecodingKey::from_jwk(&jwk).expect("the key is one of P-256"),
                )
            }
            Algorithm::EdDSA => (
                "demo-eddsa",
                EncodingKey::from_ed_der(&eddsa_der()),
                DecodingKey::from_ed_components(EDDSA_PUBLIC).expect("the key is one of Ed25519"),
            ),
            _ => (
                "demo-hs256",
                EncodingKey::from_secret(secret.as_bytes()),
                DecodingKey::from_secret(secret.as_bytes()),
            ),
        };
        Some(Self {
            algorithm,
            id,
            private,
            public,
        })
    }

    /// The name of the algorithm as headers spell it.
    pub fn algorithm_name(&self) -> &'static str {
        match self.algorithm {
            Algorithm::RS256 => "RS256",
            Algorithm::ES256 => "ES256",
            Algorithm::EdDSA => "EdDSA",
            _ => "HS256",
        }
    }

    /// The public half as a JWK (RFC 7517), if there is one.
    pub fn jwk(&self) -> Option<Value> {
        let mut jwk = match self.algorithm {
            Algorithm::RS256 | Algorithm::ES256 => {
                json!(Jwk::from_encoding_key(&self.private, self.algorithm).ok()?)
            }
            Algorithm::EdDSA => json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": EDDSA_PUBLIC }),
            _ => return None,
        };
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        Some(jwk)
    }
}

/// The key that signs tokens of a kind, as a plan names it: a secret, or a private key in PEM. None signs opaque tokens.
#[must_use]
pub fn signing_key(tokens: Tokens) -> Option<String> {
    match tokens.algorithm()? {
        Algorithm::RS256 => Some(pem("RSA PRIVATE KEY", &rs256_der())),
        Algorithm::ES256 => Some(pem("PRIVATE KEY", &es256_der())),
        Algorithm::EdDSA => Some(pem("PRIVATE KEY", &eddsa_der())),
        _ => Some(SIGNING_KEY.to_owned()),
    }
}

/// The public half of the RSA key as its file holds it.
pub(super) fn rs256_public_pem() -> String {
    let lines = RS256_PUBLIC.join("\n");
    format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n")
}

fn rs256_der() -> Vec<u8> {
    let whole = RS256_NOT_A_SECRET.concat();
    STANDARD.decode(whole).expect("the key is written in base64")
}

fn es256_der() -> Vec<u8> {
    [ES256_PREFIX.as_slice(), ES256_SCALAR].concat()
}

fn eddsa_der() -> Vec<u8> {
    [EDDSA_PREFIX.as_slice(), EDDSA_SEED].concat()
}

/// RFC 7468.
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    let (edge, lines) = ("-----", lines.join("\n"));
    format!("{edge}BEGIN {label}{edge}\n{lines}\n{edge}END {label}{edge}\n")
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::crypto::{sign, verify};

    use super::*;

    #[test]
    fn both_halves_of_each_key_fit_and_the_key_of_a_plan_is_the_same() {
        for tokens in Tokens::ALL.into_iter().filter(|tokens| tokens.is_jwt()) {
            let config = Config {
                tokens,
                ..Config::default()
            };
            let key = SigningKey::of(&config).expect("a key");
            let text = signing_key(tokens).expect("a key");
            let again = match key.algorithm {
                Algorithm::RS256 => EncodingKey::from_rsa_pem(text.as_bytes()),
                Algorithm::ES256 => EncodingKey::from_ec_pem(text.as_bytes()),
                Algorithm::EdDSA => EncodingKey::from_ed_pem(text.as_bytes()),
                _ => Ok(EncodingKey::from_secret(text.as_bytes())),
            };
            for private in [&key.private, &again.expect("the key is read back")] {
                let signature = sign(b"message", private, key.algorithm).expect("a signature");
                assert!(verify(&signature, b"message", &key.public, key.algorithm).expect("a key"));
                assert!(!verify(&signature, b"another", &key.public, key.algorithm).expect("a key"));
            }
            let jwk = key.jwk();
            assert_eq!(jwk.is_some(), tokens.is_asymmetric());
            if let Some(jwk) = jwk {
                let jwk: Jwk = serde_json::from_value(jwk).expect("a JWK");
                let public = DecodingKey::from_jwk(&jwk).expect("a key");
                let signature = sign(b"message", &key.private, key.algorithm).expect("a signature");
                assert!(verify(&signature, b"message", &public, key.algorithm).expect("a key"));
            }
        }
    }
}
