//! `session/ends-at-role-change`: is a right that was taken away gone for sessions that were opened with it?

mod lost_right;

use gate_check::{ClosingProof, Ctx, Judgement, OwnSession, Person, Standing, doer, standing_on};
use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, Undecided};
use gate_spec::{ActionKind, Lookup, Spec};
use serde_json::Value;

use crate::acts::{done, done_to, request};
use crate::cast::{able_to, known};
use crate::ending::{Fate, Question, allowed, fate, patience, served};
use crate::script::{Ending, Scene, SessionCheck, Stop};
use lost_right::{LostRight, lost_right};

/// The check.
pub(crate) fn check() -> SessionCheck {
    let cast = |spec: &Spec| {
        let players = able_to(spec, ActionKind::SetRole, ActionKind::SetRole)?;
        for player in &players {
            lost_right(spec, player)?;
        }
        Ok(players)
    };
    SessionCheck::new(include_str!("check.md"), cast, 12, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
    .about(ActionKind::SetRole)
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    let set_role = known(ctx.spec, ActionKind::SetRole).map_err(Stop::Missing)?;
    let right = lost_right(ctx.spec, &scene.who).map_err(Stop::Missing)?;
    let user = ctx.spec.identities.get(&scene.who);
    let Some(admin) = user.and_then(|user| doer(ctx.spec, set_role, user)) else {
        return Err(Stop::missing("nobody could do it", None));
    };
    let admin = Actor::identity(&admin.name);
    let own = OwnSession::open(ctx, &scene.who).await?;
    let whoami = served(ctx, &own.frozen, &Question::Whose).await?;
    let person = Person::shown(&scene.who, &whoami);
    let question = Question::This(Box::new(asking(ctx, &own.frozen, &right)?));
    served(ctx, &own.frozen, &question).await.map_err(|refused| Undecided {
        settle: refused.settle.or_else(|| Some(right.line())),
        ..refused
    })?;
    let outgoing = request(ctx, set_role, &admin, Some(&person), &[("role", &right.less)])?;
    let back = request(ctx, set_role, &admin, Some(&person), &[("role", &right.own)])?;
    let (changed, debt) = done_to(ctx, (set_role, outgoing), (set_role, &back), &person).await?;
    let judgement = judge(ctx, scene, &own, &right, &question, &changed).await;
    done(ctx, set_role, back).await?;
    ctx.undo.settled(debt);
    // Whoever has the role again has the right again: it was the role that made the difference.
    let proof = match ClosingProof::logged_in(ctx, &scene.who).await {
        Ok(_) => {
            let shared = scene.shared();
            ClosingProof::request_served(ctx, asking(ctx, &shared, &right)?).await
        }
        lost => lost,
    };
    Ok(Ending {
        judgement: judgement?,
        proof,
    })
}

/// The request that the right is needed for.
fn asking(ctx: &Ctx<'_>, actor: &Actor, right: &LostRight<'_>) -> Result<Outgoing, Stop> {
    let own = |name: &str| -> Option<Value> {
        let identity = ctx.spec.identities.get(actor.identity.as_ref()?)?;
        match name {
            "tenant" => Some(Value::from(identity.tenant_value())),
            _ => right.fixed(name, identity),
        }
    };
    let request = Request::fill(&right.request, &own as &dyn Lookup).map_err(|error| {
        Undecided::new(
            Cause::ControlFailed,
            format!("`loses` of `set_role` cannot be sent: {error}"),
        )
    })?;
    let mut outgoing = Outgoing::new(actor, Purpose::Probe, request);
    outgoing.operation.clone_from(&right.operation);
    Ok(outgoing)
}

async fn judge(
    ctx: &Ctx<'_>,
    scene: &Scene,
    own: &OwnSession,
    right: &LostRight<'_>,
    question: &Question,
    changed: &Exchange,
) -> Result<Judgement, Stop> {
    let label = right.label();
    let kept = match fate(ctx, &own.frozen, question).await? {
        Fate::Over(said) => {
            return Ok(Judgement::Holds(format!(
                "{} was served {label} as {}, was made {} ({}), and the session from before was {said}",
                scene.who, right.own, right.less, changed.status
            )));
        }
        Fate::Served(exchange) => exchange,
    };
    if let Some(why) = allowed(ctx, &own.frozen).await {
        return Ok(Judgement::Holds(format!(
            "{} was made {}; of the session from before: {why}",
            scene.who, right.less
        )));
    }
    // A session that begins now has what the role gives now.
    let fresh = OwnSession::open(ctx, &scene.who).await?;
    match standing_on(ctx, asking(ctx, &fresh.actor, right)?).await? {
        Standing::Refused(..) => {}
        Standing::Served(exchange) => {
            return Err(Undecided::new(
                Cause::ControlFailed,
                format!(
                    "making {} {} was answered {}, and a new session is served {label} all the same: the right was not lost",
                    scene.who, right.less, changed.status
                ),
            )
            .settled_by(right.line())
            .shown_by(ctx.target.evidence("new session", &exchange, None))
            .into());
        }
    }
    Ok(scene.violated(
        format!("a session of {} keeps a right that was taken away", scene.who),
        format!(
            "{} was made {} ({}); a new session is refused {label}, and the one from before is still served it {} later",
            scene.who,
            right.less,
            changed.status,
            patience(ctx)
        ),
        vec![
            ctx.target.evidence("set role", changed, None),
            ctx.target.evidence("session from before", &kept, None),
        ],
    ))
}
