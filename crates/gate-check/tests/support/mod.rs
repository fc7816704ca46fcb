//! What tests of brackets share.

#![allow(dead_code)]

use std::sync::Arc;

use gate_check::testkit::{Bench, FakeApi};
use gate_check::{FindingText, ProbePlan, Prober, Refusal, Verdict};
use gate_exchange::{Outgoing, Purpose};
use gate_model::{Case, Cause, CheckId, CheckPage, OperationId, Outcome, Relation};

const PAGE: &str = "---\nid: access/test\nseverity: high\nimpact: data-exposure\ncwe: CWE-639\n---\n\n## Question\n\nq\n\n## Why\n\nw\n\n## Control\n\nc\n\n## Outcomes\n\no\n\n## Remediation\n\nr\n";

pub fn plan(operation: &str, prober: Prober) -> ProbePlan {
    let relation = if matches!(prober, Prober::Anonymous) {
        Relation::Anonymous
    } else {
        Relation::OtherTenant
    };
    let page = Arc::new(CheckPage::parse(PAGE).expect("a page"));
    ProbePlan {
        case: Case::new(&CheckId::new("access/test"))
            .with_operation(&OperationId::new(operation))
            .with_relation(relation),
        operation: OperationId::new(operation),
        refusal: if matches!(prober, Prober::Anonymous) {
            Refusal::Credential
        } else {
            Refusal::Ordinary
        },
        prober,
        text: Arc::new(FindingText { page, verb: "reach" }),
    }
}

pub async fn outcome(api: FakeApi, operation: &str, prober: Prober) -> Outcome {
    let bench = Bench::new(api);
    let verdicts = bench.run(vec![plan(operation, prober)]).await;
    assert_eq!(verdicts.len(), 1, "{operation}: {verdicts:?}");
    let leftovers = bench.objects.clean_up().await;
    assert!(leftovers.is_empty(), "{operation}: {leftovers:?}");
    verdicts.into_iter().next().map(Verdict::into_parts).expect("one").1
}

pub fn is_foreign_probe(out: &Outgoing) -> bool {
    out.purpose == Purpose::Probe && out.actor.identity.as_ref().is_some_and(|name| name.as_str() != "alice")
}

pub fn cause(outcome: &Outcome) -> Option<Cause> {
    match outcome {
        Outcome::Inconclusive { undecided } => Some(undecided.cause),
        _ => None,
    }
}
