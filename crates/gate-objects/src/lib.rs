//! gate-objects
