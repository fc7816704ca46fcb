//! `auth/raised-claim`: does a role or a tenant in a token give what its user does not have?

mod played;

use std::sync::Arc;

use gate_check::{
    Check, ClosingProof, Contribution, Ctx, FindingText, Group, Judgement, Lane, Procedure, Stop, Verdict,
};
use gate_exchange::{Actor, Altered, Credentials};
use gate_model::{Case, Cause, CheckPage, IdentityName, Missing, Relation, Undecided};
use gate_spec::{Identity, Spec};
use token_forge::{Grant, Jws, row, with_grants_of};

use crate::credentials::{Ways, altered, main};
use crate::guards::protected;
use crate::inputs::Inputs;
use played::{Played, of_role, of_tenant};

/// The check.
pub(crate) struct RaisedClaim {
    page: Arc<CheckPage>,
    inputs: Arc<Inputs>,
}

impl RaisedClaim {
    /// The check with its page.
    pub(crate) fn new(inputs: &Arc<Inputs>) -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
            inputs: Arc::clone(inputs),
        }
    }

    fn group(&self, case: Case, grant: Grant, pair: (IdentityName, IdentityName)) -> Group {
        let (page, inputs) = (Arc::clone(&self.page), Arc::clone(&self.inputs));
        Group {
            cases: vec![case.clone()],
            lane: Lane::Shared,
            requests: 16,
            run: Arc::new(move |ctx| {
                let (case, page, inputs, pair) = (case.clone(), Arc::clone(&page), Arc::clone(&inputs), pair.clone());
                Box::pin(async move {
                    let decided = decide(ctx, &case, &page, &inputs, grant, &pair).await;
                    vec![decided.unwrap_or_else(|stop| stop.verdict(&case))]
                })
            }),
        }
    }
}

impl Check for RaisedClaim {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        if protected(spec).next().is_none() {
            return contribution;
        }
        for (grant, relation, pair) in pairs(spec) {
            let case = Case::new(&self.page.id).with_relation(relation);
            if spec.settings.tokens.signing_key.is_none() {
                let missing = Missing {
                    what: "claims can be raised with the issuer's key alone".to_owned(),
                    add: Some("tokens: { signing_key: \"${TEST_SIGNING_KEY}\" }   # of a test environment only: PEM, JWK or HMAC secret".to_owned()),
                };
                contribution.not_testable.push((case, missing));
            } else {
                contribution.groups.push(self.group(case, grant, pair));
            }
        }
        contribution
    }
}

/// Whose claims are raised to whose: across tenants, and across roles within one.
fn pairs(spec: &Spec) -> Vec<(Grant, Relation, (IdentityName, IdentityName))> {
    let actors: Vec<&Identity> = spec.actors().collect();
    let mut pairs = Vec::new();
    let Some(first) = actors.first() else {
        return pairs;
    };
    if let Some(stranger) = actors.iter().find(|identity| identity.tenant != first.tenant) {
        let pair = (stranger.name.clone(), first.name.clone());
        pairs.push((Grant::Tenant, Relation::OtherTenant, pair));
    }
    for one in &actors {
        let mate = actors
            .iter()
            .find(|other| other.tenant == one.tenant && other.name != one.name && other.roles != one.roles);
        if let Some(mate) = mate {
            // Which of the two may do less shows when they are asked.
            let relation = Relation::SameTenant(mate.roles.join("+"));
            pairs.push((Grant::Role, relation, (mate.name.clone(), one.name.clone())));
            break;
        }
    }
    pairs
}

