//! The `api_keys` section.

use gate_model::{IdentityName, OperationId, Secret};
use gate_spec::{ApiKeys, CredentialSlot, Extract, LimitedKey, Operation, Template};
use gate_yaml::join;
use indexmap::IndexMap;

use super::cx::Cx;
use super::request::{self, Planned};
use super::values::json_path;
use super::{access, login};
use crate::derive::Routes;
use crate::raw;

/// What the plan says of API keys.
pub(crate) fn api_keys(
    cx: &mut Cx<'_>,
    raw: Option<&raw::ApiKeys>,
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    known: bool,
) -> Option<ApiKeys> {
    let raw = raw?;
    let place = "/api_keys";
    let by = raw
        .identity
        .as_deref()
        .filter(|name| cx.identity(&join(place, "as"), name))
        .map(IdentityName::new);
    let create = raw
        .create
        .as_ref()
        .and_then(|map| request::from_map(cx, &join(place, "create"), &map.request, routes));
    let revoke = raw
        .revoke
        .as_ref()
        .and_then(|raw| request::either(cx, &join(place, "revoke"), raw, routes));
    let operation = |planned: &Option<Planned>| {
        let planned = planned.as_ref()?;
        let found = routes.find(planned.request.method, &planned.path)?;
        Some(routes.get(found).id())
    };
    let (create_operation, revoke_operation) = (operation(&create), operation(&revoke));
    let path = |cx: &mut Cx<'_>, key: &str, text: &Option<String>, default: &str| {
        let text = text
            .as_deref()
            .filter(|text| json_path(cx, &join(place, key), text, false));
        Extract::JsonPath(text.unwrap_or(default).to_owned())
    };
    let key = path(cx, "key", &raw.key, "$.key");
    let id = path(cx, "id", &raw.id, "$.id");
    let send = send(cx, place, raw);
    let limited = raw.limited.as_ref().map(|limited| {
        let at = join(&join(place, "limited"), "to");
        let (texts, single) = limited.to.items();
        let patterns = texts.iter().enumerate().filter_map(|(index, text)| {
            let at = if single {
                at.clone()
            } else {
                join(&at, &index.to_string())
            };
            access::pattern(cx, &at, text, operations, routes, known)
        });
        LimitedKey {
            scope: limited.scope.0.clone(),
            to: patterns.collect(),
        }
    });
    Some(ApiKeys {
        by,
        create: create.map(|planned| planned.request),
        create_operation,
        key,
        id,
        revoke: revoke.map(|planned| planned.request),
        revoke_operation,
        send,
        scope: raw.scope.as_ref().map(|scope| scope.0.clone()),
        limited,
        revoked: raw
            .revoked
            .as_ref()
            .filter(|key| !key.0.is_empty())
            .map(|key| Secret::new(key.0.clone())),
        source: cx.at(place),
    })
}

/// How a key is sent. What else a login may send a program with a key does not have.
fn send(cx: &mut Cx<'_>, place: &str, raw: &raw::ApiKeys) -> Vec<CredentialSlot> {
    let key = || Template::parse("{{key}}").unwrap_or_default();
    let slots = match &raw.send {
        None | Some(raw::Send::Word(raw::SendWord::Bearer)) => return vec![CredentialSlot::Bearer(key())],
        other => login::slots(cx, &join(place, "send"), other.as_ref()).unwrap_or_default(),
    };
    let only_key = |template: &Template| template.holes().all(|hole| hole == "key");
    let fits = |slot: &CredentialSlot| match slot {
        CredentialSlot::Bearer(value)
        | CredentialSlot::Header { value, .. }
        | CredentialSlot::Query { value, .. }
        | CredentialSlot::Cookie { value, .. } => only_key(value),
        CredentialSlot::Basic { username, password } => only_key(username) && only_key(password),
        CredentialSlot::UnsafeHeader { .. } | CredentialSlot::Jar => false,
    };
    if !slots.iter().all(fits) {
        cx.error_key(
            &join(place, "send"),
            "a key is sent in a header, a query parameter, a cookie or as a bearer token",
            Some("write such as `send: { header: { X-Api-Key: \"{{key}}\" } }`".to_owned()),
        );
    }
    slots
}
