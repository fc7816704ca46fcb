//! Notes in folders, on servers that look at the folder's tenant and on servers that do not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gate_check::Check;
use gate_check::testkit::{Bench, FakeApi, Reply, World, sound_answer};
use gate_exchange::Outgoing;
use gate_model::{Cause, Outcome, ResourceName};
use gate_spec::{Body, Call, Effect, Extract, JsonTemplate, Method, Operation, ParamSource, Reference, Resource, Spec};
use serde_json::{Value, json};

use check_access::ForeignReference;

/// What the server does with the folder of a note.
#[derive(Clone, Copy, PartialEq)]
enum Folder {
    /// A foreign one is refused with this status.
    Refused(u16),
    /// Any is taken.
    Taken,
    /// A foreign one is refused with 422, and the note made or changed all the same.
    RefusedAndTaken,
    /// The note then belongs to the folder's tenant, and shows nothing of it.
    Moves,
    /// The note shows the folder's name instead of its id.
    Shown,
    /// A foreign one is left out, and the note made or changed.
    LeftOut,
    /// Any is taken, and no answer shows it.
    NeverShown,
    /// Folders are there for everybody.
    Shared,
    /// A tenant may have one note; foreign folders are refused.
    OnlyOne,
    /// Nobody outside of alice's tenant may make notes.
    Forbidden,
}

type Folders = Arc<Mutex<BTreeMap<String, (String, Value)>>>;

fn tenant(spec: &Spec, outgoing: &Outgoing) -> String {
    let identity = outgoing
        .actor
        .identity
        .as_ref()
        .and_then(|name| spec.identities.get(name));
    identity.map(|identity| identity.tenant.to_string()).unwrap_or_default()
}

fn answer(behaviour: Folder, folders: &Folders, spec: &Spec, outgoing: &Outgoing, world: &mut World) -> Option<Reply> {
    let mut folders = folders.lock().expect("nobody panicked");
    let tenant = tenant(spec, outgoing);
    let body: Value = serde_json::from_slice(outgoing.request.body_bytes()).unwrap_or_default();
    let path = outgoing.request.path.clone();
    let steps: Vec<&str> = path.trim_matches('/').split('/').collect();
    let missing = || Some(Reply::new(404, json!({})));
    match (outgoing.request.method, steps.as_slice()) {
        (Method::Post, ["folders"]) => {
            let id = format!("f{}", folders.len() + 1);
            let folder = json!({ "id": id, "name": body["name"] });
            folders.insert(id, (tenant, folder.clone()));
            Some(Reply::new(201, folder))
        }
        (method, ["folders", id]) => match folders.get(*id) {
            Some((owner, folder)) if *owner == tenant || behaviour == Folder::Shared => Some(match method {
                Method::Delete => Reply::new(204, Value::Null),
                _ => Reply::new(200, folder.clone()),
            }),
            _ => missing(),
        },
        (Method::Post | Method::Patch, ["notes", ..]) => {
            let wanted = body["folder_id"].as_str().map(str::to_owned);
            let folder = wanted.as_ref().and_then(|id| folders.get(id)).cloned();
            let foreign = folder.as_ref().is_some_and(|(owner, _)| *owner != tenant);
            let id = match steps.get(1) {
                Some(id) => id
                    .parse()
                    .ok()
                    .filter(|id| world.notes.get(id).is_some_and(|(owner, _)| *owner == tenant)),
                None => Some(1000 + world.notes.len() as u64),
            };
            let Some(id) = id else { return missing() };
            match behaviour {
                Folder::Refused(status) if foreign => return Some(Reply::new(status, json!({ "error": "folder" }))),
                Folder::OnlyOne if foreign => return Some(Reply::new(422, json!({}))),
                Folder::OnlyOne if steps.len() == 1 && world.notes.values().any(|(owner, _)| *owner == tenant) => {
                    return Some(Reply::new(409, json!({})));
                }
                Folder::Forbidden if tenant != "acme" => return Some(Reply::new(403, json!({}))),
                _ => {}
            }
            let mut note = world
                .notes
                .get(&id)
                .map(|(_, note)| note.clone())
                .unwrap_or_else(|| json!({ "id": id }));
            note["text"] = body["text"].clone();
            let left_out = behaviour == Folder::LeftOut && foreign;
            match behaviour {
                Folder::Shown => note["folder"] = folder.clone().map(|(_, folder)| folder["name"].clone()).into(),
                Folder::NeverShown | Folder::Moves => {}
                _ if left_out => note["folder_id"] = Value::Null,
                _ => note["folder_id"] = wanted.into(),
            }
            let owner = match (behaviour, folder) {
                (Folder::Moves, Some((owner, _))) => owner,
                _ => tenant,
            };
            world.notes.insert(id, (owner, note.clone()));
            Some(match behaviour {
                Folder::RefusedAndTaken if foreign => Reply::new(422, json!({})),
                _ => Reply::new(if steps.len() == 1 { 201 } else { 200 }, note),
            })
        }
        _ => None,
    }
}

