//! The signature itself: bits turned, parts left out, another payload below it, another key behind it.

use crate::attacker;
use crate::base64url;
use crate::forge::{Forged, Input, Maker, with_new_claim};
use crate::jws::{Jws, compact, payload, signing_input};
use crate::row::{Acceptance, Family, Group, Row, Severity};

const NOT_VERIFIED: &[&str] = &["RFC 7515 section 5.2", "RFC 8725 section 3.3", "ASVS 9.1.1", "CWE-347"];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "signature-flipped-first",
        family: Family::Jwt,
        group: Group::Core,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: NOT_VERIFIED,
        explanation: "One bit of the first byte of the signature is turned: a server that accepts it does not verify signatures.",
        maker: Maker::Jwt(|_, token| flipped(token, |_| 0)),
    },
    Row {
        id: "signature-flipped-middle",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: NOT_VERIFIED,
        explanation: "One bit in the middle of the signature is turned: a server that accepts it compares only the beginning.",
        maker: Maker::Jwt(|_, token| flipped(token, |length| length / 2)),
    },
    Row {
        id: "signature-flipped-last",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: NOT_VERIFIED,
        explanation: "One bit of the last byte of the signature is turned, so that the decoded bytes differ: a server that accepts \
                      it compares only the beginning.",
        maker: Maker::Jwt(|_, token| flipped(token, |length| length - 1)),
    },
    Row {
        id: "signature-truncated",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 7515 section 5.2", "RFC 7518 section 3.2", "ASVS 9.1.1", "CWE-347"],
        explanation: "The signature is cut to its first half, and to its first byte: a server that compares as many bytes as it \
                      was given can be guessed byte by byte.",
        maker: Maker::Jwt(truncated),
    },
    Row {
        id: "payload-changed",
        family: Family::Jwt,
        group: Group::Core,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 7515 section 5.2", "RFC 8725 section 3.3", "ASVS 9.1.1", "CWE-345"],
        explanation: "The payload gets one more claim and keeps its old signature: a server that accepts it lets everybody write \
                      his own claims.",
        maker: Maker::Jwt(payload_changed),
    },
    Row {
        id: "signed-by-stranger",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 7515 section 5.2", "RFC 8725 section 3.10", "ASVS 9.1.3", "CWE-347"],
        explanation: "The token is well signed with the same algorithm by a key that nobody trusts: a server that accepts it checks \
                      the form of signatures and not whose they are.",
        maker: Maker::Jwt(signed_by_stranger),
    },
    Row {
        id: "empty-signature",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 7515 section 5.2", "CVE-2020-28042", "ASVS 9.1.1", "CWE-347"],
        explanation: "The signature is left out and its dot stays: a server that accepts it skips the check where there is nothing \
                      to check.",
        maker: Maker::Jwt(|_, token| Forged::token(Some(format!("{}.", token.signing_input())))),
    },
    Row {
        id: "two-segments",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 7515 section 7.1", "RFC 7519 section 7.2", "ASVS 9.1.1", "CWE-347"],
        explanation: "The signature is left out together with its dot: that is no JWT, and a server that accepts it only decodes.",
        maker: Maker::Jwt(|_, token| Forged::token(Some(token.signing_input()))),
    },
    Row {
        id: "signature-spare-bits",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 4648 section 3.5", "RFC 7515 section 2"],
        explanation: "Unused bits of the last base64 character are set, so that the decoded signature is the same: decoders may \
                      accept that, and then one token has several texts, which defeats deny lists of texts.",
        maker: Maker::Jwt(spare_bits),
    },
    Row {
        id: "signature-padded",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 7515 section 2", "RFC 4648 section 3.2"],
        explanation: "The signature gets the padding that JWS leaves out: the signature is good, but one token has several texts, \
                      which defeats deny lists of texts.",
        maker: Maker::Jwt(padded),
    },
];

fn unreadable() -> Forged {
    Forged::not_applicable("the signature of the good token is empty or no base64url")
}

fn signature(token: &Jws) -> Option<&[u8]> {
    token.signature().filter(|signature| !signature.is_empty())
}

/// Turns the highest bit of the byte at a place that depends on the length.
fn flipped(token: &Jws, at: fn(usize) -> usize) -> Forged {
    let Some(signature) = signature(token) else {
        return unreadable();
    };
    let mut flipped = signature.to_vec();
    flipped[at(signature.len())] ^= 0x80;
    Forged::token(Some(compact(&token.signing_input(), &flipped)))
}

fn truncated(_: &Input<'_>, token: &Jws) -> Forged {
    let Some(signature) = signature(token) else {
        return unreadable();
    };
    let cut = |length: usize| {
        let part = signature.get(..length).filter(|part| part.len() < signature.len());
        part.map(|part| compact(&token.signing_input(), part))
    };
    Forged::tokens([("half", cut(signature.len() / 2)), ("one-byte", cut(1))])
}

fn payload_changed(_: &Input<'_>, token: &Jws) -> Forged {
    let payload = payload(&with_new_claim(token));
    let (header, signature) = (token.header_segment(), token.signature_segment());
    Forged::token(Some(format!("{header}.{payload}.{signature}")))
}

fn signed_by_stranger(_: &Input<'_>, token: &Jws) -> Forged {
    let Some(algorithm) = token.algorithm() else {
        return Forged::not_applicable("the algorithm of the token is not known");
    };
    let input = signing_input(token.header(), token.payload_segment());
    let signature = attacker::key(algorithm).sign(algorithm, input.as_bytes());
    Forged::token(signature.map(|signature| compact(&input, &signature)))
}

fn spare_bits(_: &Input<'_>, token: &Jws) -> Forged {
    let text = token.signature_segment();
    let spare = match text.len() % 4 {
        2 => 4,
        3 => 2,
        _ => return Forged::not_applicable("the last character of this signature has no unused bits"),
    };
    let last = text.bytes().next_back().and_then(base64url::value);
    let Some(last) = last.filter(|_| token.signature().is_some()) else {
        return unreadable();
    };
    let changed = base64url::character(last ^ ((1 << spare) - 1));
    let kept = &text[..text.len() - 1];
    Forged::token(Some(format!("{}.{kept}{changed}", token.signing_input())))
}

fn padded(_: &Input<'_>, token: &Jws) -> Forged {
    let text = token.signature_segment();
    let padding = match text.len() % 4 {
        2 => "==",
        3 => "=",
        _ => return Forged::not_applicable("a signature of this length has no padding"),
    };
    Forged::token(Some(format!("{}.{text}{padding}", token.signing_input())))
}
