//! gate-openapi
