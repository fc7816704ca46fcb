//! check-auth
