//! Headers that declare the token unsigned, or that no algorithm stands behind.

use serde_json::Value;

use crate::forge::{Forged, Input, Maker};
use crate::jws::{Jws, signing_input};
use crate::row::{Acceptance, Family, Group, Row, Severity};

const NONE: &[&str] = &[
    "RFC 8725 section 2.1",
    "RFC 8725 section 3.2",
    "RFC 7518 section 3.6",
    "ASVS 9.1.2",
    "CVE-2015-9235",
    "CWE-347",
];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "alg-none",
        family: Family::Jwt,
        group: Group::Core,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: NONE,
        explanation: "The header says that the token is not signed, and it is not: a server that accepts it lets everybody write \
                      his own token.",
        maker: Maker::Jwt(|_, token| Forged::token(Some(unsigned(token, Some("none".into()), ".")))),
    },
    Row {
        id: "alg-none-mixed-case",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &[
            "RFC 8725 section 3.2",
            "rfc8725bis section 2.11",
            "RFC 7515 section 4.1.1",
            "ASVS 9.1.2",
            "CVE-2015-9235",
            "CWE-178",
        ],
        explanation: "The same in other spellings (None, NONE, nOnE): a server that accepts one forbids a word and not the missing \
                      signature.",
        maker: Maker::Jwt(mixed_case),
    },
    Row {
        id: "alg-none-two-segments",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: NONE,
        explanation: "An unsigned token without the dot behind its payload.",
        maker: Maker::Jwt(|_, token| Forged::token(Some(unsigned(token, Some("none".into()), "")))),
    },
    Row {
        id: "alg-none-old-signature",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: NONE,
        explanation: "The header says that the token is not signed, and the old signature stays: a server that only asks whether \
                      a signature is there accepts it.",
        maker: Maker::Jwt(|_, token| {
            let end = format!(".{}", token.signature_segment());
            Forged::token(Some(unsigned(token, Some("none".into()), &end)))
        }),
    },
    Row {
        id: "alg-missing",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &[
            "RFC 7515 section 4.1.1",
            "RFC 8725 section 3.1",
            "ASVS 9.1.2",
            "CWE-347",
        ],
        explanation: "The header names no algorithm (left out, empty, null) and there is no signature: `alg` must be there.",
        maker: Maker::Jwt(missing),
    },
    Row {
        id: "alg-unknown",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 7515 section 5.2", "RFC 8725 section 3.1", "ASVS 9.1.2", "CWE-347"],
        explanation: "The header names an algorithm that does not exist and there is no signature: what cannot be verified is not \
                      valid.",
        maker: Maker::Jwt(|_, token| Forged::token(Some(unsigned(token, Some("XS256".into()), ".")))),
    },
];

/// The token with another `alg` (or none) and an end of its own.
fn unsigned(token: &Jws, alg: Option<Value>, end: &str) -> String {
    let mut header = token.header().clone();
    match alg {
        Some(alg) => header.insert("alg".to_owned(), alg),
        None => header.shift_remove("alg"),
    };
    signing_input(&header, token.payload_segment()) + end
}

fn mixed_case(_: &Input<'_>, token: &Jws) -> Forged {
    let spellings = [("capitalised", "None"), ("upper", "NONE"), ("mixed", "nOnE")];
    Forged::tokens(spellings.map(|(label, alg)| (label, Some(unsigned(token, Some(alg.into()), ".")))))
}

fn missing(_: &Input<'_>, token: &Jws) -> Forged {
    Forged::tokens([
        ("absent", Some(unsigned(token, None, "."))),
        ("empty", Some(unsigned(token, Some("".into()), "."))),
        ("null", Some(unsigned(token, Some(Value::Null), "."))),
    ])
}
