//! Operations that make objects: what a list that the owner's own is not in says of what strangers were answered.

mod support;

use gate_check::Prober;
use gate_check::testkit::{FakeApi, Reply};
use gate_model::Outcome;
use gate_spec::Method;
use serde_json::json;
use support::{cause, is_foreign_probe, outcome};

fn accepts_and_makes_nothing(list: fn() -> Option<Reply>) -> FakeApi {
    FakeApi::on(move |out, _| {
        if out.request.method == Method::Post && out.request.path == "/notes" && is_foreign_probe(out) {
            return Some(Reply::new(200, json!({ "ok": false })));
        }
        (out.request.method == Method::Get && out.request.path.split('?').next() == Some("/notes"))
            .then(list)
            .flatten()
    })
}

#[tokio::test]
async fn an_empty_list_does_not_show_that_nothing_was_made() {
    let api = accepts_and_makes_nothing(|| Some(Reply::new(200, json!([]))));
    let outcome = outcome(api, "POST /notes", Prober::OtherTenants).await;
    assert!(!matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
    assert!(cause(&outcome).is_some(), "{outcome:?}");
}

#[tokio::test]
async fn a_list_with_the_owners_own_does() {
    let outcome = outcome(accepts_and_makes_nothing(|| None), "POST /notes", Prober::OtherTenants).await;
    assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
}
