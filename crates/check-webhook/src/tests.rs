//! Each check on a fake that is right, on one that is wrong in its way, and on those that leave it undecided.

use std::sync::Mutex;
use std::time::Duration;

use gate_check::testkit::{Bench, FakeApi, Reply};
use gate_exchange::Outgoing;
use gate_model::{Cause, OperationId, Outcome, Secret};
use gate_spec::{PublicReason, SignatureHash, SignatureScheme, SignatureText, SignedCaller, SignedMoment, Spec};
use serde_json::json;
use time::OffsetDateTime;

use crate::sign::signature;

const SECRET: &str = "the-senders-secret";

/// What is wrong with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Unsigned,
    BodyIgnored,
    HalfCompared,
    /// Takes whatever the right signature begins with.
    BegunCompared,
    EmptySecret,
    Stale,
    Duplicate,
    RefusesAll,
    Down,
    /// Answers 200 to everything.
    Anything,
    /// Refuses with 422, which says nothing of the signature.
    Unprocessable,
}

fn scheme(timed: bool) -> SignatureScheme {
    SignatureScheme {
        header: "X-Signature".to_owned(),
        value: if timed {
            "t={{timestamp}},v1={{signature}}"
        } else {
            "{{signature}}"
        }
        .to_owned(),
        payload: if timed { "{{timestamp}}.{{body}}" } else { "{{body}}" }.to_owned(),
        hash: SignatureHash::Sha256,
        text: SignatureText::Hex,
        moment: SignedMoment::Seconds,
        timestamp_header: None,
        id_header: None,
    }
}

fn plan(spec: &mut Spec, timed: bool, refuses_duplicates: bool) {
    let id = OperationId::new("POST /hooks");
    let mut operation = spec.operations["POST /notes"].clone();
    operation.id = id.clone();
    operation.public = Some(PublicReason::Signed);
    operation.request.path = gate_spec::Template::parse_path("/hooks").expect("a path");
    spec.operations.insert(id.clone(), operation);
    spec.settings.signed.push(SignedCaller {
        operation: id,
        sample: None,
        scheme: scheme(timed),
        secret: Secret::new(SECRET.to_owned()),
        secret_is_base64: false,
        tolerance: Duration::from_secs(300),
        refuses_duplicates,
        source: None,
    });
}

fn server(fault: Fault, timed: bool, refuses_duplicates: bool) -> FakeApi {
    let seen: Mutex<Vec<String>> = Mutex::default();
    FakeApi::on(move |outgoing, _| {
        if fault == Fault::Anything {
            return Some(Reply::new(200, json!({ "seen": 200 })));
        }
        if outgoing.request.path != "/hooks" {
            return outgoing
                .request
                .path
                .starts_with("/hooks")
                .then(|| Reply::new(404, json!({ "error": 404 })));
        }
        let status = match (fault, genuine(outgoing, fault, timed)) {
            (Fault::Down, _) => 500,
            (Fault::RefusesAll, _) => 401,
            (Fault::Unprocessable, None) => 422,
            (_, None) => 401,
            (_, Some(signature)) => {
                let mut seen = seen.lock().expect("no thread panicked");
                let again = seen.contains(&signature);
                seen.push(signature);
                if again && refuses_duplicates && fault != Fault::Duplicate {
                    401
                } else {
                    200
                }
            }
        };
        Some(Reply::new(status, json!({ "seen": status })))
    })
    .with_plan(|spec| plan(spec, timed, refuses_duplicates))
}

/// The signature, where the server takes the delivery for genuine.
fn genuine(outgoing: &Outgoing, fault: Fault, timed: bool) -> Option<String> {
    let header = outgoing.request.headers.iter().find(|(name, _)| name == "X-Signature");
    let Some((_, header)) = header else {
        return (fault == Fault::Unsigned).then(String::new);
    };
    let (moment, given) = if timed {
        let (moment, given) = header.strip_prefix("t=")?.split_once(",v1=")?;
        (moment.to_owned(), given.to_owned())
    } else {
        (String::new(), header.clone())
    };
    if timed && fault != Fault::Stale {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        if now.abs_diff(moment.parse().ok()?) > 300 {
            return None;
        }
    }
    let body = outgoing.request.body_bytes();
    let fits = |secret: &str, body: &[u8]| {
        let right = signature(&scheme(timed), secret.as_bytes(), &moment, "", body);
        if fault == Fault::HalfCompared {
            given.get(..16) == right.get(..16)
        } else if fault == Fault::BegunCompared {
            !given.is_empty() && right.starts_with(&given)
        } else {
            given == right
        }
    };
    let taken = fits(SECRET, body)
        || (fault == Fault::EmptySecret && fits("", body))
        || (fault == Fault::BodyIgnored && fits(SECRET, b""));
    taken.then_some(given)
}

