//! Each kind of tokens is sound, and each switch of the token family lets exactly its forgeries through.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use gate_demo::{Config, Hole, Tokens, openapi};

use crate::{
    client::{Api, text},
    forgery::{attempts, attempts_with_listener},
};

/// The forgeries that are let through, by name.
async fn let_through(config: Config) -> BTreeSet<&'static str> {
    let tokens = config.kind_of_tokens();
    let api = Api::new(config);
    let mut through = BTreeSet::new();
    for attempt in attempts(&api, tokens).await {
        let reply = api.raw(attempt.request).await;
        // A broken server is no open one, and behind the guard there may be nothing.
        let served = reply.status == 200 || reply.status == 404 || reply.status == 415;
        if served && reply.body.contains(attempt.shows) {
            through.insert(attempt.name);
        }
    }
    through
}

/// The forgeries that a switch lets through; `None` for switches of other families.
fn expected(hole: Hole) -> Option<&'static [&'static str]> {
    Some(match hole {
        Hole::JwtSignatureIgnored => &[
            "signature",
            "signature on /invoices",
            "signature on /projects",
            "alg-none",
            "alg-none-title",
            "alg-none-upper",
            "alg-none-mixed",
            "alg-none on PATCH of a document",
            "alg-none on DELETE of a document",
            "signature-empty",
            "psychic-signature",
            "hs-confusion",
            "secret-weak",
            "jwk-embedded",
            "jku",
            "x5u",
            "x5c",
            "kid-null-device",
            "kid-proc",
            "kid-sql",
            "kid-unknown",
            "kid-blank",
            "kid-quote",
            "spare-bits",
        ],
        Hole::JwtSignatureIgnoredOnInvoices => &["signature on /invoices"],
        Hole::JwtAlgNone => &[
            "alg-none",
            "alg-none on PATCH of a document",
            "alg-none on DELETE of a document",
        ],
        Hole::JwtAlgNoneMixedCase => &["alg-none-title", "alg-none-upper", "alg-none-mixed"],
        Hole::JwtAlgNoneOnDocumentPatch => &["alg-none on PATCH of a document"],
        Hole::JwtEmptySignature => &["signature-empty"],
        Hole::JwtTwoSegments => &["two-segments"],
        Hole::JwtKeyConfusion => &["hs-confusion"],
        Hole::JwtWeakSecret => &["secret-weak"],
        Hole::JwtEmbeddedJwk => &["jwk-embedded"],
        Hole::JwtJkuFetched => &["jku"],
        Hole::JwtX5uFetched => &[],
        Hole::JwtX5cTrusted => &["x5c"],
        Hole::JwtKidTraversal => &["kid-null-device", "kid-proc"],
        Hole::JwtKidSql => &["kid-sql"],
        Hole::JwtCritIgnored => &["crit-unknown"],
        Hole::JwtPsychicSignature => &["psychic-signature"],
        Hole::JwtJsonSerialization => &["json-serialization"],
        Hole::JwtDuplicateAlg => &["duplicate-alg", "duplicate-alg-last"],
        Hole::JwtExpIgnored => &["exp-past", "exp-past on /admin"],
        Hole::JwtExpIgnoredOnAdmin => &["exp-past on /admin"],
        Hole::JwtExpMissing => &["exp-missing"],
        Hole::JwtExpString => &["exp-string", "exp-string-past"],
        Hole::JwtNbfIgnored => &["nbf-future", "nbf-string"],
        Hole::JwtIatIgnored => &["iat-future"],
        Hole::JwtAudIgnored => &["aud-other", "aud-missing"],
        Hole::JwtAudMissing => &["aud-missing"],
        Hole::JwtIssIgnored => &["iss-other", "iss-prefix", "iss-missing"],
        Hole::JwtIssMissing => &["iss-missing"],
        Hole::JwtIssPrefix => &["iss-prefix"],
        Hole::JwtIdTokenAccepted => &["id-token", "typ-id-token", "typ-missing"],
        Hole::JwtRefreshTokenAccepted => &["refresh-token"],
        Hole::JwtRoleClaimBelieved => &["role-raised"],
        Hole::JwtTenantClaimBelieved => &["tenant-changed"],
        Hole::JwtLongLived => &["exp-far"],
        Hole::SchemeIgnored => &["scheme-token", "scheme-none"],
        Hole::TokenInQuery => &["in-query"],
        Hole::AuthorizationTwice => &["twice"],
        Hole::EmptyBearerAccepted => &["bearer-empty"],
        Hole::NullTokenAccepted => &["bearer-null", "bearer-undefined"],
        _ => return None,
    })
}

