//! Who tries, seen from the owner of what is tried.

use std::sync::Arc;

use gate_exchange::Actor;
use gate_model::{Cause, IdentityName, Missing};

use super::{MAX_SESSIONS, Tally};
use crate::assemble::Tried;
use crate::looks::shown_alive;
use crate::{Alter, Base, Ctx, Made, NoAltered, Probe, ProbePlan, Prober};

/// The probes of an operation against an owner. A case that nobody can try gets its verdict in the tally.
pub(crate) async fn all_probes(ctx: &Ctx<'_>, tried: &Tried, owner: &IdentityName, tally: &mut Tally) -> Vec<Probe> {
    let mut probes = Vec::new();
    for plan in &tried.plans {
        let probe = |actor: Actor| Probe {
            case: Arc::new(plan.case.clone()),
            actor,
            refusal: plan.refusal,
            text: Arc::clone(&plan.text),
            alter: None,
            remark: None,
            bare: None,
        };
        match &plan.prober {
            Prober::Anonymous => probes.push(probe(Actor::anonymous())),
            Prober::Identity(name) => probes.push(probe(Actor::identity(name))),
            Prober::SameTenant(roles) => match colleague(ctx, owner, roles) {
                Some(name) => probes.push(probe(Actor::identity(&name))),
                None => tally.not_testable(&plan.case.id, no_colleague(ctx, owner, roles)),
            },
            Prober::OtherTenants => {
                let strangers = strangers(ctx, tried, owner);
                probes.extend(strangers.iter().map(|name| probe(Actor::identity(name))));
            }
            Prober::Altered(Base::Control, alter) => probes.extend(altered(ctx, plan, alter, owner, tally).await),
            Prober::Altered(Base::OtherTenants, alter) => {
                for stranger in strangers(ctx, tried, owner) {
                    let mut made = altered(ctx, plan, alter, &stranger, tally).await;
                    // What is his own may be shown to him all the same.
                    made.iter_mut()
                        .for_each(|probe| probe.actor.identity = Some(stranger.clone()));
                    probes.extend(made);
                }
            }
        }
    }
    probes
}

/// Identities of other tenants that the plan does not grant the operation to.
fn strangers(ctx: &Ctx<'_>, tried: &Tried, owner: &IdentityName) -> Vec<IdentityName> {
    let Some(owner) = ctx.spec.identities.get(owner) else {
        return Vec::new();
    };
    ctx.spec
        .intruders(owner)
        .into_iter()
        .filter(|intruder| !ctx.spec.open_to_other_tenants(intruder, &tried.operation))
        .map(|intruder| intruder.name.clone())
        .collect()
}

/// Somebody else of the owner's tenant with these roles.
fn colleague(ctx: &Ctx<'_>, owner: &IdentityName, roles: &str) -> Option<IdentityName> {
    let tenant = &ctx.spec.identities.get(owner)?.tenant;
    let mut others = ctx
        .spec
        .actors()
        .filter(|other| other.tenant == *tenant && other.name != *owner);
    others
        .find(|other| other.role_words() == roles)
        .map(|other| other.name.clone())
}

fn no_colleague(ctx: &Ctx<'_>, owner: &IdentityName, roles: &str) -> Missing {
    Missing {
        what: format!("{owner} owns what is tried, and nobody else of the same tenant has the role `{roles}`"),
        add: Some(
            ctx.spec
                .stub_identity(ctx.spec.identities.get(owner).map(|owner| owner.tenant.as_str())),
        ),
    }
}

async fn altered(
    ctx: &Ctx<'_>,
    plan: &ProbePlan,
    alter: &Arc<dyn Alter>,
    of: &IdentityName,
    tally: &mut Tally,
) -> Vec<Probe> {
    let mut made = make(ctx, alter, of).await;
    for _ in 1..MAX_SESSIONS {
        match &made {
            Err(NoAltered::Undecided(lost)) if lost.cause == Cause::SessionLost => {
                ctx.alive.forget(of);
                made = make(ctx, alter, of).await;
            }
            _ => break,
        }
    }
    let made = match made {
        Ok(made) => made,
        Err(NoAltered::Undecided(reason)) => {
            tally.undecided(&plan.case.id, &reason);
            return Vec::new();
        }
        Err(NoAltered::Missing(missing)) => {
            tally.not_testable(&plan.case.id, missing);
            return Vec::new();
        }
        Err(NoAltered::DoesNotApply(what)) => {
            tally.not_testable(&plan.case.id, Missing { what, add: None });
            return Vec::new();
        }
    };
    let mut remark = made.untried;
    made.altered
        .into_iter()
        .map(|altered| Probe {
            case: Arc::new(plan.case.clone()),
            actor: Actor::altered(altered),
            refusal: plan.refusal,
            text: Arc::clone(&plan.text),
            alter: Some(Arc::clone(alter)),
            remark: remark.take(),
            bare: None,
        })
        .collect()
}

/// Alters live credentials. They have to be good: whoever just ended the session must not be what refuses them.
async fn make(ctx: &Ctx<'_>, alter: &Arc<dyn Alter>, of: &IdentityName) -> Result<Made, NoAltered> {
    shown_alive(ctx, of).await.map_err(NoAltered::Undecided)?;
    let live = ctx.sessions.credentials(&Actor::identity(of)).await;
    alter.alter(ctx, &live.map_err(NoAltered::Undecided)?).await
}
