//! check-leak
