//! Decides the operations on one kind of object: what is tried on them, and the verdict of each.

use std::sync::Arc;

use gate_check::{ClosingProof, Ctx, Judgement, Procedure, Verdict};
use gate_exchange::Actor;
use gate_model::{Case, Cause, Evidence, IdentityName, Missing, ResourceName, Undecided};
use gate_objects::Object;
use gate_spec::{Effect, Operation, Resource, Visibility};
use serde_json::{Map, Value};

use super::Wanted;
use super::fields::{self, Extra, Known, Meaning};
use super::tries::{Came, Try};
use crate::own_writes::{View, Writer, view};

/// Identities of other tenants that are asked for an object of theirs.
const MAX_OTHERS: usize = 2;
/// Fields that are tried alone where all together are refused. A verdict names those that were not.
const MAX_ALONE: usize = 6;

/// What is known before anything is tried.
pub(super) struct Ground<'g> {
    pub(super) resource: &'g Resource,
    /// Whose objects are made and changed.
    pub(super) who: IdentityName,
    /// One of them, which nobody changes, and how its owner sees it.
    pub(super) leased: Arc<Object>,
    own: Map<String, Value>,
    /// Somebody of another tenant, and one of his.
    pub(super) other: Option<IdentityName>,
    others: Option<Map<String, Value>>,
    foreign: Vec<(ResourceName, Value)>,
}

pub(super) async fn decide(ctx: &Ctx<'_>, wanted: &Wanted) -> Vec<Verdict> {
    let ground = match prepare(ctx, wanted).await {
        Ok(ground) => ground,
        Err(reason) => {
            let open = |(case, _): &(Case, Operation)| Verdict::undecided(&case.id, reason.clone());
            return wanted.operations.iter().map(open).collect();
        }
    };
    let mut writer = Writer::new(ctx, &ground.who);
    writer.offer_to(ground.other.as_ref());
    let mut clean = None;
    let mut verdicts = Vec::new();
    for (case, operation) in &wanted.operations {
        let known = Known {
            own: &ground.own,
            others: ground.others.as_ref(),
            foreign: &ground.foreign,
        };
        let extras = fields::extras(operation, &known, &ctx.spec.settings.privileged_fields);
        if extras.is_empty() {
            verdicts.push(Verdict::not_testable(&case.id, nothing_shown(&ground, operation)));
            continue;
        }
        let mut attempt = Try {
            ctx,
            ground: &ground,
            operation,
            writer: &mut writer,
            clean: &mut clean,
        };
        let mut decided = one(&mut attempt, wanted, case, &extras).await;
        // A session that was lost is renewed by then.
        if let Err(reason) = &decided
            && reason.cause == Cause::SessionLost
        {
            decided = one(&mut attempt, wanted, case, &extras).await;
        }
        verdicts.push(decided.unwrap_or_else(|reason| Verdict::undecided(&case.id, reason)));
    }
    verdicts
}

async fn prepare<'g>(ctx: &'g Ctx<'_>, wanted: &Wanted) -> Result<Ground<'g>, Undecided> {
    let resource = ctx.spec.resources.get(&wanted.resource).ok_or_else(|| {
        Undecided::new(
            Cause::ObjectMissing,
            format!("the plan knows no resource `{}`", wanted.resource),
        )
    })?;
    let leased = ctx.objects.leased(&resource.name).await?;
    let who = leased.owner.clone();
    let own = fields_of(ctx, &who, resource, &leased).await?.ok_or_else(|| {
        Undecided::new(
            Cause::ReadBack,
            format!("{who} is not shown {} of its own", resource.name.with_article()),
        )
        .settled_by(ctx.spec.stub_read(&resource.name))
    })?;
    let mut ground = Ground {
        resource,
        who,
        leased,
        own,
        other: None,
        others: None,
        foreign: Vec::new(),
    };
    let open = |name: &str| {
        wanted
            .operations
            .iter()
            .any(|(_, operation)| !fields::takes(operation, name))
    };
    let whose = |name: &String| matches!(fields::meaning(name), Some(Meaning::Tenant | Meaning::Person)) && open(name);
    let owned = ground.own.keys().any(whose);
    let kinds = referred(ctx, wanted, &ground.own);
    if owned || !kinds.is_empty() {
        look_around(ctx, &mut ground, owned, &kinds).await?;
    }
    Ok(ground)
}

/// Looks for an identity of another tenant that has such objects too. One whose role may not have any is passed over.
///
/// # Errors
/// Where one fails to be made for another reason: fields would be left out that matter most.
async fn look_around(
    ctx: &Ctx<'_>,
    ground: &mut Ground<'_>,
    owned: bool,
    kinds: &[ResourceName],
) -> Result<(), Undecided> {
    let Some(owner) = ctx.spec.identities.get(&ground.who) else {
        return Ok(());
    };
    let own_kind = owned.then_some(&ground.resource.name);
    'others: for other in ctx.spec.intruders(owner).into_iter().take(MAX_OTHERS) {
        let mut found = Vec::new();
        for kind in own_kind.into_iter().chain(kinds) {
            match ctx.objects.owned(kind, &other.name).await {
                Ok(theirs) => found.push(theirs),
                Err(reason) if reason.evidence.iter().any(|shown| shown.status == 403) => continue 'others,
                Err(reason) => return Err(reason),
            }
        }
        for theirs in found {
            if theirs.resource == ground.resource.name {
                ground.others = fields_of(ctx, &other.name, ground.resource, &theirs).await?;
            } else {
                ground.foreign.push((theirs.resource.clone(), theirs.id.clone()));
            }
        }
        ground.other = Some(other.name.clone());
        return Ok(());
    }
    Ok(())
}

