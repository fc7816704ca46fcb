//! A watcher on fakes: a canary, its owner, and strangers.

use std::sync::{Arc, Mutex};

use gate_check::testkit::{Bench, FakeApi, Reply, sound_answer};
use gate_check::{Ctx, Judgement, Verdict, Watched, Watcher, ask};
use gate_exchange::{Actor, Exchange, Observer, Outgoing, Purpose, Request};
use gate_model::{Case, Cause, CheckId, Outcome, Undecided};
use gate_objects::{Canaries, Objects};
use gate_spec::Method;
use serde_json::json;

struct CanaryWatcher {
    canaries: Arc<Canaries>,
    seen: Mutex<(Watched, bool)>,
}

impl Observer for CanaryWatcher {
    fn see(&self, exchange: &Exchange) {
        let mut seen = self.seen.lock().expect("not poisoned");
        let holds = !self.canaries.find(&exchange.body).is_empty();
        if exchange.sent.actor.to_string() == "alice" {
            seen.0.owner_saw |= holds;
        } else {
            seen.0.foreign_exchanges += 1;
            seen.1 |= holds;
        }
    }
}

impl Watcher for CanaryWatcher {
    fn conclude(&self, _ctx: &Ctx<'_>) -> Vec<Verdict> {
        let (watched, leaked) = *self.seen.lock().expect("not poisoned");
        let judgement = if leaked {
            Judgement::Undecided(Undecided::new(Cause::Flaky, "leaked"))
        } else {
            Judgement::Holds("nothing was shown".to_owned())
        };
        vec![watched.close(&Case::new(&CheckId::new("leak/test")), judgement)]
    }
}

/// Alice's note is made; then whoever is named reads `/me`.
async fn outcome(api: FakeApi, makes: bool, stranger: bool) -> Outcome {
    let bench = Bench::new(api);
    let watcher = Arc::new(CanaryWatcher {
        canaries: Arc::clone(&bench.canaries),
        seen: Mutex::default(),
    });
    bench.api.observe(Arc::clone(&watcher) as Arc<dyn Observer>);
    let ctx = bench.ctx();
    if makes {
        bench.objects.leased(&"note".into()).await.expect("a note");
    }
    if stranger {
        let mallory = Actor::identity(&"mallory".into());
        let outgoing = Outgoing::new(&mallory, Purpose::Setup, Request::new(Method::Get, "/me"));
        ask(&ctx, outgoing).await.expect("an answer");
    }
    watcher.conclude(&ctx).remove(0).into_parts().1
}

#[tokio::test]
async fn silence_is_a_pass_only_where_something_could_have_been_heard() {
    assert!(matches!(
        outcome(FakeApi::sound(), true, true).await,
        Outcome::Pass { .. }
    ));
    for (makes, stranger) in [(false, true), (true, false), (false, false)] {
        let outcome = outcome(FakeApi::sound(), makes, stranger).await;
        let Outcome::Inconclusive { undecided } = outcome else {
            panic!("{makes} {stranger}: {outcome:?}")
        };
        assert_eq!(undecided.cause, Cause::NothingSeen);
    }
}

#[tokio::test]
async fn a_leak_is_heard() {
    let api = FakeApi::on(|out, world| {
        (out.actor.to_string() == "mallory").then(|| {
            let last = world.notes.values().last().map(|(_, note)| note.clone());
            let mut reply = sound_answer(FakeApi::sound().spec(), out, world);
            reply.body["last"] = json!(last);
            Reply::new(reply.status, reply.body)
        })
    });
    let outcome = outcome(api, true, true).await;
    let Outcome::Inconclusive { undecided } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(undecided.detail, "leaked");
}
