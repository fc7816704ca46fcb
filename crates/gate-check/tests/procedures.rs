//! A procedure on fakes: a limit of three requests, and what closes it.

use std::sync::atomic::{AtomicU32, Ordering};

use gate_check::testkit::{Bench, FakeApi, Reply};
use gate_check::{ClosingProof, Ctx, Judgement, Procedure, Verdict};
use gate_exchange::{Actor, Outgoing, Purpose, Request};
use gate_model::{Case, Cause, CheckId, Outcome, Undecided};
use gate_spec::Method;
use serde_json::Value;

/// Is the fourth request of mallory refused, while her neighbour is still served?
async fn three_request_limit(ctx: &Ctx<'_>) -> Verdict {
    let procedure = Procedure::begin(&Case::new(&CheckId::new("rate-limit/test")));
    let mallory = Actor::identity(&"mallory".into());
    let request = |actor: &Actor| Outgoing::new(actor, Purpose::Probe, Request::new(Method::Get, "/me"));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        match procedure.step(ctx, request(&mallory)).await {
            Ok(exchange) => statuses.push(exchange.status),
            Err(reason) => return procedure.close(Err(reason.clone()), Judgement::Undecided(reason)),
        }
    }
    let proof = ClosingProof::neighbour_served(ctx, request(&Actor::identity(&"eve".into()))).await;
    let judgement = match statuses.as_slice() {
        [200, 200, 200, 429] => Judgement::Holds("the fourth request was refused".to_owned()),
        other => Judgement::Undecided(Undecided::new(Cause::NeitherAnswer, format!("{other:?}"))),
    };
    procedure.close(proof, judgement)
}

fn limited(to_everybody: bool) -> FakeApi {
    let seen = AtomicU32::new(0);
    FakeApi::on(move |out, _| {
        let counts = to_everybody || out.actor.to_string() == "mallory";
        (counts && seen.fetch_add(1, Ordering::Relaxed) >= 3).then(|| Reply::new(429, Value::Null))
    })
}

async fn outcome(api: FakeApi) -> Outcome {
    let bench = Bench::new(api);
    three_request_limit(&bench.ctx()).await.into_parts().1
}

#[tokio::test]
async fn a_limit_with_a_served_neighbour_passes() {
    assert!(matches!(outcome(limited(false)).await, Outcome::Pass { .. }));
}

#[tokio::test]
async fn a_limit_that_refuses_everybody_is_no_pass() {
    let outcome = outcome(limited(true)).await;
    let Outcome::Inconclusive { undecided } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(undecided.cause, Cause::ControlLost);
}

#[tokio::test]
async fn a_limit_that_is_not_there_is_no_pass() {
    assert!(matches!(outcome(FakeApi::sound()).await, Outcome::Inconclusive { .. }));
}

#[tokio::test]
async fn a_fresh_login_closes_a_procedure_only_where_it_is_served() {
    let request = |actor: &Actor| Outgoing::new(actor, Purpose::Control, Request::new(Method::Get, "/me"));
    let bench = Bench::new(FakeApi::sound());
    let proof = ClosingProof::fresh_login_works(&bench.ctx(), &"mallory".into(), request).await;
    assert!(proof.is_ok());
    let bench = Bench::new(FakeApi::on(|_, _| Some(Reply::new(401, Value::Null))));
    let proof = ClosingProof::fresh_login_works(&bench.ctx(), &"mallory".into(), request).await;
    assert_eq!(proof.expect_err("refused").cause, Cause::ControlLost);
}

#[tokio::test]
async fn samples_close_a_procedure_only_in_number() {
    assert!(ClosingProof::enough_samples(100, 100, 1).is_ok());
    assert!(ClosingProof::enough_samples(99, 100, 0).is_err());
    assert!(ClosingProof::enough_samples(100, 100, 2).is_err());
}