async fn outcomes(api: FakeApi) -> Vec<Outcome> {
    let bench = Bench::new(api);
    let mut found = Vec::new();
    for check in crate::checks() {
        let contribution = check.contribute(bench.api.spec());
        found.extend(
            contribution
                .not_testable
                .into_iter()
                .map(|(_, missing)| Outcome::NotTestable { missing }),
        );
        for group in contribution.groups {
            let verdicts = (group.run)(&bench.ctx()).await;
            found.extend(verdicts.into_iter().map(|verdict| verdict.into_parts().1));
        }
    }
    found
}

/// Titles of findings of both checks.
async fn titles(fault: Fault, timed: bool, refuses_duplicates: bool) -> Vec<String> {
    let mut titles = Vec::new();
    for outcome in outcomes(server(fault, timed, refuses_duplicates)).await {
        match outcome {
            Outcome::Fail { findings } => titles.extend(findings.into_iter().map(|finding| finding.title)),
            Outcome::Pass { .. } => {}
            other => panic!("{fault:?}: {other:?}"),
        }
    }
    titles
}

#[tokio::test]
async fn a_sound_server_passes() {
    assert_eq!(titles(Fault::None, true, false).await, [""; 0]);
    assert_eq!(titles(Fault::None, true, true).await, [""; 0]);
    assert_eq!(titles(Fault::None, false, true).await, [""; 0]);
}

#[tokio::test]
async fn each_fault_is_told_by_its_row() {
    for (fault, words) in [
        (Fault::Unsigned, "without a signature"),
        (Fault::BodyIgnored, "of an empty body"),
        (Fault::HalfCompared, "only the first half"),
        (Fault::BegunCompared, "only the beginning"),
        (Fault::EmptySecret, "an empty secret"),
        (Fault::Stale, "older than the tolerance"),
        (Fault::Duplicate, "was taken before"),
    ] {
        let titles = titles(fault, true, true).await;
        assert!(titles.len() == 1 && titles[0].contains(words), "{fault:?}: {titles:?}");
    }
}

#[tokio::test]
async fn without_a_control_nothing_is_proven() {
    for fault in [Fault::RefusesAll, Fault::Down] {
        for outcome in outcomes(server(fault, true, false)).await {
            match outcome {
                Outcome::Inconclusive { undecided } => {
                    assert_eq!(undecided.cause, Cause::ControlFailed);
                    assert!(undecided.settle.expect("a line").starts_with("signed:"));
                }
                other => panic!("{fault:?}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_answers_200_to_everything_is_undecided() {
    for outcome in outcomes(server(Fault::Anything, true, false)).await {
        assert!(matches!(outcome, Outcome::Inconclusive { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_refusal_that_says_nothing_of_the_signature_is_undecided() {
    for outcome in outcomes(server(Fault::Unprocessable, true, false)).await {
        assert!(matches!(outcome, Outcome::Inconclusive { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_scheme_without_a_moment_says_what_it_lacks() {
    let outcomes = outcomes(server(Fault::None, false, false)).await;
    assert!(matches!(&outcomes[0], Outcome::Pass { .. }), "{outcomes:?}");
    match &outcomes[1] {
        Outcome::NotTestable { missing } => assert!(missing.add.as_ref().expect("a line").contains("duplicates")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn pages_name_their_rows() {
    let pages = [
        (
            include_str!("forged_delivery/check.md"),
            crate::forged_delivery::ROWS.as_slice(),
        ),
        (
            include_str!("replayed_delivery/check.md"),
            crate::replayed_delivery::ROWS.as_slice(),
        ),
    ];
    for (page, rows) in pages {
        let named: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("- `")?.split_once("`: "))
            .map(|(id, _)| id)
            .collect();
        let ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
        assert_eq!(named, ids);
    }
}
