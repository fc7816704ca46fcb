//! A list of notes with a search and a filter, scoped and not.

use std::sync::Arc;

use gate_check::Check;
use gate_check::testkit::{Bench, FakeApi, Reply, World};
use gate_exchange::Outgoing;
use gate_model::Outcome;
use gate_spec::{Method, Spec};
use serde_json::{Value, json};

use check_access::ListFilter;

/// What the list does with its query.
#[derive(Clone, Copy, PartialEq)]
enum List {
    /// Narrows what is the caller's.
    Scoped,
    /// A search looks at everybody's.
    SearchesAll,
    /// The tenant that is named takes the place of the caller's.
    TenantNamed,
    /// A search shows everybody's, and so does the list without one.
    ShowsAll,
    /// Parameters that it does not know are refused with this status.
    Strict(u16),
    /// A tenant that is named is refused to those who are not in it.
    RefusesForeign,
    /// A tenant that is named gives an empty list to everybody.
    EmptyWithTenant,
}

fn answer(list: List, spec: &Spec, outgoing: &Outgoing, world: &mut World) -> Option<Reply> {
    let identity = outgoing
        .actor
        .identity
        .as_ref()
        .and_then(|name| spec.identities.get(name))?;
    let path = outgoing.request.path.clone();
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    if outgoing.request.method != Method::Get || path != "/notes" {
        return None;
    }
    let asked = |wanted: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value.replace("%2D", "-"))
    };
    let (word, named) = (asked("q"), asked("tenant"));
    let own = identity.tenant.as_str();
    match list {
        List::Strict(status) if query.contains("tenant") => return Some(Reply::new(status, json!({}))),
        List::RefusesForeign if named.as_deref().is_some_and(|named| named != own) => {
            return Some(Reply::new(403, json!({})));
        }
        List::EmptyWithTenant if named.is_some() => return Some(Reply::new(200, json!({ "items": [] }))),
        _ => {}
    }
    let all = list == List::ShowsAll || (list == List::SearchesAll && word.is_some());
    let whose = match (&named, list) {
        (Some(named), List::TenantNamed) => named.as_str(),
        _ => own,
    };
    let items: Vec<&Value> = world
        .notes
        .values()
        .filter(|(owner, _)| all || owner == whose)
        .map(|(_, note)| note)
        .filter(|note| word.as_ref().is_none_or(|word| note["text"].to_string().contains(word)))
        .collect();
    Some(Reply::new(200, json!({ "items": items })))
}

async fn outcome(list: List) -> Outcome {
    let spec = Arc::clone(FakeApi::sound().spec());
    let api = FakeApi::on(move |outgoing, world| answer(list, &spec, outgoing, world)).with_plan(|spec| {
        spec.operations["GET /notes"].query_names = vec!["q".to_owned(), "page_size".to_owned()];
    });
    let bench = Bench::new(api);
    let contribution = ListFilter::new().contribute(bench.api.spec());
    let [group] = contribution.groups.as_slice() else {
        panic!("there is one list");
    };
    let verdicts = (group.run)(&bench.ctx()).await;
    let sent = bench.api.world(|world| world.requests);
    assert!(sent <= group.requests + 3, "{sent} requests");
    verdicts[0].outcome().clone()
}

#[tokio::test]
async fn a_list_that_narrows_or_refuses_is_a_pass() {
    for list in [
        List::Scoped,
        List::Strict(400),
        List::Strict(422),
        List::RefusesForeign,
        List::EmptyWithTenant,
    ] {
        let outcome = outcome(list).await;
        assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn what_only_the_query_shows_is_a_breach() {
    for (list, words) in [(List::SearchesAll, "a word of it"), (List::TenantNamed, "tenant=acme")] {
        let Outcome::Fail { findings } = outcome(list).await else {
            panic!("{words} shows what is another's");
        };
        assert!(findings[0].detail.contains(words), "{}", findings[0].detail);
        assert_eq!(findings[0].owner.as_deref(), Some("alice"));
    }
}

#[tokio::test]
async fn what_the_list_shows_anyway_is_left_to_its_own_check() {
    let outcome = outcome(List::ShowsAll).await;
    let Outcome::Pass { proof } = &outcome else {
        panic!("{outcome:?}");
    };
    assert!(proof.contains("access/read-other-tenant"), "{proof}");
}

#[tokio::test]
async fn answers_that_are_no_refusal_stay_open() {
    for status in [429, 500] {
        let outcome = outcome(List::Strict(status)).await;
        assert!(matches!(outcome, Outcome::Inconclusive { .. }), "{status}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_query_that_shows_its_owner_nothing_is_not_testable() {
    let spec = Arc::clone(FakeApi::sound().spec());
    let api = FakeApi::on(move |outgoing, world| answer(List::EmptyWithTenant, &spec, outgoing, world));
    let bench = Bench::new(api);
    let contribution = ListFilter::new().contribute(bench.api.spec());
    let verdicts = (contribution.groups[0].run)(&bench.ctx()).await;
    let Outcome::NotTestable { missing } = verdicts[0].outcome() else {
        panic!("{:?}", verdicts[0]);
    };
    assert!(missing.add.as_ref().is_some_and(|line| line.contains("tenant_id")));
}
