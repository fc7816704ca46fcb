//! The corpus against the crate jsonwebtoken: what the issuer signs is good, and what is forged is refused by a sound set-up.

mod issuer;

use std::collections::BTreeSet;

use issuer::{AUDIENCE, ISSUER, key_text, now, public_keys, theirs};
use jsonwebtoken::{DecodingKey, Validation, decode};
use serde_json::Value;
use token_forge::{
    Acceptance, Algorithm, Carrier, Family, Forged, Input, Jws, Need, OtherToken, PublicKey, Sent, Variant, listener,
    row, rows,
};

const LISTENER: &str = "http://127.0.0.1:4321/forge";

/// jsonwebtoken as its documentation asks to set it up.
fn sound(algorithm: Algorithm) -> Option<(DecodingKey, Validation)> {
    let mut validation = Validation::new(theirs(algorithm)?);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "aud", "iss"]);
    validation.validate_nbf = true;
    Some((verification_key(algorithm), validation))
}

fn verification_key(algorithm: Algorithm) -> DecodingKey {
    if algorithm.name().starts_with("HS") {
        return DecodingKey::from_secret(issuer::SECRET.as_bytes());
    }
    let jwks: Value = serde_json::from_str(&issuer::jwks(algorithm)).expect("JSON");
    DecodingKey::from_jwk(&serde_json::from_value(jwks["keys"][0].clone()).expect("a JWK")).expect("a key")
}

fn accepted(algorithm: Algorithm, token: &str) -> bool {
    let (key, validation) = sound(algorithm).expect("jsonwebtoken knows the algorithm");
    decode::<Value>(token, &key, &validation).is_ok()
}

/// Everything that a plan can give.
fn full<'a>(token: &'a str, algorithm: Algorithm, others: &'a [(OtherToken, String)]) -> Input<'a> {
    let mut input = Input::new(token, Carrier::Bearer, now())
        .signing_key(&key_text(algorithm))
        .expect("a key")
        .listener(LISTENER);
    if !algorithm.name().starts_with("HS") {
        input = input.public_keys(public_keys(algorithm));
    }
    others
        .iter()
        .fold(input, |input, (kind, token)| input.other(*kind, token))
}

fn tokens(forged: Forged) -> Vec<(String, String)> {
    let Forged::Variants(variants) = forged else {
        return Vec::new();
    };
    let token = |variant: Variant| match variant.sent {
        Sent::Token(token) => Some((variant.label, token)),
        _ => None,
    };
    variants.into_iter().filter_map(token).collect()
}

fn forged(id: &str, input: &Input<'_>) -> Vec<(String, String)> {
    let forged = row(id).expect("a row").forge(input);
    assert!(matches!(forged, Forged::Variants(_)), "{id}: {forged:?}");
    tokens(forged)
}

#[test]
fn rows_are_well_described() {
    let mut ids = BTreeSet::new();
    for row in rows() {
        let kebab = row
            .id
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
        assert!(kebab && ids.insert(row.id), "{}", row.id);
        assert!(
            row.explanation.ends_with('.') && !row.explanation.contains("  "),
            "{}: {}",
            row.id,
            row.explanation
        );
        assert!(!row.sources.is_empty(), "{} has no source", row.id);
        for source in row.sources {
            let known = ["RFC ", "rfc8725bis section ", "CVE-", "CWE-", "ASVS ", "WSTG-"];
            assert!(
                known.iter().any(|start| source.starts_with(start)),
                "{}: {source}",
                row.id
            );
        }
        let reached = row.family != Family::Jwt
            || !matches!(row.acceptance, Acceptance::Note)
            || row.need() != Some(Need::Listener);
        assert!(
            reached,
            "{}: a row that makes the server fetch something is no note",
            row.id
        );
    }
    assert!(ids.len() > 80, "{} rows", ids.len());
}

#[test]
fn good_tokens_signed_anew_are_accepted() {
    for (algorithm, name) in Algorithm::ALL {
        let token = issuer::token(algorithm, "JWT");
        let input = full(&token, algorithm, &[]);
        let control = input.control().unwrap_or_else(|| panic!("{name} has a control"));
        let Sent::Token(control) = control.sent else {
            panic!("{name}: the control is a token");
        };
        assert_ne!(control, token, "{name}");
        if theirs(algorithm).is_some() {
            assert!(accepted(algorithm, &token), "{name}");
            assert!(accepted(algorithm, &control), "{name}");
        } else {
            let jws = Jws::parse(&control).expect("a token");
            assert!(public_keys(algorithm)[0].verifies(&jws), "{name}");
        }
    }
}

