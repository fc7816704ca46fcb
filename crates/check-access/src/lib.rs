//! check-access
