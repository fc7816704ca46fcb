//! gate-model
