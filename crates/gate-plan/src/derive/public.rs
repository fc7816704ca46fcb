//! Which operations anybody may call, as far as the document says.

use gate_model::Notice;
use gate_openapi as oas;
use gate_spec::{Effect, PublicReason};

use super::routes::Source;
use super::words::squashed;

/// Whether credentials are asked for; `None` where the document is silent.
pub(super) fn secured(operation: Option<&oas::Operation>) -> Option<bool> {
    match &operation?.security {
        oas::Security::Required(_) => Some(true),
        oas::Security::Public | oas::Security::Optional => Some(false),
        oas::Security::Undeclared => None,
    }
}

/// Whether anybody may call it.
pub(super) fn public(source: &Source<'_>, secured: Option<bool>, effect: Effect, login: bool) -> Option<PublicReason> {
    if login || (effect == Effect::IssuesCredentials && secured != Some(true)) {
        Some(PublicReason::Login)
    } else if secured == Some(false) {
        Some(PublicReason::Document)
    } else if secured.is_none() && source.document.is_some() && source.method.is_safe() && for_everybody(&source.path) {
        Some(PublicReason::Name)
    } else {
        None
    }
}

/// What is said once about a document that is silent.
pub(super) fn notices(sources: &[Source<'_>]) -> Vec<Notice> {
    let operations = || {
        sources
            .iter()
            .filter_map(|source| source.document.map(|operation| (source, operation)))
    };
    if operations().next().is_none() {
        return Vec::new();
    }
    let silent: Vec<&Source<'_>> = operations()
        .filter(|(_, operation)| operation.security == oas::Security::Undeclared)
        .map(|(source, _)| source)
        .collect();
    let mut notices = Vec::new();
    if silent.len() == operations().count() {
        notices.push(Notice::info(
            "the OpenAPI document says nothing about security, so every operation is taken to need a login; \
             declare `security` in it, or name what is public in the plan",
        ));
    }
    let (by_name, others): (Vec<&Source<'_>>, Vec<&Source<'_>>) = silent
        .into_iter()
        .filter(|source| source.method.is_safe())
        .partition(|source| for_everybody(&source.path));
    if !by_name.is_empty() {
        let named: Vec<String> = by_name.iter().take(10).map(|source| source.id().to_string()).collect();
        notices.push(Notice::info(format!(
            "public by name, as the document says nothing about them: {}; `operations: {{ \"{}\": {{ public: false }} }}` has one tested",
            named.join(", "),
            named[0]
        )));
    }
    let open: Vec<String> = others
        .iter()
        .filter(|source| last(&source.path).is_none_or(|last| PERHAPS.contains(&last.as_str())))
        .take(10)
        .map(|source| {
            format!(
                "  \"{}\": {{ public: {{ reason: health or documentation }} }}",
                source.id()
            )
        })
        .collect();
    if !open.is_empty() {
        notices.push(Notice::info(format!(
            "these look public, but the document does not say so; if they are, paste into the plan:\noperations:\n{}",
            open.join("\n")
        )));
    }
    notices
}

/// What is public wherever it is found: probes of health, documentation, public keys, files for crawlers.
const EVERYBODYS: [&str; 27] = [
    "health",
    "healthz",
    "healthcheck",
    "ready",
    "readyz",
    "readiness",
    "live",
    "livez",
    "liveness",
    "alive",
    "ping",
    "docs",
    "redoc",
    "swagger",
    "swaggerui",
    "apidocs",
    "openapi",
    "openapijson",
    "openapiyaml",
    "openapiyml",
    "swaggerjson",
    "swaggeryaml",
    "robotstxt",
    "faviconico",
    "jwksjson",
    "jwks",
    "openidconfiguration",
];

/// What may stand before it.
const BEFORE: [&str; 7] = ["api", "public", "actuator", "health", "wellknown", "system", "docs"];

/// What is often public, and often tells too much to be.
const PERHAPS: [&str; 4] = ["status", "version", "metrics", "info"];

/// Whether a path is by its name there for everybody: `/healthz`, `/api/v1/health/live`, but not `/orders/ready`.
fn for_everybody(path: &str) -> bool {
    if path.contains('{') {
        return false;
    }
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(squashed)
        .collect();
    let Some((last, before)) = segments.split_last() else {
        return false;
    };
    EVERYBODYS.contains(&last.as_str())
        && before
            .iter()
            .all(|segment| segment.is_empty() || BEFORE.contains(&segment.as_str()) || is_version(segment))
}

/// `v1`, `v2beta`, `2024`.
fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix('v').unwrap_or(segment);
    digits.starts_with(|c: char| c.is_ascii_digit())
}

fn last(path: &str) -> Option<String> {
    path.rsplit('/').find(|segment| !segment.is_empty()).map(squashed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_everybody() {
        for path in [
            "/health",
            "/healthz",
            "/api/v1/health/live",
            "/openapi.json",
            "/.well-known/jwks.json",
            "/api-docs",
            "/-/ready",
        ] {
            assert!(for_everybody(path), "{path}");
        }
        for path in [
            "/",
            "/orders/ready",
            "/health/{id}",
            "/users/live",
            "/status",
            "/metrics",
            "/patients/health",
        ] {
            assert!(!for_everybody(path), "{path}");
        }
    }
}
