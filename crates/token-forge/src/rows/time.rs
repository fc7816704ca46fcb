//! When a token is good: `exp`, `nbf` and `iat`, signed by the issuer's own key.

use serde_json::{Value, json};

use crate::forge::{Forged, Input, Maker, Signer};
use crate::jws::{Jws, Members};
use crate::row::{Acceptance, Family, Group, Row, Severity};

const MINUTE: u64 = 60;
/// Far beyond the few minutes of leeway that RFC 7519 section 4.1.4 allows.
const DAY: u64 = 86_400;
/// More than clocks differ by, and than servers allow for.
const LEEWAY: u64 = 15 * MINUTE;
const YEAR_9999: u64 = 253_402_300_799;
const EXPIRED: &[&str] = &["RFC 7519 section 4.1.4", "ASVS 9.2.1", "CWE-613"];
const NUMERIC: &[&str] = &["RFC 7519 section 2", "RFC 7519 section 4.1.4", "ASVS 9.2.1", "CWE-613"];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "exp-past",
        family: Family::Jwt,
        group: Group::Core,
        acceptance: Acceptance::Hole(Severity::High),
        sources: EXPIRED,
        explanation: "The issuer's key signs a token that expired a day ago: it must not be accepted, or a stolen token is good for \
                      ever.",
        maker: Maker::Signed(|input, token, signer| aged(token, signer, json!(past(input, DAY)))),
    },
    Row {
        id: "exp-ten-minutes-past",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 7519 section 4.1.4", "ASVS 9.2.1"],
        explanation: "The issuer's key signs a token that expired ten minutes ago: a leeway for clocks is allowed, usually no more \
                      than a few minutes.",
        maker: Maker::Signed(|input, token, signer| aged(token, signer, json!(past(input, 10 * MINUTE)))),
    },
    Row {
        id: "exp-missing",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::HoleIfTyped(Severity::Medium),
        sources: &[
            "RFC 7519 section 4.1.4",
            "RFC 9068 section 2.2",
            "ASVS 9.2.1",
            "CWE-613",
        ],
        explanation: "The issuer's key signs a token without `exp`: a plain JWT need not have one, so that acceptance is a note, but \
                      the profile for access tokens requires it.",
        maker: Maker::Signed(|_, token, signer| edited(token, signer, |claims| drop(claims.shift_remove("exp")))),
    },
    Row {
        id: "exp-null",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::HoleIfTyped(Severity::Medium),
        sources: NUMERIC,
        explanation: "The issuer's key signs `exp: null`: the value must be a number, and a server that takes it for a missing one \
                      is judged like there.",
        maker: Maker::Signed(|_, token, signer| set(token, signer, "exp", Value::Null)),
    },
    Row {
        id: "exp-zero",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Medium),
        sources: EXPIRED,
        explanation: "The issuer's key signs `exp: 0`, the first second of 1970: a server that accepts it takes zero for no value.",
        maker: Maker::Signed(|_, token, signer| aged(token, signer, json!(0))),
    },
    Row {
        id: "exp-string",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::High),
        sources: NUMERIC,
        explanation: "The issuer's key signs a past `exp` as text: it must be a number, and read as one it is past, so that the \
                      token is never good.",
        maker: Maker::Signed(|input, token, signer| aged(token, signer, json!(past(input, DAY).to_string()))),
    },
    Row {
        id: "exp-float",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::High),
        sources: NUMERIC,
        explanation: "The issuer's key signs a past `exp` with a fraction: that is a legal number and past.",
        maker: Maker::Signed(|input, token, signer| {
            let seconds = u32::try_from(past(input, DAY)).unwrap_or(u32::MAX);
            aged(token, signer, json!(f64::from(seconds) + 0.5))
        }),
    },
    Row {
        id: "exp-year-9999",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 7519 section 4.1.4", "RFC 9700 section 2.2", "CWE-613"],
        explanation: "The issuer's key signs a token that is good until the year 9999: no rule bounds a lifetime at the reader; a \
                      server that does holds issuers to what was agreed.",
        maker: Maker::Signed(|_, token, signer| set(token, signer, "exp", json!(YEAR_9999))),
    },
    Row {
        id: "nbf-future",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Medium),
        sources: &["RFC 7519 section 4.1.5", "ASVS 9.2.1", "CWE-613"],
        explanation: "The issuer's key signs a token that is not good yet: it must not be accepted before.",
        maker: Maker::Signed(|input, token, signer| {
            edited(token, signer, |claims| begins_later(input, token, claims, "nbf"))
        }),
    },
    Row {
        id: "iat-future",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 7519 section 4.1.6"],
        explanation: "The issuer's key signs a token that was issued in the future: `iat` tells the age of a token, and no rule asks to \
                      refuse on it.",
        maker: Maker::Signed(|input, token, signer| {
            edited(token, signer, |claims| begins_later(input, token, claims, "iat"))
        }),
    },
];

/// A beginning that lies ahead. The token keeps its end where that is far enough off, so that nothing else about it is odd: a
/// server may refuse tokens that live for days.
fn begins_later(input: &Input<'_>, token: &Jws, claims: &mut Members, claim: &str) {
    let end = token.exp().map_or(0, |end| end.clamp(0.0, 1e12) as u64);
    let begin = if end > input.now.saturating_add(LEEWAY) {
        end - 1
    } else {
        claims.insert("exp".to_owned(), json!(input.now.saturating_add(2 * LEEWAY)));
        input.now.saturating_add(LEEWAY)
    };
    claims.insert(claim.to_owned(), json!(begin));
}

fn past(input: &Input<'_>, seconds: u64) -> u64 {
    input.now.saturating_sub(seconds)
}

fn edited(token: &Jws, signer: &Signer, edit: impl FnOnce(&mut Members)) -> Forged {
    let mut claims = token.claims().clone();
    edit(&mut claims);
    Forged::token(signer.sign_claims(token, &claims))
}

fn set(token: &Jws, signer: &Signer, claim: &str, value: Value) -> Forged {
    edited(token, signer, |claims| {
        claims.insert(claim.to_owned(), value);
    })
}

/// Sets `exp` and puts the other times well before, so that nothing but `exp` can be the reason of a refusal.
fn aged(token: &Jws, signer: &Signer, exp: Value) -> Forged {
    edited(token, signer, |claims| {
        let end = match &exp {
            Value::String(text) => text.parse().ok(),
            number => number.as_f64(),
        };
        for name in ["iat", "nbf", "auth_time"] {
            let lives = token.lifetime_seconds().filter(|lives| *lives > 0.0).unwrap_or(3600.0);
            let before = end.map(|end| (end - lives).max(0.0).floor());
            if let (Some(old), Some(before)) = (claims.get_mut(name), before)
                && old.as_f64().is_some_and(|old| old > before)
            {
                *old = json!(before as u64);
            }
        }
        claims.insert("exp".to_owned(), exp);
    })
}
