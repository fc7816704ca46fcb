//! `session/refresh-after-logout`: is a refresh token refused once its user logged out?

use gate_check::{ClosingProof, Ctx, Judgement, OwnSession};
use gate_spec::ActionKind;

use crate::acts::{done, request};
use crate::cast::{known, one_for_each_refresh};
use crate::ending::patience;
use crate::script::{Ending, Scene, SessionCheck, Stop};
use crate::trading::{Traded, first_trade, refused_in_the_end};

/// The check.
pub(crate) fn check() -> SessionCheck {
    let cast = |spec: &gate_spec::Spec| {
        known(spec, ActionKind::Logout)?;
        one_for_each_refresh(spec)
    };
    SessionCheck::new(include_str!("check.md"), cast, 9, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
    .about(ActionKind::Logout)
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    let logout = known(ctx.spec, ActionKind::Logout).map_err(Stop::Missing)?;
    let own = OwnSession::open(ctx, &scene.who).await?;
    // What a trade gives is known to be good for a trade: it is the session that logs out.
    let session = first_trade(ctx, &own.actor).await?;
    let frozen = ctx.life.freeze(&session).await?;
    let ended = done(ctx, logout, request(ctx, logout, &session, None, &[])?).await?;
    let judgement = match refused_in_the_end(ctx, &frozen).await? {
        Traded::Refused(said, _) => Judgement::Holds(format!(
            "{}'s refresh token was traded, its session logged out ({}), and the next refresh token {said}",
            scene.who, ended.status
        )),
        Traded::For(_, exchange) => scene.violated(
            format!("a refresh token of {} outlives its logout", scene.who),
            format!(
                "the logout was answered {}, and the refresh token is still traded for a new session {} later",
                ended.status,
                patience(ctx)
            ),
            vec![
                ctx.target.evidence("logout", &ended, None),
                ctx.target.evidence("refresh after the logout", &exchange, None),
            ],
        ),
    };
    Ok(Ending {
        judgement,
        proof: ClosingProof::logged_in(ctx, &scene.who).await,
    })
}
