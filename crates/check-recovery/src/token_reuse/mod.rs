//! `recovery/token-reuse`: is a token refused after it was used?

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
            match &story.reused {
                Err(reason) => Read::Undecided(reason.clone()),
                Ok(tried) if tried.worked => Read::Violated(Violation {
                    title: format!("a {noun} works more than once"),
                    detail: format!("the {noun} that had just been used {}", tried.said),
                    shown: vec![(tried.exchange.clone(), None)],
                    // To say once more that an address is one's own gives nothing to anybody.
                    severity: (flow.kind == RecoveryKind::Verification).then_some(Severity::Note),
                }),
                Ok(tried) => Read::Holds(format!("the {noun} that had just been used {}", tried.said)),
            }
        },
        stories,
    )
}
