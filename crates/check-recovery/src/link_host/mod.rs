//! `recovery/link-host`: does the link in a message lead to the application, whatever host the request named?

use std::sync::Arc;

use crate::story_check::{Read, Stories, StoryCheck, Violation};

/// The check.
pub(crate) fn check(stories: &Arc<Stories>) -> StoryCheck {
    StoryCheck::new(
        include_str!("check.md"),
        |_, _| Some(Ok(())),
        |flow, _, story| {
            let noun = flow.kind.noun();
            let (mut said, mut shown, mut headers) = (Vec::new(), Vec::new(), Vec::new());
            for asked in &story.asked {
                for (header, host) in &asked.hosts {
                    match &asked.message {
                        Some(message) if message.text.to_ascii_lowercase().contains(host.as_str()) => {
                            headers.push(*header);
                            shown.push((asked.exchange.clone(), None));
                            shown.extend(message.exchange.clone().map(|found| (found, Some(host.clone()))));
                        }
                        Some(_) => said.push(format!("`{header}` did not get into the message")),
                        None => said.push(format!("`{header}` was answered {}", asked.exchange.status)),
                    }
                }
            }
            if headers.is_empty() {
                return Read::Holds(format!("of made-up hosts, {}", said.join(", ")));
            }
            let headers = headers.join("` and `");
            shown.truncate(4);
            Read::Violated(Violation {
                title: format!("the host of a request gets into the message with the {noun}"),
                detail: format!("the message names a host that was made up for the header `{headers}` of the request"),
                shown,
                severity: None,
            })
        },
        stories,
    )
}