/// Holes that jsonwebtoken leaves to the server: it reads neither `crit` nor, beyond being text, `typ`.
const LEFT_TO_THE_SERVER: [&str; 3] = ["crit-unknown", "typ-id-token", "typ-foreign"];

#[test]
fn a_sound_set_up_refuses_every_hole() {
    let (mut notes, mut left) = (BTreeSet::new(), BTreeSet::new());
    for (algorithm, name) in Algorithm::ALL {
        if theirs(algorithm).is_none() {
            continue;
        }
        // What a type changes does not depend on the algorithm.
        let types: &[&str] = if algorithm == Algorithm::Es256 {
            &["JWT", "at+jwt"]
        } else {
            &["JWT"]
        };
        for &typ in types {
            let good = issuer::token(algorithm, typ);
            let jws = Jws::parse(&good).expect("a token");
            let input = full(&good, algorithm, &[]);
            for row in rows().filter(|row| row.family == Family::Jwt) {
                for (label, token) in tokens(row.forge(&input)) {
                    assert_ne!(token, good, "{} {label}", row.id);
                    if !accepted(algorithm, &token) {
                        continue;
                    }
                    if row.acceptance_for(&jws) == Acceptance::Note {
                        notes.insert(row.id);
                    } else {
                        assert!(
                            LEFT_TO_THE_SERVER.contains(&row.id),
                            "{name} {typ}: {} {label} is accepted",
                            row.id
                        );
                        left.insert(row.id);
                    }
                }
            }
        }
    }
    assert_eq!(left, BTreeSet::from(LEFT_TO_THE_SERVER));
    let expected = [
        "crit-malformed",
        "exp-year-9999",
        "iat-future",
        "iss-array",
        "role-raised",
        "scope-raised",
        "scope-removed",
        "signature-mirrored",
        "tenant-changed",
        "typ-foreign",
    ];
    assert_eq!(notes.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn every_row_is_made_from_some_credential() {
    let refresh = issuer::token(Algorithm::Hs512, "JWT");
    let kinds = [
        OtherToken::Refresh,
        OtherToken::Id,
        OtherToken::Expired,
        OtherToken::OtherEnvironment,
    ];
    let others = kinds.map(|kind| (kind, refresh.clone()));
    let mut made = BTreeSet::new();
    let mut mark = |input: &Input<'_>| {
        for row in rows() {
            let forged = row.forge(input);
            if let Forged::Proven(_) = forged {
                made.insert(row.id);
            }
            if let Forged::Variants(variants) = forged {
                assert!(!variants.is_empty(), "{}", row.id);
                let labels: BTreeSet<&str> = variants.iter().map(|variant| variant.label.as_str()).collect();
                assert_eq!(
                    labels.len(),
                    variants.len(),
                    "{} has labels twice: {variants:?}",
                    row.id
                );
                made.insert(row.id);
            }
        }
    };
    for (algorithm, _) in Algorithm::ALL {
        mark(&full(&issuer::token(algorithm, "at+jwt"), algorithm, &others));
    }
    let certificate = certificate_pem();
    let rs256 = token_forge::attacker::key(Algorithm::Rs256);
    let by_attacker = resigned(&issuer::token(Algorithm::Rs256, "JWT"), &rs256, Algorithm::Rs256);
    mark(&Input::new(&by_attacker, Carrier::Bearer, now()).public_keys(PublicKey::read(&certificate).expect("a key")));
    let narrow = pem_in_lines_of(&certificate, "PUBLIC KEY", 40);
    mark(&Input::new(&by_attacker, Carrier::Bearer, now()).public_keys(PublicKey::read(&narrow).expect("a key")));
    let weak = resigned(&refresh, &token_forge::SigningKey::hmac("secret"), Algorithm::Hs512);
    mark(&Input::new(&weak, Carrier::Bearer, now()));
    mark(&Input::new(
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        Carrier::ApiKey,
        now(),
    ));
    mark(&Input::new("YWxpY2U6c2VjcmV0", Carrier::Basic, now()));
    let all: BTreeSet<&str> = rows().map(|row| row.id).collect();
    assert_eq!(all.difference(&made).collect::<Vec<_>>(), Vec::<&&str>::new());
}

fn resigned(token: &str, key: &token_forge::SigningKey, algorithm: Algorithm) -> String {
    let input = Jws::parse(token).expect("a token").signing_input();
    let signature = key.sign(algorithm, input.as_bytes()).expect("signed");
    format!("{input}.{}", issuer::base64(signature))
}

fn certificate_pem() -> String {
    let (_, answer) = listener::answer(LISTENER, "x5u-listener/certificate.pem").expect("a certificate");
    answer.body
}

/// The public key of a certificate in a PEM text that nothing else would write like this.
fn pem_in_lines_of(certificate: &str, label: &str, width: usize) -> String {
    let key = PublicKey::read(certificate).expect("a key").remove(0);
    let (_, pem) = key.encodings(token_forge::Encoding::SpkiPem).remove(0);
    let pem = String::from_utf8(pem).expect("text");
    let packed: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let lines: Vec<&str> = packed
        .as_bytes()
        .chunks(width)
        .map(|line| std::str::from_utf8(line).expect("text"))
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))
}

