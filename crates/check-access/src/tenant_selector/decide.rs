//! Decides one operation: the owner names the owner's tenant and is shown the owner's object, a stranger names it too.

use std::sync::Arc;

use gate_check::{
    ClosingProof, Ctx, Judgement, Marks, Procedure, Refusal, Shown, Standing, Verdict, ask_fresh, shown_served,
    standing_as, walk,
};
use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, Missing, Undecided};
use gate_objects::{Bindings, CallerLookup, Object};
use serde_json::Map;

use super::Wanted;
use super::select::{Selector, tenant_of};
use crate::mass_assignment::fields_of;
use crate::others_shown::{foreign, nobody, shows_own, stranger};
use crate::own_writes::refused_alive;

/// Who asks for what, under which tenant.
struct Scene<'s> {
    wanted: &'s Wanted,
    object: &'s Arc<Object>,
    stranger: &'s IdentityName,
    tenant: String,
    /// Whether the plan or the target itself calls the tenant so.
    said: bool,
}

/// What came of one selector.
enum Came {
    /// Nothing of the other tenant's was shown because of it.
    Kept(String, ClosingProof),
    /// It was.
    Shown(Judgement),
    /// With it its owner is not shown what is shown without.
    Idle,
    /// Nothing by which the object could be known is shown to its owner at all.
    Unmarked,
}

pub(super) async fn decide(ctx: &Ctx<'_>, wanted: &Wanted) -> Verdict {
    all(ctx, wanted)
        .await
        .unwrap_or_else(|reason| Verdict::undecided(&wanted.case.id, reason))
}

async fn all(ctx: &Ctx<'_>, wanted: &Wanted) -> Result<Verdict, Undecided> {
    let object = ctx.objects.leased(&wanted.resource).await?;
    let owner = &object.owner;
    let Some(stranger) = stranger(ctx, &wanted.operation, owner) else {
        let missing = nobody(ctx, &wanted.operation, owner);
        return Ok(Verdict::not_testable(&wanted.case.id, missing));
    };
    let planned = ctx
        .spec
        .identities
        .get(owner)
        .is_some_and(|owner| owner.tenant_id.is_some());
    let shown = match ctx.spec.resources.get(&wanted.resource) {
        Some(resource) if !planned => fields_of(ctx, owner, resource, &object).await?.unwrap_or_default(),
        _ => Map::new(),
    };
    let (tenant, said) = tenant_of(ctx.spec, owner, &shown)
        .ok_or_else(|| Undecided::new(Cause::ObjectMissing, format!("nothing is known of {owner}")))?;
    let scene = Scene {
        wanted,
        object: &object,
        stranger: &stranger.name,
        tenant,
        said,
    };
    let (mut kept, mut proof, mut idle, mut unmarked) = (Vec::new(), None, None, false);
    for selector in &wanted.selectors {
        match one(ctx, &scene, selector).await? {
            Came::Kept(words, closing) => {
                kept.push(words);
                proof = Some(closing);
            }
            Came::Shown(judgement) => {
                let nothing = Undecided::new(Cause::NoVerdict, "nothing was asked afterwards");
                return Ok(Procedure::begin(&wanted.case).close(Err(nothing), judgement));
            }
            Came::Idle => idle = idle.or(Some(selector)),
            Came::Unmarked => unmarked = true,
        }
    }
    // Each selector has to be shown to be none: what one of them proves says nothing of another.
    Ok(match (idle, proof) {
        (Some(selector), _) => Verdict::not_testable(&wanted.case.id, no_effect(&scene, selector)),
        (None, Some(proof)) if !unmarked => {
            Procedure::begin(&wanted.case).close(Ok(proof), Judgement::Holds(kept.join("; ")))
        }
        (None, _) => Verdict::not_testable(&wanted.case.id, crate::list_filter::no_mark(ctx.spec, &wanted.resource)),
    })
}

