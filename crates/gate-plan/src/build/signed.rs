//! The `signed` section.

use std::time::Duration;

use gate_model::{OperationId, Secret};
use gate_spec::{
    Body, Operation, PublicReason, RequestTemplate, SignatureHash, SignatureScheme, SignatureText, SignedCaller,
    SignedMoment,
};
use gate_yaml::{join, nearest};
use indexmap::IndexMap;

use super::cx::Cx;
use super::request::{json, texts};
use super::values::{duration, template};
use crate::derive::{Routes, normal};
use crate::raw;

/// How old a delivery may be where the plan does not say.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);
/// Placeholders that the texts of a scheme may hold.
const HOLES: [&str; 3] = ["body", "timestamp", "id"];

/// The operations whose callers sign.
pub(crate) fn signed(
    cx: &mut Cx<'_>,
    raw: &IndexMap<String, raw::Signed>,
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    known: bool,
) -> Vec<SignedCaller> {
    let mut callers = Vec::new();
    for (key, raw) in raw {
        let place = join("/signed", key);
        let operation = operation(cx, &place, key, operations, routes, known);
        let scheme = scheme(cx, &place, raw);
        let tolerance = match &raw.tolerance {
            Some(text) => duration(cx, &join(&place, "tolerance"), text),
            None => Some(TOLERANCE),
        };
        let (Some(operation), Some(scheme), Some(tolerance)) = (operation, scheme, tolerance) else {
            continue;
        };
        let sample = raw
            .sample
            .as_ref()
            .and_then(|sample| self::sample(cx, &join(&place, "sample"), sample, operations.get(&operation)));
        callers.push(SignedCaller {
            sample,
            scheme,
            secret: Secret::new(raw.secret.0.clone()),
            secret_is_base64: raw.scheme == Some(raw::SchemeWord::StandardWebhooks),
            tolerance,
            refuses_duplicates: raw.duplicates == Some(raw::DuplicatesWord::Refused),
            source: cx.at(&place),
            operation,
        });
    }
    callers
}

fn operation(
    cx: &mut Cx<'_>,
    place: &str,
    key: &str,
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    known: bool,
) -> Option<OperationId> {
    let parts = key.trim().split_once(char::is_whitespace);
    let found = parts.and_then(|(method, path)| Some((method.parse::<gate_spec::Method>().ok()?, path.trim())));
    let Some((method, path)) = found.filter(|(_, path)| path.starts_with('/')) else {
        cx.error_key(
            place,
            format!("`{key}` is not an operation"),
            Some("write a method and a path, such as \"POST /webhooks/stripe\"".to_owned()),
        );
        return None;
    };
    if let Some(index) = routes.find(method, path) {
        return Some(routes.get(index).id());
    }
    if known {
        let wanted = format!("{method} {}", normal(path));
        let near = nearest(&wanted, operations.keys().map(OperationId::as_str));
        let help = near.map_or_else(
            || format!("an operation that the document leaves out is added first: `operations: {{ \"{method} {path}\": {{}} }}`"),
            |near| format!("did you mean `{near}`?"),
        );
        cx.error_key(place, format!("`{key}` is no operation of the target"), Some(help));
    }
    None
}

/// What a named scheme says, changed by the other keys.
fn scheme(cx: &mut Cx<'_>, place: &str, raw: &raw::Signed) -> Option<SignatureScheme> {
    let plain = |header: &str, value: &str, payload: &str| SignatureScheme {
        header: header.to_owned(),
        value: value.to_owned(),
        payload: payload.to_owned(),
        hash: SignatureHash::Sha256,
        text: SignatureText::Hex,
        moment: SignedMoment::Seconds,
        timestamp_header: None,
        id_header: None,
    };
    let mut scheme = match raw.scheme {
        None => plain("", "{{signature}}", "{{body}}"),
        Some(raw::SchemeWord::Stripe) => plain(
            "Stripe-Signature",
            "t={{timestamp}},v1={{signature}}",
            "{{timestamp}}.{{body}}",
        ),
        Some(raw::SchemeWord::Github) => plain("X-Hub-Signature-256", "sha256={{signature}}", "{{body}}"),
        Some(raw::SchemeWord::Slack) => SignatureScheme {
            timestamp_header: Some("X-Slack-Request-Timestamp".to_owned()),
            ..plain("X-Slack-Signature", "v0={{signature}}", "v0:{{timestamp}}:{{body}}")
        },
        Some(raw::SchemeWord::Shopify) => SignatureScheme {
            text: SignatureText::Base64,
            ..plain("X-Shopify-Hmac-Sha256", "{{signature}}", "{{body}}")
        },
        Some(raw::SchemeWord::StandardWebhooks) => SignatureScheme {
            text: SignatureText::Base64,
            timestamp_header: Some("webhook-timestamp".to_owned()),
            id_header: Some("webhook-id".to_owned()),
            ..plain("webhook-signature", "v1,{{signature}}", "{{id}}.{{timestamp}}.{{body}}")
        },
    };
    for (part, value) in [
        (&mut scheme.header, &raw.header),
        (&mut scheme.value, &raw.value),
        (&mut scheme.payload, &raw.payload),
    ] {
        if let Some(value) = value {
            part.clone_from(value);
        }
    }
    for (part, value) in [
        (&mut scheme.timestamp_header, &raw.timestamp_header),
        (&mut scheme.id_header, &raw.id_header),
    ] {
        if value.is_some() {
            part.clone_from(value);
        }
    }
    match raw.hash {
        Some(raw::HashWord::Sha1) => scheme.hash = SignatureHash::Sha1,
        Some(raw::HashWord::Sha256) => scheme.hash = SignatureHash::Sha256,
        Some(raw::HashWord::Sha512) => scheme.hash = SignatureHash::Sha512,
        None => {}
    }
    match raw.encoding {
        Some(raw::EncodingWord::Hex) => scheme.text = SignatureText::Hex,
        Some(raw::EncodingWord::Base64) => scheme.text = SignatureText::Base64,
        None => {}
    }
    match raw.timestamp {
        Some(raw::MomentWord::Seconds) => scheme.moment = SignedMoment::Seconds,
        Some(raw::MomentWord::Millis) => scheme.moment = SignedMoment::Millis,
        Some(raw::MomentWord::Rfc3339) => scheme.moment = SignedMoment::Rfc3339,
        None => {}
    }
    judged(cx, place, scheme)
}

