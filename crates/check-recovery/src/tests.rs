//! Each check on a fake that is right, on one that is wrong in its way alone, and on those that leave it undecided.

use gate_check::testkit::{Bench, FakeApi};
use gate_model::{Cause, Outcome, Severity};
use gate_spec::RecoveryKind::{self, Invitation, OneTimeCode, PasswordReset, Verification};
use gate_spec::{MailLookUp, MailPlace, Method, RequestTemplate, Spec, Template};

use crate::fake::{Fault, LIFETIME, server, server_with_log};

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
        (Fault::PageHost, "link-host", High),
        (Fault::TellsAccounts, "account-enumeration", Note),
    ] {
        assert_eq!(red(PasswordReset, &[fault]).await, only(check, severity), "{fault:?}");
    }
}

/// Tokens that are signed over the password work until it changes: the first one that is used ends the others.
#[tokio::test]
async fn tokens_that_end_with_the_password_are_judged() {
    let found = red(PasswordReset, &[Fault::UntilChanged]).await;
    assert_eq!(found, only("superseded-token", Severity::Note));
}

/// Six digits are enough beside an account, and not where the account that a request names is not looked at.
#[tokio::test]
async fn an_account_that_nobody_looks_at_is_no_hurdle() {
    assert_eq!(red(PasswordReset, &[Fault::SixDigits]).await, []);
    let ignored = red(PasswordReset, &[Fault::SixDigits, Fault::AccountIgnored]).await;
    assert_eq!(ignored, only("guessable-token", Severity::High));
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
        Fault::UntilChanged,
        Fault::Idle,
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

fn get(path: &str) -> RequestTemplate {
    RequestTemplate::new(Method::Get, Template::parse_path(path).expect("a path"))
}

fn looked_up(place: MailPlace) -> impl FnOnce(&mut Spec) {
    move |spec| {
        let within = std::time::Duration::from_secs(5);
        spec.settings.recovery.flows[0].mail = Some(MailLookUp { place, within });
    }
}

/// Checks that fail, of those that the messages are for.
async fn red_of(api: FakeApi) -> Vec<String> {
    let failed = outcomes(api)
        .await
        .into_iter()
        .filter_map(|(check, outcome)| match outcome {
            Outcome::Fail { .. } => Some(check),
            Outcome::Pass { .. } => None,
            other => panic!("{check}: {other:?}"),
        });
    failed.collect()
}

#[tokio::test]
async fn messages_are_fetched_one_by_one_where_a_list_holds_their_ids() {
    let place = || MailPlace::Http {
        request: get("/mail-ids?to={{email}}"),
        each: Some("$.messages[*].ID".to_owned()),
        then: Some(get("/mail/{{message}}")),
    };
    let sound = server(PasswordReset, &[]).with_plan(looked_up(place()));
    assert_eq!(red_of(sound).await, Vec::<String>::new());
    let reusable = server(PasswordReset, &[Fault::Reusable]).with_plan(looked_up(place()));
    assert_eq!(red_of(reusable).await, ["recovery/token-reuse"]);
    // A message that cannot be fetched is none.
    let lost = MailPlace::Http {
        request: get("/mail-ids?to={{email}}"),
        each: Some("$.messages[*].ID".to_owned()),
        then: Some(get("/mail/mx{{message}}")),
    };
    let api = server(PasswordReset, &[]).with_plan(looked_up(lost));
    for (check, outcome) in outcomes(api).await {
        if check.ends_with("enumeration") {
            continue;
        }
        let Outcome::Inconclusive { undecided } = outcome else {
            panic!("{check}: {outcome:?}")
        };
        assert!(
            undecided.detail.contains("answered 404"),
            "{check}: {}",
            undecided.detail
        );
    }
}

#[tokio::test]
async fn messages_are_found_in_a_log() {
    let folder = std::env::temp_dir().join(format!("launchgate-recovery-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let cases: [(&str, &[Fault], &[&str]); 3] = [
        ("sound", &[], &[]),
        ("reusable", &[Fault::Reusable], &["recovery/token-reuse"]),
        ("any", &[Fault::AnyAccount], &["recovery/foreign-token"]),
    ];
    for (name, faults, expected) in cases {
        let log = folder.join(name);
        // What was in it before is nobody's message.
        std::fs::write(&log, "INFO mail: https://app.test/go?token=old00old00old00old00old0\n").expect("a log");
        let place = MailPlace::Log(Some(log.to_string_lossy().into_owned()));
        let api = server_with_log(PasswordReset, faults, Some(&log)).with_plan(looked_up(place));
        assert_eq!(red_of(api).await, expected, "{name}");
    }
    // Output of a target that nothing started is nowhere.
    let api = server(PasswordReset, &[]).with_plan(looked_up(MailPlace::Log(None)));
    let outcomes = outcomes(api).await;
    let reuse = outcomes.iter().find(|(check, _)| check == "recovery/token-reuse");
    assert!(
        matches!(
            reuse,
            Some((_, Outcome::Inconclusive { .. } | Outcome::NotTestable { .. }))
        ),
        "{reuse:?}"
    );
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[tokio::test]
async fn a_short_life_of_tokens_is_waited_for() {
    let short = |spec: &mut Spec| {
        let flow = &mut spec.settings.recovery.flows[0];
        (flow.expired, flow.lifetime) = (None, Some(LIFETIME));
    };
    let sound = server(PasswordReset, &[]).with_plan(short);
    let bench = Bench::new(sound);
    let checks = crate::checks();
    let check = checks
        .iter()
        .find(|check| check.page().id.as_str() == "recovery/expired-token");
    let groups = check.expect("the check").contribute(bench.api.spec()).groups;
    let mut decided = 0;
    for group in groups {
        for verdict in (group.run)(&bench.ctx()).await {
            assert!(matches!(verdict.outcome(), Outcome::Pass { .. }), "{verdict:?}");
            decided += 1;
        }
    }
    assert_eq!(decided, 1);
    assert!(bench.api.passed() > LIFETIME, "{:?}", bench.api.passed());
    let forever = server(PasswordReset, &[Fault::NeverExpires]).with_plan(short);
    assert_eq!(red_of(forever).await, ["recovery/expired-token"]);
    // Nobody waits for a day.
    let long = server(PasswordReset, &[]).with_plan(|spec| {
        let flow = &mut spec.settings.recovery.flows[0];
        (flow.expired, flow.lifetime) = (None, Some(std::time::Duration::from_secs(24 * 3600)));
    });
    let outcomes = outcomes(long).await;
    let expired = outcomes.iter().find(|(check, _)| check == "recovery/expired-token");
    assert!(matches!(expired, Some((_, Outcome::NotTestable { .. }))), "{expired:?}");
}

#[tokio::test]
async fn verifications_and_invitations_are_bound_to_their_account() {
    use Fault::{AccountIgnored, AnyAccount, NamesAddress, Reusable};
    for (kind, reused) in [(Verification, Severity::Note), (Invitation, Severity::High)] {
        assert_eq!(red(kind, &[]).await, [], "{kind:?}");
        assert_eq!(red(kind, &[NamesAddress, AccountIgnored]).await, [], "{kind:?}");
        assert_eq!(red(kind, &[Reusable]).await, only("token-reuse", reused), "{kind:?}");
        let foreign = red(kind, &[NamesAddress, AnyAccount]).await;
        assert_eq!(foreign, only("foreign-token", Severity::High), "{kind:?}");
    }
}

/// Where the answer names neither account it is not known for which of them a token counted.
#[tokio::test]
async fn whom_a_verification_counted_for_may_stay_unknown() {
    for (kind, fault) in [
        (Verification, Fault::AnyAccount),
        (Verification, Fault::AccountIgnored),
        (Invitation, Fault::AnyAccount),
    ] {
        for (check, outcome) in outcomes(server(kind, &[fault])).await {
            match outcome {
                Outcome::Pass { .. } => assert_ne!(check, "recovery/foreign-token", "{fault:?}"),
                Outcome::Inconclusive { undecided } if check == "recovery/foreign-token" => {
                    assert_eq!(undecided.cause, Cause::NeitherAnswer);
                    assert!(undecided.detail.contains(kind.noun()), "{}", undecided.detail);
                }
                other => panic!("{kind:?} {fault:?}: {check}: {other:?}"),
            }
        }
    }
}
