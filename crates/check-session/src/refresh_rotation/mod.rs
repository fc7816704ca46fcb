//! `session/refresh-rotation`: is a used refresh token refused, and everything that came of it with it?

use gate_check::{ClosingProof, Ctx, Judgement, OwnSession};
use gate_exchange::{Actor, Exchange};
use gate_spec::{ActionKind, Spec};

use crate::cast::one_for_each_refresh;
use crate::script::{Ending, Scene, SessionCheck, Stop};
use crate::trading::{Traded, first_trade, read, refused_in_the_end};

/// The check.
pub(crate) fn check() -> SessionCheck {
    SessionCheck::new(include_str!("check.md"), one_for_each_refresh, 9, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
    .about(ActionKind::Refresh)
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    if is_confidential(ctx.spec, scene) {
        let what = format!(
            "{} refreshes as a client with a secret of its own, whose refresh tokens nobody else can use (RFC 9700 section 4.14.2)",
            scene.who
        );
        return Err(Stop::missing(what, None));
    }
    let own = OwnSession::open(ctx, &scene.who).await?;
    let second = first_trade(ctx, &own.frozen).await?;
    let judgement = match same_token(ctx, &own.frozen, &second).await? {
        true => not_rotated(ctx, scene, &second).await?,
        false => rotated(ctx, scene, &own.frozen, &second).await?,
    };
    Ok(Ending {
        judgement,
        proof: ClosingProof::logged_in(ctx, &scene.who).await,
    })
}

/// A client that proves itself by a secret binds its refresh tokens to it.
fn is_confidential(spec: &Spec, scene: &Scene) -> bool {
    spec.identities
        .get(&scene.who)
        .is_some_and(|identity| identity.field("client_secret").is_some())
}

/// Whether a trade gave the same refresh token again.
async fn same_token(ctx: &Ctx<'_>, before: &Actor, after: &Actor) -> Result<bool, Stop> {
    let before = ctx.sessions.credentials(before).await?;
    let after = ctx.sessions.credentials(after).await?;
    let token = |credentials: &gate_exchange::Credentials| {
        credentials.other("refresh_token").map(|token| token.expose().clone())
    };
    Ok(token(&before).is_some() && token(&before) == token(&after))
}

async fn not_rotated(ctx: &Ctx<'_>, scene: &Scene, second: &Actor) -> Result<Judgement, Stop> {
    match read(ctx, ctx.life.refresh(second).await?)? {
        Traded::For(_, exchange) => Ok(scene.violated(
            format!("a refresh token of {} is good again and again", scene.who),
            "a trade gives no new refresh token, and the same one is traded a second time: one that was stolen works unseen \
             beside its owner's"
                .to_owned(),
            vec![ctx.target.evidence("the same refresh token again", &exchange, None)],
        )),
        Traded::Refused(said, _) => Ok(Judgement::Holds(format!(
            "{}'s refresh token is good once: the second trade {said}",
            scene.who
        ))),
    }
}

async fn rotated(ctx: &Ctx<'_>, scene: &Scene, first: &Actor, second: &Actor) -> Result<Judgement, Stop> {
    // The chain goes on, so that its newest token is known to be good.
    let third = match read(ctx, ctx.life.refresh(second).await?)? {
        Traded::For(third, _) => third,
        Traded::Refused(said, exchange) => {
            return Err(gate_model::Undecided::new(
                gate_model::Cause::ControlFailed,
                format!("the second refresh token of {} {said}", scene.who),
            )
            .shown_by(ctx.target.evidence("refresh", &exchange, None))
            .into());
        }
    };
    let said = match read(ctx, ctx.life.refresh(first).await?)? {
        Traded::Refused(said, _) => said,
        Traded::For(..) => {
            // A client that lost the answer may ask again for a short while.
            ctx.clock.sleep(ctx.spec.settings.auth.refresh_grace).await;
            match read(ctx, ctx.life.refresh(first).await?)? {
                Traded::Refused(said, _) => format!("{said} after the grace time"),
                Traded::For(_, exchange) => return Ok(reused(ctx, scene, &exchange)),
            }
        }
    };
    match refused_in_the_end(ctx, &third).await? {
        Traded::Refused(family, _) => Ok(Judgement::Holds(format!(
            "{}'s used refresh token {said}; the newest of its family, good until then, {family}",
            scene.who
        ))),
        Traded::For(_, exchange) => Ok(scene.violated(
            format!("the family of a reused refresh token of {} lives on", scene.who),
            format!(
                "a used refresh token {said}, which shows that two hold it; the newest token of the same family is traded all the \
                 same, so that a thief who was first stays in"
            ),
            vec![ctx.target.evidence("the newest refresh token", &exchange, None)],
        )),
    }
}

fn reused(ctx: &Ctx<'_>, scene: &Scene, exchange: &Exchange) -> Judgement {
    scene.violated(
        format!("a used refresh token of {} is taken again", scene.who),
        format!(
            "it was traded before and gives a new session once more, {} later",
            humantime::format_duration(ctx.spec.settings.auth.refresh_grace)
        ),
        vec![ctx.target.evidence("the used refresh token", exchange, None)],
    )
}
