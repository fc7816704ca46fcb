//! `auth/revoked-key`: is an API key refused once it was revoked?

use std::sync::Arc;
use std::time::Duration;

use gate_check::{
    Check, ClosingProof, Contribution, Ctx, FindingText, Group, Judgement, Lane, Procedure, Standing, Verdict, alike,
    key_maker,
};
use gate_exchange::{Actor, Exchange};
use gate_model::{Case, Cause, CheckPage, IdentityName, Missing, OperationId, Undecided};
use gate_spec::{ApiKeys, Operation, Spec};

use crate::api_keys::{guarded, has_keys, make, no_way, plain_reads, presenting, revoke, served, standing_of};
use crate::guards::protected;

/// Between two looks at a revoked key, and the longest that caches are waited for.
const PAUSE: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(5);

/// The check.
pub(crate) struct RevokedKey {
    page: Arc<CheckPage>,
}

/// What the key of a case is.
#[derive(Clone, Copy)]
enum Kind {
    /// Made and revoked by the run.
    Made,
    /// Given by the plan, revoked long ago.
    Old,
}

impl RevokedKey {
    /// The check with its page.
    pub(crate) fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }

    fn group(&self, case: Case, kind: Kind, by: IdentityName) -> Group {
        let page = Arc::clone(&self.page);
        Group {
            cases: vec![case.clone()],
            lane: Lane::Account,
            requests: 10,
            run: Arc::new(move |ctx| {
                let (case, page, by) = (case.clone(), Arc::clone(&page), by.clone());
                Box::pin(async move {
                    let decided = match ctx.spec.settings.api_keys.as_ref() {
                        Some(keys) => decide(ctx, &case, &page, keys, kind, &by).await,
                        None => Err(Undecided::new(Cause::NoVerdict, "the plan says nothing of API keys")),
                    };
                    vec![decided.unwrap_or_else(|reason| Verdict::undecided(&case.id, reason))]
                })
            }),
        }
    }
}

impl Check for RevokedKey {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        if !has_keys(spec) || protected(spec).next().is_none() {
            return contribution;
        }
        let case = Case::new(&self.page.id);
        let Some(keys) = &spec.settings.api_keys else {
            contribution.not_testable.push((case, no_way()));
            return contribution;
        };
        let case = case.with_source(keys.source.clone());
        let by = key_maker(spec, keys);
        let missing = |what: &str, add: Option<String>| Missing {
            what: what.to_owned(),
            add,
        };
        let lacks = if by.is_none() {
            Some(missing(
                "nobody is there who could make a key",
                Some(spec.stub_identity(None)),
            ))
        } else if asked(spec, keys).is_empty() {
            Some(missing(
                "no read is there that needs no object and that a key may be tried on",
                None,
            ))
        } else if keys.create.is_none() || keys.revoke.is_none() {
            keys.revoked.is_none().then(no_way)
        } else if !spec.writes_allowed() {
            Some(missing(
                "unsafe requests may not be sent in this run",
                Some("target: { writes: true }".to_owned()),
            ))
        } else {
            None
        };
        if let Some(missing) = lacks {
            contribution.not_testable.push((case, missing));
            return contribution;
        }
        let by = by.unwrap_or_else(|| IdentityName::new("nobody"));
        if keys.create.is_some()
            && let Some(revoke) = &keys.revoke
            && spec.writes_allowed()
        {
            let operation = keys
                .revoke_operation
                .clone()
                .unwrap_or_else(|| OperationId::of(revoke.method.as_str(), &revoke.path.to_string()));
            let case = case.clone().with_operation(&operation);
            contribution.groups.push(self.group(case, Kind::Made, by.clone()));
        }
        if keys.revoked.is_some() {
            contribution.groups.push(self.group(case, Kind::Old, by));
        }
        contribution
    }
}

/// The reads that keys may be tried on.
fn asked<'s>(spec: &'s Spec, keys: &ApiKeys) -> Vec<&'s Operation> {
    plain_reads(spec, |operation| {
        keys.limited.as_ref().is_none_or(|limited| limited.may(operation))
    })
}

