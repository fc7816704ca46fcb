//! Decides one list: the stranger asks for what is another's, and that one asks the same.

use gate_check::{
    ClosingProof, Ctx, Judgement, Procedure, Refusal, Shown, Standing, Verdict, shown_served, standing_as, walk,
};
use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, Missing, Undecided};
use gate_objects::{Bindings, CallerLookup, Object};
use serde_json::Map;

use super::Wanted;
use super::query::{Query, queries};
use crate::mass_assignment::fields_of;
use crate::others_shown::{foreign, nobody, shows_own, stranger};
use crate::own_writes::refused_alive;

/// What came of one query.
enum Came {
    /// Nothing of the other's was shown; the words say against which control.
    Kept(String, ClosingProof),
    /// It was.
    Shown(Judgement),
    /// Nobody gets anything with it, so that it shows nothing.
    Idle(Query),
    /// The list shows its owner nothing by which an object could be known again.
    Unmarked,
}

pub(super) async fn decide(ctx: &Ctx<'_>, wanted: &Wanted) -> Verdict {
    all(ctx, wanted)
        .await
        .unwrap_or_else(|reason| Verdict::undecided(&wanted.case.id, reason))
}

async fn all(ctx: &Ctx<'_>, wanted: &Wanted) -> Result<Verdict, Undecided> {
    let object = ctx.objects.leased(&wanted.resource).await?;
    let Some(stranger) = stranger(ctx, &wanted.operation, &object.owner) else {
        return Ok(Verdict::not_testable(
            &wanted.case.id,
            nobody(ctx, &wanted.operation, &object.owner),
        ));
    };
    let resource = ctx.spec.resources.get(&wanted.resource);
    let shown = match resource {
        Some(resource) => fields_of(ctx, &object.owner, resource, &object)
            .await?
            .unwrap_or_default(),
        None => Map::new(),
    };
    let (mut kept, mut idle, mut unmarked, mut proof) = (Vec::new(), None, false, None);
    for query in queries(ctx.spec, &wanted.operation, &object.owner, &object, &shown) {
        match one(ctx, wanted, &object, &stranger.name, query).await? {
            Came::Kept(words, closing) => {
                kept.push(words);
                proof = Some(closing);
            }
            Came::Shown(judgement) => {
                let nothing = Undecided::new(Cause::NoVerdict, "nothing was asked afterwards");
                return Ok(Procedure::begin(&wanted.case).close(Err(nothing), judgement));
            }
            Came::Idle(query) => idle = idle.or(Some(query)),
            Came::Unmarked => unmarked = true,
        }
    }
    Ok(match (proof, idle) {
        (Some(proof), _) => Procedure::begin(&wanted.case).close(Ok(proof), Judgement::Holds(kept.join("; "))),
        (None, Some(query)) => Verdict::not_testable(&wanted.case.id, no_effect(wanted, &object.owner, &query)),
        (None, None) if unmarked => Verdict::not_testable(&wanted.case.id, super::no_mark(ctx.spec, &wanted.resource)),
        (None, None) => Verdict::not_testable(&wanted.case.id, nobody(ctx, &wanted.operation, &object.owner)),
    })
}

async fn one(
    ctx: &Ctx<'_>,
    wanted: &Wanted,
    object: &Object,
    stranger: &IdentityName,
    query: Query,
) -> Result<Came, Undecided> {
    let actor = Actor::identity(stranger);
    let (owner, operation) = (&object.owner, &wanted.operation.id);
    let request = query.put_into(&plain(ctx, wanted, stranger)?);
    let outgoing = Outgoing::new(&actor, Purpose::Probe, request.clone()).of(operation);
    let (exchange, refused) = match standing_as(ctx, outgoing, Refusal::Value).await? {
        Standing::Served(exchange) => (exchange, None),
        Standing::Refused(said, exchange) => (exchange, Some(said)),
    };
    if let Some(shown) = foreign(ctx, &actor, object, &exchange) {
        return against_plain(ctx, wanted, (stranger, object), &query, (&exchange, &shown)).await;
    }
    let own = query.put_into(&plain(ctx, wanted, owner)?);
    let pages = until_own(ctx, wanted, object, &own).await?;
    let Some(control) = pages.last() else {
        return Err(Undecided::new(Cause::NoVerdict, "the owner was asked nothing"));
    };
    let words = query.words();
    if let Some(said) = refused {
        // A refusal means something while his session is alive.
        refused_alive(ctx, stranger, &exchange).await?;
        // Whoever is refused everything shows no guard.
        shown_served(ctx, stranger).await?;
        if control.is_success() {
            let words = format!("{stranger} asked for {words} and was {said}; {owner} was served the same");
            return Ok(Came::Kept(words, ClosingProof::answered(ctx, control)?));
        }
        if !query.undeclared {
            return idle(ctx, control, query);
        }
        let outgoing = Outgoing::new(&actor, Purpose::Probe, plain(ctx, wanted, stranger)?).of(operation);
        let proof = ClosingProof::request_served(ctx, outgoing).await?;
        let words =
            format!("{stranger} and {owner} were refused a query for {words}, and {stranger} was served without");
        return Ok(Came::Kept(words, proof));
    }
    if !control.is_success() {
        return idle(ctx, control, query);
    }
    if !shows_own(ctx, object, control) {
        let without = until_own(ctx, wanted, object, &plain(ctx, wanted, owner)?).await?;
        if without.last().is_some_and(|page| shows_own(ctx, object, page)) {
            return Ok(Came::Idle(query));
        }
        // A list may leave out what tells one object from another.
        return ClosingProof::answered(ctx, control).map(|_| Came::Unmarked);
    }
    // As many pages as the owner needed until he was shown something.
    let mut looked = 1;
    if pages.len() > 1 {
        let more = walk(ctx, &actor, Purpose::Probe, operation, &request, |_| {
            looked += 1;
            looked > pages.len()
        })
        .await?;
        for page in &more {
            if let Some(shown) = foreign(ctx, &actor, object, page) {
                return against_plain(ctx, wanted, (stranger, object), &query, (page, &shown)).await;
            }
        }
    }
    let words = format!("asked for {words}, {owner} was shown what is {owner}'s and {stranger} none of it");
    Ok(Came::Kept(words, ClosingProof::answered(ctx, control)?))
}

