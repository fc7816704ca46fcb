//! Notes that are listed and read with a tenant in a header, compared with the session and not.

use std::sync::Arc;

use gate_check::Check;
use gate_check::testkit::{Bench, FakeApi, Reply, World};
use gate_exchange::Outgoing;
use gate_model::Outcome;
use gate_spec::{Method, Spec, TenantSelector as Place};
use serde_json::{Value, json};

/// What the server makes of a tenant that a request names.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Named {
    /// Nothing.
    Ignored,
    /// It takes the place of the caller's.
    Believed,
    /// It is believed where a single note is read.
    BelievedByReads,
    /// One that is not the caller's is refused with this status.
    Compared(u16),
    /// Every header of the kind is refused to everybody.
    RefusedToAll,
    /// It is known by a number; any other name gives nothing.
    Numbered,
    /// The number is believed.
    NumberBelieved,
    /// Nothing, and the list shows everybody's notes.
    ListShowsAll,
    /// A note that is not the caller's is answered 200 without it.
    EmptyRead,
}

fn tenant_named(outgoing: &Outgoing) -> Option<String> {
    let request = &outgoing.request;
    let mut headers = request.headers.iter();
    let header = headers.find(|(name, _)| {
        ["x-tenant-id", "x-org"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    });
    let query = || {
        let (_, query) = request.path.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix("org="))
    };
    header
        .map(|(_, value)| value.as_str())
        .or_else(query)
        .map(str::to_owned)
}

fn number(tenant: &str) -> String {
    format!("no-{}", tenant.len())
}

fn answer(server: Named, spec: &Spec, outgoing: &Outgoing, world: &mut World) -> Option<Reply> {
    let identity = outgoing
        .actor
        .identity
        .as_ref()
        .and_then(|name| spec.identities.get(name))?;
    let path = outgoing.request.path.split('?').next().unwrap_or_default().to_owned();
    if outgoing.request.method != Method::Get || !path.starts_with("/notes") {
        return None;
    }
    let own = identity.tenant.to_string();
    let named = tenant_named(outgoing);
    let id = path.strip_prefix("/notes/").map(str::to_owned);
    let scope = match (server, &named) {
        (Named::Compared(status), Some(named)) if *named != own => return Some(Reply::new(status, json!({}))),
        (Named::RefusedToAll, Some(_)) => return Some(Reply::new(403, json!({}))),
        (Named::Believed, Some(named)) => named.clone(),
        (Named::BelievedByReads, Some(named)) if id.is_some() => named.clone(),
        (Named::Numbered, Some(named)) if *named == number(&own) => own.clone(),
        (Named::Numbered, Some(_)) => "nobody's".to_owned(),
        (Named::NumberBelieved, Some(named)) => {
            let tenants = spec.identities.values().map(|identity| identity.tenant.to_string());
            tenants
                .into_iter()
                .find(|tenant| number(tenant) == *named)
                .unwrap_or_else(|| "nobody's".to_owned())
        }
        _ => own,
    };
    let numbered = matches!(server, Named::Numbered | Named::NumberBelieved);
    let shape = |tenant: &str, note: &Value| {
        let mut note = note.clone();
        // A server that knows tenants by number says so in what it shows.
        if numbered && server == Named::NumberBelieved {
            note["tenant_id"] = json!(number(tenant));
        }
        note
    };
    if let Some(id) = id {
        let found = id.parse::<u64>().ok().and_then(|id| world.notes.get(&id));
        return Some(match found {
            Some((tenant, note)) if *tenant == scope => Reply::new(200, shape(tenant, note)),
            Some(_) if server == Named::EmptyRead => Reply::new(200, json!({ "note": null })),
            _ => Reply::new(404, json!({})),
        });
    }
    let items: Vec<Value> = world
        .notes
        .values()
        .filter(|(tenant, _)| *tenant == scope || server == Named::ListShowsAll)
        .map(|(tenant, note)| shape(tenant, note))
        .collect();
    Some(Reply::new(200, json!({ "items": items })))
}

async fn outcomes(server: Named, plan: impl FnOnce(&mut Spec)) -> Vec<(String, Outcome)> {
    let spec = Arc::clone(FakeApi::sound().spec());
    let api = FakeApi::on(move |outgoing, world| answer(server, &spec, outgoing, world)).with_plan(plan);
    let bench = Bench::new(api);
    let contribution = check_access::TenantSelector::new().contribute(bench.api.spec());
    assert!(contribution.not_testable.is_empty() && contribution.skipped.is_empty());
    let mut outcomes = Vec::new();
    for group in &contribution.groups {
        let before = bench.api.world(|world| world.requests);
        for verdict in (group.run)(&bench.ctx()).await {
            outcomes.push((verdict.case().to_string(), verdict.outcome().clone()));
        }
        let sent = bench.api.world(|world| world.requests) - before;
        assert!(sent <= group.requests + 3, "{sent} requests of {}", group.requests);
    }
    outcomes
}

