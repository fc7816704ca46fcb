//! `recovery/expired-token`: is a token refused after its time has passed?

use std::sync::Arc;

use gate_model::Missing;

use crate::story::MAX_WAIT;
use crate::story_check::{Read, Stories, StoryCheck};

/// The check.
pub(crate) fn check(stories: &Arc<Stories>) -> StoryCheck {
    StoryCheck::new(
        include_str!("check.md"),
        |_, flow| {
            let short = flow.lifetime.is_some_and(|lifetime| lifetime <= MAX_WAIT);
            Some(if short || flow.expired.is_some() {
                Ok(())
            } else {
                Err(Missing {
                    what: format!("no {} is there whose time has passed", flow.kind.noun()),
                    add: Some(format!(
                        "recovery: {{ {}: {{ expired: \"${{OLD_TOKEN}}\" }} }}   # or `lifetime: 30s`, where a test target has such",
                        flow.kind.word()
                    )),
                })
            })
        },
        |flow, _, story| {
            let noun = flow.kind.noun();
            match &story.expired {
                None => Read::DoesNotApply(format!("no {noun} is there whose time has passed")),
                Some(tried) => {
                    let what = format!("a {noun} whose time had passed");
                    Read::of_try(tried, &what, format!("a {noun} works after its time has passed"), None)
                }
            }
        },
        stories,
    )
}
