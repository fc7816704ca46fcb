//! Real tokens that were issued for something else.

use crate::forge::{Forged, Input, Maker, OtherToken, Signer};
use crate::jws::Jws;
use crate::row::{Acceptance, Family, Group, Row, Severity};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "expired-token",
        family: Family::Jwt,
        group: Group::Core,
        acceptance: Acceptance::Hole(Severity::High),
        sources: &[
            "RFC 7519 section 4.1.4",
            "RFC 6750 section 3.1",
            "ASVS 9.2.1",
            "CWE-613",
        ],
        explanation: "A real token whose time is over: it must not be accepted, or a stolen token is good for ever.",
        maker: Maker::Other(OtherToken::Expired),
    },
    Row {
        id: "other-environment-token",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::High),
        sources: &["RFC 8725 section 3.8", "RFC 8725 section 3.9", "ASVS 9.2.3", "CWE-345"],
        explanation: "A real token of another environment: a server that accepts it shares keys with that environment, and whoever \
                      may log in there may do so here.",
        maker: Maker::Other(OtherToken::OtherEnvironment),
    },
    Row {
        id: "refresh-token-as-access",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::High),
        sources: &[
            "RFC 8725 section 2.8",
            "RFC 8725 section 3.12",
            "RFC 6749 section 1.5",
            "ASVS 9.2.2",
            "CWE-1270",
        ],
        explanation: "The refresh token in the place of the access token: it lives much longer and is for the issuer alone.",
        maker: Maker::Other(OtherToken::Refresh),
    },
    Row {
        id: "id-token-as-access",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Medium),
        sources: &[
            "RFC 8725 section 2.8",
            "RFC 8725 section 3.12",
            "RFC 9068 section 4",
            "ASVS 9.2.2",
            "ASVS 10.3.1",
            "CWE-1270",
        ],
        explanation: "The ID token in the place of the access token: it tells a client who logged in, and is for that client alone.",
        maker: Maker::Other(OtherToken::Id),
    },
    Row {
        id: "typ-id-token",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Medium),
        sources: &[
            "RFC 9068 section 2.1",
            "RFC 9068 section 4",
            "RFC 8725 section 3.11",
            "ASVS 9.2.2",
        ],
        explanation: "The issuer's key signs a token of the type `JWT`, as ID tokens have, where access tokens are `at+jwt`: the \
                      server must refuse every other type.",
        maker: Maker::Signed(|_, token, signer| {
            if token.is_typed_access_token() {
                return Forged::tokens([
                    ("jwt", typed(token, signer, Some("JWT"))),
                    ("absent", typed(token, signer, None)),
                ]);
            }
            Forged::not_applicable("the good token does not declare the type of an access token")
        }),
    },
    Row {
        id: "typ-foreign",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::HoleIfTyped(Severity::Medium),
        sources: &[
            "RFC 8725 section 3.11",
            "RFC 8417 section 2.3",
            "RFC 7519 section 5.1",
            "ASVS 9.2.2",
        ],
        explanation: "The issuer's key signs a token of a type for other uses (logout, security events): readers of plain JWTs may \
                      ignore the type, so that acceptance is a note there.",
        maker: Maker::Signed(foreign),
    },
];

fn typed(token: &Jws, signer: &Signer, typ: Option<&str>) -> Option<String> {
    let mut header = token.header().clone();
    match typ {
        Some(typ) => header.insert("typ".to_owned(), typ.into()),
        None => header.shift_remove("typ"),
    };
    signer.sign(&header, token.payload_segment())
}

fn foreign(_: &Input<'_>, token: &Jws, signer: &Signer) -> Forged {
    Forged::tokens([
        ("logout", typed(token, signer, Some("logout+jwt"))),
        ("security-event", typed(token, signer, Some("secevent+jwt"))),
    ])
}