async fn decide(
    ctx: &Ctx<'_>,
    case: &Case,
    page: &Arc<CheckPage>,
    inputs: &Inputs,
    grant: Grant,
    pair: &(IdentityName, IdentityName),
) -> Result<Verdict, Stop> {
    let played = match grant {
        Grant::Tenant => of_tenant(ctx, &pair.0).await?,
        Grant::Role => of_role(ctx, &pair.0, &pair.1).await?,
    };
    let raised = raise(ctx, inputs, grant, &played).await?;
    let actor = Actor::altered(raised);
    let exchange = ctx.target.send(played.asking(ctx, &actor)?).await?;
    let what = match grant {
        Grant::Tenant => "tenant",
        Grant::Role => "role",
    };
    let judgement = match (played.is_shown(ctx, &exchange), ClosingProof::answered(ctx, &exchange)) {
        (true, _) => {
            let text = FindingText {
                page: Arc::clone(page),
                verb: "reach",
            };
            let evidence = vec![
                ctx.target.evidence("with the own claims", &played.refused, None),
                ctx.target.evidence("with raised claims", &exchange, None),
                ctx.target.evidence("what is not the caller's", &played.served, None),
            ];
            let detail = format!(
                "{} is refused {} ({}), and with the {what} of {} in the token, signed by the key of the plan, is shown what {} is \
                 shown: the {what} is taken from the token and not from the account",
                played.lesser, played.label, played.refused.status, played.greater, played.greater
            );
            let mut finding = text.finding(case, &actor, Some(&played.greater), "", detail, evidence);
            finding.title = format!(
                "the {what} in a token counts, not the one that its user has: {}",
                played.label
            );
            Judgement::Violated(vec![finding])
        }
        (false, Err(refused)) if refused.cause == Cause::ControlFailed => Judgement::Holds(format!(
            "{} was served {}, {} refused; with the {what} of {} in the token {} was answered {}",
            played.greater, played.label, played.lesser, played.greater, played.lesser, exchange.status
        )),
        (false, Err(reason)) => Judgement::Undecided(reason.shown_by(ctx.target.evidence("probe", &exchange, None))),
        (false, Ok(_)) => Judgement::Undecided(
            Undecided::new(
                Cause::NeitherAnswer,
                format!(
                    "with the {what} of {} in the token {} was answered {} with something else than {} is shown",
                    played.greater, played.lesser, exchange.status, played.greater
                ),
            )
            .shown_by(ctx.target.evidence("probe", &exchange, None)),
        ),
    };
    let proof = ClosingProof::request_served(ctx, played.asking(ctx, &Actor::identity(&played.greater))?).await;
    Ok(Procedure::begin(case).close(proof, judgement))
}

/// The lesser one's credentials with what the greater one is granted, if the target takes the plan's key for its issuer's.
async fn raise(ctx: &Ctx<'_>, inputs: &Inputs, grant: Grant, played: &Played) -> Result<Altered, Stop> {
    let own = ctx.sessions.credentials(&Actor::identity(&played.lesser)).await?;
    let is_token = |way: &Credentials| main(way).is_some_and(|main| Jws::parse(main.value).is_some());
    let own = match Ways::of(ctx, &own).await?.each.into_iter().find(is_token) {
        Some(way) => way,
        None => own,
    };
    let theirs = ctx.sessions.credentials(&Actor::identity(&played.greater)).await?;
    let token = |credentials: &Credentials| main(credentials).and_then(|main| Jws::parse(main.value));
    let (Some(mine), Some(other)) = (token(&own), token(&theirs)) else {
        return Err(Stop::missing(
            format!("{}'s token is no signed JWT", played.lesser),
            None,
        ));
    };
    let Some(claims) = with_grants_of(&mine, &other, grant) else {
        let what = match grant {
            Grant::Tenant => "no claim of the tokens names a tenant",
            Grant::Role => "no claim of the tokens names a role or a scope",
        };
        return Err(Stop::missing(what, None));
    };
    let named = match grant {
        Grant::Tenant => "tenant-changed",
        Grant::Role => "role-raised",
    };
    let row = row(named).ok_or_else(|| Stop::missing("the corpus has no such row", None))?;
    let given = inputs
        .gather(ctx, &own, &[])
        .await
        .map_err(|_| Stop::missing("nothing can be forged", None))?;
    let input = given
        .input(&own)
        .ok_or_else(|| Stop::missing("nothing can be forged", None))?;
    inputs.must_be_recognised(ctx, &own, &input, row).await?;
    let variant = input.signed_with(&claims);
    variant.and_then(|variant| altered(&own, row, &variant)).ok_or_else(|| {
        Stop::missing(
            "tokens.signing_key does not sign",
            Some("tokens: { signing_key: \"${TEST_SIGNING_KEY}\" }   # the key of the target under test".to_owned()),
        )
    })
}
