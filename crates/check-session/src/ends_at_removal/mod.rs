//! `session/ends-at-removal`: is a session refused what only members see, once its user is none any more?

mod belonging;

use gate_check::{ClosingProof, Ctx, Judgement, OwnSession, Person, Standing, alike, doer};
use gate_exchange::{Actor, Exchange};
use gate_model::{Cause, Undecided};
use gate_spec::ActionKind;

use crate::acts::{done, done_to, request};
use crate::cast::{able_to, known};
use crate::ending::{Fate, Question, allowed, fate, patience, served};
use crate::script::{Ending, Scene, SessionCheck, Stop};
use crate::trading::{Traded, read};
use belonging::{Belonging, belonging};

/// The check.
pub(crate) fn check() -> SessionCheck {
    let cast = |spec: &gate_spec::Spec| able_to(spec, ActionKind::RemoveMember, ActionKind::AddMember);
    SessionCheck::new(include_str!("check.md"), cast, 18, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
    .about(ActionKind::RemoveMember)
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    let remove = known(ctx.spec, ActionKind::RemoveMember).map_err(Stop::Missing)?;
    let add = known(ctx.spec, ActionKind::AddMember).map_err(Stop::Missing)?;
    let user = ctx.spec.identities.get(&scene.who);
    let user = user.ok_or_else(|| Stop::missing("the user is not in the plan", None))?;
    let Some(admin) = doer(ctx.spec, remove, user) else {
        return Err(Stop::missing("nobody could do it", None));
    };
    let admin = Actor::identity(&admin.name);
    let own = OwnSession::open(ctx, &scene.who).await?;
    let whoami = served(ctx, &own.frozen, &Question::Whose).await?;
    let person = Person::shown(&scene.who, &whoami);
    let belonging = belonging(ctx, remove, user, &own.frozen).await?;
    let role = user.roles.first().map(String::as_str).unwrap_or_default();
    let outgoing = request(ctx, remove, &admin, Some(&person), &[])?;
    let back = request(ctx, add, &admin, Some(&person), &[("role", role)])?;
    let (removed, debt) = done_to(ctx, (remove, outgoing), (add, &back), &person).await?;
    let judgement = judge(ctx, scene, &own, &belonging, &removed).await;
    done(ctx, add, back).await?;
    ctx.undo.settled(debt);
    Ok(Ending {
        judgement: judgement?,
        proof: member_again(ctx, scene, &belonging).await,
    })
}

/// Whoever is a member again is served again: it was the membership that made the difference.
async fn member_again(ctx: &Ctx<'_>, scene: &Scene, belonging: &Belonging) -> Result<ClosingProof, Undecided> {
    let proof = ClosingProof::logged_in(ctx, &scene.who).await?;
    match &belonging.question {
        Question::Whose => Ok(proof),
        Question::This(outgoing) => {
            let mut outgoing = (**outgoing).clone();
            outgoing.actor = scene.shared();
            ClosingProof::request_served(ctx, outgoing).await
        }
    }
}

async fn judge(
    ctx: &Ctx<'_>,
    scene: &Scene,
    own: &OwnSession,
    belonging: &Belonging,
    removed: &Exchange,
) -> Result<Judgement, Stop> {
    let Belonging {
        question,
        label,
        shown: before,
    } = belonging;
    let alive = match fate(ctx, &own.frozen, question).await? {
        Fate::Over(said) => Err(said),
        Fate::Served(exchange) => Ok(exchange),
    };
    let renewed = refreshed(ctx, &own.frozen, question).await?;
    let (what, shown) = match (alive, renewed) {
        (Err(said), None) => {
            return Ok(Judgement::Holds(format!(
                "{}'s session was served {label}, the user was taken out of the tenant ({}), and then it was {said}",
                scene.who, removed.status
            )));
        }
        (_, Some(exchange)) => ("its refresh token gives one that is served", exchange),
        (Ok(exchange), None) => match allowed(ctx, &own.frozen).await {
            Some(why) => {
                return Ok(Judgement::Holds(format!(
                    "{} was taken out of the tenant; {why}",
                    scene.who
                )));
            }
            None => ("the session from before is still served", exchange),
        },
    };
    match before {
        None => {
            return Err(Undecided::new(
                Cause::ControlFailed,
                format!(
                    "taking {} out of the tenant was answered {}, and the session is still told whose it is, which somebody without a \
                     tenant may be: nothing else was found that only members see",
                    scene.who, removed.status
                ),
            )
            .settled_by(line())
            .shown_by(ctx.target.evidence("afterwards", &shown, None))
            .into());
        }
        // A server may tell a refusal by the body of a 200.
        Some(before) if !alike(before, &shown) => {
            return Err(Undecided::new(
                Cause::NeitherAnswer,
                format!(
                    "after {} was taken out of the tenant the session was answered {} with something else than before",
                    scene.who, shown.status
                ),
            )
            .settled_by("denied: { json: { $.error: \"*\" } }   # if this answer is a refusal")
            .shown_by(ctx.target.evidence("afterwards", &shown, None))
            .into());
        }
        Some(_) => {}
    }
    // Whoever logs in now and is served all the same is a member still, whatever the removal was answered.
    let now = match OwnSession::open(ctx, &scene.who).await {
        Err(refused) if refused.cause == Cause::LoginFailed => "a login is refused".to_owned(),
        Err(reason) => return Err(reason.into()),
        Ok(fresh) => match question.ask(ctx, &fresh.actor).await? {
            Standing::Refused(said, _) => format!("a session that begins now is {said}"),
            Standing::Served(exchange) => {
                return Err(Undecided::new(
                    Cause::ControlFailed,
                    format!(
                        "taking {} out of the tenant was answered {}, and a session that begins now is served {label} all the same: \
                         nothing shows that it was done",
                        scene.who, removed.status
                    ),
                )
                .settled_by(line())
                .shown_by(ctx.target.evidence("new session", &exchange, None))
                .into());
            }
        },
    };
    Ok(scene.violated(
        format!("{} is no member any more, and the session goes on", scene.who),
        format!(
            "taking the user out of the tenant was answered {}, {now}, and {what} {label} {} later",
            removed.status,
            patience(ctx)
        ),
        vec![
            ctx.target.evidence("removal", removed, None),
            ctx.target.evidence("afterwards", &shown, None),
        ],
    ))
}

/// What a session that the refresh token still gives is served. A user without a tenant may well have one.
async fn refreshed(ctx: &Ctx<'_>, session: &Actor, question: &Question) -> Result<Option<Exchange>, Stop> {
    let trade = match ctx.life.refresh(session).await {
        Ok(trade) => trade,
        Err(none) if none.cause == Cause::ControlFailed => return Ok(None),
        Err(reason) => return Err(reason.into()),
    };
    let Traded::For(gained, _) = read(ctx, trade)? else {
        return Ok(None);
    };
    match question.ask(ctx, &gained).await? {
        Standing::Served(exchange) => Ok(Some(exchange)),
        Standing::Refused(..) => Ok(None),
    }
}

/// The line that settles what is asked.
fn line() -> String {
    "actions: { remove_member: { delete: \"/members/{{user.id}}\", loses: GET /projects/stats } }   # what only members are served"
        .to_owned()
}
