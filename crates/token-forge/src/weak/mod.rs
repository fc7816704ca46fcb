//! Secrets that somebody can guess, tried without a request: HMAC is computed until one makes the signature.
//!
//! A hit names where the secret is printed, never the secret: a report is read by more people than the server's configuration.

mod placeholder;
mod sources;

use std::borrow::Cow;

use crate::algorithm::KeyKind;
use crate::base64url;
use crate::jws::Jws;
use crate::key::mac;

/// Where a guessed secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretClass {
    /// No secret at all.
    Empty,
    /// Printed in the documentation of a library or in a tutorial.
    DocumentationSample,
    /// What a product or starter sets where nobody sets anything.
    ProductDefault,
    /// A word that stands in every list of passwords.
    CommonWord,
    /// A text of the kind "your secret key, change in production".
    Placeholder,
    /// One character or a row of digits over and over.
    Sequence,
    /// Made of a name in the token itself or around the application.
    Derived,
}

/// A guessed secret, by what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeakSecret {
    /// What kind of text it is.
    pub class: SecretClass,
    /// Where it is printed, or how it was made.
    pub source: &'static str,
}

/// A text to try.
struct Candidate {
    text: Cow<'static, str>,
    found: WeakSecret,
    /// Whether servers may decode it before they use it: texts that are copied as a whole.
    decoded: bool,
}

/// The secret that made the token, if it can be guessed. `hints` are names around the application (title, host). `None` for
/// tokens that are not signed with HMAC.
pub fn weak_secret(token: &Jws, hints: &[&str]) -> Option<WeakSecret> {
    let algorithm = token
        .algorithm()
        .filter(|algorithm| algorithm.key_kind() == KeyKind::Hmac)?;
    let signature = token.signature()?;
    let input = token.signing_input();
    let mut names: Vec<&str> = hints.to_vec();
    names.extend(token.aud());
    for claim in [
        "client_id",
        "azp",
        "sub",
        "jti",
        "app",
        "tenant",
        "email",
        "username",
        "name",
    ] {
        names.extend(token.claims().get(claim).and_then(serde_json::Value::as_str));
    }
    names.extend([token.iss(), token.kid()].into_iter().flatten());
    guess(&names, |secret| {
        mac(algorithm.hash(), secret, input.as_bytes()) == signature
    })
}

/// The first candidate that fits.
pub(crate) fn guess(names: &[&str], fits: impl Fn(&[u8]) -> bool) -> Option<WeakSecret> {
    candidates(names)
        .find(|candidate| candidate.readings().any(|secret| fits(&secret)))
        .map(|candidate| candidate.found)
}

/// How many texts are tried for a token without names in it.
pub fn weak_secret_count() -> usize {
    candidates(&[]).count()
}

fn candidates(names: &[&str]) -> impl Iterator<Item = Candidate> + use<> {
    let empty = Candidate {
        text: Cow::Borrowed(""),
        found: WeakSecret {
            class: SecretClass::Empty,
            source: "an empty secret",
        },
        decoded: false,
    };
    let printed = sources::printed().map(|(text, found)| Candidate {
        text: Cow::Borrowed(text),
        found,
        decoded: true,
    });
    let made = placeholder::sequences()
        .chain(placeholder::placeholders())
        .chain(placeholder::derived(names));
    [empty].into_iter().chain(printed).chain(made)
}

impl Candidate {
    /// The bytes that a server makes of the text: as they are and, where a text is copied as a whole, decoded from base64 (as some
    /// libraries do unasked) and encoded to it.
    fn readings(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let plain = Cow::Borrowed(self.text.as_bytes());
        let text = self.decoded.then_some(self.text.as_ref());
        let decoded = text.and_then(base64url::decode_any).filter(|bytes| !bytes.is_empty());
        let encoded = text.map(|text| base64url::encode_standard(text).into_bytes());
        [plain]
            .into_iter()
            .chain(decoded.into_iter().chain(encoded).map(Cow::Owned))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn token(secret: &[u8], alg: &str) -> Jws {
        let header = base64url::encode(format!(r#"{{"alg":"{alg}","kid":"main-2024"}}"#));
        let claims = base64url::encode(r#"{"iss":"https://login.acme.example/","aud":["notes-api"],"sub":"1"}"#);
        let input = format!("{header}.{claims}");
        let hash = crate::Algorithm::named(alg).expect("an algorithm").hash();
        Jws::parse(&crate::jws::compact(&input, &mac(hash, secret, input.as_bytes()))).expect("a token")
    }

    #[test]
    fn guessable_secrets_are_found_under_each_hash() {
        for (secret, class) in [
            ("", SecretClass::Empty),
            ("your-256-bit-secret", SecretClass::DocumentationSample),
            (
                "super-secret-jwt-token-with-at-least-32-characters-long",
                SecretClass::ProductDefault,
            ),
            ("password", SecretClass::CommonWord),
            ("cGFzc3dvcmQ=", SecretClass::CommonWord),
            ("secret", SecretClass::Placeholder),
            ("secret123", SecretClass::Placeholder),
            ("my-secret-key", SecretClass::Placeholder),
            ("MY_JWT_SECRET", SecretClass::Placeholder),
            ("mySecretKey", SecretClass::Placeholder),
            ("your-secret-key-change-in-production", SecretClass::Placeholder),
            ("dev_jwt_secret_change_me", SecretClass::Placeholder),
            ("00000000000000000000000000000000", SecretClass::Sequence),
            ("01234567890123456789012345678901", SecretClass::Sequence),
            ("notes-api", SecretClass::Derived),
            ("acme-secret", SecretClass::Derived),
            ("acme_jwt_secret", SecretClass::Derived),
            ("Shopsecret", SecretClass::Derived),
        ] {
            for alg in ["HS256", "HS384", "HS512"] {
                let found = weak_secret(&token(secret.as_bytes(), alg), &["Shop"]);
                assert_eq!(found.map(|found| found.class), Some(class), "{secret} {alg}");
            }
        }
    }

    #[test]
    fn base64_texts_are_tried_decoded() {
        let decoded = base64url::decode_any("dGhpbmdzYm9hcmREZWZhdWx0U2lnbmluZ0tleQ==").expect("base64");
        let found = weak_secret(&token(&decoded, "HS512"), &[]).expect("a weak secret");
        assert_eq!(
            (found.class, found.source),
            (SecretClass::ProductDefault, "ThingsBoard")
        );
    }

    #[test]
    fn other_secrets_and_other_algorithms_are_not_found() {
        assert_eq!(weak_secret(&token(b"zq8-vK2_mP4.xT6!nL9", "HS256"), &["Shop"]), None);
        let signed = token(b"secret", "HS256").text();
        let header = base64url::encode(r#"{"alg":"RS256"}"#);
        let (_, rest) = signed.split_once('.').expect("segments");
        assert_eq!(
            weak_secret(&Jws::parse(&format!("{header}.{rest}")).expect("a token"), &[]),
            None
        );
    }

    #[test]
    fn candidates_are_few_and_stand_once() {
        let names = ["https://login.acme.example/", "notes-api"];
        let all: Vec<String> = candidates(&names)
            .map(|candidate| candidate.text.into_owned())
            .collect();
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert!(
            all.len() - distinct.len() < all.len() / 50,
            "{} of {}",
            distinct.len(),
            all.len()
        );
        assert!((4_000..9_000).contains(&weak_secret_count()), "{}", weak_secret_count());
    }
}
