//! The `Authorization` header itself: left out, empty, of another scheme, or with the token elsewhere.
//!
//! A scheme in lower case is no row: schemes are compared without case (RFC 9110 section 11.1).

use crate::base64url;
use crate::forge::{Carrier, Forged, Input, Maker, Sent, Variant};
use crate::row::{Acceptance, Family, Group, Row, Severity};

const MISSING: &[&str] = &[
    "RFC 6750 section 3",
    "RFC 9110 section 11.6.1",
    "WSTG-ATHN-04",
    "CWE-306",
];
const WRONG: &[&str] = &[
    "RFC 6750 section 2.1",
    "RFC 9110 section 11.6.2",
    "WSTG-ATHN-04",
    "CWE-287",
];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "no-credential",
        family: Family::Scheme,
        group: Group::Core,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: MISSING,
        explanation: "No credential at all: an operation that is not public must refuse.",
        maker: Maker::Any(|_| Forged::variants([Variant::sent("only", Sent::Nothing)])),
    },
    Row {
        id: "empty-credential",
        family: Family::Scheme,
        group: Group::Core,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: WRONG,
        explanation: "An empty header, the scheme alone, and the scheme with a space: nothing was presented, and a server that \
                      accepts it found that nothing equals nothing.",
        maker: Maker::Any(|input| {
            if !in_authorization(input) {
                return Forged::tokens([("space", Some(" ".to_owned())), ("empty", Some(String::new()))]);
            }
            let scheme = scheme(input);
            // The one that gets furthest comes last: what splits at the space finds a token, and it is empty.
            headers([
                ("empty", String::new()),
                ("scheme", scheme.to_owned()),
                ("space", format!("{scheme} ")),
            ])
        }),
    },
    Row {
        id: "null-credential",
        family: Family::Scheme,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: WRONG,
        explanation: "The words that programs write for a missing value (null, undefined, None, NaN, [object Object]): clients send \
                      them by mistake, and a server that accepts one has stored or compared it as a value.",
        maker: Maker::Any(|input| {
            let words = [
                ("null", "null"),
                ("undefined", "undefined"),
                ("none", "None"),
                ("nan", "NaN"),
                ("object", "[object Object]"),
            ];
            instead(input, words)
        }),
    },
    Row {
        id: "garbage-credential",
        family: Family::Scheme,
        group: Group::Core,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: WRONG,
        explanation: "A token that nobody issued, as a word and in the form of a JWT: a server that accepts it only asks whether \
                      something is there.",
        maker: Maker::Any(|input| {
            // The one that gets furthest comes last: it has the form of a token.
            let words = [
                ("word", "forged-credential"),
                ("dotted", "Zm9yZ2Vk.Y3JlZGVudGlhbA.c2lnbmF0dXJl"),
            ];
            instead(input, words)
        }),
    },
    Row {
        id: "wrong-scheme",
        family: Family::Scheme,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 9110 section 11.6.2", "RFC 6750 section 2.1"],
        explanation: "The good token under the name of another scheme, or of one that does not exist: it is genuine, but a reader \
                      that does not look at the scheme may take a credential for another kind.",
        maker: Maker::Any(|input| {
            if !in_authorization(input) {
                return not_there();
            }
            let other = if input.carrier == Carrier::Basic {
                "Bearer"
            } else {
                "Basic"
            };
            headers([
                ("other", format!("{other} {}", input.token)),
                ("unknown", format!("Xyz {}", input.token)),
            ])
        }),
    },
    Row {
        id: "no-scheme",
        family: Family::Scheme,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 9110 section 11.6.2", "RFC 6750 section 2.1"],
        explanation: "The good token without a scheme: it is genuine; many servers allow it, and the syntax does not.",
        maker: Maker::Any(|input| {
            if !in_authorization(input) {
                return not_there();
            }
            headers([("only", input.token.to_owned())])
        }),
    },
    Row {
        id: "token-in-query",
        family: Family::Scheme,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Low),
        sources: &[
            "RFC 6750 section 2.3",
            "RFC 9700 section 4.3.2",
            "ASVS 14.2.1",
            "CWE-598",
        ],
        explanation: "The good token in the query: it is genuine, but addresses end up in logs, histories and Referer headers, so \
                      that resource servers should not take tokens from there.",
        maker: Maker::Any(in_query),
    },
    Row {
        id: "two-credentials",
        family: Family::Scheme,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &[
            "RFC 6750 section 2",
            "RFC 6750 section 3.1",
            "RFC 9110 section 5.3",
            "CWE-436",
        ],
        explanation: "Two `Authorization` headers, one of them garbage, in both orders: a client must not send more than one token \
                      at a time, and two readers may see two callers.",
        maker: Maker::Any(twice),
    },
    Row {
        id: "key-in-query",
        family: Family::Scheme,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Low),
        sources: &["ASVS 14.2.1", "CWE-598"],
        explanation: "The good API key in the query: it is genuine, but addresses end up in logs, histories and Referer headers, and a \
                      key lives long.",
        maker: Maker::Any(key_in_query),
    },
    Row {
        id: "key-elsewhere",
        family: Family::Scheme,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 6750 section 2.1", "RFC 7617 section 2", "CWE-436"],
        explanation: "The good API key as a bearer token, and as a user name: it is genuine; each further place is one more that proxies, \
                      logs and limits have to know.",
        maker: Maker::Any(key_elsewhere),
    },
];