fn with_folders(spec: &mut Spec) {
    let text = |value: Value| Body::Json(JsonTemplate::parse(value).expect("a template"));
    let model = spec.operations[0].clone();
    let operation = |method: Method, path: &str, effect: Effect, body: Body| {
        let mut operation = Operation {
            id: gate_model::OperationId::of(method.as_str(), path),
            effect,
            resource: Some("folder".into()),
            ..model.clone()
        };
        operation.request.method = method;
        operation.request.path = gate_spec::Template::parse_path(path).expect("a path");
        operation.request.body = body;
        if path.contains("{id}") {
            operation.params = vec![("id".to_owned(), ParamSource::Id("folder".into()))];
        }
        operation
    };
    let operations = [
        operation(
            Method::Post,
            "/folders",
            Effect::Create,
            text(json!({ "name": "{{canary}}" })),
        ),
        operation(Method::Get, "/folders/{id}", Effect::Read, Body::None),
        operation(Method::Delete, "/folders/{id}", Effect::Delete, Body::None),
    ];
    let call = |index: usize| Call {
        operation: Some(operations[index].id.clone()),
        request: operations[index].request.clone(),
        params: operations[index].params.clone(),
    };
    let folder = Resource {
        name: "folder".into(),
        create: Some(call(0)),
        id: vec![Extract::JsonPath("$.id".to_owned())],
        read: Some(call(1)),
        lists: Vec::new(),
        delete: Some(call(2)),
        ..spec.resources[0].clone()
    };
    spec.resources.insert("folder".into(), folder);
    // The one names a folder in what it sends, the other only could.
    let create = &mut spec.operations["POST /notes"].request;
    create.body = text(json!({ "text": "{{canary}}", "folder_id": "{{folder.id}}" }));
    spec.resources["note"].create.as_mut().expect("notes are made").request = create.clone();
    spec.operations["PATCH /notes/{id}"].declared.references = vec![Reference {
        pointer: "/folder_id".to_owned(),
        kind: ResourceName::new("folder"),
    }];
    for operation in operations {
        spec.operations.insert(operation.id.clone(), operation);
    }
}

/// The outcomes of making and of changing a note.
async fn outcomes(behaviour: Folder) -> [Outcome; 2] {
    outcomes_with(behaviour, |_| {}).await
}

async fn outcomes_with(behaviour: Folder, change: impl FnOnce(&mut Spec)) -> [Outcome; 2] {
    let folders = Folders::default();
    let spec = Arc::clone(FakeApi::sound().spec());
    let api = FakeApi::on(move |outgoing, world| {
        if world
            .dead
            .iter()
            .any(|name| outgoing.actor.identity.as_ref() == Some(name))
        {
            return Some(sound_answer(&spec, outgoing, world));
        }
        answer(behaviour, &folders, &spec, outgoing, world)
    })
    .with_plan(with_folders)
    .with_plan(change);
    let bench = Bench::new(api);
    let contribution = ForeignReference::new().contribute(bench.api.spec());
    assert_eq!(
        contribution.groups.len(),
        2,
        "one operation makes notes and one changes them"
    );
    let mut outcomes = Vec::new();
    for group in contribution.groups {
        let before = bench.api.world(|world| world.requests);
        let verdicts = (group.run)(&bench.ctx()).await;
        let sent = bench.api.world(|world| world.requests) - before;
        assert!(sent <= 14, "{sent} requests for {:?}", group.cases[0].id);
        outcomes.push(verdicts[0].outcome().clone());
    }
    bench.objects.clean_up().await;
    outcomes.try_into().expect("two groups")
}

