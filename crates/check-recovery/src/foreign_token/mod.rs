//! `recovery/foreign-token`: is the token of one account refused for another?

use std::sync::Arc;

use gate_model::{Missing, Severity};
use gate_spec::RecoveryKind;

use crate::story_check::{Read, Stories, StoryCheck};

/// The check.
pub(crate) fn check(stories: &Arc<Stories>) -> StoryCheck {
    StoryCheck::new(
        include_str!("check.md"),
        |spec, flow| {
            if !flow.names_account() {
                // A request that names no account cannot name another one.
                return None;
            }
            Some(if spec.settings.recovery.other.is_some() {
                Ok(())
            } else {
                Err(Missing {
                    what: "no second account is there that the token of the first one could be tried on".to_owned(),
                    add: Some(spec.stub_identity(None)),
                })
            })
        },
        |flow, spec, story| {
            let noun = flow.kind.noun();
            let name =
                |name: &Option<gate_model::IdentityName>| name.as_ref().map(ToString::to_string).unwrap_or_default();
            let recovery = &spec.settings.recovery;
            let (subject, other) = (name(&recovery.subject), name(&recovery.other));
            match &story.foreign {
                None => Read::DoesNotApply(format!("the request that uses a {noun} names no account")),
                Some(tried) => {
                    let what = format!("the {noun} of {subject}, sent with the account of {other},");
                    // What is proven of an address is not yet a way into an account.
                    let severity = match flow.kind {
                        RecoveryKind::PasswordReset | RecoveryKind::OneTimeCode => None,
                        RecoveryKind::Verification | RecoveryKind::Invitation => Some(Severity::High),
                    };
                    Read::of_try(
                        tried,
                        &what,
                        format!("a {noun} of one account works for another"),
                        severity,
                    )
                }
            }
        },
        stories,
    )
}
