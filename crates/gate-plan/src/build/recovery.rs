//! The `recovery` section, and what a document shows of it by its names.

use std::time::Duration;

use gate_model::{IdentityName, OperationId, Secret};
use gate_spec::{
    Body, Identity, MailLookUp, MailPlace, Operation, PublicReason, Recovery, RecoveryFlow, RecoveryKind,
    RequestTemplate,
};
use gate_yaml::join;
use indexmap::IndexMap;

use super::cx::Cx;
use super::identity::signup_body;
use super::request::{self, Planned};
use super::values::{duration, json_path, regular, template};
use crate::derive::{Routes, derive_recovery};
use crate::raw;

/// How long a message may take where the plan does not say, and at most.
const WITHIN: Duration = Duration::from_secs(10);
const MAX_WITHIN: Duration = Duration::from_secs(60);

/// A request with the operation that it is.
type Known = (RequestTemplate, Option<OperationId>);

/// Everything that the plan writes or the document shows.
pub(crate) fn recovery(
    cx: &mut Cx<'_>,
    raw: &raw::Recovery,
    identities: &IndexMap<IdentityName, Identity>,
    routes: &Routes<'_>,
    known: bool,
) -> Recovery {
    let named = |cx: &mut Cx<'_>, key: &str, name: &Option<String>| {
        let name = name.as_ref()?;
        cx.identity(&join("/recovery", key), name)
            .then(|| IdentityName::new(name))
    };
    let subject = named(cx, "as", &raw.identity).or_else(|| {
        let mut spare = identities.values().filter(|identity| identity.throw_away);
        spare
            .find(|identity| can_log_in(identity))
            .map(|identity| identity.name.clone())
    });
    let other = named(cx, "other", &raw.other).or_else(|| {
        let subject = identities.get(subject.as_ref()?)?;
        let fits = |other: &&Identity| other.name != subject.name && other.login == subject.login && can_log_in(other);
        identities.values().find(fits).map(|identity| identity.name.clone())
    });
    let mail = raw
        .mail
        .as_ref()
        .and_then(|raw| mail(cx, "/recovery/mail", raw, routes));
    let mut flows = Vec::new();
    for kind in RecoveryKind::ALL {
        let written = match kind {
            RecoveryKind::PasswordReset => &raw.password_reset,
            RecoveryKind::OneTimeCode => &raw.one_time_code,
            RecoveryKind::Verification => &raw.verification,
            RecoveryKind::Invitation => &raw.invitation,
        };
        flows.extend(flow(cx, kind, written.as_ref(), mail.as_ref(), routes, known));
    }
    let signup = raw.signup.as_ref().and_then(|raw| {
        let mut planned = request::from_map(cx, "/recovery/signup", &raw.request, routes)?;
        if planned.request.body == Body::None && !planned.request.method.is_safe() {
            let fields = ["email", "password"].map(str::to_owned);
            planned.request.body = signup_body(routes, &planned, &fields);
        }
        let operation = routes.find(planned.request.method, &planned.path);
        Some((planned.request, operation.map(|index| routes.get(index).id())))
    });
    Recovery {
        subject,
        other,
        flows,
        signup,
        enumeration_fails: raw.enumeration == Some(raw::EnumerationWord::Failure),
    }
}

/// Whether an identity logs in with a password, which can be another one later.
fn can_log_in(identity: &Identity) -> bool {
    identity.login.is_some() && identity.field("email").is_some() && identity.field("password").is_some()
}

