//! `session/ends-at-password-change`: do the other sessions of a user end when the password is changed?

use gate_check::{ClosingProof, Ctx, Debt, Judgement, OwnSession};
use gate_exchange::{Actor, Entry, Exchange, Purpose};
use gate_model::{Cause, IdentityName, Missing, Secret, Undecided};
use gate_spec::{Action, ActionKind, Effect, Operation, Spec};
use serde_json::Value;

use crate::acts::{done, request};
use crate::cast::{given_away, known};
use crate::ending::{Fate, Question, allowed, fate, patience, served};
use crate::script::{Ending, Scene, SessionCheck, Stop};

/// The check.
pub(crate) fn check() -> SessionCheck {
    let cast = |spec: &Spec| {
        known(spec, ActionKind::ChangePassword)?;
        given_away(spec)
    };
    SessionCheck::new(include_str!("check.md"), cast, 18, |ctx, scene| {
        Box::pin(script(ctx, scene))
    })
    .about(ActionKind::ChangePassword)
}

/// The passwords of the user, and the request that sets the old one again.
struct Change<'c> {
    action: &'c Action,
    old: Secret<String>,
    new: Secret<String>,
    debt: Option<Debt>,
}

async fn script(ctx: &Ctx<'_>, scene: &Scene) -> Result<Ending, Stop> {
    let action = known(ctx.spec, ActionKind::ChangePassword).map_err(Stop::Missing)?;
    let other = OwnSession::open(ctx, &scene.who).await?;
    // A server that keeps a single session for each user has no other.
    let own = if other.is_shared() {
        other.clone()
    } else {
        OwnSession::open(ctx, &scene.who).await?
    };
    served(ctx, &other.frozen, &Question::Whose).await?;
    let Some(Value::String(old)) = ctx.life.value(&own.actor, "password") else {
        return Err(Stop::Missing(Missing {
            what: format!("{} logs in without a `password` that could be changed", scene.who),
            add: None,
        }));
    };
    let mut change = Change {
        action,
        old: Secret::new(old),
        new: new_password(ctx, &scene.who),
        debt: None,
    };
    let outgoing = change.request(ctx, &own.actor, Way::There)?;
    change.owe(ctx, &own.actor)?;
    let changed = match done(ctx, action, outgoing).await {
        Ok(changed) => changed,
        Err(refused) => {
            change.settled(ctx);
            return Err(refused.into());
        }
    };
    let judgement = judge(ctx, scene, &mut change, &changed, &own, &other).await;
    if ctx.life.enter(&scene.who, &Entry::default()).await.is_ok() {
        ctx.undo.password_is_back(&scene.who);
    }
    let proof = ClosingProof::logged_in(ctx, &scene.who).await;
    Ok(Ending {
        judgement: judgement?,
        proof,
    })
}

/// What became of the other session; sets the old password again, whatever that is.
async fn judge(
    ctx: &Ctx<'_>,
    scene: &Scene,
    change: &mut Change<'_>,
    changed: &Exchange,
    own: &OwnSession,
    other: &OwnSession,
) -> Result<Judgement, Stop> {
    // Where the only session changed the password, a new login is what ends it.
    let before = if other.is_shared() {
        None
    } else {
        Some(fate(ctx, &other.frozen, &Question::Whose).await)
    };
    let entry = Entry {
        fields: vec![("password".to_owned(), change.new.clone())],
        ..Entry::default()
    };
    let fresh = match ctx.life.enter(&scene.who, &entry).await {
        Ok(fresh) => fresh,
        Err(refused) => return Err(change.had_no_effect(ctx, scene, refused).await),
    };
    let after = match before {
        Some(after) => after,
        None => fate(ctx, &other.frozen, &Question::Whose).await,
    };
    let judgement = match after {
        Err(reason) => Err(Stop::from(reason)),
        Ok(Fate::Over(said)) => Ok(Judgement::Holds(if other.is_shared() {
            format!(
                "{}'s password was changed, the new one logs in, and the only session from before was {said}",
                scene.who
            )
        } else {
            format!(
                "{}'s other session was served, the password was changed by another, the new one logs in, and then the other \
                 session was {said}",
                scene.who
            )
        })),
        Ok(Fate::Served(exchange)) => lives_on(ctx, scene, changed, &exchange, own, other).await,
    };
    change.take_back(ctx, &fresh).await?;
    judgement
}