#[test]
fn flipped_signatures_decode_to_other_bytes_and_spare_bits_to_the_same() {
    for (algorithm, name) in Algorithm::ALL {
        let good = issuer::token(algorithm, "JWT");
        let signature = Jws::parse(&good).expect("a token").signature().map(<[u8]>::to_vec);
        let input = full(&good, algorithm, &[]);
        for id in [
            "signature-flipped-first",
            "signature-flipped-middle",
            "signature-flipped-last",
        ] {
            let (_, token) = forged(id, &input).remove(0);
            let flipped = Jws::parse(&token).expect("a token").signature().map(<[u8]>::to_vec);
            let differing = signature
                .iter()
                .flatten()
                .zip(flipped.iter().flatten())
                .filter(|(old, new)| old != new);
            assert_eq!(
                (differing.count(), flipped.map(|new| new.len())),
                (1, signature.as_ref().map(Vec::len)),
                "{name} {id}"
            );
        }
        for id in ["signature-spare-bits", "signature-padded"] {
            let Forged::Variants(_) = row(id).expect("a row").forge(&input) else {
                assert_eq!(signature.as_ref().map_or(0, |bytes| bytes.len() % 3), 0, "{name} {id}");
                continue;
            };
            let (_, token) = forged(id, &input).remove(0);
            assert_ne!(token, good, "{name} {id}");
            assert_eq!(
                Jws::parse(&token).expect("a token").signature(),
                signature.as_deref(),
                "{name} {id}"
            );
        }
    }
}

// That the forgeries are those that the holes would let through.

#[test]
fn confused_tokens_verify_with_the_public_key_as_a_secret() {
    let good = issuer::token(Algorithm::Rs256, "JWT");
    let input = full(&good, Algorithm::Rs256, &[]);
    let key = &public_keys(Algorithm::Rs256)[0];
    let (_, pem) = key.encodings(token_forge::Encoding::SpkiPem).remove(0);
    let validation = {
        let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation
    };
    let (_, token) = forged("hs-confusion-spki-pem", &input).remove(0);
    assert!(decode::<Value>(&token, &DecodingKey::from_secret(&pem), &validation).is_ok());
    let (_, token) = forged("kid-dev-null", &input).remove(0);
    assert!(decode::<Value>(&token, &DecodingKey::from_secret(b""), &validation).is_ok());
    let (_, token) = forged("kid-sql-union", &input).remove(0);
    assert!(decode::<Value>(&token, &DecodingKey::from_secret(b"forged"), &validation).is_ok());
}