fn flow(
    cx: &mut Cx<'_>,
    kind: RecoveryKind,
    raw: Option<&raw::RecoveryFlow>,
    mail: Option<&MailLookUp>,
    routes: &Routes<'_>,
    known: bool,
) -> Option<RecoveryFlow> {
    let place = join("/recovery", kind.word());
    let empty = raw::RecoveryFlow::default();
    let told = raw.unwrap_or(&empty);
    let by = told
        .identity
        .as_deref()
        .filter(|name| cx.identity(&join(&place, "as"), name))
        .map(IdentityName::new);
    let own_mail = told
        .mail
        .as_ref()
        .and_then(|raw| self::mail(cx, &join(&place, "mail"), raw, routes));
    let token = told
        .token
        .as_ref()
        .filter(|text| regular(cx, &join(&place, "token"), text))
        .cloned();
    let lifetime = told
        .lifetime
        .as_ref()
        .and_then(|text| duration(cx, &join(&place, "lifetime"), text));
    let request = own(cx, &join(&place, "request"), told.request.as_ref(), routes);
    let confirm = own(cx, &join(&place, "confirm"), told.confirm.as_ref(), routes);
    // What the document shows fills what the plan leaves out; an invitation is for the plan to say, because somebody sends it.
    let derived = (request.is_none() || confirm.is_none())
        .then(|| derive_recovery(kind, routes))
        .flatten()
        .filter(|_| raw.is_some() || kind != RecoveryKind::Invitation);
    let (shown_request, shown_confirm) = match derived {
        Some(pair) => (Some(pair.request), Some(pair.confirm)),
        None => (None, None),
    };
    let shown = |(index, request): (usize, RequestTemplate)| (request, Some(routes.get(index).id()));
    let (request, confirm) = (
        request.or_else(|| shown_request.map(shown)),
        confirm.or_else(|| shown_confirm.map(shown)),
    );
    let (Some((request, request_operation)), Some((confirm, confirm_operation))) = (request, confirm) else {
        if raw.is_some() && !cx.broken(&place) && known {
            cx.error_key(
                &place,
                "the document does not show both requests of it",
                Some(
                    "write `request: { post: /… }` and `confirm: { post: /…, json: { token: \"{{token}}\" } }`"
                        .to_owned(),
                ),
            );
        }
        return None;
    };
    if !confirm.holes().iter().any(|hole| hole == "token") {
        cx.error_key(
            &join(&place, "confirm"),
            "a request that uses a token, without the token",
            Some("put `{{token}}` where the token goes".to_owned()),
        );
    }
    Some(RecoveryFlow {
        kind,
        request,
        request_operation,
        by,
        to: told
            .to
            .as_ref()
            .and_then(|text| template(cx, &join(&place, "to"), text)),
        confirm,
        confirm_operation,
        mail: own_mail.or_else(|| mail.cloned()),
        token,
        lifetime,
        expired: told
            .expired
            .as_ref()
            .filter(|text| !text.0.is_empty())
            .map(|text| Secret::new(text.0.clone())),
        source: raw.and_then(|_| cx.at(&place)),
    })
}

fn own(cx: &mut Cx<'_>, place: &str, raw: Option<&raw::RequestMap>, routes: &Routes<'_>) -> Option<Known> {
    let planned = request::from_map(cx, place, &raw?.request, routes)?;
    let operation = routes
        .find(planned.request.method, &planned.path)
        .map(|index| routes.get(index).id());
    Some((planned.request, operation))
}

fn mail(cx: &mut Cx<'_>, place: &str, raw: &raw::Mail, routes: &Routes<'_>) -> Option<MailLookUp> {
    let within = match &raw.within {
        Some(text) => duration(cx, &join(place, "within"), text)?.min(MAX_WITHIN),
        None => WITHIN,
    };
    if let Some(log) = &raw.log {
        if raw.request.get.is_some() || raw.each.is_some() || raw.then.is_some() {
            cx.error_key(
                place,
                "messages of a mail catcher and of a log at once",
                Some("keep either `get` or `log`".to_owned()),
            );
            return None;
        }
        let file = (log != "output").then(|| log.clone());
        return Some(MailLookUp {
            place: MailPlace::Log(file),
            within,
        });
    }
    let planned = request::from_map(cx, place, &raw.request, routes)?;
    let request = reading(cx, place, planned)?;
    if let Some(path) = &raw.each
        && !json_path(cx, &join(place, "each"), path, false)
    {
        return None;
    }
    let then = match &raw.then {
        None => None,
        Some(raw) => {
            let place = join(place, "then");
            let planned = request::either(cx, &place, raw, routes)?;
            Some(reading(cx, &place, planned)?)
        }
    };
    if then.is_some() && raw.each.is_none() {
        cx.error_key(
            &join(place, "then"),
            "gets one message, but nothing says where their ids are",
            Some("add `each: $.messages[*].ID`".to_owned()),
        );
        return None;
    }
    Some(MailLookUp {
        place: MailPlace::Http {
            request,
            each: raw.each.clone(),
            then,
        },
        within,
    })
}

/// A look-up reads, and its host is written out: the scope of a run does not depend on what a server says.
fn reading(cx: &mut Cx<'_>, place: &str, planned: Planned) -> Option<RequestTemplate> {
    if !planned.request.method.is_safe() {
        cx.error_key(
            place,
            "messages are looked up with GET",
            Some("write `get: /…`".to_owned()),
        );
        return None;
    }
    let host = planned.path.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains(['{', '@']) {
        cx.error_key(
            place,
            "the host of a mail catcher with a placeholder or credentials in it",
            Some("write the host out; credentials go into `headers`".to_owned()),
        );
        return None;
    }
    Some(planned.request)
}

/// Whoever has lost his password is not logged in: what nobody in particular sends is open, unless the document says
/// otherwise.
pub(crate) fn mark_public(recovery: &Recovery, operations: &mut IndexMap<OperationId, Operation>) {
    for flow in recovery.flows.iter().filter(|flow| flow.source.is_some()) {
        let asked = flow.request_operation.as_ref().filter(|_| flow.by.is_none());
        for id in asked.into_iter().chain(&flow.confirm_operation) {
            if let Some(operation) = operations.get_mut(id)
                && operation.public.is_none()
                && operation.secured != Some(true)
            {
                operation.public = Some(PublicReason::Login);
            }
        }
    }
}