/// The other session is still served: the plan allows it, the API offers to end it, or it is a hole.
async fn lives_on(
    ctx: &Ctx<'_>,
    scene: &Scene,
    changed: &Exchange,
    served: &Exchange,
    own: &OwnSession,
    other: &OwnSession,
) -> Result<Judgement, Stop> {
    if let Some(why) = allowed(ctx, &other.frozen).await {
        return Ok(Judgement::Holds(format!(
            "{}'s password was changed; of the other session: {why}",
            scene.who
        )));
    }
    if let Some(operation) = offer(ctx.spec) {
        let request = gate_exchange::Request::fill(&operation.request, &|_: &str| None::<Value>)
            .map_err(|error| Undecided::new(Cause::ControlFailed, error.to_string()))?;
        let outgoing = gate_exchange::Outgoing::new(&own.actor, Purpose::Setup, request).of(&operation.id);
        let answered = ctx.target.send(outgoing).await?;
        if answered.is_success()
            && let Fate::Over(said) = fate(ctx, &other.frozen, &Question::Whose).await?
        {
            return Ok(Judgement::Holds(format!(
                "{}'s other session outlives a change of the password, and {} ends it: it was {said} then",
                scene.who, operation.id
            )));
        }
    }
    Ok(scene.violated(
        format!("other sessions of {} outlive a change of the password", scene.who),
        format!(
            "the change was answered {}, the new password logs in, and a session that was opened with the old one is still served \
             {} later",
            changed.status,
            patience(ctx)
        ),
        vec![
            ctx.target.evidence("change of the password", changed, None),
            ctx.target.evidence("the other session", served, None),
        ],
    ))
}

/// The operation that ends the other sessions of the caller, where the document shows one.
fn offer(spec: &Spec) -> Option<&Operation> {
    spec.operations.values().find(|operation| {
        let path = operation.id.path().to_ascii_lowercase();
        operation.effect == Effect::EndsSession
            && operation.params.is_empty()
            && operation.skip.is_none()
            && ["all", "others", "everywhere", "sessions"]
                .iter()
                .any(|word| path.trim_end_matches('/').ends_with(word))
    })
}

/// A new password, which can be found again where the run is killed before the old one is back.
fn new_password(ctx: &Ctx<'_>, who: &IdentityName) -> Secret<String> {
    let identity = ctx.spec.identities.get(who);
    let noted = identity.and_then(|identity| ctx.undo.passing_password(ctx.target, identity, &[]));
    noted.unwrap_or_else(|| ctx.life.new_password())
}

#[derive(Clone, Copy)]
enum Way {
    There,
    Back,
}

impl Change<'_> {
    fn request(&self, ctx: &Ctx<'_>, actor: &Actor, way: Way) -> Result<gate_exchange::Outgoing, Stop> {
        let (from, to) = match way {
            Way::There => (&self.old, &self.new),
            Way::Back => (&self.new, &self.old),
        };
        let fixed = [
            ("password", from.expose().as_str()),
            ("new_password", to.expose().as_str()),
        ];
        request(ctx, self.action, actor, None, &fixed)
    }

    /// Notes the way back, by a session that can go it.
    fn owe(&mut self, ctx: &Ctx<'_>, actor: &Actor) -> Result<(), Stop> {
        let back = self.request(ctx, actor, Way::Back)?;
        let debt = ctx.undo.owe(back);
        self.settled(ctx);
        self.debt = Some(debt);
        Ok(())
    }

    /// Sets the old password again, by a session that the new one opened.
    async fn take_back(&mut self, ctx: &Ctx<'_>, fresh: &Actor) -> Result<(), Stop> {
        self.owe(ctx, fresh)?;
        done(ctx, self.action, self.request(ctx, fresh, Way::Back)?).await?;
        self.settled(ctx);
        Ok(())
    }

    /// The way back that was noted is gone, or another one is.
    fn settled(&mut self, ctx: &Ctx<'_>) {
        if let Some(debt) = self.debt.take() {
            ctx.undo.settled(debt);
        }
    }

    /// The new password does not log in: nothing was changed, if the old one still does.
    async fn had_no_effect(&mut self, ctx: &Ctx<'_>, scene: &Scene, refused: Undecided) -> Stop {
        if refused.cause != Cause::LoginFailed {
            return refused.into();
        }
        let entry = Entry {
            fields: vec![("password".to_owned(), self.old.clone())],
            ..Entry::default()
        };
        if ctx.life.enter(&scene.who, &entry).await.is_ok() {
            self.settled(ctx);
        }
        Undecided::new(
            Cause::ControlFailed,
            format!(
                "the change of {}'s password succeeded by its answer, and the new password does not log in: {}",
                scene.who, refused.detail
            ),
        )
        .settled_by("actions: { change_password: { post: /me/password, json: { old_password: \"{{password}}\", new_password: \"{{new_password}}\" } } }   # as the server takes it")
        .into()
    }
}
