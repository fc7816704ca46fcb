//! `session/ends-at-disable`: is a session refused once its user was locked out?

use gate_check::{ClosingProof, Ctx, Judgement, OwnSession, Person, doer};
use gate_exchange::{Actor, Entry, Exchange};
use gate_model::{Cause, Undecided};
use gate_spec::ActionKind;

use crate::acts::{done, done_to, request};
use crate::cast::{able_to, known};
use crate::ending::{Fate, Question, allowed, fate, patience, served};
use crate::script::{Ending, Scene, SessionCheck, Stop};
use crate::trading::{Traded, read};

/// The check.
pub(crate) fn check() -> SessionCheck {
    let cast = |spec: &gate_spec::Spec| able_to(spec, ActionKind::Disable, ActionKind::Enable);
    SessionCheck::new(include_str!("check.md"), cast, 12, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
    .about(ActionKind::Disable)
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    let disable = known(ctx.spec, ActionKind::Disable).map_err(Stop::Missing)?;
    let enable = known(ctx.spec, ActionKind::Enable).map_err(Stop::Missing)?;
    let user = ctx.spec.identities.get(&scene.who);
    let Some(admin) = user.and_then(|user| doer(ctx.spec, disable, user)) else {
        return Err(Stop::missing("nobody could do it", None));
    };
    let admin = Actor::identity(&admin.name);
    let own = OwnSession::open(ctx, &scene.who).await?;
    let before = served(ctx, &own.frozen, &Question::Whose).await?;
    let person = Person::shown(&scene.who, &before);
    let outgoing = request(ctx, disable, &admin, Some(&person), &[])?;
    let back = request(ctx, enable, &admin, Some(&person), &[])?;
    let (disabled, debt) = done_to(ctx, (disable, outgoing), (enable, &back), &person).await?;
    let judgement = judge(ctx, scene, &own, &disabled).await;
    done(ctx, enable, back).await?;
    ctx.undo.settled(debt);
    let proof = ClosingProof::logged_in(ctx, &scene.who).await;
    Ok(Ending {
        judgement: judgement?,
        proof,
    })
}

async fn judge(ctx: &Ctx<'_>, scene: &Scene, own: &OwnSession, disabled: &Exchange) -> Result<Judgement, Stop> {
    let alive = match fate(ctx, &own.frozen, &Question::Whose).await? {
        Fate::Over(said) => Err(said),
        Fate::Served(exchange) => Ok(exchange),
    };
    let renewed = refreshed(ctx, &own.frozen).await?;
    let (what, shown) = match (alive, renewed) {
        (Err(said), None) => {
            return Ok(Judgement::Holds(format!(
                "{}'s session was served, the user was locked out ({}), and then it was {said}",
                scene.who, disabled.status
            )));
        }
        (_, Some(exchange)) => ("the refresh token still gives a new session", exchange),
        (Ok(exchange), None) => match allowed(ctx, &own.frozen).await {
            Some(why) => return Ok(Judgement::Holds(format!("{} was locked out; {why}", scene.who))),
            None => ("the session is still served", exchange),
        },
    };
    // Whoever can log in was not locked out: then the answer alone says that something was done.
    if ctx.life.enter(&scene.who, &Entry::default()).await.is_ok() {
        return Err(Undecided::new(
            Cause::ControlFailed,
            format!(
                "locking {} out was answered {}, and {} can log in all the same: nothing shows that it was done",
                scene.who, disabled.status, scene.who
            ),
        )
        .settled_by(
            "actions: { disable: { post: \"/users/{{user.id}}/disable\" } }   # the request that locks a user out",
        )
        .shown_by(ctx.target.evidence("disable", disabled, None))
        .into());
    }
    Ok(scene.violated(
        format!("{} is locked out, and the session goes on", scene.who),
        format!(
            "locking the user out was answered {}, a login is refused, and {what} {} later",
            disabled.status,
            patience(ctx)
        ),
        vec![
            ctx.target.evidence("disable", disabled, None),
            ctx.target.evidence("afterwards", &shown, None),
        ],
    ))
}

/// What the refresh token of a session is still traded for, where it has one.
async fn refreshed(ctx: &Ctx<'_>, session: &Actor) -> Result<Option<Exchange>, Stop> {
    let trade = match ctx.life.refresh(session).await {
        Ok(trade) => trade,
        Err(none) if none.cause == Cause::ControlFailed => return Ok(None),
        Err(reason) => return Err(reason.into()),
    };
    match read(ctx, trade)? {
        Traded::For(_, exchange) => Ok(Some(exchange)),
        Traded::Refused(..) => Ok(None),
    }
}
