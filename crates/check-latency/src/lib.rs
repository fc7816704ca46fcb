//! check-latency
