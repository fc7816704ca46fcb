//! Operations that belong to no object: only their guard can be seen.

use gate_exchange::{Actor, BoxFuture, Request, RequestBody};
use gate_model::{Cause, IdentityName, Undecided};
use gate_objects::Bindings;
use gate_spec::{Identity, ParamSource};

use super::{Tally, all_probes, fill, open_all, referenced, run_one};
use crate::assemble::Tried;
use crate::standing::session_to_end;
use crate::{Bracket, Closed, Ctx, GrantedRead, GuardOnly, Probe, Subject, Verdict};

/// Identities that are asked to come past a guard before it is given up.
const MAX_CALLERS: usize = 4;

/// An operation whose guard is tried.
#[derive(Clone)]
pub(crate) struct GuardPlan {
    pub(crate) tried: Tried,
}

/// Decides the cases of a guard plan.
pub(crate) fn guards<'a>(ctx: &'a Ctx<'a>, plan: &GuardPlan) -> BoxFuture<'a, Vec<Verdict>> {
    let tried = plan.tried.clone();
    Box::pin(async move {
        let mut tally = Tally::default();
        let mut first_error = None;
        for caller in callers(ctx, &tried) {
            let mut with_caller = Tally::default();
            let wanted = all_probes(ctx, &tried, &caller.name, &mut with_caller).await;
            match brackets(ctx, &tried, &caller.name, wanted).await {
                Ok(closed) => {
                    tally = with_caller;
                    tally.add(closed.verdicts);
                    let (tried, caller) = (&tried, &caller.name);
                    tally
                        .alone(closed.again, 1, |probe| async move {
                            match bracket(ctx, tried, caller, vec![probe.clone()]).await {
                                Ok(closed) => closed,
                                Err(reason) => Closed {
                                    verdicts: Vec::new(),
                                    again: vec![(probe, reason)],
                                },
                            }
                        })
                        .await;
                    return tally.verdicts();
                }
                Err(reason) => first_error = first_error.or(Some(reason)),
            }
        }
        let reason = first_error
            .unwrap_or_else(|| Undecided::new(Cause::ControlFailed, "no identity of the plan can be the control"));
        open_all(&mut tally, &tried, &reason);
        tally.verdicts()
    })
}

/// Who may come past the guard, best first.
fn callers<'p>(ctx: &Ctx<'p>, tried: &Tried) -> Vec<&'p Identity> {
    if tried.subject == Subject::ChangesCaller && tried.operation.method() == gate_spec::Method::Delete {
        let spare = ctx
            .spec
            .identities
            .values()
            .filter(|identity| identity.throw_away && identity.unset.is_empty());
        return spare.take(1).collect();
    }
    let granted = |identity: &&Identity| ctx.spec.granted(identity, &tried.operation.id).is_some();
    let mut callers: Vec<&Identity> = ctx.spec.owners().into_iter().filter(granted).collect();
    if callers.is_empty() {
        callers = ctx.spec.actors().collect();
    }
    if tried.subject == Subject::EndsSession {
        callers.retain(|identity| identity.login.is_some() || identity.credential.is_none());
    }
    callers.truncate(MAX_CALLERS);
    callers
}

/// As many brackets as the probes need: one that has an effect may leave the others of its bracket open.
async fn brackets(
    ctx: &Ctx<'_>,
    tried: &Tried,
    caller: &IdentityName,
    mut probes: Vec<Probe>,
) -> Result<Closed, Undecided> {
    let mut rest = probes.split_off(probes.len().min(Bracket::MAX_PROBES));
    let mut closed = bracket(ctx, tried, caller, probes).await?;
    while !rest.is_empty() {
        let more = rest.split_off(rest.len().min(Bracket::MAX_PROBES));
        match bracket(ctx, tried, caller, rest.clone()).await {
            Ok(one) => {
                closed.verdicts.extend(one.verdicts);
                closed.again.extend(one.again);
            }
            Err(reason) => closed
                .again
                .extend(rest.into_iter().map(|probe| (probe, reason.clone()))),
        }
        rest = more;
    }
    Ok(closed)
}

async fn bracket(ctx: &Ctx<'_>, tried: &Tried, caller: &IdentityName, probes: Vec<Probe>) -> Result<Closed, Undecided> {
    let operation = &tried.operation;
    let mut bindings = Bindings {
        params: operation.params.clone(),
        ..Bindings::default()
    };
    for (_, source) in &operation.params {
        if let ParamSource::Id(kind) | ParamSource::Key(kind, _) = source {
            let leased = operation.method().is_safe() || matches!(tried.subject, Subject::ChangeFound(_));
            let object = if leased {
                ctx.objects.leased(kind).await?
            } else {
                ctx.objects.disposable(kind).await?
            };
            bindings.objects.push(object);
        }
    }
    bindings
        .objects
        .extend(referenced(ctx, operation, bindings.objects.first()).await?);
    let caller = bindings.objects.first().map_or(caller, |object| &object.owner).clone();
    let mut request = fill(ctx, operation, &caller, &bindings)?;
    // Opening shows the sessions alive: one that a probe ended must not look as if a new login had ended it.
    let actors: Vec<Actor> = probes.iter().map(|probe| probe.actor.clone()).collect();
    let bracket = Bracket::open(ctx, &actors).await;
    let actor = match tried.subject {
        Subject::EndsSession => session_to_end(ctx, &caller).await?,
        Subject::ChangesCaller | Subject::ChangeFound(_) => {
            harmless(&mut request);
            Actor::identity(&caller)
        }
        _ => Actor::identity(&caller),
    };
    let unknown = operation.unknown_params().next().is_some();
    if operation.method() == gate_spec::Method::Get && !unknown && tried.subject == Subject::Guard {
        // A read that serves its caller shows more than a guard does.
        let control = GrantedRead::new(&caller, &operation.id, request.clone(), None);
        if run_one(&bracket, control, probes.clone()).await.is_ok() {
            return Ok(bracket.close().await);
        }
    }
    let settle = if tried.subject == Subject::EndsSession {
        // Whoever logs out is often sent to the login, as nobody is.
        format!(
            "access: {{ public: [ {{ op: {}, reason: it ends nothing but the session that is sent }} ] }}",
            operation.id
        )
    } else {
        format!(
            "{}   # a request that is served, or skip",
            ctx.spec.stub_request(&operation.id)
        )
    };
    let only_after = !operation.method().is_safe();
    let control = GuardOnly::new(actor, &operation.id, request, only_after, settle)
        .ending_session(tried.subject == Subject::EndsSession);
    run_one(&bracket, control, probes).await?;
    Ok(bracket.close().await)
}

/// Takes everything out of a request that could change its caller: what is left can only be refused as incomplete.
fn harmless(request: &mut Request) {
    if request.body.is_some() {
        request.body = Some(RequestBody {
            media_type: "application/json".to_owned(),
            bytes: "{}".into(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harmless_request_says_nothing() {
        let mut request = Request::new(gate_spec::Method::Post, "/me/password");
        request.body = Some(RequestBody {
            media_type: "application/json".to_owned(),
            bytes: "{\"password\":\"x\"}".into(),
        });
        harmless(&mut request);
        assert_eq!(request.body_bytes(), b"{}");
    }
}