#[tokio::test]
async fn a_refusal_beside_a_served_control_is_a_pass() {
    for status in [400, 403, 404, 409, 422] {
        for outcome in outcomes(Folder::Refused(status)).await {
            assert!(matches!(outcome, Outcome::Pass { .. }), "{status}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn what_is_stored_with_a_foreign_reference_is_a_breach() {
    for (behaviour, words) in [
        (Folder::Taken, "names it at /folder_id"),
        (Folder::RefusedAndTaken, "names it at /folder_id"),
        (Folder::Shown, "a private value of alice's folder"),
        (Folder::Moves, "it is alice's now"),
    ] {
        for outcome in outcomes(behaviour).await {
            let Outcome::Fail { findings } = &outcome else {
                panic!("{outcome:?}");
            };
            assert!(findings[0].detail.contains(words), "{}", findings[0].detail);
            assert_eq!(findings[0].owner.as_deref(), Some("alice"));
        }
    }
}

#[tokio::test]
async fn what_is_ignored_or_open_to_all_is_none() {
    for behaviour in [Folder::LeftOut, Folder::Shared] {
        for outcome in outcomes(behaviour).await {
            assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn what_nothing_shows_stays_open_with_a_line() {
    for outcome in outcomes(Folder::NeverShown).await {
        let Outcome::Inconclusive { undecided } = &outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(undecided.cause, Cause::ReadBack);
        assert!(
            undecided
                .settle
                .as_ref()
                .is_some_and(|line| line.contains("resources:")),
            "{undecided:?}"
        );
    }
}

#[tokio::test]
async fn answers_that_are_no_refusal_stay_open() {
    for status in [405, 429, 500, 503] {
        for outcome in outcomes(Folder::Refused(status)).await {
            assert!(matches!(outcome, Outcome::Inconclusive { .. }), "{status}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_limit_that_refuses_what_is_ones_own_too_proves_nothing() {
    let [made, _] = outcomes(Folder::OnlyOne).await;
    let Outcome::Inconclusive { undecided } = &made else {
        panic!("{made:?}");
    };
    assert!(
        matches!(undecided.cause, Cause::ControlLost | Cause::ControlFailed),
        "{undecided:?}"
    );
    assert!(undecided.settle.is_some());
}

#[tokio::test]
async fn strangers_who_may_make_none_of_their_own_leave_it_untestable() {
    for outcome in outcomes(Folder::Forbidden).await {
        assert!(matches!(outcome, Outcome::NotTestable { .. }), "{outcome:?}");
    }
}

#[test]
fn kinds_that_everybody_may_see_are_not_asked_about() {
    let api = FakeApi::sound().with_plan(with_folders).with_plan(|spec| {
        spec.resources["folder"].visibility = gate_spec::Visibility::Authenticated;
    });
    let contribution = ForeignReference::new().contribute(api.spec());
    assert!(contribution.groups.is_empty() && contribution.not_testable.is_empty());
}

#[test]
fn a_kind_that_nobody_can_make_is_named() {
    let api = FakeApi::sound().with_plan(with_folders).with_plan(|spec| {
        spec.resources["folder"].create = None;
    });
    let contribution = ForeignReference::new().contribute(api.spec());
    let lines: Vec<&str> = contribution
        .not_testable
        .iter()
        .filter_map(|(_, missing)| missing.add.as_deref())
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines.iter().all(|line| line.starts_with("resources: { folder:")),
        "{lines:?}"
    );
}
