//! `session/cross-site-request`: can a page of another site do something in the name of whoever looks at it?

mod preflight;

use gate_check::{ClosingProof, Ctx, Judgement};
use gate_exchange::{Actor, Altered, Credentials, Place};
use gate_model::{Cause, IdentityName, Missing, Secret, Undecided};
use gate_spec::{CredentialSlot, Spec};

use crate::carriers::{Carried, cookie};
use crate::cast::an_owner;
use crate::deed::{Deed, Dress, Stage, Tried, deeds, nothing_to_do};
use crate::script::{Ending, Scene, SessionCheck, Stop};
use crate::set_cookie::{SameSite, SetCookie};
use preflight::is_granted;

/// The check.
pub(crate) fn check() -> SessionCheck {
    let cast = |spec: &Spec| -> Result<Vec<IdentityName>, Missing> { an_owner(spec) };
    SessionCheck::new(include_str!("check.md"), cast, 36, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
    .writing()
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    let owner = scene.shared();
    let carried = Carried::of(ctx, scene, &owner).await?;
    if let Some(why) = kept_home(ctx, &owner, &carried.ways()) {
        return Ok(Ending {
            judgement: Judgement::Holds(why),
            proof: ClosingProof::session_served(ctx, &owner).await,
        });
    }
    let deeds = deeds(ctx.spec);
    if deeds.is_empty() {
        return Err(nothing_to_do(ctx.spec));
    }
    let (mut found, mut proofs, mut open) = (None, Vec::new(), None);
    for (count, deed) in deeds.into_iter().enumerate() {
        match one(ctx, scene, deed, count == 0).await {
            Ok(Ok(proof)) => proofs.push(proof),
            Ok(Err(violated)) => found = found.or(Some(violated)),
            Err(Stop::Undecided(reason)) => open = open.or(Some(reason)),
            Err(missing) => return Err(missing),
        }
    }
    let judgement = match (found, open) {
        (Some(violated), _) => violated,
        (None, Some(reason)) if proofs.is_empty() => return Err(reason.into()),
        (None, Some(reason)) => Judgement::Holds(format!(
            "{}; not shown of another: {}",
            proofs.join("; "),
            reason.detail
        )),
        (None, None) => Judgement::Holds(proofs.join("; ")),
    };
    Ok(Ending {
        judgement,
        proof: ClosingProof::session_served(ctx, &owner).await,
    })
}

/// Whether a browser leaves the session at home when a page of another site sends an unsafe request.
fn kept_home(ctx: &Ctx<'_>, owner: &Actor, ways: &[Vec<String>]) -> Option<String> {
    let set = SetCookie::of(&ctx.life.cookie_answers(owner));
    // Each way in needs a cookie that stays: one that is let out is enough.
    let home: Option<Vec<String>> = ways
        .iter()
        .map(|way| {
            let home = set
                .iter()
                .find(|cookie| way.contains(&cookie.name) && stays_home(cookie))?;
            Some(format!("`{}` (SameSite={:?})", home.name, home.same_site))
        })
        .collect();
    Some(format!(
        "without the cookie {} the session of {owner} is refused, and no browser sends it with an unsafe request of another site \
         (hosts below the same domain are the same site)",
        home?.join(" or ")
    ))
}

fn stays_home(cookie: &SetCookie) -> bool {
    matches!(cookie.same_site, SameSite::Strict | SameSite::Lax)
}

/// Tries one deed in every dress; the owner does it himself at the end.
async fn one(ctx: &Ctx<'_>, scene: &Scene, deed: Deed<'_>, tokens: bool) -> Result<Result<String, Judgement>, Stop> {
    let stage = deed.stage(ctx).await?;
    let owner = Actor::identity(&stage.object.owner);
    let carried = Carried::of(ctx, scene, &owner).await?;
    let victim = Actor::altered(brought_along(ctx, &owner, &carried.credentials));
    let operation = &deed.operation.id;
    let mut dresses = vec![Dress::Form, Dress::Text, Dress::Nameless];
    if is_granted(ctx, &stage).await? {
        dresses.push(Dress::Foreign);
    }
    let mut tried = Vec::new();
    for dress in dresses {
        let Some(attempt) = stage.attempt(ctx, &victim, dress).await? else {
            continue;
        };
        if attempt.effect.is_some() {
            return Ok(Err(forged(ctx, scene, &stage, dress, &attempt)));
        }
        tried.push(format!("{} was answered {}", dress.words(), attempt.exchange.status));
    }
    if tokens
        && let Some(found) = token_of_another(ctx, scene, &stage, &owner, &carried.credentials, &mut tried).await?
    {
        return Ok(Err(found));
    }
    // A queue may be late.
    let until = ctx.clock.now() + ctx.spec.settings.limits.grace;
    ctx.turns.wait(ctx.clock, until).await;
    if let Some((words, shown)) = stage.changed(ctx).await? {
        let evidence = vec![ctx.target.evidence("owner reads back", &shown, None)];
        let title = format!("{operation}: a page of another site acts in the name of {owner}");
        return Ok(Err(scene.violated(
            title,
            format!("some time after forms of another site: {words}"),
            evidence,
        )));
    }
    match stage.attempt(ctx, &owner, Dress::Own).await? {
        Some(Tried {
            effect: Some((words, _)),
            ..
        }) => Ok(Ok(format!(
            "{operation}: {}; none had an effect, and the same as {owner}'s own client sends it had ({words})",
            tried.join(", ")
        ))),
        control => {
            let mut reason = Undecided::new(
                Cause::ControlFailed,
                format!(
                    "{operation} has no effect that {owner} could see, so that nothing shows what a forged one does"
                ),
            )
            .settled_by(ctx.spec.stub_request(operation));
            if let Some(control) = control {
                reason = reason.shown_by(ctx.target.evidence("control", &control.exchange, None));
            }
            Err(reason.into())
        }
    }
}

fn forged(ctx: &Ctx<'_>, scene: &Scene, stage: &Stage<'_>, dress: Dress, attempt: &Tried) -> Judgement {
    let operation = &stage.deed.operation.id;
    let mut evidence = vec![ctx.target.evidence("forged request", &attempt.exchange, None)];
    let mut what = String::new();
    if let Some((words, shown)) = &attempt.effect {
        what.clone_from(words);
        evidence.push(ctx.target.evidence("owner reads back", shown, None));
    }
    scene.violated(
        format!(
            "{operation}: a page of another site acts in the name of {}",
            stage.object.owner
        ),
        format!(
            "{} brings nothing but the cookies, is answered {}, and has its effect: {what}",
            dress.words(),
            attempt.exchange.status
        ),
        evidence,
    )
}

/// What a browser sends by itself: the cookies that do not stay at home.
fn brought_along(ctx: &Ctx<'_>, owner: &Actor, credentials: &Credentials) -> Altered {
    let set = SetCookie::of(&ctx.life.cookie_answers(owner));
    let home = |name: &str| set.iter().any(|cookie| cookie.name == name && stays_home(cookie));
    let cookies = credentials
        .parts
        .iter()
        .filter(|(place, _)| cookie(place).is_some_and(|name| !home(name)));
    let what = format!("a page of another site in the browser of {}", credentials.identity);
    credentials.of_parts("cross-site", &what, cookies.cloned().collect())
}

/// Whether a token against forged requests has to be the session's own: where none at all is refused, the one of another session
/// has to be refused too, because everybody can get one.
async fn token_of_another(
    ctx: &Ctx<'_>,
    scene: &Scene,
    stage: &Stage<'_>,
    owner: &Actor,
    credentials: &Credentials,
    tried: &mut Vec<String>,
) -> Result<Option<Judgement>, Stop> {
    let name = &stage.object.owner;
    let slots = slots(ctx.spec, name);
    if slots.is_empty() {
        return Ok(None);
    }
    let with = |row: &str, what: String, tokens: Vec<(Place, Secret<String>)>| {
        let parts = credentials.parts.iter().cloned().chain(tokens);
        Actor::altered(credentials.of_parts(row, &what, parts.collect()))
    };
    let bare = with("no-token", format!("{name}'s session without its token"), Vec::new());
    let Some(without) = stage.attempt(ctx, &bare, Dress::Own).await? else {
        return Ok(None);
    };
    if let Some((_, shown)) = &without.effect {
        // It does not rest on the token: that forms of another site were refused shows what it rests on.
        tried.push(format!(
            "without its token it was answered {} and had its effect",
            shown.status
        ));
        return Ok(None);
    }
    // A server that keeps one session for each user gives no second token.
    let Ok(other) = ctx.sessions.private(name).await else {
        tried.push("no second session could be had for its token".to_owned());
        return Ok(None);
    };
    let value = |actor: &Actor, slot: &CredentialSlot| match slot {
        CredentialSlot::UnsafeHeader { value, .. } => value.fill(&|hole: &str| ctx.life.value(actor, hole)).ok(),
        _ => None,
    };
    let mut tokens = Vec::new();
    for slot in slots {
        let CredentialSlot::UnsafeHeader { name, .. } = slot else {
            continue;
        };
        let (Some(own), Some(another)) = (value(owner, slot), value(&other, slot)) else {
            return Ok(None);
        };
        if own == another {
            return Ok(None);
        }
        let place = Place::Header {
            name: name.clone(),
            scheme: None,
        };
        tokens.push((place, Secret::new(another)));
    }
    let stranger = with(
        "another-token",
        format!("{name}'s session with the token of another"),
        tokens,
    );
    match stage.attempt(ctx, &stranger, Dress::Own).await? {
        Some(attempt) if attempt.effect.is_some() => {
            let evidence = vec![
                ctx.target.evidence("without a token", &without.exchange, None),
                ctx.target
                    .evidence("with the token of another session", &attempt.exchange, None),
            ];
            Ok(Some(scene.violated(
                format!(
                    "{}: the token of any session is as good as the session's own",
                    stage.deed.operation.id
                ),
                format!(
                    "without a token the request was answered {} and had no effect; with one that another session was given it had: an \
                     attacker brings the token of a session of his own",
                    without.exchange.status
                ),
                evidence,
            )))
        }
        Some(attempt) => {
            tried.push(format!(
                "with the token of another session it was answered {}",
                attempt.exchange.status
            ));
            Ok(None)
        }
        None => Ok(None),
    }
}

/// Where an identity's login sends a token with unsafe requests.
fn slots<'s>(spec: &'s Spec, name: &IdentityName) -> Vec<&'s CredentialSlot> {
    let login = spec
        .identities
        .get(name)
        .and_then(|identity| spec.logins.get(identity.login.as_ref()?));
    let send = login.map(|login| login.send.as_slice()).unwrap_or_default();
    send.iter()
        .filter(|slot| matches!(slot, CredentialSlot::UnsafeHeader { .. }))
        .collect()
}
