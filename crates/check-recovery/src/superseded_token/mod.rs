//! `recovery/superseded-token`: is a token refused once a newer one was sent?

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
            let what = format!("the first of two {noun}s, after the second one had been sent,");
            let title = format!("a {noun} still works after a newer one was sent");
            let severity = (flow.kind != RecoveryKind::OneTimeCode).then_some(Severity::Note);
            Read::of_try(&story.superseded, &what, title, severity)
        },
        stories,
    )
}
