//! Looks at the sessions of those who try: a refusal counts only where the refused credentials were alive on both sides.

use std::collections::BTreeMap;
use std::sync::Arc;

use gate_exchange::{Actor, Alive, Presented};
use gate_model::{Cause, IdentityName, Undecided};

use crate::{Ctx, NoAltered, Probe};

/// What was seen of the sessions of a bracket's probers.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    before: BTreeMap<IdentityName, Result<Alive, Undecided>>,
    after: BTreeMap<IdentityName, Result<Alive, Undecided>>,
}

impl Looks {
    /// Shows the session of each actor alive, renewed once where it was dead.
    pub(crate) async fn before(ctx: &Ctx<'_>, actors: &[Actor]) -> Self {
        let mut looks = Self::default();
        for identity in actors.iter().filter_map(used_by) {
            if !looks.before.contains_key(identity) {
                let shown = shown_alive(ctx, identity).await;
                looks.before.insert(identity.clone(), shown);
            }
        }
        looks
    }

    /// Why an actor need not even try: his session could not be shown alive.
    pub(crate) fn dead(&self, actor: &Actor) -> Option<&Undecided> {
        self.before.get(used_by(actor)?)?.as_ref().err()
    }

    /// An actor tries: what was seen of his session afterwards is no longer afterwards.
    pub(crate) fn tries(&mut self, actor: &Actor) {
        if let Some(identity) = used_by(actor) {
            self.after.remove(identity);
        }
    }

    /// The identity whose session has to be looked at again because of this actor.
    pub(crate) fn wanting(&self, actor: &Actor) -> Option<IdentityName> {
        used_by(actor)
            .filter(|identity| !self.after.contains_key(*identity))
            .cloned()
    }

    /// Notes a second look.
    pub(crate) fn saw(&mut self, identity: IdentityName, shown: Result<Alive, Undecided>) {
        self.after.insert(identity, shown);
    }

    /// Whether a probe's credentials were alive on both sides of it; the error says which side was not.
    pub(crate) fn around(&self, actor: &Actor, generation: u64) -> Result<String, Undecided> {
        if let Some(identity) = made_of(actor) {
            return match self.after.get(identity) {
                Some(Ok(alive)) if alive.generation == generation => {
                    Ok(format!(", while {identity}'s own credentials worked"))
                }
                Some(Err(reason)) => Err(reason.clone()),
                Some(Ok(_)) | None => Err(Undecided::new(
                    Cause::SessionLost,
                    format!("{identity}'s credentials were renewed while altered ones were tried"),
                )),
            };
        }
        let Some(identity) = needs_session(actor) else {
            return Ok(String::new());
        };
        let lost = |detail: String| Undecided::new(Cause::SessionLost, detail);
        let shown = |side: Option<&Result<Alive, Undecided>>| match side {
            Some(Ok(alive)) => Ok(alive.generation),
            Some(Err(reason)) => Err(reason.clone()),
            None => Err(lost(format!("{identity}'s session was not shown alive"))),
        };
        let (first, last) = (shown(self.before.get(identity))?, shown(self.after.get(identity))?);
        if first == generation && last == generation {
            Ok(", with a session that was alive before and after".to_owned())
        } else {
            Err(lost(format!(
                "{identity}'s session was renewed between the two looks at it"
            )))
        }
    }
}

/// An identity's session as it was just shown alive, renewed where it was dead.
pub(crate) async fn shown_alive(ctx: &Ctx<'_>, identity: &IdentityName) -> Result<Alive, Undecided> {
    if let Some(shown) = recent(ctx, identity).await {
        return Ok(shown);
    }
    let shown = alive_or_renewed(ctx, identity).await;
    if let Ok(alive) = &shown {
        ctx.alive.note(identity, *alive, ctx.clock.now());
    }
    shown
}

/// The last look at a session, where it is fresh and the credentials are still the same.
async fn recent(ctx: &Ctx<'_>, identity: &IdentityName) -> Option<Alive> {
    let shown = ctx.alive.recent(identity, ctx.clock.now())?;
    let now = ctx.sessions.generation(identity).await.ok()?;
    (now == shown.generation).then_some(shown)
}

/// Looks at a session after probes.
pub(crate) async fn look_again(ctx: &Ctx<'_>, identity: &IdentityName) -> Result<Alive, Undecided> {
    let shown = ctx.sessions.alive(identity).await;
    match &shown {
        Ok(alive) => ctx.alive.note(identity, *alive, ctx.clock.now()),
        Err(_) => ctx.alive.forget(identity),
    }
    shown
}

/// A session that was just served what strangers were refused is shown alive by that. Credentials that were renewed meanwhile have
/// another generation, which is what the probes are compared with.
pub(crate) async fn served_again(ctx: &Ctx<'_>, identity: &IdentityName) -> Option<Alive> {
    let generation = ctx.sessions.generation(identity).await.ok()?;
    let alive = Alive { generation };
    ctx.alive.note(identity, alive, ctx.clock.now());
    Some(alive)
}

/// The identity whose live session the actor uses; nobody has none that could be lost.
fn needs_session(actor: &Actor) -> Option<&IdentityName> {
    match actor.presented {
        Presented::Session => actor.identity.as_ref(),
        Presented::Nothing | Presented::Private(_) | Presented::Altered(_) => None,
    }
}

/// The identity whose credentials were altered: the refusal of those means something only while his own still work.
pub(crate) fn made_of(actor: &Actor) -> Option<&IdentityName> {
    match &actor.presented {
        Presented::Altered(altered) => Some(&altered.of),
        Presented::Nothing | Presented::Session | Presented::Private(_) => None,
    }
}

/// The identity whose credentials an actor's probe stands on: his own, or those that his were made of.
fn used_by(actor: &Actor) -> Option<&IdentityName> {
    needs_session(actor).or(made_of(actor))
}

/// Altered credentials are made anew where those that they were made of are no longer in use.
pub(crate) async fn refresh(ctx: &Ctx<'_>, probe: &mut Probe) -> Result<(), Undecided> {
    let (Presented::Altered(altered), Some(alter)) = (&probe.actor.presented, &probe.alter) else {
        return Ok(());
    };
    if ctx.sessions.generation(&altered.of).await? == altered.generation {
        return Ok(());
    }
    let live = ctx.sessions.credentials(&Actor::identity(&altered.of)).await?;
    let lost = |why: String| {
        Undecided::new(
            Cause::SessionLost,
            format!("{} cannot be made again: {why}", altered.what),
        )
    };
    let made = alter.alter(ctx, &live).await.map_err(|why| match why {
        NoAltered::Undecided(reason) => reason,
        NoAltered::Missing(missing) => lost(missing.what),
        NoAltered::DoesNotApply(what) => lost(what),
    })?;
    let same = made
        .altered
        .into_iter()
        .find(|made| made.row == altered.row && made.what == altered.what);
    let same = same.ok_or_else(|| lost("the new session gives no such credentials".to_owned()))?;
    probe.actor.presented = Presented::Altered(Arc::new(same));
    Ok(())
}

async fn alive_or_renewed(ctx: &Ctx<'_>, identity: &IdentityName) -> Result<Alive, Undecided> {
    match ctx.sessions.alive(identity).await {
        Err(lost) if lost.cause == Cause::SessionLost => {
            ctx.sessions.renew(identity).await.map_err(|_| lost)?;
            ctx.sessions.alive(identity).await
        }
        other => other,
    }
}
