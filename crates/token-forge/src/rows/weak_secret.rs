//! Secrets that can be guessed: nothing is sent, the signature itself is the proof.

use crate::algorithm::{Algorithm, KeyKind};
use crate::forge::{Forged, Input, Maker};
use crate::jws::Jws;
use crate::row::{Acceptance, Family, Group, Row, Severity};
use crate::weak::{weak_secret, weak_secret_count};

pub(super) const ROWS: &[Row] = &[Row {
    id: "weak-hmac-secret",
    family: Family::Jwt,
    group: Group::Core,
    acceptance: Acceptance::Hole(Severity::Critical),
    sources: &[
        "RFC 8725 section 2.2",
        "RFC 8725 section 3.5",
        "RFC 7518 section 3.2",
        "ASVS 9.1.1",
        "CWE-1391",
        "CWE-321",
    ],
    explanation: "The secret behind the signature is guessed offline (documentation samples, product defaults, placeholders, names): \
                  whoever guesses it signs his own tokens.",
    maker: Maker::Jwt(guess),
}];

fn guess(input: &Input<'_>, token: &Jws) -> Forged {
    if token.algorithm().map(Algorithm::key_kind) != Some(KeyKind::Hmac) {
        return Forged::not_applicable("the token is not signed with a shared secret");
    }
    match weak_secret(token, &input.hints) {
        Some(found) => Forged::Proven(format!("the token is signed with a known secret: {}", found.source)),
        None => Forged::Refuted(format!(
            "none of {} known secrets made the signature",
            weak_secret_count()
        )),
    }
}
