//! Notes with a status, a price and a tenant, on servers that bind whatever they are sent and on servers that do not.

use std::sync::Arc;

use gate_check::Check;
use gate_check::testkit::{Bench, FakeApi, Reply, World};
use gate_exchange::Outgoing;
use gate_model::{Cause, Outcome};
use gate_spec::{Answered, Method, Spec};
use serde_json::{Value, json};

use check_access::MassAssignment;

/// What the server does with fields that it did not ask for.
#[derive(Clone, Copy, PartialEq)]
enum Binding {
    /// Leaves them out.
    Nothing,
    /// Refuses the whole request with this status.
    Refused(u16),
    /// Stores whatever comes.
    Everything,
    /// Stores a status that comes alone; refuses anything else.
    StatusAlone,
    /// Stores a tenant and gives the note to it; leaves out the rest.
    Tenant,
    /// Every note is paid once it is written.
    PaidByItself,
    /// Stores the status of a note that is changed, and refuses the request.
    RefusedAndStored,
    /// Makes what it is sent, and refuses the request.
    RefusedAndMade,
    /// Text that nobody asked for is stored, and nothing else.
    Harmless,
}

fn answer(binding: Binding, spec: &Spec, outgoing: &Outgoing, world: &mut World) -> Option<Reply> {
    let identity = outgoing
        .actor
        .identity
        .as_ref()
        .and_then(|name| spec.identities.get(name));
    let tenant = identity.map(|identity| identity.tenant.to_string())?;
    let path = outgoing.request.path.clone();
    let steps: Vec<&str> = path.trim_matches('/').split('/').collect();
    if !matches!(outgoing.request.method, Method::Post | Method::Patch) || steps.len() > 2 {
        return None;
    }
    let body: Value = serde_json::from_slice(outgoing.request.body_bytes()).unwrap_or_default();
    let members = body.as_object().cloned().unwrap_or_default();
    let more: Vec<&String> = members.keys().filter(|name| *name != "text").collect();
    let id = match steps.get(1) {
        Some(id) => match id
            .parse()
            .ok()
            .filter(|id| world.notes.get(id).is_some_and(|(owner, _)| *owner == tenant))
        {
            Some(id) => id,
            None => return Some(Reply::new(404, json!({}))),
        },
        None => 1000 + world.notes.len() as u64,
    };
    let known = world.notes.get(&id).cloned();
    let (mut owner, mut note) = known.unwrap_or_else(|| {
        let note = json!({ "id": id, "status": "draft", "price": 5, "tenant_id": tenant, "hint": "" });
        (tenant.clone(), note)
    });
    note["text"] = body["text"].clone();
    match binding {
        Binding::Refused(status) if !more.is_empty() => return Some(Reply::new(status, json!({}))),
        Binding::StatusAlone if more.iter().any(|name| *name != "status") => return Some(Reply::new(422, json!({}))),
        Binding::Everything => members.iter().for_each(|(name, value)| note[name] = value.clone()),
        Binding::StatusAlone => more.iter().for_each(|name| note[*name] = members[*name].clone()),
        Binding::Harmless => note["hint"] = members.get("hint").cloned().unwrap_or_default(),
        Binding::PaidByItself => note["status"] = json!("paid"),
        Binding::Tenant => {
            if let Some(given) = members.get("tenant_id").and_then(Value::as_str) {
                note["tenant_id"] = given.into();
                owner = given.to_owned();
            }
        }
        Binding::RefusedAndStored if !more.is_empty() => {
            if steps.len() == 2 {
                note["status"] = members.get("status").cloned().unwrap_or(note["status"].clone());
                world.notes.insert(id, (owner, note));
            }
            return Some(Reply::new(422, json!({})));
        }
        Binding::RefusedAndMade if !more.is_empty() => {
            if steps.len() == 1 {
                members.iter().for_each(|(name, value)| note[name] = value.clone());
                note["tenant_id"] = owner.clone().into();
                world.notes.insert(id, (owner, note));
            }
            return Some(Reply::new(422, json!({})));
        }
        Binding::Refused(_) | Binding::RefusedAndStored | Binding::RefusedAndMade | Binding::Nothing => {}
    }
    world.notes.insert(id, (owner, note.clone()));
    Some(Reply::new(if steps.len() == 1 { 201 } else { 200 }, note))
}

fn declared(spec: &mut Spec) {
    let answered = |name: &str, choices: &[&str]| Answered {
        name: name.to_owned(),
        choices: choices.iter().map(|choice| json!(choice)).collect(),
        kind: None,
    };
    for name in ["POST /notes", "PATCH /notes/{id}"] {
        let declared = &mut spec.operations[name].declared;
        declared.takes = Some(vec!["text".to_owned()]);
        declared.answers = vec![
            answered("id", &[]),
            answered("text", &[]),
            answered("hint", &[]),
            answered("status", &["draft", "paid"]),
            answered("price", &[]),
            answered("tenant_id", &[]),
        ];
    }
}