#[test]
fn embedded_and_fetched_keys_verify_what_they_come_with() {
    for (algorithm, name) in Algorithm::ALL.into_iter().filter(|(_, name)| !name.starts_with("HS")) {
        let good = issuer::token(algorithm, "JWT");
        let input = full(&good, algorithm, &[]);
        for (label, token) in forged("jwk-embedded", &input) {
            let jws = Jws::parse(&token).expect("a token");
            let keys = PublicKey::read(&jws.header()["jwk"].to_string()).expect("a key");
            assert!(keys[0].verifies(&jws), "{name} {label}");
        }
        for (label, token) in forged("x5c-self-signed", &input) {
            let jws = Jws::parse(&token).expect("a token");
            let body = jws.header()["x5c"][0].as_str().expect("a certificate");
            let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----");
            let keys = PublicKey::read(&pem).expect("a key");
            assert!(keys[0].verifies(&jws), "{name} {label}");
        }
        for id in ["jku-listener", "kid-listener", "x5u-listener", "iss-listener"] {
            for (label, token) in forged(id, &input) {
                let jws = Jws::parse(&token).expect("a token");
                let path = match id {
                    "iss-listener" => "iss-listener/keys.json",
                    _ => {
                        let member = id.split('-').next().expect("a member");
                        let url = jws.header()[member].as_str().expect("an address");
                        url.rsplit_once("/forge/").expect("below the listener").1
                    }
                };
                let (named, answer) = listener::answer(LISTENER, path).expect("an answer");
                assert_eq!(named, id);
                let keys = PublicKey::read(&answer.body).expect("keys");
                assert!(keys.iter().any(|key| key.verifies(&jws)), "{name} {id} {label}");
            }
        }
    }
    let (named, discovery) =
        listener::answer(LISTENER, "iss-listener/.well-known/openid-configuration").expect("an answer");
    assert_eq!(named, "iss-listener");
    assert!(
        discovery.body.contains(&format!("{LISTENER}/iss-listener/keys.json")),
        "{}",
        discovery.body
    );
    assert_eq!(listener::answer(LISTENER, "/favicon.ico"), None);
}

#[test]
fn what_is_missing_is_named() {
    let token = issuer::token(Algorithm::Rs256, "JWT");
    let bare = Input::new(&token, Carrier::Bearer, now());
    for row in rows().filter(|row| row.family == Family::Jwt) {
        match (row.need(), row.forge(&bare)) {
            (Some(need), Forged::Lacks { need: said, .. }) => assert_eq!(need, said, "{}", row.id),
            (None, Forged::Variants(_) | Forged::NotApplicable(_) | Forged::Refuted(_)) => {}
            (need, forged) => panic!("{}: {need:?} {forged:?}", row.id),
        }
    }
    let other = key_text(Algorithm::Es256);
    let wrong = Input::new(&token, Carrier::Bearer, now())
        .signing_key(&other)
        .expect("a key");
    let Forged::Lacks { why, .. } = row("exp-past").expect("a row").forge(&wrong) else {
        panic!("a key that did not make the token signs nothing");
    };
    assert_eq!(why, "the signing key did not make the good token");
    let stranger = PublicKey::read(&certificate_pem()).expect("a key");
    let wrong = Input::new(&token, Carrier::Bearer, now()).public_keys(stranger);
    let forged = row("hs-confusion-der").expect("a row").forge(&wrong);
    assert!(
        matches!(
            forged,
            Forged::Lacks {
                need: Need::PublicKey,
                ..
            }
        ),
        "{forged:?}"
    );
}

#[test]
fn a_guessed_secret_is_proven_without_a_request_and_not_named() {
    let good = issuer::token(Algorithm::Hs256, "JWT");
    let guess = row("weak-hmac-secret").expect("a row");
    let refuted = guess.forge(&Input::new(&good, Carrier::Bearer, now()));
    assert!(
        matches!(&refuted, Forged::Refuted(why) if why.contains("known secrets")),
        "{refuted:?}"
    );
    let weak = resigned(&good, &token_forge::SigningKey::hmac("hunter2"), Algorithm::Hs256);
    let proven = guess.forge(&Input::new(&weak, Carrier::Bearer, now()));
    assert!(
        matches!(&proven, Forged::Proven(why) if !why.contains("hunter2")),
        "{proven:?}"
    );
    let named = resigned(
        &good,
        &token_forge::SigningKey::hmac("Pet Shop-jwt-secret"),
        Algorithm::Hs256,
    );
    let input = Input::new(&named, Carrier::Bearer, now());
    assert!(matches!(guess.forge(&input), Forged::Refuted(_)));
    assert!(matches!(guess.forge(&input.hint("Pet Shop")), Forged::Proven(_)));
}

#[test]
fn nothing_that_could_be_used_is_shown() {
    let token = issuer::token(Algorithm::Hs256, "JWT");
    let input = full(&token, Algorithm::Hs256, &[]);
    let shown: String = rows().map(|row| format!("{:?}", row.forge(&input))).collect();
    let shown = format!(
        "{shown}{input:?}{:?}{:?}",
        input.control(),
        issuer::signing_key(Algorithm::Hs256)
    );
    let signature = token.rsplit('.').next().expect("a signature");
    assert!(
        !shown.contains(signature) && !shown.contains("eyJ") && !shown.contains(issuer::SECRET),
        "{shown}"
    );
}
