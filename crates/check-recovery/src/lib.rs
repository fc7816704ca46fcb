//! Checks of tokens that are sent by mail to prove who somebody is: password resets, one-time codes, verifications of an
//! address, invitations.
//!
//! All questions about one kind of token are answered by one story (`story`): it asks for a few tokens, finds them where the
//! plan says that messages are looked up, uses them in the ways that must fail and in the one that must work, and puts
//! everything back. Each check reads its answer from that story.

mod account_enumeration;
mod another_account;
mod ask;
mod derived;
mod expired_token;
mod foreign_token;
mod guessable_token;
mod link_host;
mod mailbox;
mod message;
mod needs;
mod present;
mod shape;
mod story;
mod story_check;
mod superseded_token;
mod token_in_answer;
mod token_reuse;
mod values;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use gate_check::Check;

use crate::story_check::Stories;

/// The checks of this family.
pub fn checks() -> Vec<Box<dyn Check>> {
    let stories: Arc<Stories> = Arc::default();
    vec![
        Box::new(token_reuse::check(&stories)),
        Box::new(superseded_token::check(&stories)),
        Box::new(expired_token::check(&stories)),
        Box::new(foreign_token::check(&stories)),
        Box::new(guessable_token::check(&stories)),
        Box::new(token_in_answer::check(&stories)),
        Box::new(link_host::check(&stories)),
        Box::new(account_enumeration::AccountEnumeration::new()),
    ]
}
