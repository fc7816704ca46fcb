//! Checks of authentication: what is answered to missing, bad and old credentials.

mod anonymous;
mod api_keys;
mod classes;
mod credential_placement;
mod credentials;
mod early_token;
mod embedded_key;
mod expired_token;
mod foreign_token;
mod forged_credential;
mod guards;
mod inputs;
mod key_confusion;
mod key_id_injection;
mod key_scope;
mod keys;
mod listener;
mod malformed_token;
mod offline;
mod raised_claim;
mod revoked_key;
mod row_check;
mod rows;
mod token_lifetime;
mod weak_signing_secret;
mod wrong_token_kind;

use std::sync::Arc;

use gate_check::Check;

use crate::inputs::Inputs;

pub use anonymous::Anonymous;
pub use classes::{asked_by, credential_class};

/// The checks of this family.
pub fn checks() -> Vec<Box<dyn Check>> {
    let inputs: Arc<Inputs> = Arc::default();
    vec![
        Box::new(Anonymous::new()),
        Box::new(forged_credential::check(&inputs)),
        Box::new(credential_placement::check(&inputs)),
        Box::new(key_confusion::check(&inputs)),
        Box::new(embedded_key::check(&inputs)),
        Box::new(key_id_injection::check(&inputs)),
        Box::new(malformed_token::check(&inputs)),
        Box::new(expired_token::check(&inputs)),
        Box::new(early_token::check(&inputs)),
        Box::new(foreign_token::check(&inputs)),
        Box::new(wrong_token_kind::check(&inputs)),
        Box::new(raised_claim::RaisedClaim::new(&inputs)),
        Box::new(revoked_key::RevokedKey::new()),
        Box::new(key_scope::KeyScope::new()),
        Box::new(weak_signing_secret::check()),
        Box::new(token_lifetime::check()),
    ]
}

#[cfg(test)]
mod corpus_tests;
