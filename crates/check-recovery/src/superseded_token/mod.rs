//! `recovery/superseded-token`: is a token refused once a newer one was sent?

use std::sync::Arc;

use gate_model::Severity;
use gate_spec::RecoveryKind;

use crate::story_check::{Read, Stories, StoryCheck, Violation};

/// The check.
pub(crate) fn check(stories: &Arc<Stories>) -> StoryCheck {
    StoryCheck::new(
        include_str!("check.md"),
        |_, _| Some(Ok(())),
        |flow, _, story| {
            let noun = flow.kind.noun();
            match &story.superseded {
                Err(reason) => Read::Undecided(reason.clone()),
                Ok(tried) if tried.worked => Read::Violated(Violation {
                    title: format!("a {noun} still works after a newer one was sent"),
                    detail: format!("the first {noun} {}, after a second one had been sent", tried.said),
                    shown: vec![(tried.exchange.clone(), None)],
                    severity: (flow.kind != RecoveryKind::OneTimeCode).then_some(Severity::Note),
                }),
                Ok(tried) => Read::Holds(format!("the first of two {noun}s {}", tried.said)),
            }
        },
        stories,
    )
}
