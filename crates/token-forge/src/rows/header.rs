//! Header members that change how a token must be read, and names that stand twice.

use serde_json::{Value, json};

use crate::base64url;
use crate::forge::{Forged, Input, Maker, Signer};
use crate::jws::{Jws, Members};
use crate::row::{Acceptance, Family, Group, Row, Severity};

/// Seconds that a claim is moved: far beyond any leeway.
const DAY: u64 = 86_400;

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "crit-unknown",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Medium),
        sources: &[
            "RFC 7515 section 4.1.11",
            "RFC 7515 section 5.2",
            "CVE-2025-59420",
            "CWE-358",
        ],
        explanation: "The issuer's key signs a header that makes an extension critical which nobody knows: whoever does not \
                      understand a critical extension must refuse the token, or restrictions put there have no effect.",
        maker: Maker::Signed(crit_unknown),
    },
    Row {
        id: "crit-malformed",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 7515 section 4.1.11"],
        explanation: "The issuer's key signs a `crit` that is empty or names a member that is not there: the sender must not write \
                      that, and a reader may take it as invalid.",
        maker: Maker::Signed(crit_malformed),
    },
    Row {
        id: "b64-false",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Low),
        sources: &[
            "RFC 7797 section 6",
            "RFC 7797 section 7",
            "RFC 7515 section 4.1.11",
            "CWE-358",
        ],
        explanation: "The issuer's key signs `b64: false` as a critical extension: whoever does not know it must refuse, and who \
                      does must refuse too, because a JWT must not use it.",
        maker: Maker::Signed(b64_false),
    },
    Row {
        id: "b64-false-not-critical",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 7797 section 6", "RFC 7515 section 4"],
        explanation: "The issuer's key signs `b64: false` without `crit`: readers that do not know the member ignore it, as they \
                      must with unknown members, and two readers then see two payloads.",
        maker: Maker::Signed(|_, token, signer| {
            let header = with(token, &[("b64", json!(false))]);
            Forged::token(signer.sign(&header, token.payload_segment()))
        }),
    },
    Row {
        id: "duplicate-alg",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 7515 section 4", "RFC 8725 section 2.6", "CVE-2015-9235", "CWE-436"],
        explanation: "The header names its algorithm twice, once as none, and there is no signature: two parsers of one server may \
                      see different values.",
        maker: Maker::Jwt(duplicate_alg),
    },
    Row {
        id: "duplicate-claim",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Medium),
        sources: &["RFC 7519 section 4", "RFC 8725 section 2.6", "CWE-436"],
        explanation: "The issuer's key signs claims with two values of `exp`, of which the last is past: a parser must refuse that \
                      or take the last one, so that the token is never good.",
        maker: Maker::Signed(duplicate_claim),
    },
];

fn with(token: &Jws, members: &[(&str, Value)]) -> Members {
    let mut header = token.header().clone();
    for (name, value) in members {
        header.insert((*name).to_owned(), value.clone());
    }
    header
}

fn crit_unknown(_: &Input<'_>, token: &Jws, signer: &Signer) -> Forged {
    let name = "urn:example:unknown-extension";
    let header = with(token, &[("crit", json!([name])), (name, json!("required"))]);
    Forged::token(signer.sign(&header, token.payload_segment()))
}

fn crit_malformed(_: &Input<'_>, token: &Jws, signer: &Signer) -> Forged {
    let sign = |crit: Value| signer.sign(&with(token, &[("crit", crit)]), token.payload_segment());
    Forged::tokens([
        ("empty", sign(json!([]))),
        ("absent-member", sign(json!(["urn:example:absent"]))),
    ])
}

/// As everybody else reads it, and with the payload in the open, as RFC 7797 means it. Dots in the claims would end the
/// segment and are escaped.
fn b64_false(_: &Input<'_>, token: &Jws, signer: &Signer) -> Forged {
    let header = with(token, &[("crit", json!(["b64"])), ("b64", json!(false))]);
    let open = Value::Object(token.claims().clone()).to_string();
    let open = open.is_ascii().then(|| open.replace('.', "\\u002e"));
    let has_fractions = token.claims().values().any(Value::is_f64);
    Forged::tokens([
        ("encoded", signer.sign(&header, token.payload_segment())),
        (
            "open",
            open.filter(|_| !has_fractions)
                .and_then(|open| signer.sign(&header, &open)),
        ),
    ])
}

/// Members as text, with one more in front or behind.
fn twice(members: &Members, name: &str, value: &Value, in_front: bool) -> String {
    let text = Value::Object(members.clone()).to_string();
    let more = format!("{}:{value}", Value::from(name));
    let inside = &text[1..text.len() - 1];
    match (inside.is_empty(), in_front) {
        (true, _) => format!("{{{more}}}"),
        (false, true) => format!("{{{more},{inside}}}"),
        (false, false) => format!("{{{inside},{more}}}"),
    }
}

fn duplicate_alg(_: &Input<'_>, token: &Jws) -> Forged {
    let unsigned = |in_front| {
        let header = twice(token.header(), "alg", &json!("none"), in_front);
        Some(format!("{}.{}.", base64url::encode(header), token.payload_segment()))
    };
    Forged::tokens([("none-first", unsigned(true)), ("none-last", unsigned(false))])
}

fn duplicate_claim(input: &Input<'_>, token: &Jws, signer: &Signer) -> Forged {
    let mut claims = token.claims().clone();
    claims.insert("exp".to_owned(), json!(input.now.saturating_add(DAY)));
    let text = twice(&claims, "exp", &json!(input.now.saturating_sub(DAY)), false);
    let payload = base64url::encode(text);
    Forged::token(signer.sign_input(&format!("{}.{payload}", token.header_segment())))
}
