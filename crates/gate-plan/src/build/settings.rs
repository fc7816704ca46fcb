//! The smaller sections: denied, limits, setup, cases, actions, tokens, checks.

use std::time::Duration;

use gate_model::{IdentityName, OperationId, Secret};
use gate_spec::{
    Actions, AuthSettings, Corpus, Denial, LatencyTarget, Limits, Operation, Settings, SetupStep, TestTokens, UserCase,
    UserExpectation,
};
use gate_yaml::join;
use indexmap::IndexMap;

use super::cx::Cx;
use super::values::{bytes, duration, equals, pace, statuses, wait};
use super::{access, full_scan, rate_limits, request, secrets, sensitive};
use crate::derive::Routes;
use crate::raw;

/// The longest wait for a refresh token to be refused.
const MAX_GRACE: Duration = Duration::from_secs(120);

/// The sections as settings.
pub(crate) fn settings(
    cx: &mut Cx<'_>,
    plan: &raw::Plan,
    operations: &IndexMap<OperationId, Operation>,
    actions: Actions,
    routes: &Routes<'_>,
    known: bool,
) -> Settings {
    Settings {
        denial: denial(cx, plan.denied.as_ref()),
        latency: latency(cx, &plan.checks.latency, operations, routes, known),
        setup: setup(cx, &plan.setup, routes),
        cases: cases(cx, &plan.cases, routes),
        actions,
        limits: limits(cx, plan),
        full_scan: full_scan::terms(cx, plan),
        off: plan
            .checks
            .off
            .iter()
            .map(|(check, reason)| (check.clone(), reason.clone()))
            .collect(),
        trust_status: plan.checks.trust_status.unwrap_or(false),
        privileged_fields: plan
            .checks
            .privileged_fields
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        sensitive_fields: sensitive::settings(cx, plan.checks.sensitive_fields.as_ref(), operations, routes, known),
        read_only: false,
        tokens: tokens(&plan.tokens),
        auth: auth(cx, plan.checks.auth.as_ref()),
        secrets: secrets::settings(cx, plan.checks.secrets.as_ref()),
        rate_limits: rate_limits::limits(cx, &plan.checks.rate_limits, operations, routes, known),
        limit_probe: rate_limits::probe(cx, plan.checks.rate_limit_probe.as_ref()),
        ..Settings::default()
    }
}

fn tokens(raw: &raw::Tokens) -> TestTokens {
    let secret = |text: &Option<raw::Text>| {
        let text = text.as_ref().filter(|text| !text.0.is_empty())?;
        Some(Secret::new(text.0.clone()))
    };
    TestTokens {
        expired: secret(&raw.expired),
        other_environment: secret(&raw.other_environment),
        signing_key: secret(&raw.signing_key),
        public_key: secret(&raw.public_key),
        id_token: secret(&raw.id_token),
    }
}

fn auth(cx: &mut Cx<'_>, raw: Option<&raw::AuthChecks>) -> AuthSettings {
    let mut auth = AuthSettings::default();
    let Some(raw) = raw else { return auth };
    match &raw.corpus {
        None => {}
        Some(raw::Count::Text(text)) if text == "every" => auth.corpus = Corpus::Every,
        Some(raw::Count::Number(number)) if (1..=1000).contains(number) => {
            auth.corpus = Corpus::Guards(usize::try_from(*number).unwrap_or(1));
        }
        Some(_) => cx.error_help(
            "/checks/auth/corpus",
            "not a number of guards",
            Some("write `every`, or a number from 1 to 1000".to_owned()),
        ),
    }
    auth.max_lifetime = raw
        .max_lifetime
        .as_deref()
        .and_then(|text| duration(cx, "/checks/auth/max_lifetime", text));
    if let Some(grace) = raw
        .refresh_grace
        .as_deref()
        .and_then(|text| duration(cx, "/checks/auth/refresh_grace", text))
    {
        auth.refresh_grace = grace.min(MAX_GRACE);
    }
    if let Some(soon) = raw
        .ends_within
        .as_deref()
        .and_then(|text| duration(cx, "/checks/auth/ends_within", text))
    {
        auth.ends_within = soon;
    }
    auth.secure_cookies = raw.secure_cookies;
    auth
}

fn denial(cx: &mut Cx<'_>, raw: Option<&raw::Denied>) -> Denial {
    let Some(raw) = raw else { return Denial::default() };
    Denial {
        statuses: statuses(cx, "/denied/status", raw.status.as_ref()),
        redirects: raw
            .redirect
            .as_ref()
            .map(|list| list.items().0.to_vec())
            .unwrap_or_default(),
        envelope: equals(cx, "/denied/json", &raw.json),
    }
}