/// The owner's pages until he is shown something of his own tenant's.
async fn until_own(
    ctx: &Ctx<'_>,
    wanted: &Wanted,
    object: &Object,
    request: &Request,
) -> Result<Vec<Exchange>, Undecided> {
    let actor = Actor::identity(&object.owner);
    let shown = |page: &Exchange| shows_own(ctx, object, page);
    walk(ctx, &actor, Purpose::Control, &wanted.operation.id, request, shown).await
}

/// A query that is refused to the owner too shows nothing; an answer that is no refusal of the query is no control.
fn idle(ctx: &Ctx<'_>, control: &Exchange, query: Query) -> Result<Came, Undecided> {
    match control.status {
        401 | 429 => ClosingProof::answered(ctx, control).map(|_| Came::Idle(query)),
        400..=499 => Ok(Came::Idle(query)),
        _ => ClosingProof::answered(ctx, control).map(|_| Came::Idle(query)),
    }
}

/// What a query shows is its own fault only where the list without it does not show as much.
async fn against_plain(
    ctx: &Ctx<'_>,
    wanted: &Wanted,
    (stranger, object): (&IdentityName, &Object),
    query: &Query,
    (exchange, shown): (&Exchange, &Shown),
) -> Result<Came, Undecided> {
    let actor = Actor::identity(stranger);
    let request = plain(ctx, wanted, stranger)?;
    let shows = |page: &Exchange| foreign(ctx, &actor, object, page).is_some();
    let pages = walk(ctx, &actor, Purpose::Probe, &wanted.operation.id, &request, shows).await?;
    let Some(without) = pages.last() else {
        return Err(Undecided::new(
            Cause::NoVerdict,
            "the list was not asked without the query",
        ));
    };
    if shows(without) {
        let words =
            "the list shows others' objects without any of it too, which access/read-other-tenant judges".to_owned();
        return Ok(Came::Kept(words, ClosingProof::answered(ctx, without)?));
    }
    let evidence = vec![
        ctx.target.evidence("probe", exchange, Some(&shown.span)),
        ctx.target.evidence("without the query", without, None),
    ];
    let detail = format!(
        "asked for {} ({}), the list shows {stranger} {}; without that it does not",
        query.about,
        query.words(),
        shown.what
    );
    let finding = wanted
        .text
        .finding(&wanted.case, &actor, Some(&object.owner), "", detail, evidence);
    Ok(Came::Shown(Judgement::Violated(vec![finding])))
}

fn plain(ctx: &Ctx<'_>, wanted: &Wanted, caller: &IdentityName) -> Result<Request, Undecided> {
    let bindings = Bindings {
        params: wanted.operation.params.clone(),
        ..Bindings::default()
    };
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(caller), &bindings);
    Request::fill(&wanted.operation.request, &lookup)
        .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))
}

fn no_effect(wanted: &Wanted, owner: &IdentityName, query: &Query) -> Missing {
    Missing {
        what: format!(
            "asked for {}, {} shows {owner} nothing of {owner}'s own, so that it shows nothing of a stranger either",
            query.words(),
            wanted.operation.id
        ),
        add: Some(format!(
            "identities: {{ {owner}: {{ tenant_id: 1 }} }}   # the tenant's id as the target writes it"
        )),
    }
}
