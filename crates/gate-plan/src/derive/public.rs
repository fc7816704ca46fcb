//! Which operations anybody may call, as far as the document says.

use gate_model::Notice;
use gate_openapi as oas;
use gate_spec::{Effect, PublicReason};

use super::routes::Source;

/// Whether credentials are asked for; `None` where the document is silent.
pub(super) fn secured(operation: Option<&oas::Operation>) -> Option<bool> {
    match &operation?.security {
        oas::Security::Required(_) => Some(true),
        oas::Security::Public | oas::Security::Optional => Some(false),
        oas::Security::Undeclared => None,
    }
}

/// Whether anybody may call it.
pub(super) fn public(secured: Option<bool>, effect: Effect, login: bool) -> Option<PublicReason> {
    if login || (effect == Effect::IssuesCredentials && secured != Some(true)) {
        Some(PublicReason::Login)
    } else if secured == Some(false) {
        Some(PublicReason::Document)
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
    let open: Vec<String> = silent
        .iter()
        .filter(|source| source.method.is_safe() && looks_open(&source.path))
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

fn looks_open(path: &str) -> bool {
    path.rsplit('/').find(|segment| !segment.is_empty()).is_none_or(|last| {
        let last = last.to_ascii_lowercase();
        matches!(
            last.as_str(),
            "health"
                | "healthz"
                | "healthcheck"
                | "ready"
                | "readyz"
                | "live"
                | "livez"
                | "ping"
                | "status"
                | "version"
                | "docs"
                | "redoc"
                | "openapi.json"
                | "openapi.yaml"
                | "swagger.json"
                | "robots.txt"
                | "favicon.ico"
                | "jwks.json"
        )
    })
}