fn latency(
    cx: &mut Cx<'_>,
    raw: &[raw::Latency],
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    known: bool,
) -> Vec<LatencyTarget> {
    let mut out = Vec::new();
    for (position, raw) in raw.iter().enumerate() {
        let place = join("/checks/latency", &position.to_string());
        let mut patterns = Vec::new();
        for (number, text) in raw.operations.iter().enumerate() {
            let place = join(&join(&place, "operations"), &number.to_string());
            patterns.extend(access::pattern(cx, &place, text, operations, routes, known));
        }
        if let Some(text) = &raw.operation {
            patterns.extend(access::pattern(
                cx,
                &join(&place, "operation"),
                text,
                operations,
                routes,
                known,
            ));
        }
        if raw.operations.is_empty() && raw.operation.is_none() {
            cx.error_key(
                &place,
                "a latency budget without operations",
                Some("add `operations: [\"GET /…\"]`".to_owned()),
            );
        }
        let identity = raw
            .identity
            .as_deref()
            .filter(|name| cx.identity(&join(&place, "as"), name));
        if let Some(p95) = duration(cx, &join(&place, "p95"), &raw.p95) {
            out.push(LatencyTarget {
                operations: patterns,
                identity: identity.map(IdentityName::new),
                p95,
                source: cx.at(&place),
            });
        }
    }
    out
}

fn setup(cx: &mut Cx<'_>, raw: &[raw::Setup], routes: &Routes<'_>) -> Vec<SetupStep> {
    let mut out = Vec::new();
    for (position, raw) in raw.iter().enumerate() {
        let place = join("/setup", &position.to_string());
        let known = cx.identity(&join(&place, "as"), &raw.identity);
        let undo = raw
            .undo
            .as_ref()
            .and_then(|map| request::from_map(cx, &join(&place, "undo"), &map.request, routes));
        if let Some(planned) = request::from_map(cx, &place, &raw.request, routes).filter(|_| known) {
            out.push(SetupStep {
                identity: IdentityName::new(&raw.identity),
                request: planned.request,
                undo: undo.map(|undo| undo.request),
            });
        }
    }
    out
}

fn cases(cx: &mut Cx<'_>, raw: &[raw::UserCase], routes: &Routes<'_>) -> Vec<UserCase> {
    let mut out = Vec::new();
    for (position, raw) in raw.iter().enumerate() {
        let place = join("/cases", &position.to_string());
        let anonymous = raw.identity == "anonymous";
        let known = anonymous || cx.identity(&join(&place, "as"), &raw.identity);
        if let Some(control) = &raw.control {
            cx.identity(&join(&place, "control"), control);
        }
        let Some(planned) = request::from_map(cx, &place, &raw.request, routes).filter(|_| known) else {
            continue;
        };
        for hole in planned.request.holes() {
            let Some((identity, _)) = hole.split_once('.') else {
                continue;
            };
            if !cx.identities.iter().any(|known| known == identity) {
                let help = gate_yaml::remedy(identity, cx.identities.iter().map(String::as_str));
                cx.error_key(&place, format!("`{{{{{hole}}}}}` names no identity"), help);
            }
        }
        out.push(UserCase {
            name: raw
                .name
                .clone()
                .unwrap_or_else(|| format!("{} {}", planned.request.method, planned.path)),
            identity: (!anonymous).then(|| IdentityName::new(&raw.identity)),
            request: planned.request,
            expect: match raw.expect {
                raw::Expectation::Denied => UserExpectation::Denied,
                raw::Expectation::Served => UserExpectation::Served,
            },
            control: raw.control.as_deref().map(IdentityName::new),
            source: cx.at(&place),
        });
    }
    out
}

fn limits(cx: &mut Cx<'_>, plan: &raw::Plan) -> Limits {
    let mut limits = Limits::default();
    if let Some(found) = plan.target.pace.as_ref().and_then(|raw| pace(cx, "/target/pace", raw)) {
        limits.pace = found;
    }
    let Some(raw) = &plan.limits else { return limits };
    if let Some(jobs) = raw.jobs.and_then(|jobs| usize::try_from(jobs).ok()) {
        limits.jobs = jobs;
    }
    limits.requests = raw.requests.unwrap_or(limits.requests);
    if let Some(found) = raw
        .deadline
        .as_ref()
        .and_then(|text| duration(cx, "/limits/deadline", text))
    {
        limits.deadline = found;
    }
    if let Some(found) = raw
        .timeout
        .as_ref()
        .and_then(|text| duration(cx, "/limits/timeout", text))
    {
        limits.timeout = found;
    }
    if let Some(found) = raw.grace.as_ref().and_then(|text| wait(cx, "/limits/grace", text)) {
        limits.grace = found;
    }
    if let Some(found) = raw
        .max_body
        .as_ref()
        .and_then(|value| bytes(cx, "/limits/max_body", value))
    {
        limits.max_body_bytes = found;
    }
    if let Some(found) = raw.pace.as_ref().and_then(|value| pace(cx, "/limits/pace", value)) {
        limits.pace = found;
    }
    limits
}
