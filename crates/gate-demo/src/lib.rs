//! gate-demo
