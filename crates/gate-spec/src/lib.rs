//! gate-spec