fn in_header(spec: &mut Spec) {
    spec.target.tenant_in = Some(Place::Header("X-Org".to_owned()));
}

#[tokio::test]
async fn a_tenant_that_is_ignored_or_compared_is_a_pass() {
    for server in [
        Named::Ignored,
        Named::Compared(403),
        Named::Compared(404),
        Named::Compared(400),
    ] {
        for (outcomes, count) in [
            (outcomes(server, |_| {}).await, 1),
            (outcomes(server, in_header).await, 2),
        ] {
            assert_eq!(outcomes.len(), count, "{outcomes:?}");
            for (case, outcome) in outcomes {
                assert!(
                    matches!(outcome, Outcome::Pass { .. }),
                    "{server:?} {case}: {outcome:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_header_that_nobody_declared_is_tried_on_one_list() {
    let outcomes = outcomes(Named::Believed, |_| {}).await;
    let [(case, Outcome::Fail { findings })] = outcomes.as_slice() else {
        panic!("{outcomes:?}");
    };
    assert!(case.contains("GET /notes") && !case.contains("{id}"), "{case}");
    assert!(findings[0].detail.contains("X-Tenant-ID"), "{}", findings[0].detail);
    assert_eq!(findings[0].owner.as_deref(), Some("alice"));
}

#[tokio::test]
async fn what_the_plan_names_is_tried_on_reads_and_lists() {
    let all = outcomes(Named::Believed, in_header).await;
    assert_eq!(all.len(), 2);
    for (case, outcome) in all {
        assert!(matches!(outcome, Outcome::Fail { .. }), "{case}: {outcome:?}");
    }
    let reads = outcomes(Named::BelievedByReads, in_header).await;
    for (case, outcome) in reads {
        let fails = matches!(outcome, Outcome::Fail { .. });
        assert_eq!(fails, case.contains("{id}"), "{case}: {outcome:?}");
    }
}

#[tokio::test]
async fn what_the_document_declares_is_tried_where_it_stands() {
    let declared = |spec: &mut Spec| {
        let read = &mut spec.operations["GET /notes/{id}"];
        read.declared.selectors = vec![Place::Query("org".to_owned())];
        read.query_names = vec!["org".to_owned()];
    };
    let outcomes = outcomes(Named::Believed, declared).await;
    let [(case, Outcome::Fail { findings })] = outcomes.as_slice() else {
        panic!("{outcomes:?}");
    };
    assert!(case.contains("{id}"), "{case}");
    assert!(
        findings[0].detail.contains("the query parameter org"),
        "{}",
        findings[0].detail
    );
}

#[tokio::test]
async fn a_tenant_of_another_name_is_not_testable_until_the_plan_says_it() {
    for server in [Named::Numbered, Named::RefusedToAll] {
        for (case, outcome) in outcomes(server, |_| {}).await {
            let Outcome::NotTestable { missing } = outcome else {
                panic!("{server:?} {case}: {outcome:?}");
            };
            assert!(missing.add.as_ref().is_some_and(|line| line.contains("tenant_id")));
        }
    }
    let numbered = |spec: &mut Spec| {
        in_header(spec);
        spec.identities["alice"].tenant_id = Some(number("acme"));
    };
    for (case, outcome) in outcomes(Named::Numbered, numbered).await {
        assert!(matches!(outcome, Outcome::Pass { .. }), "{case}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_tenant_is_called_as_its_objects_show_it() {
    for (case, outcome) in outcomes(Named::NumberBelieved, |_| {}).await {
        let Outcome::Fail { findings } = &outcome else {
            panic!("{case}: {outcome:?}");
        };
        assert!(findings[0].detail.contains("no-4"), "{}", findings[0].detail);
    }
}

#[tokio::test]
async fn what_is_shown_anyway_is_left_to_its_own_check() {
    for (case, outcome) in outcomes(Named::ListShowsAll, |_| {}).await {
        let Outcome::Pass { proof } = &outcome else {
            panic!("{case}: {outcome:?}");
        };
        assert!(proof.contains("access/read-other-tenant"), "{proof}");
    }
}

#[tokio::test]
async fn answers_that_are_no_refusal_stay_open() {
    for server in [Named::Compared(429), Named::Compared(500), Named::Compared(302)] {
        for (case, outcome) in outcomes(server, in_header).await {
            assert!(
                matches!(outcome, Outcome::Inconclusive { .. }),
                "{server:?} {case}: {outcome:?}"
            );
        }
    }
    let reads = outcomes(Named::EmptyRead, in_header).await;
    let open = |outcome: &Outcome| matches!(outcome, Outcome::Inconclusive { .. });
    assert!(
        reads
            .iter()
            .any(|(case, outcome)| case.contains("{id}") && open(outcome)),
        "{reads:?}"
    );
}
