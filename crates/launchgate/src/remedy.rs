//! The line of the plan that settles an open case, where the check that left it open does not know one.

use gate_model::{CaseResult, Cause, Missing, Outcome, Undecided};
use gate_spec::Spec;

/// The pace that is proposed to a target that throttles.
const PACE: &str = "5/s";

/// Gives every undecided and not testable case a line to paste.
pub(crate) fn complete(spec: &Spec, cases: &mut [CaseResult]) {
    join_lost_sessions(spec, cases);
    for result in cases {
        let case = result.case.clone();
        if let Outcome::Inconclusive { undecided } = &mut result.outcome {
            name_limit(spec, &case, undecided);
        }
        match &mut result.outcome {
            Outcome::Inconclusive { undecided } if undecided.settle.is_none() => {
                undecided.settle = settle(spec, &case, undecided);
            }
            Outcome::NotTestable { missing } => complete_missing(&case, missing),
            _ => {}
        }
    }
}

/// A limit that stood in the way is named, where the plan declares it.
fn name_limit(spec: &Spec, case: &gate_model::Case, undecided: &mut Undecided) {
    let mut limits = spec.settings.rate_limits.iter();
    if undecided.cause == Cause::Throttled
        && let Some(limit) = limits.find(|limit| Some(&limit.operation) == case.operation.as_ref())
    {
        let declared = format!("; the plan declares a limit there: {limit}");
        undecided.detail.push_str(&declared);
    }
}

/// What cannot be tested at all can be taken out of the report.
pub(crate) fn complete_missing(case: &gate_model::Case, missing: &mut Missing) {
    missing
        .add
        .get_or_insert_with(|| format!("checks: {{ off: {{ {}: say here why }} }}", case.check));
}

/// A session that ended and whose login is refused from then on is one trouble: the login.
fn join_lost_sessions(spec: &Spec, cases: &mut [CaseResult]) {
    for identity in spec.identities.keys() {
        let login = format!("{identity} cannot log in");
        let session = format!("{identity}'s session");
        let failed = cases.iter().find_map(|result| match &result.outcome {
            Outcome::Inconclusive { undecided }
                if undecided.cause == Cause::LoginFailed && undecided.detail.starts_with(&login) =>
            {
                Some(undecided.clone())
            }
            _ => None,
        });
        let Some(failed) = failed else { continue };
        for result in cases.iter_mut() {
            if let Outcome::Inconclusive { undecided } = &mut result.outcome
                && undecided.cause == Cause::SessionLost
                && undecided.detail.starts_with(&session)
            {
                undecided.clone_from(&failed);
            }
        }
    }
}

/// What usually settles a cause. Nothing in the plan settles what was interrupted or is a defect of the gate.
fn settle(spec: &Spec, case: &gate_model::Case, undecided: &Undecided) -> Option<String> {
    let cause = undecided.cause;
    let operation = case.operation.as_ref();
    let request = || operation.map(|operation| spec.stub_request(operation));
    let limits = &spec.settings.limits;
    Some(match cause {
        Cause::TargetDown => format!(
            "target: {{ start: {{ run: npm start, ready: GET /, within: 60s }} }}   # or start what `url` names ({}) \
             before the gate",
            spec.target.url
        ),
        Cause::LoginFailed | Cause::IdentityUnproven => {
            let named = |name: &&gate_model::IdentityName| {
                undecided
                    .detail
                    .split(|c: char| c.is_whitespace() || c == '\'')
                    .any(|word| word == name.as_str())
            };
            match spec.identities.keys().find(named) {
                Some(name) => format!("{}   # credentials that work", spec.stub_credentials(name)),
                None => spec.stub_identity(None),
            }
        }
        Cause::SessionLost => format!(
            "{}   # or test accounts with longer sessions, used by nobody else",
            spec.stub_refresh()
        ),
        Cause::Throttled => format!("target: {{ pace: {PACE} }}   # or a limit that the run fits under"),
        Cause::Transport => format!("limits: {{ timeout: {} }}", longer(limits.timeout)),
        Cause::Budget => format!("limits: {{ requests: {} }}", limits.requests.saturating_mul(2)),
        Cause::Deadline => format!("limits: {{ deadline: {} }}", longer(limits.deadline)),
        Cause::ObjectMissing | Cause::ReadBack => match (&case.resource, request()) {
            (Some(kind), _) if cause == Cause::ObjectMissing => spec.stub_create(kind),
            (Some(kind), _) => spec.stub_read(kind),
            (None, request) => request?,
        },
        Cause::ControlFailed | Cause::ControlLost | Cause::NeitherAnswer => request().unwrap_or_else(|| off(case)),
        Cause::Flaky => match operation {
            Some(operation) => spec.stub_skip(operation),
            None => off(case),
        },
        Cause::NothingSeen | Cause::TooFewSamples | Cause::NotScanned => off(case),
        Cause::Interrupted | Cause::NoVerdict => return None,
    })
}

fn off(case: &gate_model::Case) -> String {
    format!("checks: {{ off: {{ {}: say here why }} }}", case.check)
}

/// Twice as long, in a form that the plan takes.
fn longer(time: std::time::Duration) -> String {
    humantime::format_duration(std::time::Duration::from_secs(time.as_secs().max(1) * 2))
        .to_string()
        .replace(' ', "")
}
