//! Operations that make something and of which the plan declares no limit.

use std::sync::Mutex;

use gate_check::testkit::{Bench, FakeApi, Reply};
use gate_model::{OperationId, Outcome};
use gate_spec::{Effect, Method, Spec, Template};
use serde_json::{Value, json};

/// An import of notes, limited behind the validation or not at all.
fn imports(limit: usize) -> FakeApi {
    let made: Mutex<usize> = Mutex::default();
    FakeApi::on(move |out, world| {
        if out.request.method != Method::Post || out.request.path != "/notes/import" {
            return None;
        }
        let body: Value = serde_json::from_slice(out.request.body_bytes()).unwrap_or_default();
        if body["text"].as_str().is_none() {
            return Some(Reply::new(400, json!({"error": "text is missing"})));
        }
        let mut made = made.lock().expect("no test panics here");
        if *made >= limit {
            return Some(Reply::new(429, Value::Null));
        }
        *made += 1;
        let id = 1000 + *made as u64;
        let note = json!({"id": id, "text": body["text"], "done": false});
        world.notes.insert(id, ("acme".to_owned(), note.clone()));
        Some(Reply::new(201, note))
    })
}

/// A plan that makes notes by the import, or by another operation.
fn plan(spec: &mut Spec, by_import: bool) {
    let mut import = spec.operations[&OperationId::of("POST", "/notes")].clone();
    import.id = OperationId::of("POST", "/notes/import");
    import.request.path = Template::parse_path("/notes/import").expect("a path");
    assert_eq!(import.effect, Effect::Create);
    if by_import {
        let kind = spec.resources.values_mut().next().expect("a kind of object");
        let create = kind.create.as_mut().expect("it is made");
        create.operation = Some(import.id.clone());
    }
    spec.operations.insert(import.id.clone(), import);
}

async fn outcome(limit: usize, by_import: bool) -> (Outcome, Bench) {
    let bench = Bench::new(imports(limit).with_plan(|spec| plan(spec, by_import)));
    let outcome = {
        let ctx = bench.ctx();
        let undeclared = check_rate_limit::checks().pop().expect("the last check");
        let group = undeclared.contribute(ctx.spec).groups.remove(0);
        (group.run)(&ctx).await.remove(0).into_parts().1
    };
    (outcome, bench)
}

#[tokio::test]
async fn a_limit_behind_the_validation_is_found_and_what_was_made_is_taken_back() {
    let (found, bench) = outcome(7, true).await;
    assert!(matches!(found, Outcome::Pass { .. }), "{found:#?}");
    assert!(bench.objects.clean_up().await.is_empty());
    let left = bench
        .api
        .world(|world| world.notes.keys().filter(|id| **id > 1000).count());
    assert_eq!(left, 0);
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_not_made() {
    let (found, bench) = outcome(7, false).await;
    assert!(matches!(found, Outcome::NotTestable { .. }), "{found:#?}");
    assert_eq!(
        bench
            .api
            .world(|world| world.notes.keys().filter(|id| **id > 1000).count()),
        0
    );
}

#[tokio::test]
async fn without_a_limit_the_line_is_shown() {
    let (found, _) = outcome(1000, true).await;
    let Outcome::NotTestable { missing } = &found else {
        panic!("{found:#?}")
    };
    assert!(
        missing.add.as_ref().is_some_and(|line| line.contains("rate_limits:")),
        "{missing:?}"
    );
}
