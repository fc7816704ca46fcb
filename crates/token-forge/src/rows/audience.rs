//! For whom a token is: `aud`, signed by the issuer's own key.

use serde_json::{Value, json};

use crate::forge::{Forged, Input, Maker, Signer};
use crate::jws::Jws;
use crate::row::{Acceptance, Family, Group, Row, Severity};

const OTHER: &str = "https://other-service.example";
const AUDIENCE: &[&str] = &[
    "RFC 7519 section 4.1.3",
    "RFC 8725 section 3.9",
    "RFC 9068 section 4",
    "ASVS 9.2.3",
    "ASVS 10.3.1",
    "CWE-345",
];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "aud-wrong",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::HoleIfClaimed("aud", Severity::High),
        sources: AUDIENCE,
        explanation: "The issuer's key signs a token for another service: a server that is not in `aud` must refuse, or every \
                      service that gets a token can use it elsewhere. Where the good token names no audience, this is a note.",
        maker: Maker::Signed(|_, token, signer| audience(token, signer, Some(json!(OTHER)))),
    },
    Row {
        id: "aud-missing",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::HoleIfTyped(Severity::Medium),
        sources: &[
            "RFC 7519 section 4.1.3",
            "RFC 9068 section 2.2",
            "RFC 9068 section 4",
            "ASVS 9.2.3",
        ],
        explanation: "The issuer's key signs a token without `aud`: a plain JWT need not have one, so that acceptance is a note, but \
                      the profile for access tokens requires it.",
        maker: Maker::Signed(|_, token, signer| {
            if token.claims().contains_key("aud") {
                return audience(token, signer, None);
            }
            Forged::not_applicable("the good token names no audience either")
        }),
    },
    Row {
        id: "aud-array",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::HoleIfClaimed("aud", Severity::High),
        sources: AUDIENCE,
        explanation: "The issuer's key signs a token for a list of other services, and for an empty list: a list is legal, and a \
                      server that is not in it must refuse.",
        maker: Maker::Signed(|_, token, signer| {
            let sign = |audience: Value| with(token, signer, Some(audience));
            let others = json!([OTHER, "https://third-service.example"]);
            Forged::tokens([("others", sign(others)), ("empty", sign(json!([])))])
        }),
    },
    Row {
        id: "aud-similar",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::High),
        sources: AUDIENCE,
        explanation: "The issuer's key signs a token whose audience begins or ends with the right one: audiences are compared whole.",
        maker: Maker::Signed(similar),
    },
];

fn with(token: &Jws, signer: &Signer, audience: Option<Value>) -> Option<String> {
    let mut claims = token.claims().clone();
    match audience {
        Some(audience) => claims.insert("aud".to_owned(), audience),
        None => claims.shift_remove("aud"),
    };
    signer.sign_claims(token, &claims)
}

fn audience(token: &Jws, signer: &Signer, audience: Option<Value>) -> Forged {
    Forged::token(with(token, signer, audience))
}

fn similar(_: &Input<'_>, token: &Jws, signer: &Signer) -> Forged {
    let Some(good) = token.aud().first().copied().filter(|good| !good.is_empty()) else {
        return Forged::not_applicable("the good token names no audience");
    };
    Forged::tokens([
        (
            "longer",
            with(token, signer, Some(json!(format!("{good}.evil.example")))),
        ),
        ("prefixed", with(token, signer, Some(json!(format!("evil.{good}"))))),
    ])
}
