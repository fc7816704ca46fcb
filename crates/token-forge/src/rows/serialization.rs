//! Tokens in the JSON serialization of JWS, and texts that are a token in both serializations.

use serde_json::{Value, json};

use crate::base64url;
use crate::forge::{Forged, Input, Maker, with_new_claim};
use crate::jws::{Jws, payload};
use crate::row::{Acceptance, Family, Group, Row, Severity};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "json-serialization",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &[
            "RFC 7519 section 1",
            "RFC 7515 section 7.2",
            "rfc8725bis section 2.13",
            "rfc8725bis section 3.14",
        ],
        explanation: "The good token as JSON, flattened and general: the signature is genuine, but a JWT is always compact, and a \
                      second way to read tokens is a second way in.",
        maker: Maker::Jwt(genuine),
    },
    Row {
        id: "json-no-signatures",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &[
            "RFC 7515 section 5.2",
            "RFC 7515 section 7.2.1",
            "rfc8725bis section 3.14",
            "CWE-347",
        ],
        explanation: "The token as JSON with an empty list of signatures, and without one: a server that accepts it found that all \
                      of no signatures are good.",
        maker: Maker::Jwt(no_signatures),
    },
    Row {
        id: "json-polyglot",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &[
            "CVE-2022-39227",
            "rfc8725bis section 2.13",
            "rfc8725bis section 3.14",
            "CWE-436",
        ],
        explanation: "A text that as JSON is the good token and as a compact token has another payload: a server that verifies one \
                      and reads the other accepts claims that nobody signed.",
        maker: Maker::Jwt(polyglot),
    },
];

fn general(token: &Jws, signatures: Value) -> String {
    json!({ "payload": token.payload_segment(), "signatures": signatures }).to_string()
}

fn genuine(_: &Input<'_>, token: &Jws) -> Forged {
    let (protected, signature) = (token.header_segment(), token.signature_segment());
    let flattened = json!({ "payload": token.payload_segment(), "protected": protected, "signature": signature });
    let general = general(token, json!([{ "protected": protected, "signature": signature }]));
    Forged::tokens([("flattened", Some(flattened.to_string())), ("general", Some(general))])
}

fn no_signatures(_: &Input<'_>, token: &Jws) -> Forged {
    let protected = token.header_segment();
    let flattened = json!({ "payload": token.payload_segment(), "protected": protected, "signature": "" });
    let none = base64url::encode(r#"{"alg":"none"}"#);
    let unsigned = general(token, json!([{ "protected": none, "signature": "" }]));
    Forged::tokens([
        ("empty-list", Some(general(token, json!([])))),
        ("flattened-empty", Some(flattened.to_string())),
        ("general-alg-none", Some(unsigned)),
    ])
}

/// The first member's name is the beginning of a compact token whose third segment is the rest of the text.
fn polyglot(_: &Input<'_>, token: &Jws) -> Forged {
    let (header, signature) = (token.header_segment(), token.signature_segment());
    let forged = payload(&with_new_claim(token));
    let good = token.payload_segment();
    let text = format!(
        "{{\"  {header}.{forged}.\":\"\",\"protected\":\"{header}\",\"payload\":\"{good}\",\"signature\":\"{signature}\"}}"
    );
    Forged::token(Some(text))
}
