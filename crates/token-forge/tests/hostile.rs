//! Whatever arrives, nothing panics and nothing takes long: tokens, keys and whole inputs made of odd JSON.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use token_forge::{
    Algorithm, Carrier, Forged, Format, Input, Jws, KeyError, MAX_KEY_BYTES, MAX_TOKEN_BYTES, PublicKey, Purpose,
    SigningKey, attacker, rows,
};

fn base64(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "https?://[a-z./@:]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,4}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn members(names: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![prop::sample::select(names).prop_map(str::to_owned), "[a-z_]{0,6}"];
    prop::collection::btree_map(name, value(), 0..6).prop_map(|map| map.into_iter().collect())
}

fn header() -> impl Strategy<Value = Map<String, Value>> {
    let named = members(&["alg", "typ", "kid", "jwk", "crit", "b64", "x5c", "jku"]);
    let names: Vec<&str> = Algorithm::ALL.iter().map(|(_, name)| *name).chain(["none"]).collect();
    (named, prop::option::of(prop::sample::select(names))).prop_map(|(mut header, alg)| {
        header.extend(alg.map(|alg| ("alg".to_owned(), json!(alg))));
        header
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        let _ = (Jws::parse(&text).map(|jws| Purpose::of(&jws)), Format::of(&text));
        let _ = (PublicKey::read(&text).is_ok(), SigningKey::readings(&text).is_ok());
        for row in rows() {
            for carrier in [Carrier::Bearer, Carrier::Basic, Carrier::ApiKey, Carrier::Cookie] {
                let _ = row.forge(&Input::new(&text, carrier, 0));
            }
        }
    }

    #[test]
    fn any_token_is_forged_from(
        header in header(),
        claims in members(&["iss", "aud", "sub", "exp", "iat", "nbf", "role", "scope", "tenant"]),
        signature in prop::collection::vec(any::<u8>(), 0..140),
        now in any::<u64>(),
    ) {
        let token = format!("{}.{}.{}", base64(json!(header).to_string()), base64(json!(claims).to_string()), base64(signature));
        let jws = Jws::parse(&token).expect("a token");
        prop_assert_eq!(jws.text(), token.clone());
        let _ = (Purpose::of(&jws), jws.lifetime_seconds(), jws.aud());
        let input = Input::new(&token, Carrier::Bearer, now).listener("http://127.0.0.1:1").signing_key("x").expect("a secret");
        // Guessing takes its time and sees the signature alone.
        for row in rows().filter(|row| row.id != "weak-hmac-secret") {
            if let Forged::Variants(variants) = row.forge(&input) {
                prop_assert!(!variants.is_empty());
            }
        }
    }

    #[test]
    fn any_claims_are_signed_again(
        claims in members(&["iss", "aud", "sub", "exp", "iat", "nbf", "role", "scope", "tenant"]),
        now in any::<u64>(),
    ) {
        let input = format!("{}.{}", base64(r#"{"alg":"HS256"}"#), base64(json!(claims).to_string()));
        let signature = SigningKey::hmac("k").sign(Algorithm::Hs256, input.as_bytes()).expect("signed");
        let token = format!("{input}.{}", base64(signature));
        let input = Input::new(&token, Carrier::Bearer, now).signing_key("k").expect("a secret");
        prop_assert!(input.control().is_some());
        for row in rows().filter(|row| row.id != "weak-hmac-secret") {
            if let Forged::Variants(variants) = row.forge(&input) {
                prop_assert!(!variants.is_empty(), "{}", row.id);
            }
        }
    }

    #[test]
    fn any_jwk_is_read(
        kind in prop::sample::select(vec![("RSA", ""), ("EC", "P-256"), ("EC", "P-384"), ("EC", "P-521"), ("OKP", "Ed25519"), ("oct", "")]),
        numbers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 8),
    ) {
        let names = ["n", "e", "d", "p", "q", "x", "y", "k"];
        let mut jwk = json!({ "kty": kind.0, "crv": kind.1 });
        for (name, number) in names.iter().zip(&numbers) {
            jwk[*name] = base64(number).into();
        }
        let signed = attacker::key(Algorithm::Es256).sign(Algorithm::Es256, b"m").expect("signed");
        let token = Jws::parse(&format!("{}.{}.{}", base64(r#"{"alg":"RS256"}"#), base64("{}"), base64(signed))).expect("a token");
        for key in PublicKey::read(&jwk.to_string()).unwrap_or_default() {
            prop_assert!(!key.verifies(&token));
        }
        let _ = SigningKey::readings(&jwk.to_string());
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_left_alone() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let long = "a".repeat(MAX_TOKEN_BYTES);
    let started = Instant::now();
    for header in [deep.as_str(), &format!("{{\"kid\":\"{long}\"}}")] {
        assert_eq!(Jws::parse(&format!("{}.{}.", base64(header), base64("{}"))), None);
    }
    assert!(matches!(
        PublicKey::read(&"a".repeat(MAX_KEY_BYTES + 1)),
        Err(KeyError::TooLong)
    ));
    assert!(matches!(
        SigningKey::readings(&"a".repeat(MAX_KEY_BYTES + 1)),
        Err(KeyError::TooLong)
    ));
    let many = format!(
        "{{\"keys\":[{}]}}",
        vec![attacker::jwk(Algorithm::Es256, "k").to_string(); 400].join(",")
    );
    assert_eq!(PublicKey::read(&many).map(|keys| keys.len()), Ok(token_forge::MAX_KEYS));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn odd_rsa_keys_neither_panic_nor_take_long() {
    let token = |alg: &str| {
        format!(
            "{}.{}.{}",
            base64(format!(r#"{{"alg":"{alg}"}}"#)),
            base64("{}"),
            base64([1; 256])
        )
    };
    let started = Instant::now();
    // Even, tiny, huge, and with exponents that make verification slow.
    for (modulus, exponent) in [
        (vec![0xfe; 256], vec![1, 0, 1]),
        (vec![0xff; 256], vec![1, 0, 1]),
        (vec![3], vec![3]),
        (vec![0xff; 1024], vec![0xff; 1024]),
        (vec![0xff; 4096], vec![1, 0, 1]),
        (vec![0xff; 256], vec![0]),
        (vec![], vec![]),
    ] {
        let jwk = json!({ "kty": "RSA", "n": base64(modulus), "e": base64(exponent) }).to_string();
        for key in PublicKey::read(&jwk).unwrap_or_default() {
            for alg in ["RS256", "RS512", "PS256", "PS512"] {
                assert!(!key.verifies(&Jws::parse(&token(alg)).expect("a token")));
            }
        }
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn keys_are_read_in_every_form_and_encrypted_ones_are_named() {
    for algorithm in [
        Algorithm::Rs256,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Es512,
        Algorithm::EdDsa,
    ] {
        let jwk = attacker::jwk(algorithm, "k");
        let keys = PublicKey::read(&jwk.to_string()).expect("a key");
        let expected = keys[0].jwk();
        for encoding in [token_forge::Encoding::SpkiPem, token_forge::Encoding::Pkcs1Pem] {
            for (_, text) in keys[0].encodings(encoding) {
                let again = PublicKey::read(std::str::from_utf8(&text).expect("text")).expect("a key");
                assert_eq!(again[0].jwk(), expected, "{algorithm:?} {encoding:?}");
            }
        }
        assert_eq!(PublicKey::read(&jwk.to_string()).expect("a key")[0].kid(), Some("k"));
    }
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----";
    assert!(matches!(SigningKey::readings(encrypted), Err(KeyError::Encrypted)));
    let empty = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
    assert!(matches!(SigningKey::readings(empty), Err(KeyError::NoKey)));
}

#[test]
fn a_secret_is_read_as_text_as_base64_and_as_hex() {
    for (text, secret) in [
        ("plain text", &b"plain text"[..]),
        ("c2VjcmV0IQ==", b"secret!"),
        ("base64:c2VjcmV0IQ==", b"secret!"),
        ("73656372657421", b"secret!"),
        ("plain text\n", b"plain text"),
    ] {
        let input = format!("{}.{}", base64(r#"{"alg":"HS384"}"#), base64("{}"));
        let signature = SigningKey::hmac(secret)
            .sign(Algorithm::Hs384, input.as_bytes())
            .expect("signed");
        let token = format!("{input}.{}", base64(signature));
        let control = Input::new(&token, Carrier::Bearer, 0)
            .signing_key(text)
            .expect("a secret")
            .control();
        assert!(control.is_some(), "{text:?}");
    }
}
