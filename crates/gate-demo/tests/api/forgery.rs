//! Credentials that must be refused, each made from those of a live session.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::{HeaderName, Method, Request, header};
use axum::{Json, Router, body::Body, routing::any};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use gate_demo::{SIGNING_KEY, Tokens, signing_key};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use serde_json::{Value, json};

use crate::client::{Api, text};

/// The public half of the demo's RSA key, as anybody makes it from the JWK.
const RS256_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyYqjW1ozbWqLogXaRqDR\n\
MeFuL5d+/L6ZJrdPsEWGAhd8rjFms/dqru8fZSMsBNXFsJ1n358uytfCAnrKLMms\n\
KYWAst8r0V2EuxdDPrnwUrlZsfU9jqlZx+y1FI4LxfiOt4FRsrGmKCBv+Fz2xN5b\n\
p2a4GiK+2iIwmUYWTInkbNwk9xXtYw22WxOobz+OvvHCqCblF+op1pJX8XRxr4Uc\n\
oNPZq7VbpIzZbUWo3bnFU/8VGrh1a7iVg0CDWhjJxXM4mltqwADck8UsUS/uVwnV\n\
W/fdNy2zKl9EHzakIy8lo+ar+ANwUb0lu36RXBtRde33mp7kvnX+87Gp5cFi/ZN2\n\
CQIDAQAB\n\
-----END PUBLIC KEY-----\n\
";

/// One attempt.
pub struct Attempt {
    pub name: &'static str,
    pub request: Request<Body>,
    /// What the answer holds if it was let through.
    pub shows: &'static str,
}

/// What the forger has: the token of somebody, the demo's key, and a key of its own.
struct Workshop {
    own: rcgen::KeyPair,
    tokens: Tokens,
    header: Value,
    claims: Value,
    good: String,
    attempts: Vec<Attempt>,
    fetches: Arc<AtomicU64>,
}