#[tokio::test]
async fn each_kind_is_sound() {
    for tokens in Tokens::ALL.into_iter().filter(|tokens| *tokens != Tokens::Cookie) {
        for signed_refresh in [false, true] {
            let config = Config {
                tokens,
                signed_refresh,
                ..Config::default()
            };
            assert_eq!(let_through(config).await, BTreeSet::new(), "{tokens}");
        }
    }
}

#[tokio::test]
async fn each_switch_lets_exactly_its_forgeries_through() {
    let mut tried = 0;
    for hole in Hole::ALL {
        let Some(expected) = expected(*hole) else {
            continue;
        };
        let found = let_through(Config::default().with_hole(*hole)).await;
        assert_eq!(found, expected.iter().copied().collect(), "{hole}");
        tried += 1;
    }
    assert!(tried >= 40, "{tried}");
}

#[tokio::test]
async fn switches_make_no_difference_to_those_who_log_in() {
    for hole in Hole::ALL {
        let api = Api::new(Config::default().with_hole(*hole));
        for name in ["alice", "mallory"] {
            let login = api.login(name).await;
            assert_eq!(api.get(&login, "/me").await.status, 200, "{hole}");
        }
        assert_eq!(api.send(None, "GET", "/me", None).await.status, 401, "{hole}");
        assert_eq!(api.get("garbage", "/me").await.status, 401, "{hole}");
    }
}

#[tokio::test]
async fn a_long_life_is_told_and_taken() {
    let api = Api::new(Config::default().with_hole(Hole::JwtLongLived));
    let login = api.try_login("alice").await.json();
    assert!(login["expires_in"].as_u64() > Some(300_000_000), "{login}");
    assert_eq!(api.get(&text(&login["access_token"]), "/me").await.status, 200);
}

#[tokio::test]
async fn addresses_in_headers_are_fetched_behind_their_holes_alone() {
    let (jku, x5u) = (Hole::JwtJkuFetched, Hole::JwtX5uFetched);
    for (holes, fetches) in [
        (vec![], 0),
        (vec![jku], 1),
        (vec![x5u], 1),
        (vec![Hole::JwtEmbeddedJwk], 0),
    ] {
        let config = Config {
            tokens: Tokens::Rs256,
            holes: holes.into_iter().collect(),
            ..Config::default()
        };
        let api = Api::new(config);
        let (attempts, listener) = attempts_with_listener(&api, Tokens::Rs256).await;
        for attempt in attempts {
            api.raw(attempt.request).await;
        }
        assert_eq!(listener.load(Ordering::SeqCst), fetches);
    }
}

#[tokio::test]
async fn keys_are_published_where_there_is_a_public_half() {
    for tokens in Tokens::ALL {
        let config = Config {
            tokens,
            ..Config::default()
        };
        let document = openapi(&config);
        let api = Api::new(config);
        let keys = api.send(None, "GET", "/.well-known/jwks.json", None).await;
        let discovery = api.send(None, "GET", "/.well-known/openid-configuration", None).await;
        assert_eq!(
            document["paths"].get("/.well-known/jwks.json").is_some(),
            tokens.is_asymmetric()
        );
        if !tokens.is_asymmetric() {
            assert_eq!((keys.status, discovery.status), (404, 404), "{tokens}");
            continue;
        }
        let key = &keys.json()["keys"][0];
        assert!(key["kid"].is_string() && key.get("d").is_none(), "{key}");
        let uri = text(&discovery.json()["jwks_uri"]);
        assert_eq!(
            uri,
            format!("{}/.well-known/jwks.json", text(&discovery.json()["issuer"]))
        );
    }
}

#[test]
fn a_hole_brings_the_tokens_that_it_needs() {
    for hole in Hole::ALL {
        for tokens in Tokens::ALL {
            let kind = hole.with(tokens);
            assert!(hole.fits(kind), "{hole}");
            assert_eq!(kind == tokens, hole.fits(tokens), "{hole}");
        }
    }
    let config = Config::default().with_hole(Hole::JwtPsychicSignature);
    assert_eq!(config.kind_of_tokens(), Tokens::Es256);
    for tokens in Tokens::ALL {
        assert_eq!(tokens.to_string().parse::<Tokens>().ok(), Some(tokens));
    }
    assert!("hs512".parse::<Tokens>().is_err());
}
