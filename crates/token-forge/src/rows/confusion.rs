//! Key confusion: the token says HMAC, and the secret is the public key that everybody knows.
//!
//! A server that takes the algorithm from the token hands its verification key to HMAC in the bytes in which it keeps it, so
//! that each form of the key is a row.

use crate::algorithm::Algorithm;
use crate::forge::{Forged, Maker, Variant};
use crate::jws::{Jws, compact, signing_input};
use crate::key::{Encoding, PublicKey, SigningKey};
use crate::row::{Acceptance, Family, Group, Row, Severity};

const CONFUSION: &[&str] = &[
    "RFC 8725 section 2.1",
    "RFC 8725 section 3.1",
    "ASVS 9.1.2",
    "CVE-2016-10555",
    "CWE-347",
];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "hs-confusion-spki-pem",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: CONFUSION,
        explanation: "The token is signed with HMAC, and the secret is the server's public key as PEM (SubjectPublicKeyInfo): a server that \
                      accepts it lets the token choose the algorithm.",
        maker: Maker::Public(|_, token, key| confused(token, key, Encoding::SpkiPem)),
    },
    Row {
        id: "hs-confusion-spki-pem-no-newline",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: CONFUSION,
        explanation: "The same with the PEM without its last line break, as it comes out of an environment variable.",
        maker: Maker::Public(|_, token, key| confused(token, key, Encoding::SpkiPemNoNewline)),
    },
    Row {
        id: "hs-confusion-spki-pem-crlf",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: CONFUSION,
        explanation: "The same with the PEM in lines that end as on Windows.",
        maker: Maker::Public(|_, token, key| confused(token, key, Encoding::SpkiPemCrlf)),
    },
    Row {
        id: "hs-confusion-pkcs1-pem",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: CONFUSION,
        explanation: "The same with the PEM of PKCS #1.",
        maker: Maker::Public(|_, token, key| confused(token, key, Encoding::Pkcs1Pem)),
    },
    Row {
        id: "hs-confusion-pkcs1-pem-no-newline",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: CONFUSION,
        explanation: "The same with the PEM of PKCS #1 without its last line break.",
        maker: Maker::Public(|_, token, key| confused(token, key, Encoding::Pkcs1PemNoNewline)),
    },
    Row {
        id: "hs-confusion-der",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: CONFUSION,
        explanation: "The same with the public key in binary: SubjectPublicKeyInfo, PKCS #1, and for curves the bare point.",
        maker: Maker::Public(|_, token, key| confused(token, key, Encoding::Der)),
    },
    Row {
        id: "hs-confusion-jwk",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: CONFUSION,
        explanation: "The same with the public key as JSON: as it was published, and in its shortest forms.",
        maker: Maker::Public(|_, token, key| confused(token, key, Encoding::Jwk)),
    },
    Row {
        id: "hs-confusion-certificate",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: CONFUSION,
        explanation: "The same with the certificate that holds the public key.",
        maker: Maker::Public(|_, token, key| confused(token, key, Encoding::CertificatePem)),
    },
    Row {
        id: "hs-confusion-as-given",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: CONFUSION,
        explanation: "The same with the text of the public key as the plan has it, where it is written otherwise than above.",
        maker: Maker::Public(|_, token, key| confused(token, key, Encoding::AsGiven)),
    },
];

/// HS256, and the HMAC of the same hash where the good token has a longer one.
fn confused(token: &Jws, key: &PublicKey, encoding: Encoding) -> Forged {
    let twin = match token.alg().and_then(|alg| alg.get(2..)) {
        Some("384") => Some(Algorithm::Hs384),
        Some("512") => Some(Algorithm::Hs512),
        _ => None,
    };
    let mut variants = Vec::new();
    for (label, secret) in key.encodings(encoding) {
        let secret = SigningKey::hmac(secret);
        for algorithm in [Algorithm::Hs256].into_iter().chain(twin) {
            let name = algorithm.name().to_ascii_lowercase();
            let label = if label.is_empty() {
                name
            } else {
                format!("{label}-{name}")
            };
            variants.extend(signed_hmac(token, &secret, algorithm).map(|token| Variant::token(label, token)));
        }
    }
    if variants.is_empty() {
        return Forged::not_applicable("the public key has no such form");
    }
    Forged::variants(variants)
}

fn signed_hmac(token: &Jws, secret: &SigningKey, algorithm: Algorithm) -> Option<String> {
    let mut header = token.header().clone();
    header.insert("alg".to_owned(), algorithm.name().into());
    let input = signing_input(&header, token.payload_segment());
    let signature = secret.sign(algorithm, input.as_bytes())?;
    Some(compact(&input, &signature))
}
