//! `recovery/token-reuse`: is a token refused after it was used?

use std::sync::Arc;

use gate_model::Severity;
use gate_spec::RecoveryKind;

use crate::story_check::{Read, Stories, StoryCheck};

/// The check.
pub(crate) fn check(stories: &Arc<Stories>) -> StoryCheck {
    StoryCheck::new(
        include_str!("check.md"),
        |_, _| Some(Ok(())),
        |flow, _, story| {
            let noun = flow.kind.noun();
            let what = format!("the {noun} that had just been used");
            // To say once more that an address is one's own gives nothing to anybody.
            let severity = (flow.kind == RecoveryKind::Verification).then_some(Severity::Note);
            Read::of_try(&story.reused, &what, format!("a {noun} works more than once"), severity)
        },
        stories,
    )
}