async fn one(ctx: &Ctx<'_>, scene: &Scene<'_>, selector: &Selector) -> Result<Came, Undecided> {
    let (owner, stranger) = (&scene.object.owner, scene.stranger);
    let own = selector.put_into(&plain(ctx, scene, owner)?, &scene.tenant);
    let pages = until_own(ctx, scene, &own).await?;
    let control = last(&pages)?;
    if !control.is_success() || !shows(ctx, scene, control) {
        let without = until_own(ctx, scene, &plain(ctx, scene, owner)?).await?;
        let without = last(&without)?;
        ClosingProof::answered(ctx, without)?;
        if matches!(control.status, 401 | 429 | 500..) {
            ClosingProof::answered(ctx, control)?;
        }
        return Ok(if shows(ctx, scene, without) {
            Came::Idle
        } else {
            Came::Unmarked
        });
    }
    let marks = Marks::seen(ctx, Some(scene.object), control);
    let actor = Actor::identity(stranger);
    let request = selector.put_into(&plain(ctx, scene, stranger)?, &scene.tenant);
    let outgoing = Outgoing::new(&actor, Purpose::Probe, request.clone()).of(&scene.wanted.operation.id);
    let (exchange, refused) = match standing_as(ctx, outgoing, Refusal::Value).await? {
        Standing::Served(exchange) => (exchange, None),
        Standing::Refused(said, exchange) => (exchange, Some(said)),
    };
    let words = selector.words();
    // As many pages as the owner needed until he was shown something.
    let mut answers = vec![exchange];
    if pages.len() > 1 && refused.is_none() {
        let mut looked = 0;
        let id = &scene.wanted.operation.id;
        answers = walk(ctx, &actor, Purpose::Probe, id, &request, |_| {
            looked += 1;
            looked >= pages.len()
        })
        .await?;
    }
    for answer in &answers {
        if let Some(shown) = shown_to(ctx, scene, &marks, &actor, answer) {
            return against_plain(ctx, scene, selector, &marks, (answer, &shown)).await;
        }
    }
    if let Some(said) = refused {
        // A refusal means something while his session is alive, and where he is not refused everything.
        refused_alive(ctx, stranger, &answers[0]).await?;
        shown_served(ctx, stranger).await?;
        let words = format!(
            "with {} in {words} {owner} was shown {owner}'s {}, and {stranger} was {said}{}",
            scene.tenant,
            scene.object.resource,
            scene.caution()
        );
        return Ok(Came::Kept(words, ClosingProof::answered(ctx, control)?));
    }
    if let Some(answer) = answers.iter().find(|answer| answer.truncated || !answer.is_success()) {
        ClosingProof::answered(ctx, answer)?;
        let detail = format!("{stranger} was given an answer that could not be read whole");
        return Err(Undecided::new(Cause::NeitherAnswer, detail).settled_by("limits: { max_body: 32MB }"));
    }
    if !scene.wanted.is_list {
        let answer = &answers[0];
        let detail = format!(
            "{stranger} was answered {} without {owner}'s mark, with {} in {words}",
            answer.status, scene.tenant
        );
        return Err(Undecided::new(Cause::NeitherAnswer, detail)
            .settled_by("denied: { json: { $.error: \"*\" } }   # if this answer is a refusal")
            .shown_by(ctx.target.evidence("probe", answer, None)));
    }
    // A list without anything says as much of somebody who is shown nothing at all.
    shown_served(ctx, stranger).await?;
    let words = format!(
        "with {} in {words} {owner} was shown what is {owner}'s and {stranger} none of it{}",
        scene.tenant,
        scene.caution()
    );
    Ok(Came::Kept(words, ClosingProof::answered(ctx, control)?))
}

impl Scene<'_> {
    /// What is said beside a proof that rests on a name.
    fn caution(&self) -> String {
        if self.said {
            String::new()
        } else {
            format!(
                " (where the target calls that tenant something else: identities: {{ {}: {{ tenant_id: … }} }})",
                self.object.owner
            )
        }
    }
}

/// The owner's pages until the object is shown; the one answer of a read.
async fn until_own(ctx: &Ctx<'_>, scene: &Scene<'_>, request: &Request) -> Result<Vec<Exchange>, Undecided> {
    let actor = Actor::identity(&scene.object.owner);
    let operation = &scene.wanted.operation.id;
    if scene.wanted.is_list {
        let enough = |page: &Exchange| shows(ctx, scene, page);
        return walk(ctx, &actor, Purpose::Control, operation, request, enough).await;
    }
    let outgoing = Outgoing::new(&actor, Purpose::Control, request.clone()).of(operation);
    Ok(vec![ask_fresh(ctx, outgoing).await?])
}

