//! Objects that only a list shows, on fakes: what others make meanwhile stands in the same list.

mod support;

use gate_check::Prober;
use gate_check::testkit::{FakeApi, Reply, World, sound_answer};
use gate_exchange::Outgoing;
use gate_model::Outcome;
use gate_spec::Method;
use serde_json::{Value, json};
use support::{is_foreign_probe, outcome};

/// Nothing but the list shows notes.
fn listed(api: FakeApi) -> FakeApi {
    api.with_plan(|spec| {
        spec.operations.shift_remove("GET /notes/{id}");
        if let Some(note) = spec.resources.get_mut("note") {
            note.read = None;
        }
    })
}

/// Somebody else of the tenant makes a note each time that the list is read.
fn busy(out: &Outgoing, world: &mut World) {
    if out.request.method == Method::Get && out.request.path == "/notes" {
        let id = 1_000_000 - world.requests;
        // Numbers of other things are no ids of notes.
        let note = json!({ "id": id, "user_id": 1 + world.requests % 40, "text": "somebody else's", "done": false });
        world.notes.insert(id, ("acme".to_owned(), note));
    }
}

const WRITES: [&str; 2] = ["PATCH /notes/{id}", "DELETE /notes/{id}"];

#[tokio::test]
async fn what_others_make_meanwhile_is_nobodys_fault() {
    for operation in WRITES {
        for prober in [Prober::OtherTenants, Prober::Anonymous] {
            let api = FakeApi::on(|out, world| {
                busy(out, world);
                None
            });
            let outcome = outcome(listed(api), operation, prober).await;
            assert!(matches!(outcome, Outcome::Pass { .. }), "{operation}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn what_a_stranger_did_to_the_item_is_seen() {
    for operation in WRITES {
        let api = FakeApi::on(|out, world| {
            busy(out, world);
            is_foreign_probe(out).then(|| {
                let mut as_owner = out.clone();
                as_owner.actor.identity = Some("alice".into());
                sound_answer(FakeApi::sound().spec(), &as_owner, world);
                Reply::new(403, Value::Null)
            })
        });
        let outcome = outcome(listed(api), operation, Prober::OtherTenants).await;
        assert!(matches!(outcome, Outcome::Fail { .. }), "{operation}: {outcome:?}");
    }
}
