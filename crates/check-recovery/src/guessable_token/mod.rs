//! `recovery/guessable-token`: can a token not be guessed?

use std::sync::Arc;

use gate_model::{Cause, Undecided};

use crate::shape::{Sample, Shape, shape};
use crate::story_check::{Read, Stories, StoryCheck, Violation};

/// Tokens that a verdict needs.
const NEEDED: usize = 3;

/// The check.
pub(crate) fn check(stories: &Arc<Stories>) -> StoryCheck {
    StoryCheck::new(
        include_str!("check.md"),
        |_, _| Some(Ok(())),
        |flow, spec, story| {
            let noun = flow.kind.noun();
            let last = story.asked.len().saturating_sub(1);
            let samples: Vec<Sample<'_>> = story
                .asked
                .iter()
                .enumerate()
                .filter_map(|(at, asked)| {
                    Some(Sample {
                        token: &asked.message.as_ref()?.token,
                        at: asked.at,
                        after_use: at == last,
                    })
                })
                .collect();
            if samples.len() < NEEDED {
                return Read::Undecided(Undecided::new(
                    Cause::TooFewSamples,
                    format!("{} {noun}s came, and {NEEDED} are needed", samples.len()),
                ));
            }
            let subject = spec.settings.recovery.subject.as_ref();
            let known: Vec<&str> = subject
                .and_then(|name| spec.identities.get(name))
                .into_iter()
                .flat_map(|identity| &identity.fields)
                .filter(|(name, _)| name != "password")
                .map(|(_, value)| value.expose().as_str())
                .collect();
            // An account that the request names and the server does not look at is no hurdle.
            let alone = story
                .foreign
                .as_ref()
                .is_some_and(|tried| tried.as_ref().is_ok_and(|tried| tried.for_its_own));
            match shape(&samples, flow.names_account() && !alone, &known) {
                Shape::Sound(what) => Read::Holds(what),
                Shape::Guessable(why) => Read::Violated(Violation {
                    title: format!("a {noun} can be guessed: {why}"),
                    detail: format!("{} {noun}s were asked for one after the other: {why}", samples.len()),
                    shown: story
                        .asked
                        .iter()
                        .take(1)
                        .map(|asked| (asked.exchange.clone(), None))
                        .collect(),
                    severity: None,
                }),
            }
        },
        stories,
    )
}
