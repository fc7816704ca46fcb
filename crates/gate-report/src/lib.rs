//! gate-report
