//! gate-plan
