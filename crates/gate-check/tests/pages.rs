//! Lists in pages: where a page that nobody told of is refused, the list has ended, for whoever asks.

mod support;

use gate_check::Prober;
use gate_check::testkit::{FakeApi, Reply};
use gate_exchange::Outgoing;
use gate_model::{OperationId, Outcome};
use gate_spec::Method;
use serde_json::json;
use support::{cause, outcome};

fn is_list(out: &Outgoing) -> bool {
    out.request.method == Method::Get && out.request.path.split('?').next() == Some("/notes")
}

fn asks(out: &Outgoing, pair: &str) -> bool {
    is_list(out) && out.request.path.contains(pair)
}

/// A stranger's own first page: something of his, so that he asks for more.
fn own_page(out: &Outgoing) -> Option<Reply> {
    (is_list(out) && support::is_foreign_probe(out)).then(|| Reply::new(200, json!([{ "id": "his" }])))
}

fn paged(api: FakeApi, name: &'static str) -> FakeApi {
    api.with_plan(move |spec| {
        if let Some(list) = spec.operations.get_mut(&OperationId::new("GET /notes")) {
            list.query_names = vec![name.to_owned()];
        }
    })
}

#[tokio::test]
async fn a_page_that_is_too_large_or_not_there_ends_a_list() {
    for (name, pair, status) in [
        ("limit", "limit=100", 422),
        ("page", "page=2", 404),
        ("offset", "offset=", 400),
    ] {
        let api = paged(
            FakeApi::on(move |out, _| {
                let beyond = asks(out, pair).then(|| Reply::new(status, json!({ "error": status })));
                beyond.or_else(|| own_page(out))
            }),
            name,
        );
        let outcome = outcome(api, "GET /notes", Prober::OtherTenants).await;
        assert!(matches!(outcome, Outcome::Pass { .. }), "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_page_that_breaks_is_no_end() {
    let api = paged(
        FakeApi::on(|out, _| {
            let broken = asks(out, "page=2").then(|| Reply::new(500, json!({})));
            broken
                .filter(|_| support::is_foreign_probe(out))
                .or_else(|| own_page(out))
        }),
        "page",
    );
    let outcome = outcome(api, "GET /notes", Prober::OtherTenants).await;
    assert!(cause(&outcome).is_some(), "{outcome:?}");
}

#[tokio::test]
async fn a_first_page_that_is_refused_is_judged() {
    let api = paged(
        FakeApi::on(|out, _| own_page(out).map(|_| Reply::new(422, json!({})))),
        "page",
    );
    let outcome = outcome(api, "GET /notes", Prober::OtherTenants).await;
    assert!(cause(&outcome).is_some(), "{outcome:?}");
}

#[tokio::test]
async fn what_only_a_further_page_shows_is_a_finding() {
    let api = paged(
        FakeApi::on(|out, world| {
            if !is_list(out) {
                return None;
            }
            let all = || {
                world
                    .notes
                    .iter()
                    .map(|(id, (_, fields))| json!({ "id": id, "note": fields }))
            };
            let items: Vec<_> = if asks(out, "page=2") {
                all().collect()
            } else {
                vec![json!({ "id": "his" })]
            };
            Some(Reply::new(200, json!(items)))
        }),
        "page",
    );
    let outcome = outcome(api, "GET /notes", Prober::OtherTenants).await;
    assert!(matches!(outcome, Outcome::Fail { .. }), "{outcome:?}");
}
