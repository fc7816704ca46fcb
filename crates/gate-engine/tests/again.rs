//! Groups that were interfered with run once more, and nothing else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gate_check::testkit::{Bench, FakeApi};
use gate_check::{ClosingProof, Group, Judgement, Lane, Procedure, Verdict};
use gate_engine::{Bounds, Cancel, Planned, run};
use gate_model::{
    Case, CaseResult, Cause, CheckId, EventSink, Finding, Fingerprint, Impact, Outcome, ResourceName, RunEvent,
    Severity, Undecided,
};

/// What a case is in one run of its group.
#[derive(Clone, Copy)]
enum Said {
    Sound,
    Open(Cause),
    Breach,
}

struct Nobody;

impl EventSink for Nobody {
    fn take(&self, _event: &RunEvent) {}
}

fn case(name: &str) -> Case {
    Case::new(&CheckId::new("test/again")).with_resource(&ResourceName::new(name))
}

fn verdict(case: &Case, said: Said) -> Verdict {
    let (proof, judgement) = match said {
        Said::Open(cause) => return Verdict::undecided(&case.id, Undecided::new(cause, "interfered with")),
        Said::Sound => (ClosingProof::plants_found(1, 1), Judgement::Holds("seen".to_owned())),
        Said::Breach => (
            ClosingProof::plants_found(1, 1),
            Judgement::Violated(vec![finding(case)]),
        ),
    };
    Procedure::begin(case).close(proof, judgement)
}

fn finding(case: &Case) -> Finding {
    Finding {
        check: case.check.clone(),
        case: case.id.clone(),
        title: "mallory can read alice's note".to_owned(),
        severity: Severity::High,
        impact: Impact::DataExposure,
        operation: None,
        actor: "mallory".to_owned(),
        owner: None,
        detail: String::new(),
        evidence: Vec::new(),
        remediation: String::new(),
        references: Vec::new(),
        secret: None,
        source: None,
        root_cause: String::new(),
        fingerprint: Fingerprint::of(&[]),
    }
}

/// A group that says another thing each time that it runs, and the last one for ever.
fn group(lane: Lane, script: Vec<Vec<(&'static str, Said)>>, runs: &Arc<AtomicUsize>) -> Group {
    let runs = Arc::clone(runs);
    Group {
        cases: script[0].iter().map(|(name, _)| case(name)).collect(),
        lane,
        requests: 1,
        run: Arc::new(move |_| {
            let turn = runs.fetch_add(1, Ordering::SeqCst).min(script.len() - 1);
            let verdicts = script[turn]
                .iter()
                .map(|(name, said)| verdict(&case(name), *said))
                .collect();
            Box::pin(async move { verdicts })
        }),
    }
}

async fn results(groups: Vec<Group>) -> Vec<CaseResult> {
    let bench = Bench::new(FakeApi::sound());
    let planned = Planned {
        groups,
        ..Planned::default()
    };
    let bounds = Bounds {
        deadline: Instant::now() + Duration::from_secs(60),
        requests: 1_000,
    };
    run(&bench.ctx(), planned, bounds, &Cancel::default(), Ok(()), &Nobody).await
}

async fn once(lane: Lane, script: Vec<Vec<(&'static str, Said)>>) -> (Vec<CaseResult>, usize) {
    let runs = Arc::default();
    let results = results(vec![group(lane, script, &runs)]).await;
    (results, runs.load(Ordering::SeqCst))
}

/// `p` for a pass, `f` for a breach, `o` for what is open, in the order of the cases.
fn letters(results: &[CaseResult]) -> String {
    let letter = |result: &CaseResult| match result.outcome {
        Outcome::Pass { .. } => 'p',
        Outcome::Fail { .. } => 'f',
        _ => 'o',
    };
    results.iter().map(letter).collect()
}

const LOST: Said = Said::Open(Cause::SessionLost);

#[tokio::test]
async fn what_lost_its_session_is_decided_the_second_time() {
    for (lane, cause) in [
        (Lane::Shared, Cause::SessionLost),
        (Lane::Account, Cause::Throttled),
        (Lane::Making, Cause::Throttled),
    ] {
        let script = vec![vec![("note", Said::Open(cause))], vec![("note", Said::Sound)]];
        let (results, runs) = once(lane, script).await;
        assert_eq!((letters(&results).as_str(), runs), ("p", 2), "{lane:?}");
    }
}

#[tokio::test]
async fn what_was_decided_stays_and_a_breach_is_never_lost() {
    let script = vec![
        vec![("a", LOST), ("b", Said::Sound), ("c", Said::Breach), ("d", Said::Sound)],
        vec![("a", Said::Sound), ("b", LOST), ("c", Said::Sound), ("d", Said::Breach)],
    ];
    let (results, runs) = once(Lane::Shared, script).await;
    assert_eq!((letters(&results).as_str(), runs), ("ppff", 2));
}

#[tokio::test]
async fn other_causes_and_used_up_limits_are_not_repeated() {
    let open = |cause| vec![vec![("note", Said::Open(cause))], vec![("note", Said::Sound)]];
    assert_eq!(once(Lane::Shared, open(Cause::Flaky)).await.1, 1);
    assert_eq!(once(Lane::Shared, open(Cause::Transport)).await.1, 1);
    let (results, runs) = once(Lane::Exclusive, open(Cause::Throttled)).await;
    assert_eq!((letters(&results).as_str(), runs), ("o", 1));
}

#[tokio::test]
async fn sessions_that_always_die_end_the_repeats() {
    let runs = Arc::default();
    let groups = (0..20)
        .map(|_| group(Lane::Shared, vec![vec![("note", LOST)]], &runs))
        .collect();
    let results = results(groups).await;
    assert_eq!(letters(&results), "o".repeat(20));
    // Each of the twenty once, and three of them twice more.
    assert_eq!(runs.load(Ordering::SeqCst), 26);
}

#[tokio::test]
async fn repeats_count_against_the_planned_requests() {
    let runs = Arc::default();
    let bench = Bench::new(FakeApi::sound());
    let planned = Planned {
        groups: vec![group(
            Lane::Shared,
            vec![vec![("note", LOST)], vec![("note", Said::Sound)]],
            &runs,
        )],
        ..Planned::default()
    };
    let bounds = Bounds {
        deadline: Instant::now() + Duration::from_secs(60),
        requests: 1,
    };
    let results = run(&bench.ctx(), planned, bounds, &Cancel::default(), Ok(()), &Nobody).await;
    assert_eq!((letters(&results).as_str(), runs.load(Ordering::SeqCst)), ("o", 1));
}
