//! What a step of GitHub Actions writes beside its log: annotations of lines, and outputs for later steps.

pub(crate) mod annotations;
pub(crate) mod outputs;