async fn decide(
    ctx: &Ctx<'_>,
    case: &Case,
    page: &Arc<CheckPage>,
    keys: &ApiKeys,
    kind: Kind,
    by: &IdentityName,
) -> Result<Verdict, Undecided> {
    let operation = guarded(ctx, asked(ctx.spec, keys), by).await?;
    let live = ctx.sessions.credentials(&Actor::identity(by)).await?;
    let actor = |row: &str, what: &str, key: &str| Actor::altered(presenting(&live, &keys.send, row, what, key));
    let scope = keys
        .scope
        .as_deref()
        .or(keys.limited.as_ref().map(|limited| limited.scope.as_str()));
    let made = match (&keys.create, kind) {
        (Some(_), _) => Some(make(ctx, keys, by, scope).await?),
        (None, _) => None,
    };
    // Who shows that keys work: one that was made for it; without any, somebody whose credential is one, or whoever could make one.
    let neighbour = match &made {
        Some(made) => actor("live-key", &format!("another API key of {by}"), made.key.expose()),
        None => {
            let mut others = ctx.spec.actors();
            let holder = others.find(|identity| identity.field("api_key").is_some());
            Actor::identity(holder.map_or(by, |holder| &holder.name))
        }
    };
    let good = served(ctx, operation, by, &neighbour).await?;
    let (tried, how, revoked) = match (kind, &keys.revoked) {
        (Kind::Old, Some(old)) => {
            let what = "an API key that was revoked long ago";
            (
                actor("revoked-key", what, old.expose()),
                "the plan says that it was revoked".to_owned(),
                None,
            )
        }
        (Kind::Old, None) => return Err(Undecided::new(Cause::NoVerdict, "the plan has no old key")),
        (Kind::Made, _) => {
            let made = make(ctx, keys, by, scope).await?;
            let tried = actor(
                "revoked-key",
                &format!("the revoked API key of {by}"),
                made.key.expose(),
            );
            served(ctx, operation, by, &tried).await?;
            let revoked = revoke(ctx, keys, by, &made).await?;
            (
                tried,
                format!("it was served before and then revoked ({})", revoked.status),
                Some(revoked),
            )
        }
    };
    let judgement = judge(ctx, case, page, operation, by, &tried, &how, revoked.as_ref(), &good).await;
    let proof = match served(ctx, operation, by, &neighbour).await {
        Ok(exchange) => ClosingProof::answered(ctx, &exchange),
        Err(lost) => Err(Undecided {
            cause: Cause::ControlLost,
            ..lost
        }),
    };
    if let Some(made) = &made
        && keys.revoke.is_some()
    {
        // What is not revoked here is when the run ends.
        let _ = revoke(ctx, keys, by, made).await;
    }
    Ok(Procedure::begin(case).close(proof, judgement?))
}

#[expect(
    clippy::too_many_arguments,
    reason = "what a finding shows is gathered here and nowhere else"
)]
async fn judge(
    ctx: &Ctx<'_>,
    case: &Case,
    page: &Arc<CheckPage>,
    operation: &Operation,
    by: &IdentityName,
    tried: &Actor,
    how: &str,
    revoked: Option<&Exchange>,
    good: &Exchange,
) -> Result<Judgement, Undecided> {
    let patience = ctx.spec.settings.auth.ends_within.min(PATIENCE);
    let mut waited = Duration::ZERO;
    let kept = loop {
        match standing_of(ctx, operation, by, tried).await? {
            Standing::Refused(said, _) => {
                return Ok(Judgement::Holds(format!(
                    "{tried} was {said} on {}; {how}; a live key was served before and after",
                    operation.id
                )));
            }
            Standing::Served(exchange) if waited >= patience => break exchange,
            Standing::Served(_) => {
                let pause = PAUSE.min(patience - waited);
                ctx.clock.sleep(pause).await;
                waited += pause;
            }
        }
    };
    // A server may tell a refusal by the body of a 200.
    if !alike(&kept, good) {
        return Err(Undecided::new(
            Cause::NeitherAnswer,
            format!(
                "{tried} was answered {} on {}, with another answer than a live key",
                kept.status, operation.id
            ),
        )
        .settled_by("denied: { json: { $.error: \"*\" } }   # if this answer is a refusal")
        .shown_by(ctx.target.evidence("revoked key", &kept, None)));
    }
    let text = FindingText {
        page: Arc::clone(page),
        verb: "use",
    };
    let revoked = revoked.map(|exchange| ctx.target.evidence("revoke", exchange, None));
    let evidence = revoked
        .into_iter()
        .chain([ctx.target.evidence("afterwards", &kept, None)])
        .collect();
    let detail = format!(
        "{tried} is still served {} {} later; {how}",
        operation.id,
        humantime::format_duration(patience)
    );
    let mut finding = text.finding(case, tried, None, "", detail, evidence);
    finding.title = "a revoked API key goes on working".to_owned();
    finding.root_cause = finding.check.to_string();
    Ok(Judgement::Violated(vec![finding]))
}