/// The scheme, where it holds together.
fn judged(cx: &mut Cx<'_>, place: &str, scheme: SignatureScheme) -> Option<SignatureScheme> {
    if scheme.header.is_empty() {
        cx.error_key(
            place,
            "nothing says which header holds the signature",
            Some("add `scheme: stripe` or another known one, or `header: X-Signature`".to_owned()),
        );
        return None;
    }
    if ["authorization", "cookie", "proxy-authorization"].contains(&scheme.header.to_ascii_lowercase().as_str()) {
        cx.error_key(
            &join(place, "header"),
            "a header of sessions: whoever signs has none",
            None,
        );
        return None;
    }
    let mut sound = true;
    for (key, text, more) in [
        ("value", &scheme.value, Some("signature")),
        ("payload", &scheme.payload, None),
    ] {
        let Some(template) = template(cx, &join(place, key), text) else {
            sound = false;
            continue;
        };
        if let Some(strange) = template
            .holes()
            .find(|hole| !HOLES.contains(hole) && Some(*hole) != more)
        {
            let shown = cx.shown(&join(place, key), strange);
            let known = "`{{body}}`, `{{timestamp}}` and `{{id}}`";
            cx.error_help(
                &join(place, key),
                format!("a placeholder {shown} that no delivery has"),
                Some(match more {
                    Some(_) => format!("there are {known}, and `{{{{signature}}}}`"),
                    None => format!("there are {known}"),
                }),
            );
            sound = false;
        }
    }
    if !scheme.value.contains("{{signature}}") {
        cx.error_key(
            &join(place, "value"),
            "the header does not hold the signature",
            Some("put `{{signature}}` where it goes".to_owned()),
        );
        sound = false;
    }
    if !scheme.payload.contains("{{body}}") {
        cx.error_key(
            &join(place, "payload"),
            "the body is not part of what is signed",
            Some("put `{{body}}` where it goes".to_owned()),
        );
        sound = false;
    }
    if scheme.is_timed() && scheme.timestamp_header.is_none() && !scheme.value.contains("{{timestamp}}") {
        cx.error_key(
            place,
            "a moment is signed, but nothing sends it",
            Some("add `timestamp_header: X-Timestamp`, or `{{timestamp}}` to `value`".to_owned()),
        );
        sound = false;
    }
    sound.then_some(scheme)
}

fn sample(
    cx: &mut Cx<'_>,
    place: &str,
    raw: &raw::SampleBody,
    operation: Option<&Operation>,
) -> Option<RequestTemplate> {
    let mut request = operation?.request.clone();
    if let Some(value) = &raw.json {
        request.body = json(cx, &join(place, "json"), value);
    }
    if let Some(text) = &raw.text {
        request.body = Body::Text {
            media_type: "text/plain; charset=utf-8".to_owned(),
            text: template(cx, &join(place, "text"), text)?,
        };
    }
    let headers = texts(cx, &join(place, "headers"), raw.headers.as_ref());
    request
        .headers
        .retain(|(name, _)| !headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)));
    request.headers.extend(headers);
    Some(request)
}

/// Whoever signs has no session: nothing that asks for one is asked of these operations.
pub(crate) fn mark_public(callers: &[SignedCaller], operations: &mut IndexMap<OperationId, Operation>) {
    for caller in callers {
        if let Some(operation) = operations.get_mut(&caller.operation) {
            operation.public = Some(PublicReason::Signed);
        }
    }
}
