//! Who tries, seen from the owner of what is tried.

use std::sync::Arc;

use gate_exchange::Actor;
use gate_model::{IdentityName, Missing};

use super::Tally;
use crate::assemble::Tried;
use crate::{Alter, Ctx, NoAltered, Probe, ProbePlan, Prober};

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
        };
        match &plan.prober {
            Prober::Anonymous => probes.push(probe(Actor::anonymous())),
            Prober::Identity(name) => probes.push(probe(Actor::identity(name))),
            Prober::OtherTenants => {
                let Some(owner) = ctx.spec.identities.get(owner) else {
                    continue;
                };
                probes.extend(
                    ctx.spec
                        .intruders(owner)
                        .into_iter()
                        .filter(|intruder| !ctx.spec.open_to_other_tenants(intruder, &tried.operation))
                        .map(|intruder| probe(Actor::identity(&intruder.name))),
                );
            }
            Prober::Altered(alter) => probes.extend(altered(ctx, plan, alter, owner, tally).await),
        }
    }
    probes
}

async fn altered(
    ctx: &Ctx<'_>,
    plan: &ProbePlan,
    alter: &Arc<dyn Alter>,
    owner: &IdentityName,
    tally: &mut Tally,
) -> Vec<Probe> {
    let live = match ctx.sessions.credentials(&Actor::identity(owner)).await {
        Ok(live) => live,
        Err(reason) => {
            tally.undecided(&plan.case.id, &reason);
            return Vec::new();
        }
    };
    let made = match alter.alter(ctx, &live).await {
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
    made.into_iter()
        .map(|altered| Probe {
            case: Arc::new(plan.case.clone()),
            actor: Actor::altered(altered),
            refusal: plan.refusal,
            text: Arc::clone(&plan.text),
            alter: Some(Arc::clone(alter)),
        })
        .collect()
}
