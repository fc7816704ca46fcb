//! Each check on a fake that is right, on one that is wrong in its way alone, and on those that leave it undecided.

use gate_check::testkit::{Bench, FakeApi};
use gate_model::{Cause, Outcome, Severity};
use gate_spec::RecoveryKind::{self, OneTimeCode, PasswordReset, Verification};

use crate::fake::{Fault, server};

/// The outcome of every check by its name.
async fn outcomes(api: FakeApi) -> Vec<(String, Outcome)> {
    let bench = Bench::new(api);
    let mut found = Vec::new();
    for check in crate::checks() {
        let contribution = check.contribute(bench.api.spec());
        for (case, missing) in contribution.not_testable {
            found.push((case.check.to_string(), Outcome::NotTestable { missing }));
        }
        for group in contribution.groups {
            for verdict in (group.run)(&bench.ctx()).await {
                let (case, outcome) = verdict.into_parts();
                let check = case.as_str().split(' ').next().unwrap_or_default().to_owned();
                found.push((check, outcome));
            }
        }
    }
    found
}

async fn red(kind: RecoveryKind, faults: &[Fault]) -> Vec<(String, Severity)> {
    let mut red = Vec::new();
    for (check, outcome) in outcomes(server(kind, faults)).await {
        match outcome {
            Outcome::Fail { findings } => red.push((check, findings[0].severity)),
            Outcome::Pass { proof } => assert!(!proof.is_empty()),
            other => panic!("{faults:?}: {check}: {other:?}"),
        }
    }
    red
}

fn only(check: &str, severity: Severity) -> Vec<(String, Severity)> {
    vec![(format!("recovery/{check}"), severity)]
}

#[tokio::test]
async fn a_sound_server_passes_everything() {
    for faults in [&[][..], &[Fault::Unprocessable], &[Fault::AccountIgnored]] {
        assert_eq!(red(PasswordReset, faults).await, [], "{faults:?}");
    }
    assert_eq!(red(Verification, &[]).await, []);
}

#[tokio::test]
async fn each_fault_turns_its_check_red_alone() {
    use Severity::{Critical, High, Medium, Note};
    for (fault, check, severity) in [
        (Fault::Reusable, "token-reuse", High),
        (Fault::ReusedBehindRefusal, "token-reuse", High),
        (Fault::NotSuperseded, "superseded-token", Note),
        (Fault::NeverExpires, "expired-token", Medium),
        (Fault::AnyAccount, "foreign-token", Critical),
        (Fault::Sequential, "guessable-token", High),
        (Fault::InAnswer, "token-in-answer", Critical),
        (Fault::ForwardedHost, "link-host", High),
        (Fault::HostHeader, "link-host", High),
        (Fault::TellsAccounts, "account-enumeration", Note),
    ] {
        assert_eq!(red(PasswordReset, &[fault]).await, only(check, severity), "{fault:?}");
    }
    assert_eq!(red(Verification, &[Fault::Reusable]).await, only("token-reuse", Note));
}

#[tokio::test]
async fn an_older_code_that_works_is_no_mere_note() {
    let outcomes = outcomes(server(OneTimeCode, &[Fault::NotSuperseded])).await;
    let superseded = outcomes.iter().find(|(check, _)| check == "recovery/superseded-token");
    match superseded {
        Some((_, Outcome::Fail { findings })) => assert_eq!(findings[0].severity, Severity::Medium),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn without_a_control_nothing_is_proven() {
    for (fault, cause) in [
        (Fault::Silent, Cause::NothingSeen),
        (Fault::Broken, Cause::ControlFailed),
        (Fault::Idle, Cause::ControlFailed),
        (Fault::Down, Cause::ControlFailed),
    ] {
        let outcomes = outcomes(server(PasswordReset, &[fault])).await;
        assert_eq!(outcomes.len(), 8);
        // What is asked of accounts needs no message.
        for (check, outcome) in outcomes
            .into_iter()
            .filter(|(check, _)| !check.ends_with("enumeration"))
        {
            match outcome {
                Outcome::Inconclusive { undecided } => assert_eq!(undecided.cause, cause, "{fault:?} {check}"),
                other => panic!("{fault:?}: {check}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn the_password_is_set_back() {
    for fault in [
        Fault::Reusable,
        Fault::AnyAccount,
        Fault::NeverExpires,
        Fault::NotSuperseded,
    ] {
        let bench = Bench::new(server(PasswordReset, &[fault]));
        for check in crate::checks() {
            for group in check.contribute(bench.api.spec()).groups {
                (group.run)(&bench.ctx()).await;
            }
        }
        for name in ["alice", "mallory"] {
            let works = crate::present::logs_in(&bench.ctx(), &name.into(), &format!("{name}-password")).await;
            assert!(works.expect("an answer"), "{fault:?} {name}");
        }
    }
}

#[tokio::test]
async fn without_a_mailbox_the_line_is_said() {
    let api = server(PasswordReset, &[]).with_plan(|spec| spec.settings.recovery.flows[0].mail = None);
    let outcomes = outcomes(api).await;
    assert_eq!(outcomes.len(), 8);
    for (check, outcome) in outcomes
        .into_iter()
        .filter(|(check, _)| !check.ends_with("enumeration"))
    {
        match outcome {
            Outcome::NotTestable { missing } => {
                assert!(missing.add.expect("a line").starts_with("recovery: { mail:"), "{check}");
            }
            other => panic!("{check}: {other:?}"),
        }
    }
}
