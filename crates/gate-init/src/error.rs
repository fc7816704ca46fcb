//! Why there is no first plan.

use gate_plan::Diagnostics;
use thiserror::Error;

/// Why there is no first plan.
#[derive(Debug, Error)]
pub enum InitError {
    /// Nothing listens there, or it cannot be spoken to.
    #[error("{0}")]
    TargetSilent(String),
    /// No document was found.
    #[error(
        "no OpenAPI document was found at {url}, under none of {count} usual paths (/openapi.json, /v3/api-docs, /swagger.json, …): \
         name it with --openapi, a file, an address, or a path on the API"
    )]
    NoDocument {
        /// The address.
        url: String,
        /// Paths that were tried.
        count: usize,
    },
    /// The document cannot be used.
    #[error("{place} is no OpenAPI document that can be used: {reason}")]
    Document {
        /// Where it is.
        place: String,
        /// Why not.
        reason: String,
    },
    /// What was given makes no plan.
    #[error("{0}")]
    Wrong(Diagnostics),
    /// The client cannot be set up.
    #[error("{0}")]
    Client(#[from] gate_exchange::ClientError),
}