/// Kinds of private objects that an object shows it belongs to, by fields that no caller may send.
fn referred(ctx: &Ctx<'_>, wanted: &Wanted, own: &Map<String, Value>) -> Vec<ResourceName> {
    let mut kinds: Vec<ResourceName> = Vec::new();
    for (_, operation) in &wanted.operations {
        for answer in &operation.declared.answers {
            let Some(kind) = &answer.kind else { continue };
            let private = ctx
                .spec
                .resources
                .get(kind)
                .is_some_and(|known| known.create.is_some() && known.visibility == Visibility::Tenant);
            let shown = own.contains_key(&answer.name) && !fields::takes(operation, &answer.name);
            if private && shown && *kind != wanted.resource && !kinds.contains(kind) {
                kinds.push(kind.clone());
            }
        }
    }
    kinds
}

/// The fields of an object as somebody sees it; `None` where he is shown none.
pub(crate) async fn fields_of(
    ctx: &Ctx<'_>,
    reader: &IdentityName,
    resource: &Resource,
    object: &Arc<Object>,
) -> Result<Option<Map<String, Value>>, Undecided> {
    Ok(match view(ctx, reader, resource, object, true).await? {
        Some(View::Shown { json, .. }) => fields::object_of(&json, &object.id_text()).cloned(),
        Some(View::Hidden(..)) | None => None,
    })
}

/// One operation: all fields at once; alone where that is refused.
async fn one(attempt: &mut Try<'_, '_>, wanted: &Wanted, case: &Case, extras: &[Extra]) -> Result<Verdict, Undecided> {
    let names = names(extras);
    let procedure = Procedure::begin(case);
    let (said, generation) = match attempt.send(extras).await? {
        Came::Clean(exchange) => {
            let proof = ClosingProof::answered(attempt.ctx, &exchange);
            let words = format!(
                "{} sent {names} and was answered {}; what was stored has none of it",
                attempt.ground.who, exchange.status
            );
            return Ok(procedure.close(proof, Judgement::Holds(words)));
        }
        Came::Stored { words, evidence } => return Ok(violated(attempt, wanted, case, procedure, words, evidence)),
        Came::Refused(said, generation) => (said, generation),
    };
    let mut tried = Vec::new();
    for extra in extras.iter().take(MAX_ALONE).filter(|_| extras.len() > 1) {
        match attempt.send(std::slice::from_ref(extra)).await? {
            Came::Clean(_) | Came::Refused(..) => tried.push(extra.name.as_str()),
            Came::Stored { words, evidence } => return Ok(violated(attempt, wanted, case, procedure, words, evidence)),
        }
    }
    let plain = attempt.plain().await?;
    if plain.generation != generation {
        return Err(Undecided::new(
            Cause::SessionLost,
            format!("{}'s session was renewed while {names} were tried", attempt.ground.who),
        ));
    }
    let mut alone = if tried.is_empty() {
        String::new()
    } else {
        format!(", and so were {} alone or ignored", tried.join(", "))
    };
    let left: Vec<&str> = extras.iter().skip(MAX_ALONE).map(|extra| extra.name.as_str()).collect();
    if !left.is_empty() {
        alone.push_str(&format!("; not tried alone: {}", left.join(", ")));
    }
    let words = format!(
        "{} was served without and, with {names}, was {said}{alone}",
        attempt.ground.who
    );
    Ok(procedure.close(ClosingProof::answered(attempt.ctx, &plain), Judgement::Holds(words)))
}

fn violated(
    attempt: &Try<'_, '_>,
    wanted: &Wanted,
    case: &Case,
    procedure: Procedure,
    words: String,
    evidence: Vec<Evidence>,
) -> Verdict {
    let actor = Actor::identity(&attempt.ground.who);
    let mut finding = wanted.text.finding(case, &actor, None, "", words, evidence);
    finding.title = format!(
        "{actor} can set what only the server may set in its own {}: {}",
        attempt.ground.resource.name, attempt.operation.id
    );
    let nothing = Undecided::new(Cause::NoVerdict, "nothing was asked afterwards");
    procedure.close(Err(nothing), Judgement::Violated(vec![finding]))
}

/// The fields with what is sent in them, bounded.
pub(super) fn names(extras: &[Extra]) -> String {
    let shown: Vec<String> = extras
        .iter()
        .take(8)
        .map(|extra| {
            let value: String = extra.value.to_string().chars().take(48).collect();
            format!("{}: {value}", extra.name)
        })
        .collect();
    shown.join(", ")
}

fn nothing_shown(ground: &Ground<'_>, operation: &Operation) -> Missing {
    let does = if operation.effect == Effect::Create {
        "makes"
    } else {
        "changes"
    };
    Missing {
        what: format!(
            "{} shows no field that only the server may set beside those that {} takes, which {does} it",
            ground.resource.name.with_article(),
            operation.id
        ),
        add: Some(
            "checks: { privileged_fields: { role: admin } }   # a field of yours, with a value that must not be stored"
                .to_owned(),
        ),
    }
}