async fn outcomes(binding: Binding) -> Vec<Outcome> {
    let spec = Arc::clone(FakeApi::sound().spec());
    let api = FakeApi::on(move |outgoing, world| answer(binding, &spec, outgoing, world)).with_plan(declared);
    let bench = Bench::new(api);
    let contribution = MassAssignment::new().contribute(bench.api.spec());
    let [group] = contribution.groups.as_slice() else {
        panic!("one group decides one kind");
    };
    let verdicts = (group.run)(&bench.ctx()).await;
    let sent = bench.api.world(|world| world.requests);
    // A breach costs further looks.
    let announced = group.requests + 12;
    assert!(sent <= announced, "{sent} requests were sent, {announced} at most");
    let outcomes: Vec<Outcome> = verdicts.iter().map(|verdict| verdict.outcome().clone()).collect();
    assert!(bench.objects.clean_up().await.is_empty());
    let left = bench.api.world(|world| world.notes.len());
    assert_eq!(left, 0, "nothing that was made stays");
    outcomes
}

#[tokio::test]
async fn fields_that_are_ignored_or_refused_are_a_pass() {
    for binding in [
        Binding::Nothing,
        Binding::Harmless,
        Binding::PaidByItself,
        Binding::Refused(400),
        Binding::Refused(422),
    ] {
        let outcomes = outcomes(binding).await;
        assert_eq!(outcomes.len(), 2, "one operation makes notes and one changes them");
        for outcome in outcomes {
            assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn what_is_stored_is_a_breach_and_named() {
    for (binding, words) in [
        (Binding::Everything, "status: \"paid\""),
        (Binding::StatusAlone, "status: \"paid\""),
        (Binding::Tenant, "mallory of another tenant is shown it"),
    ] {
        for outcome in outcomes(binding).await {
            let Outcome::Fail { findings } = &outcome else {
                panic!("{outcome:?}");
            };
            assert!(findings[0].detail.contains(words), "{}", findings[0].detail);
        }
    }
}

#[tokio::test]
async fn a_change_that_is_refused_and_stored_is_a_breach() {
    let outcomes = outcomes(Binding::RefusedAndStored).await;
    assert!(matches!(outcomes[0], Outcome::Pass { .. }), "{:?}", outcomes[0]);
    assert!(matches!(outcomes[1], Outcome::Fail { .. }), "{:?}", outcomes[1]);
}

#[tokio::test]
async fn what_is_made_behind_a_refusal_is_a_breach() {
    let outcomes = outcomes(Binding::RefusedAndMade).await;
    assert!(matches!(outcomes[0], Outcome::Fail { .. }), "{:?}", outcomes[0]);
    assert!(matches!(outcomes[1], Outcome::Pass { .. }), "{:?}", outcomes[1]);
}

#[tokio::test]
async fn answers_that_are_no_refusal_stay_open() {
    for status in [405, 429, 500] {
        for outcome in outcomes(Binding::Refused(status)).await {
            let Outcome::Inconclusive { undecided } = &outcome else {
                panic!("{status}: {outcome:?}");
            };
            assert!(
                matches!(undecided.cause, Cause::NeitherAnswer | Cause::Throttled),
                "{undecided:?}"
            );
        }
    }
}

#[tokio::test]
async fn objects_that_show_nothing_of_the_servers_are_not_testable() {
    let bench = Bench::new(FakeApi::sound());
    let contribution = MassAssignment::new().contribute(bench.api.spec());
    for group in contribution.groups {
        for verdict in (group.run)(&bench.ctx()).await {
            let Outcome::NotTestable { missing } = verdict.outcome() else {
                panic!("{verdict:?}");
            };
            assert!(
                missing
                    .add
                    .as_ref()
                    .is_some_and(|line| line.contains("privileged_fields"))
            );
        }
    }
}

#[tokio::test]
async fn fields_of_the_plan_are_sent_too() {
    let api = FakeApi::sound().with_plan(|spec| {
        spec.settings.privileged_fields = vec![("done".to_owned(), json!(true))];
    });
    let bench = Bench::new(api);
    let contribution = MassAssignment::new().contribute(bench.api.spec());
    for group in contribution.groups {
        for verdict in (group.run)(&bench.ctx()).await {
            assert!(matches!(verdict.outcome(), Outcome::Pass { .. }), "{verdict:?}");
        }
    }
    let sent = bench.api.world(|world| world.requests);
    assert!(sent <= 9, "{sent}");
}

#[test]
fn a_document_whose_answers_hold_nothing_of_the_servers_gives_no_case() {
    let api = FakeApi::sound().with_plan(|spec| {
        declared(spec);
        for operation in spec.operations.values_mut() {
            operation.declared.answers.truncate(3);
        }
    });
    let contribution = MassAssignment::new().contribute(api.spec());
    assert!(contribution.groups.is_empty() && contribution.not_testable.is_empty());
}
