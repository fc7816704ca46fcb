//! `recovery/foreign-token`: is the token of one account refused for another?

use std::sync::Arc;

use gate_model::Missing;
use gate_spec::RecoveryKind;

use crate::story_check::{Read, Stories, StoryCheck, Violation};

/// The check.
pub(crate) fn check(stories: &Arc<Stories>) -> StoryCheck {
    StoryCheck::new(
        include_str!("check.md"),
        |spec, flow| {
            let told = matches!(flow.kind, RecoveryKind::PasswordReset | RecoveryKind::OneTimeCode);
            if !told || !flow.names_account() {
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
                Some(Err(reason)) => Read::Undecided(reason.clone()),
                Some(Ok(tried)) if tried.worked => Read::Violated(Violation {
                    title: format!("a {noun} of one account works for another"),
                    detail: format!(
                        "the {noun} of {subject}, sent with the account of {other}, {}",
                        tried.said
                    ),
                    shown: vec![(tried.exchange.clone(), None)],
                    severity: None,
                }),
                Some(Ok(tried)) => Read::Holds(format!(
                    "the {noun} of {subject}, sent with the account of {other}, {}",
                    tried.said
                )),
            }
        },
        stories,
    )
}
