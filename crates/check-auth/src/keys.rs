//! The public keys of whoever issued a token: from the plan, or where issuers publish them.

use gate_check::Ctx;
use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request};
use gate_spec::Method;
use token_forge::{Jws, PublicKey};

/// Where key sets are published: OpenID Connect Discovery and RFC 8414 name the documents, the rest is habit.
const DOCUMENTS: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];
const KEY_SETS: [&str; 6] = [
    "/.well-known/jwks.json",
    "/.well-known/jwks",
    "/jwks.json",
    "/jwks",
    "/oauth/jwks",
    "/oauth2/jwks",
];

/// Keys of the plan, then those that a discovery document names, then those at the usual places; the first place that has
/// any is the one.
pub(crate) async fn find(ctx: &Ctx<'_>, token: &Jws) -> Vec<PublicKey> {
    if let Some(text) = &ctx.spec.settings.tokens.public_key
        && let Ok(keys) = PublicKey::read(text.expose())
    {
        return keys;
    }
    let mut places: Vec<String> = Vec::new();
    for document in documents(ctx, token) {
        if let Some(found) = get(ctx, document).await
            && let Some(jwks) = found
                .json()
                .and_then(|json| json.get("jwks_uri")?.as_str().map(str::to_owned))
        {
            places.push(jwks);
            break;
        }
    }
    places.extend(KEY_SETS.iter().map(|path| (*path).to_owned()));
    for place in places {
        if let Some(found) = get(ctx, place).await
            && let Ok(keys) = PublicKey::read(&found.text())
            && !keys.is_empty()
        {
            return keys;
        }
    }
    Vec::new()
}

/// The discovery documents of the target and of the token's issuer.
fn documents(ctx: &Ctx<'_>, token: &Jws) -> Vec<String> {
    let mut documents: Vec<String> = DOCUMENTS.iter().map(|path| (*path).to_owned()).collect();
    if let Some(issuer) = token.iss().filter(|issuer| issuer.starts_with("http")) {
        let issuer = issuer.trim_end_matches('/');
        if !ctx.spec.target.url.starts_with(issuer) {
            documents.push(format!("{issuer}{}", DOCUMENTS[0]));
        }
    }
    documents
}

/// Asks as nobody. What is out of scope or not there is no key; hosts of the login are asked as such.
async fn get(ctx: &Ctx<'_>, place: String) -> Option<Exchange> {
    let purpose = if place.starts_with("http") {
        Purpose::Login
    } else {
        Purpose::Setup
    };
    let outgoing = Outgoing::new(&Actor::anonymous(), purpose, Request::new(Method::Get, place));
    let exchange = ctx.target.send(outgoing).await.ok()?;
    exchange.is_success().then_some(exchange)
}
