//! Claims that are raised by the plan's key, on a fake whose tokens are JWTs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gate_check::testkit::{Bench, FakeApi, Reply, World, sound_answer};
use gate_exchange::{Actor, Outgoing, Place, Presented};
use gate_model::{Outcome, Secret};
use gate_spec::Spec;
use serde_json::{Value, json};
use token_forge::{Algorithm, Jws, SigningKey};

const KEY: &str = "a key of these tests that no dictionary has: 7Lq-93x";

/// What the server makes of the tenant in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tenant {
    /// Nothing: the account has its own.
    OfAccount,
    /// It is the caller's.
    Believed,
    /// A token that does not agree with its account breaks it.
    Breaks,
}

fn token(name: &str, tenant: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!(
        "{}.{}",
        part(json!({ "alg": "HS256", "typ": "JWT" })),
        part(json!({ "sub": name, "tenant": tenant, "exp": 4_102_444_800_u64 }))
    );
    let key = SigningKey::hmac(KEY);
    let signature = key.sign(Algorithm::Hs256, signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn answer(spec: &Spec, outgoing: &Outgoing, world: &mut World, tenant: Tenant) -> Option<Reply> {
    let Presented::Altered(altered) = &outgoing.actor.presented else {
        return None;
    };
    let refused = Some(Reply::new(401, Value::Null));
    let sent = altered
        .headers
        .iter()
        .find_map(|(_, value)| value.expose().strip_prefix("Bearer "));
    let Some(token) = sent.and_then(Jws::parse) else {
        return refused;
    };
    if !SigningKey::hmac(KEY).made(&token) {
        return refused;
    }
    let claim = |name: &str| {
        token
            .claims()
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let named = claim("tenant");
    let account = spec.identities.get(claim("sub").as_str())?;
    let agrees = account.tenant.as_str() == named;
    if !agrees && tenant == Tenant::Breaks {
        return Some(Reply::new(500, Value::Null));
    }
    let acting = match tenant {
        Tenant::Believed => spec
            .identities
            .values()
            .find(|identity| identity.tenant.as_str() == named)?,
        Tenant::OfAccount | Tenant::Breaks => account,
    };
    let acting = Outgoing {
        actor: Actor::identity(&acting.name),
        ..outgoing.clone()
    };
    Some(sound_answer(spec, &acting, world))
}

fn server(tenant: Tenant, key: Option<&str>) -> FakeApi {
    let spec = FakeApi::sound().spec().clone();
    let tenants = spec.clone();
    let key = key.map(|key| Secret::new(key.to_owned()));
    FakeApi::on(move |outgoing, world| answer(&spec, outgoing, world, tenant))
        .presenting(move |identity, _| {
            let tenant = tenants
                .identities
                .get(identity)
                .map_or("", |known| known.tenant.as_str());
            let place = Place::Header {
                name: "Authorization".to_owned(),
                scheme: Some("Bearer".to_owned()),
            };
            vec![(place, Secret::new(token(identity.as_str(), tenant)))]
        })
        .with_plan(move |spec| spec.settings.tokens.signing_key = key)
}

async fn outcome(api: FakeApi) -> Outcome {
    let bench = Bench::new(api);
    let checks = check_auth::checks();
    let check = checks
        .iter()
        .find(|known| known.page().id.as_str() == "auth/raised-claim");
    let contribution = check.expect("the check").contribute(bench.api.spec());
    if let Some((_, missing)) = contribution.not_testable.into_iter().next() {
        return Outcome::NotTestable { missing };
    }
    let group = contribution.groups.into_iter().next().expect("a case");
    assert_eq!(group.cases[0].id.as_str(), "auth/raised-claim as other-tenant");
    let mut verdicts = (group.run)(&bench.ctx()).await;
    verdicts.remove(0).into_parts().1
}

#[tokio::test]
async fn an_account_that_keeps_its_tenant_passes() {
    let outcome = outcome(server(Tenant::OfAccount, Some(KEY))).await;
    let Outcome::Pass { proof } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(
        proof.contains("with the tenant of alice in the token mallory was answered 404"),
        "{proof}"
    );
}

#[tokio::test]
async fn a_tenant_that_is_believed_fails() {
    let outcome = outcome(server(Tenant::Believed, Some(KEY))).await;
    let Outcome::Fail { findings } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(
        findings[0].title.contains("the tenant in a token counts"),
        "{}",
        findings[0].title
    );
}

#[tokio::test]
async fn nothing_is_said_where_the_server_breaks_or_the_key_is_not_its_own() {
    let broken = outcome(server(Tenant::Breaks, Some(KEY))).await;
    assert!(matches!(broken, Outcome::Inconclusive { .. }), "{broken:?}");
    let other = outcome(server(
        Tenant::OfAccount,
        Some("the key of another environment: 0pQ-11z"),
    ))
    .await;
    let Outcome::Inconclusive { undecided } = other else {
        panic!("{other:?}")
    };
    assert!(undecided.settle.is_some_and(|line| line.contains("signing_key")));
    let none = outcome(server(Tenant::OfAccount, None)).await;
    assert!(matches!(none, Outcome::NotTestable { .. }), "{none:?}");
}
