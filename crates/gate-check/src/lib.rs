//! gate-check