fn last(pages: &[Exchange]) -> Result<&Exchange, Undecided> {
    let nothing = || Undecided::new(Cause::NoVerdict, "the owner was asked nothing");
    pages.last().ok_or_else(nothing)
}

/// Whether an answer to the owner shows what nobody else can know.
fn shows(ctx: &Ctx<'_>, scene: &Scene<'_>, answer: &Exchange) -> bool {
    if scene.wanted.is_list {
        shows_own(ctx, scene.object, answer)
    } else {
        answer.is_success() && Marks::seen(ctx, Some(scene.object), answer).any()
    }
}

/// What shows that an answer to a stranger holds what is the owner's.
fn shown_to(ctx: &Ctx<'_>, scene: &Scene<'_>, marks: &Marks, actor: &Actor, answer: &Exchange) -> Option<Shown> {
    if scene.wanted.is_list {
        // Values beside the marks may be shared by all items of a list.
        foreign(ctx, actor, scene.object, answer)
    } else {
        marks.shown_to(ctx, actor, answer)
    }
}

/// What is shown is the selector's fault only where the request without it does not show as much.
async fn against_plain(
    ctx: &Ctx<'_>,
    scene: &Scene<'_>,
    selector: &Selector,
    marks: &Marks,
    (exchange, shown): (&Exchange, &Shown),
) -> Result<Came, Undecided> {
    let (wanted, stranger) = (scene.wanted, scene.stranger);
    let actor = Actor::identity(stranger);
    let request = plain(ctx, scene, stranger)?;
    let shows = |page: &Exchange| shown_to(ctx, scene, marks, &actor, page).is_some();
    let pages = if wanted.is_list {
        walk(ctx, &actor, Purpose::Probe, &wanted.operation.id, &request, shows).await?
    } else {
        let outgoing = Outgoing::new(&actor, Purpose::Probe, request).of(&wanted.operation.id);
        vec![ctx.target.send(outgoing).await?]
    };
    let without = last(&pages)?;
    if shows(without) {
        let words = "it is shown without any tenant named too, which access/read-other-tenant judges".to_owned();
        return Ok(Came::Kept(words, ClosingProof::answered(ctx, without)?));
    }
    let evidence = vec![
        ctx.target.evidence("probe", exchange, Some(&shown.span)),
        ctx.target.evidence("without the selector", without, None),
    ];
    let detail = format!(
        "with {} in {}, {stranger} is shown {}; without that {stranger} is not",
        scene.tenant,
        selector.words(),
        shown.what
    );
    let owner = Some(&scene.object.owner);
    let finding = wanted.text.finding(&wanted.case, &actor, owner, "", detail, evidence);
    Ok(Came::Shown(Judgement::Violated(vec![finding])))
}

/// The request as somebody sends it anyway.
fn plain(ctx: &Ctx<'_>, scene: &Scene<'_>, caller: &IdentityName) -> Result<Request, Undecided> {
    let objects = if scene.wanted.is_list {
        Vec::new()
    } else {
        vec![Arc::clone(scene.object)]
    };
    let mut bindings = Bindings {
        objects,
        params: scene.wanted.operation.params.clone(),
        fixed: Vec::new(),
    };
    if let (false, Some(mark)) = (scene.wanted.is_list, scene.object.canaries.first()) {
        // Where a read searches, it searches for the object.
        for name in ["canary", "canary.word", "canary.short"] {
            bindings.fixed.push((name.to_owned(), mark.handle.clone().into()));
        }
    }
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(caller), &bindings);
    Request::fill(&scene.wanted.operation.request, &lookup)
        .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))
}

fn no_effect(scene: &Scene<'_>, selector: &Selector) -> Missing {
    let owner = &scene.object.owner;
    Missing {
        what: format!(
            "with {} in {}, {} does not show {owner} what it shows {owner} without: the target calls the tenant something else",
            scene.tenant,
            selector.words(),
            scene.wanted.operation.id
        ),
        add: Some(format!(
            "identities: {{ {owner}: {{ tenant_id: 1 }} }}   # the tenant's id as the target writes it"
        )),
    }
}
