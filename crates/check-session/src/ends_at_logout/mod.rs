//! `session/ends-at-logout`: is a session refused once its user logged out?

use gate_check::{ClosingProof, Ctx, Judgement, OwnSession};
use gate_spec::ActionKind;

use crate::acts::{done, request};
use crate::cast::{known, one_for_each_login};
use crate::ending::{Fate, Question, allowed, fate, patience, served};
use crate::script::{Ending, Scene, SessionCheck, Stop};

/// The check.
pub(crate) fn check() -> SessionCheck {
    let cast = |spec: &gate_spec::Spec| {
        known(spec, ActionKind::Logout)?;
        one_for_each_login(spec)
    };
    SessionCheck::new(include_str!("check.md"), cast, 10, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
    .about(ActionKind::Logout)
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    let logout = known(ctx.spec, ActionKind::Logout).map_err(Stop::Missing)?;
    let own = OwnSession::open(ctx, &scene.who).await?;
    served(ctx, &own.frozen, &Question::Whose).await?;
    let ended = done(ctx, logout, request(ctx, logout, &own.actor, None, &[])?).await?;
    let judgement = match fate(ctx, &own.frozen, &Question::Whose).await? {
        Fate::Over(said) => Judgement::Holds(format!(
            "{}'s session was served, logged out ({}), and then {said}",
            scene.who, ended.status
        )),
        Fate::Served(exchange) => match allowed(ctx, &own.frozen).await {
            Some(why) => Judgement::Holds(format!("{} logged out; {why}", scene.who)),
            None => scene.violated(
                format!("a session of {} outlives its logout", scene.who),
                format!(
                    "the logout was answered {}, and what the session presents is still served {} later",
                    ended.status,
                    patience(ctx)
                ),
                vec![
                    ctx.target.evidence("logout", &ended, None),
                    ctx.target.evidence("after the logout", &exchange, None),
                ],
            ),
        },
    };
    Ok(Ending {
        judgement,
        proof: ClosingProof::logged_in(ctx, &scene.who).await,
    })
}
