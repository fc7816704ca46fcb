//! What a flow needs before it can be tried, and the line of the plan that gives it.

use gate_model::{Missing, SkipReason};
use gate_spec::{RecoveryFlow, Spec};

/// Where messages are usually looked up in tests: Mailpit, with the list and the single message.
const MAIL: &str = "mail: { get: \"http://127.0.0.1:8025/api/v1/search?query=to:{{email}}\", each: \"$.messages[*].ID\", \
                    then: \"GET http://127.0.0.1:8025/api/v1/message/{{message}}\" }";

/// What is missing, if anything is.
pub(crate) fn missing(spec: &Spec, flow: &RecoveryFlow) -> Option<Missing> {
    if flow.mail.is_none() {
        return Some(Missing {
            what: "the plan does not say where messages are looked up".to_owned(),
            add: Some(format!("recovery: {{ {MAIL} }}")),
        });
    }
    if spec.settings.recovery.subject.is_none() {
        return Some(Missing {
            what: "no identity is there whose tokens may be asked for and whose password may be set anew".to_owned(),
            add: Some(spec.stub_login()),
        });
    }
    None
}

/// Why a flow may not be tried, if it may not.
pub(crate) fn skipped(spec: &Spec, flow: &RecoveryFlow) -> Option<SkipReason> {
    let left_out = [&flow.request_operation, &flow.confirm_operation]
        .into_iter()
        .flatten()
        .find_map(|id| spec.operations.get(id)?.skip.clone());
    if let Some(reason) = left_out {
        return Some(SkipReason::Plan(reason));
    }
    (!spec.writes_allowed()).then(|| {
        SkipReason::WritesNotAllowed(format!(
            "a {} is sent and used, and the target is not on loopback without `writes: true`",
            flow.kind.noun()
        ))
    })
}
