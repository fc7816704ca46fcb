//! gate-exchange
