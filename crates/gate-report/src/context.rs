//! What a report says beside the run itself.

use std::sync::Arc;

use gate_model::CheckPage;

/// What whoever writes a report knows beside the run.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The pages of the checks; their words are the help of a finding where a format has room for it.
    pub pages: Vec<Arc<CheckPage>>,
    /// The working folder as a path from the root of the repository, with forward slashes; empty where it is the root. Formats
    /// that name files from there need it.
    pub below: String,
}