fn segment(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn open(token: &str, part: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(part).expect("a JWT"));
    serde_json::from_slice(&bytes.expect("base64")).expect("JSON")
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

fn algorithm(tokens: Tokens) -> Algorithm {
    match tokens {
        Tokens::Rs256 => Algorithm::RS256,
        Tokens::Es256 => Algorithm::ES256,
        Tokens::EdDsa => Algorithm::EdDSA,
        _ => Algorithm::HS256,
    }
}

fn demo_key(tokens: Tokens) -> EncodingKey {
    let key = signing_key(tokens).expect("a key");
    let read = match tokens {
        Tokens::Rs256 => EncodingKey::from_rsa_pem(key.as_bytes()),
        Tokens::Es256 => EncodingKey::from_ec_pem(key.as_bytes()),
        Tokens::EdDsa => EncodingKey::from_ed_pem(key.as_bytes()),
        _ => Ok(EncodingKey::from_secret(key.as_bytes())),
    };
    read.expect("a key")
}

fn signed(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{header}.{claims}");
    let signature = crypto::sign(message.as_bytes(), key, algorithm).expect("a signature");
    format!("{message}.{signature}")
}

impl Workshop {
    fn new(tokens: Tokens, good: &str) -> Self {
        let (header, claims) = match tokens.is_jwt() {
            true => (open(good, 0), open(good, 1)),
            false => (Value::Null, Value::Null),
        };
        Self {
            own: rcgen::KeyPair::generate().expect("a key"),
            tokens,
            header,
            claims,
            good: good.to_owned(),
            attempts: Vec::new(),
            fetches: Arc::default(),
        }
    }

    fn attempt(&mut self, name: &'static str, method: Method, path: &str, headers: &[(HeaderName, &str)]) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(Body::empty()).expect("a valid request");
        let shows = match name {
            "tenant-changed" => "Hammock",
            _ => "",
        };
        self.attempts.push(Attempt { name, request, shows });
    }

    fn bearer(&mut self, name: &'static str, path: &str, token: &str) {
        let value = format!("Bearer {token}");
        self.attempt(name, Method::GET, path, &[(header::AUTHORIZATION, &value)]);
    }

    fn with_header(&self, change: Value) -> String {
        let mut header = self.header.clone();
        for (name, value) in change.as_object().expect("an object") {
            header[name] = value.clone();
        }
        header
            .as_object_mut()
            .expect("an object")
            .retain(|_, value| !value.is_null());
        segment(&header)
    }

    /// The demo's own signature over changed parts; `null` takes a member away.
    fn resigned(&self, header: Value, claims: Value) -> String {
        let mut changed = self.claims.clone();
        for (name, value) in claims.as_object().expect("an object") {
            changed[name] = value.clone();
        }
        changed
            .as_object_mut()
            .expect("an object")
            .retain(|_, value| !value.is_null());
        let header = self.with_header(header);
        signed(
            &header,
            &segment(&changed),
            &demo_key(self.tokens),
            algorithm(self.tokens),
        )
    }

    fn unsigned(&self, algorithm: &str) -> String {
        format!(
            "{}.{}.",
            self.with_header(json!({ "alg": algorithm })),
            segment(&self.claims)
        )
    }

    /// A signature of the forger's own, with a header that says where its key is.
    fn with_own_key(&self, header: Value) -> String {
        let mut change = header;
        change["alg"] = json!("ES256");
        let key = self.own_key();
        signed(
            &self.with_header(change),
            &segment(&self.claims),
            &key,
            Algorithm::ES256,
        )
    }

    fn own_key(&self) -> EncodingKey {
        EncodingKey::from_ec_der(self.own.serialized_der())
    }

    /// A self-signed certificate with the forger's key.
    fn certificate(&self) -> String {
        let parameters = rcgen::CertificateParams::new(vec!["forger.test".to_owned()]).expect("a name");
        let certificate = parameters.self_signed(&self.own).expect("a certificate");
        STANDARD.encode(certificate.der())
    }

    fn with_secret(&self, header: Value, secret: &[u8]) -> String {
        let mut change = header;
        change["alg"] = json!("HS256");
        let key = EncodingKey::from_secret(secret);
        signed(
            &self.with_header(change),
            &segment(&self.claims),
            &key,
            Algorithm::HS256,
        )
    }

    /// The right token in the wrong place.
    fn carriers(&mut self) {
        let good = self.good.clone();
        for (name, value) in [
            ("scheme-token", format!("Token {good}")),
            ("scheme-none", good.clone()),
            ("bearer-empty", "Bearer".to_owned()),
            ("bearer-null", "Bearer null".to_owned()),
            ("bearer-undefined", "Bearer undefined".to_owned()),
            ("header-empty", String::new()),
            ("header-null", "null".to_owned()),
        ] {
            self.attempt(name, Method::GET, "/me", &[(header::AUTHORIZATION, &value)]);
        }
        self.attempt("in-query", Method::GET, &format!("/me?access_token={good}"), &[]);
        let (garbage, good) = ("Bearer garbage", format!("Bearer {good}"));
        let twice = [(header::AUTHORIZATION, garbage), (header::AUTHORIZATION, good.as_str())];
        self.attempt("twice", Method::GET, "/me", &twice);
    }

    fn signatures(&mut self) {
        let (header, claims) = (segment(&self.header), segment(&self.claims));
        let tampered = format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([7; 64]));
        for (name, path) in [
            ("signature", "/me"),
            ("signature on /invoices", "/invoices"),
            ("signature on /projects", "/projects"),
        ] {
            self.bearer(name, path, &tampered);
        }
        for (name, spelt) in [
            ("alg-none", "none"),
            ("alg-none-title", "None"),
            ("alg-none-upper", "NONE"),
            ("alg-none-mixed", "nOnE"),
        ] {
            self.bearer(name, "/me", &self.unsigned(spelt));
        }
        let value = format!("Bearer {}", self.unsigned("none"));
        let document = "/projects/00000000-0000-4000-8000-000000000000/documents/00000000-0000-4000-8000-000000000000";
        let authorization = [(header::AUTHORIZATION, value.as_str())];
        self.attempt(
            "alg-none on PATCH of a document",
            Method::PATCH,
            document,
            &authorization,
        );
        self.attempt(
            "alg-none on DELETE of a document",
            Method::DELETE,
            document,
            &authorization,
        );
        self.bearer("signature-empty", "/me", &format!("{header}.{claims}."));
        self.bearer("two-segments", "/me", &format!("{header}.{claims}"));
        self.bearer(
            "psychic-signature",
            "/me",
            &format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        );
        self.bearer("spare-bits", "/me", &spare_bits(&self.good));
        self.bearer(
            "crit-unknown",
            "/me",
            &self.resigned(json!({ "crit": ["x"], "x": 1 }), json!({})),
        );
        let signature = self.good.rsplit('.').next().expect("a signature").to_owned();
        let whole = json!({ "protected": header, "payload": claims, "signature": signature });
        self.bearer("json-serialization", "/me", &whole.to_string());
        for (name, first, second) in [
            ("duplicate-alg", "none", algorithm_name(self.tokens)),
            ("duplicate-alg-last", algorithm_name(self.tokens), "none"),
        ] {
            let text = format!(r#"{{"typ":"at+jwt","alg":"{first}","alg":"{second}"}}"#);
            self.bearer(name, "/me", &format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(text)));
        }
    }

    async fn keys(&mut self) {
        self.bearer(
            "hs-confusion",
            "/me",
            &self.with_secret(json!({}), RS256_PUBLIC.as_bytes()),
        );
        self.bearer("secret-weak", "/me", &self.with_secret(json!({}), b"secret"));
        let key = self.own_key();
        let mut jwk = json!(Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a key"));
        jwk["kid"] = json!("forged");
        self.bearer("jwk-embedded", "/me", &self.with_own_key(json!({ "jwk": jwk })));
        let at = listen(json!({ "keys": [jwk] }), Arc::clone(&self.fetches)).await;
        self.bearer("jku", "/me", &self.with_own_key(json!({ "jku": at, "kid": "forged" })));
        self.bearer("x5u", "/me", &self.with_own_key(json!({ "x5u": at, "kid": "forged" })));
        self.bearer("x5c", "/me", &self.with_own_key(json!({ "x5c": [self.certificate()] })));
        for (name, id, secret) in [
            ("kid-null-device", "../../../../../../dev/null", b"".as_slice()),
            ("kid-proc", "/proc/sys/kernel/randomize_va_space", b"2\n"),
            ("kid-sql", "x' UNION SELECT 'known'-- ", b"known"),
            ("kid-unknown", "another", b"another"),
            ("kid-blank", "", b""),
        ] {
            self.bearer(name, "/me", &self.with_secret(json!({ "kid": id }), secret));
        }
        self.bearer(
            "kid-quote",
            "/me",
            &self.with_secret(json!({ "kid": "'" }), SIGNING_KEY.as_bytes()),
        );
    }

    fn claims(&mut self) {
        let past = json!({ "iat": now() - 7200, "exp": now() - 3600 });
        let issuer = text(&self.claims["iss"]);
        let changes = [
            ("exp-past", past.clone()),
            ("exp-missing", json!({ "exp": null })),
            ("exp-string", json!({ "exp": (now() + 60).to_string() })),
            ("exp-string-past", json!({ "exp": (now() - 60).to_string() })),
            ("exp-far", json!({ "exp": 253_402_300_799_u64 })),
            ("nbf-future", json!({ "nbf": now() + 3600 })),
            ("nbf-string", json!({ "nbf": "0" })),
            ("iat-future", json!({ "iat": now() + 600 })),
            ("aud-other", json!({ "aud": "another-service" })),
            ("aud-missing", json!({ "aud": null })),
            ("iss-other", json!({ "iss": "https://elsewhere.test" })),
            ("iss-prefix", json!({ "iss": format!("{issuer}.evil.test") })),
            ("iss-missing", json!({ "iss": null })),
        ];
        for (name, change) in changes {
            self.bearer(name, "/me", &self.resigned(json!({}), change));
        }
        self.bearer("exp-past on /admin", "/admin/users", &self.resigned(json!({}), past));
        self.bearer(
            "typ-id-token",
            "/me",
            &self.resigned(json!({ "typ": "JWT" }), json!({ "aud": "gate-demo-web" })),
        );
        self.bearer("typ-missing", "/me", &self.resigned(json!({ "typ": null }), json!({})));
        self.bearer(
            "typ-other",
            "/me",
            &self.resigned(json!({ "typ": "dpop+jwt" }), json!({})),
        );
    }
}

/// Every attempt that makes sense with these tokens.
pub async fn attempts(api: &Api, tokens: Tokens) -> Vec<Attempt> {
    attempts_with_listener(api, tokens).await.0
}

/// The same with the number of requests that the forger's listener will have had.
pub async fn attempts_with_listener(api: &Api, tokens: Tokens) -> (Vec<Attempt>, Arc<AtomicU64>) {
    let login = api.try_login("alice").await.json();
    let mut shop = Workshop::new(tokens, &text(&login["access_token"]));
    shop.carriers();
    if tokens.is_jwt() {
        shop.signatures();
        shop.keys().await;
        shop.claims();
        shop.bearer("id-token", "/me", &text(&login["id_token"]));
        let bob = Workshop::new(tokens, &api.login("bob").await);
        let raised = bob.resigned(json!({}), json!({ "role": "owner" }));
        shop.bearer("role-raised", "/admin/users", &raised);
        let moved = bob.resigned(json!({}), json!({ "tenant": "globex" }));
        shop.bearer("tenant-changed", "/projects", &moved);
    }
    shop.bearer("refresh-token", "/me", &text(&login["refresh_token"]));
    (shop.attempts, shop.fetches)
}

fn algorithm_name(tokens: Tokens) -> &'static str {
    match tokens {
        Tokens::Rs256 => "RS256",
        Tokens::Es256 => "ES256",
        Tokens::EdDsa => "EdDSA",
        _ => "HS256",
    }
}

/// The same signature with another last character, where its last bits mean nothing.
fn spare_bits(token: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = token.split_at(token.len() - 1);
    let at = ALPHABET
        .iter()
        .position(|letter| last.as_bytes() == [*letter])
        .expect("base64");
    format!("{rest}{}", char::from(ALPHABET[at ^ 1]))
}

/// Serves keys on loopback for as long as the test runs.
async fn listen(keys: Value, fetches: Arc<AtomicU64>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let router = Router::new().fallback(any(move || {
        fetches.fetch_add(1, Ordering::SeqCst);
        async move { Json(keys) }
    }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{addr}/keys.json")
}
