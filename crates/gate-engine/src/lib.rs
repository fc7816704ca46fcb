//! gate-engine
