//! `session/two-credentials`: is a request that brings two credentials answered for one of them throughout, or for none?

mod mixed;

use gate_check::{ClosingProof, Ctx, Judgement};
use gate_exchange::{Actor, Credentials, Place};
use gate_model::{Cause, IdentityName, Secret, Undecided};
use gate_spec::{CredentialSlot, Identity, Spec};

use crate::carriers::Carried;
use crate::cast::an_owner;
use crate::deed::{Dress, deeds};
use crate::script::{Ending, Scene, SessionCheck, Stop};
use mixed::{Mixed, Player, answers_for_one};

/// The check.
pub(crate) fn check() -> SessionCheck {
    SessionCheck::new(include_str!("check.md"), an_owner, 30, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
    .writing()
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    let owner = scene.shared();
    let carried = match Carried::of(ctx, scene, &owner).await {
        Ok(carried) => Some(carried),
        Err(Stop::Missing(_)) => None,
        Err(stop) => return Err(stop),
    };
    let credentials = match &carried {
        Some(carried) => carried.credentials.clone(),
        None => ctx.sessions.credentials(&owner).await?,
    };
    if carried.is_none() && authorization(&credentials).is_none() {
        let what = format!(
            "{} sends neither a cookie nor an `Authorization` header, of which there could be two",
            scene.who
        );
        return Err(Stop::missing(what, None));
    }
    let stranger = stranger(ctx, &scene.who).await?;
    let mut proofs = Vec::new();
    let mut found = None;
    if let Some(other) = &stranger {
        let mut first = Player::of(ctx, &scene.who, other).await?;
        let mut second = Player::of(ctx, other, &scene.who).await?;
        let own = first.renewed(ctx).await?.clone();
        let theirs = second.renewed(ctx).await?.clone();
        for mixed in mixes(&own, &theirs, carried.is_some()) {
            match answers_for_one(ctx, scene, &first, &second, &mixed).await? {
                Ok(proof) => proofs.push(proof),
                Err(violated) => found = found.or(Some(violated)),
            }
        }
    }
    if carried.is_some() && found.is_none() {
        let credentials = ctx.sessions.credentials(&owner).await?;
        match guarded(ctx, scene, &credentials).await? {
            Some(Ok(proof)) => proofs.push(proof),
            Some(Err(violated)) => found = Some(violated),
            None => {}
        }
    }
    let judgement = match found {
        Some(violated) => violated,
        None if proofs.is_empty() => {
            return Err(Stop::missing(
                "the plan has no second identity of another tenant that sends an `Authorization` header",
                Some(ctx.spec.stub_identity(None)),
            ));
        }
        None => Judgement::Holds(proofs.join("; ")),
    };
    Ok(Ending {
        judgement,
        proof: ClosingProof::session_served(ctx, &owner).await,
    })
}

/// What stands in `Authorization`.
fn authorization(credentials: &Credentials) -> Option<(Place, Secret<String>)> {
    let is = |place: &Place| matches!(place, Place::Header { name, .. } if name.eq_ignore_ascii_case("authorization"));
    credentials.parts.iter().find(|(place, _)| is(place)).cloned()
}

/// Somebody of another tenant who sends an `Authorization` header.
async fn stranger(ctx: &Ctx<'_>, who: &IdentityName) -> Result<Option<IdentityName>, Undecided> {
    let Some(own) = ctx.spec.identities.get(who) else {
        return Ok(None);
    };
    let others: Vec<&Identity> = ctx
        .spec
        .actors()
        .filter(|identity| identity.tenant != own.tenant)
        .collect();
    for other in others.into_iter().take(3) {
        let credentials = ctx.sessions.credentials(&Actor::identity(&other.name)).await?;
        if authorization(&credentials).is_some() {
            return Ok(Some(other.name.clone()));
        }
    }
    Ok(None)
}

/// Both credentials in one request: a cookie with a header, or two headers in both orders.
fn mixes(first: &Credentials, second: &Credentials, cookie: bool) -> Vec<Mixed> {
    let Some(theirs) = authorization(second) else {
        return Vec::new();
    };
    if cookie {
        let parts = first.parts.iter().cloned().chain([theirs]).collect();
        return vec![Mixed {
            words: format!(
                "the cookie of {} beside the `Authorization` of {}",
                first.identity, second.identity
            ),
            parts,
        }];
    }
    let Some(own) = authorization(first) else {
        return Vec::new();
    };
    let rest: Vec<_> = first.parts.iter().filter(|part| **part != own).cloned().collect();
    let words = |one: &Credentials, two: &Credentials| {
        format!(
            "the `Authorization` of {} before the one of {}",
            one.identity, two.identity
        )
    };
    vec![
        Mixed {
            words: words(first, second),
            parts: rest.iter().cloned().chain([own.clone(), theirs.clone()]).collect(),
        },
        Mixed {
            words: words(second, first),
            parts: rest.into_iter().chain([theirs, own]).collect(),
        },
    ]
}

/// A cookie that needs a token against forged requests needs it beside any bearer token too. `None` where no token is asked for.
async fn guarded(
    ctx: &Ctx<'_>,
    scene: &Scene,
    credentials: &Credentials,
) -> Result<Option<Result<String, Judgement>>, Stop> {
    if !sends_a_token(ctx.spec, &scene.who) {
        return Ok(None);
    }
    let Some(deed) = deeds(ctx.spec).into_iter().next() else {
        return Ok(None);
    };
    let stage = deed.stage(ctx).await?;
    if stage.object.owner != scene.who {
        return Ok(None);
    }
    let with = |row: &str, what: &str, more: Option<(Place, Secret<String>)>| {
        let parts = credentials.parts.iter().cloned().chain(more);
        let what = format!("{}'s cookie {what}", credentials.identity);
        Actor::altered(credentials.of_parts(row, &what, parts.collect()))
    };
    let bare = with("no-token", "without its token", None);
    let operation = &stage.deed.operation.id;
    let Some(without) = stage.attempt(ctx, &bare, Dress::Own).await? else {
        return Ok(None);
    };
    if without.effect.is_some() {
        return Ok(Some(Ok(format!("{operation} asks for no token beside the cookie"))));
    }
    let garbage = (
        Place::Header {
            name: "Authorization".to_owned(),
            scheme: Some("Bearer".to_owned()),
        },
        ctx.life.new_password(),
    );
    let both = with(
        "cookie-and-bearer",
        "without its token, beside a bearer token that nobody issued",
        Some(garbage),
    );
    let Some(beside) = stage.attempt(ctx, &both, Dress::Own).await? else {
        return Ok(None);
    };
    if let Some((words, shown)) = &beside.effect {
        return Ok(Some(Err(scene.violated(
            format!("{operation}: a bearer token that nobody issued opens the door to a cookie"),
            format!(
                "the cookie of {} without its token was answered {} and had no effect; with a made-up bearer token beside it the request \
                 had its effect ({words}): one guard looks at the token, the other at the cookie",
                scene.who, without.exchange.status
            ),
            vec![
                ctx.target.evidence("cookie without its token", &without.exchange, None),
                ctx.target.evidence("the same beside a bearer token", &beside.exchange, None),
                ctx.target.evidence("owner reads back", shown, None),
            ],
        ))));
    }
    match stage.attempt(ctx, &Actor::identity(&scene.who), Dress::Own).await? {
        Some(own) if own.effect.is_some() => Ok(Some(Ok(format!(
            "{operation}: the cookie of {} without its token was answered {}, beside a made-up bearer token {}, with its token it had \
             its effect",
            scene.who, without.exchange.status, beside.exchange.status
        )))),
        _ => Err(Undecided::new(
            Cause::ControlFailed,
            format!("{operation} has no effect that {} could see", scene.who),
        )
        .settled_by(ctx.spec.stub_request(operation))
        .into()),
    }
}

/// Whether an identity's login sends a token with unsafe requests.
fn sends_a_token(spec: &Spec, name: &IdentityName) -> bool {
    let login = spec
        .identities
        .get(name)
        .and_then(|identity| spec.logins.get(identity.login.as_ref()?));
    login.is_some_and(|login| {
        login
            .send
            .iter()
            .any(|slot| matches!(slot, CredentialSlot::UnsafeHeader { .. }))
    })
}
