//! `recovery/token-in-answer`: does whoever asks for a token not get it in the answer?

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use gate_exchange::Exchange;
use gate_model::Severity;
use gate_spec::RecoveryKind;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::story_check::{Read, Stories, StoryCheck, Violation};

/// Tokens shorter than this stand in a text by chance; two of them in their own answers do not.
const SHORT: usize = 8;

/// The check.
pub(crate) fn check(stories: &Arc<Stories>) -> StoryCheck {
    StoryCheck::new(
        include_str!("check.md"),
        |_, _| Some(Ok(())),
        |flow, _, story| {
            let noun = flow.kind.noun();
            let shown: Vec<(&Exchange, &str)> = story
                .asked
                .iter()
                .filter_map(|asked| Some((&asked.exchange, asked.message.as_ref()?.token.as_str())))
                .collect();
            let leaks: Vec<_> = shown.iter().filter(|(answer, token)| holds(answer, token)).collect();
            let needed = if shown.iter().any(|(_, token)| token.len() < SHORT) {
                2
            } else {
                1
            };
            if leaks.len() < needed {
                return Read::Holds(format!(
                    "{} answers to requests for a {noun} did not hold it",
                    shown.len()
                ));
            }
            Read::Violated(Violation {
                title: format!("a {noun} is given to whoever asks for it"),
                detail: format!("the answer to the request for a {noun} holds the one that was mailed"),
                shown: leaks
                    .iter()
                    .take(1)
                    .map(|(answer, token)| ((*answer).clone(), Some((*token).to_owned())))
                    .collect(),
                // Whoever invites may see what he sends.
                severity: (flow.kind == RecoveryKind::Invitation && flow.by.is_some()).then_some(Severity::Note),
            })
        },
        stories,
    )
}

/// Whether an answer holds a token, plain, as a link or JSON escapes it, or encoded.
fn holds(answer: &Exchange, token: &str) -> bool {
    let escaped = utf8_percent_encode(token, NON_ALPHANUMERIC).to_string();
    let quoted = serde_json::Value::from(token).to_string();
    let quoted = quoted.trim_matches('"').to_owned();
    let mut forms = vec![token.to_owned(), escaped, quoted];
    // Six digits in hexadecimal are twelve, and in base64 eight letters: no text holds them by chance.
    forms.push(STANDARD_NO_PAD.encode(token));
    forms.push(URL_SAFE_NO_PAD.encode(token));
    forms.push(token.bytes().map(|byte| format!("{byte:02x}")).collect());
    forms.push(token.chars().rev().collect());
    let body = answer.text();
    forms.iter().any(|form| {
        body.contains(form.as_str()) || answer.headers.iter().any(|(_, value)| value.contains(form.as_str()))
    })
}