/// Whether the credential stands in the `Authorization` header.
fn in_authorization(input: &Input<'_>) -> bool {
    matches!(input.carrier, Carrier::Bearer | Carrier::Basic)
}

fn not_there() -> Forged {
    Forged::not_applicable("the credential is not sent in the Authorization header")
}

/// Words in the place of the credential, behind its scheme where it has one.
fn instead<const N: usize>(input: &Input<'_>, words: [(&'static str, &'static str); N]) -> Forged {
    if in_authorization(input) {
        return headers(words.map(|(label, word)| (label, format!("{} {word}", scheme(input)))));
    }
    Forged::tokens(words.map(|(label, word)| (label, Some(word.to_owned()))))
}

fn scheme(input: &Input<'_>) -> &'static str {
    if input.carrier == Carrier::Basic {
        "Basic"
    } else {
        "Bearer"
    }
}

fn headers(values: impl IntoIterator<Item = (&'static str, String)>) -> Forged {
    let values = values.into_iter();
    Forged::variants(values.map(|(label, value)| Variant::sent(label, Sent::Authorization(value))))
}

fn in_query(input: &Input<'_>) -> Forged {
    if input.carrier != Carrier::Bearer {
        return Forged::not_applicable("the credential is no bearer token");
    }
    let names = ["access_token", "token"];
    Forged::variants(names.map(|name| {
        let value = input.token.to_owned();
        Variant::sent(name, Sent::Query { name, value })
    }))
}

/// Of a key in a header; one that belongs into the query is there already, and a cookie is no key of a program.
fn key_in_query(input: &Input<'_>) -> Forged {
    if input.carrier != Carrier::ApiKey {
        return Forged::not_applicable("the credential is no API key in a header");
    }
    let names = ["api_key", "apikey", "key", "access_token"];
    Forged::variants(names.map(|name| {
        let value = input.token.to_owned();
        Variant::sent(name, Sent::Query { name, value })
    }))
}

fn key_elsewhere(input: &Input<'_>) -> Forged {
    if !matches!(input.carrier, Carrier::ApiKey | Carrier::KeyInQuery) {
        return Forged::not_applicable("the credential is no API key");
    }
    headers([
        ("bearer", format!("Bearer {}", input.token)),
        (
            "user",
            format!("Basic {}", base64url::encode_standard(format!("{}:", input.token))),
        ),
    ])
}

fn twice(input: &Input<'_>) -> Forged {
    if !in_authorization(input) {
        return not_there();
    }
    let good = format!("{} {}", scheme(input), input.token);
    let garbage = format!("{} forged-credential", scheme(input));
    Forged::variants([
        Variant::sent("good-first", Sent::Authorizations(vec![good.clone(), garbage.clone()])),
        Variant::sent("good-last", Sent::Authorizations(vec![garbage, good])),
    ])
}
