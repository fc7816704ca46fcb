//! Who issued a token: `iss`, signed by the key that belongs to the true issuer.

use serde_json::{Value, json};

use crate::forge::{Forged, Input, Maker, Signer};
use crate::jws::Jws;
use crate::row::{Acceptance, Family, Group, Row, Severity};

const ISSUER: &[&str] = &["RFC 8725 section 3.8", "RFC 9068 section 4", "ASVS 9.1.3", "CWE-346"];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "iss-wrong",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::HoleIfClaimed("iss", Severity::Medium),
        sources: ISSUER,
        explanation: "The right key signs a token in the name of another issuer: the keys of one issuer must not speak for another. \
                      Where the good token names no issuer, this is a note.",
        maker: Maker::Signed(|_, token, signer| {
            Forged::token(with(token, signer, Some(json!("https://other-issuer.example"))))
        }),
    },
    Row {
        id: "iss-missing",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::HoleIfTyped(Severity::Low),
        sources: &["RFC 7519 section 4.1.1", "RFC 9068 section 2.2", "RFC 9068 section 4"],
        explanation: "The right key signs a token without `iss`: a plain JWT need not have one, so that acceptance is a note, but \
                      the profile for access tokens requires it.",
        maker: Maker::Signed(|_, token, signer| {
            if token.claims().contains_key("iss") {
                return Forged::token(with(token, signer, None));
            }
            Forged::not_applicable("the good token names no issuer either")
        }),
    },
    Row {
        id: "iss-prefix-trick",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::High),
        sources: ISSUER,
        explanation: "The right key signs a token whose issuer begins like the right one and is another host, or has it in its \
                      path: issuers are compared whole.",
        maker: Maker::Signed(prefix_trick),
    },
    Row {
        id: "iss-array",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 7519 section 4.1.1", "CVE-2025-30144", "CWE-345"],
        explanation: "The right key signs a list of issuers that has the right one and an attacker's: `iss` is one text, and two \
                      readers of a list may see two issuers; libraries accept it, and only the issuer can make this token.",
        maker: Maker::Signed(|_, token, signer| match token.iss() {
            Some(good) => Forged::token(with(token, signer, Some(json!(["https://evil.example", good])))),
            None => Forged::not_applicable("the good token names no issuer"),
        }),
    },
];

fn with(token: &Jws, signer: &Signer, issuer: Option<Value>) -> Option<String> {
    let mut claims = token.claims().clone();
    match issuer {
        Some(issuer) => claims.insert("iss".to_owned(), issuer),
        None => claims.shift_remove("iss"),
    };
    signer.sign_claims(token, &claims)
}

fn prefix_trick(_: &Input<'_>, token: &Jws, signer: &Signer) -> Forged {
    let Some(good) = token.iss().filter(|good| !good.is_empty()) else {
        return Forged::not_applicable("the good token names no issuer");
    };
    let bare = good.trim_end_matches('/');
    let sign = |issuer: String| with(token, signer, Some(json!(issuer)));
    Forged::tokens([
        ("longer-host", sign(format!("{bare}.evil.example"))),
        ("user-info", sign(format!("{bare}@evil.example"))),
        ("in-path", sign(format!("https://evil.example/{bare}"))),
    ])
}
