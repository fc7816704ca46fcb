//! The `identities` section.

use std::collections::HashMap;

use gate_model::{IdentityName, Notice, OperationId, Secret, TenantName};
use gate_spec::{Body, CredentialSlot, Identity, JsonTemplate, Login, Operation, ServedBy, StaticCredential, Template};
use gate_yaml::{join, remedy};
use indexmap::IndexMap;
use serde_json::json;

use super::cx::Cx;
use super::{access, login, request};
use crate::derive::Routes;
use crate::raw;
use crate::walk::Walked;

/// The recipe and the fields that an identity logs in with.
type Key<'i> = (Option<&'i str>, Vec<(&'i str, &'i str)>);
type Fields = Vec<(String, Secret<String>)>;

/// One identity. `login` is still empty where neither the plan says it nor the credentials are static.
pub(crate) fn identity(
    cx: &mut Cx<'_>,
    name: &str,
    raw: &raw::Identity,
    routes: &Routes<'_>,
    walked: &Walked,
) -> Identity {
    let place = join("/identities", name);
    if name == "anonymous" {
        cx.error_key(
            &place,
            "`anonymous` is nobody and cannot be an identity",
            Some("give it another name".to_owned()),
        );
    }
    let mut fields: Fields = raw
        .fields
        .iter()
        .map(|(field, value)| (field.clone(), Secret::new(value.0.clone())))
        .collect();
    let slots = credentials(cx, &place, raw, &mut fields);
    let own = login::slots(cx, &join(&place, "send"), raw.send.as_ref());
    let credential = match (slots.is_empty(), own) {
        (true, None) => None,
        (_, Some(send)) => Some(StaticCredential { send }),
        (false, None) => Some(StaticCredential { send: slots }),
    };
    if let Some(wanted) = &raw.login {
        if !cx.logins.contains(wanted) {
            let help = remedy(wanted, cx.logins.iter().map(String::as_str));
            let shown = cx.shown(&join(&place, "login"), wanted);
            cx.error_help(&join(&place, "login"), format!("there is no login {shown}"), help);
        }
        if credential.is_some() {
            cx.error_key(
                &join(&place, "login"),
                "an identity with a login and with credentials that need none",
                Some("keep one of the two".to_owned()),
            );
        }
    }
    if raw.signup.is_some() && fields.is_empty() {
        for (field, value) in [
            ("email", "{{unique}}@example.test"),
            ("username", "{{unique}}"),
            ("password", "{{unique}}Aa1!"),
        ] {
            fields.push((field.to_owned(), Secret::new(value.to_owned())));
        }
    }
    let signup = raw.signup.as_ref().and_then(|signup| {
        let mut planned = request::either(cx, &join(&place, "signup"), signup, routes)?;
        if planned.request.body == Body::None && !planned.request.method.is_safe() {
            let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
            planned.request.body = signup_body(routes, &planned, &names);
        }
        Some(planned.request)
    });
    let tenant = raw.tenant.as_ref().map_or(name, |tenant| tenant.0.as_str());
    Identity {
        name: IdentityName::new(name),
        tenant: TenantName::new(tenant),
        tenant_id: raw.tenant_id.as_ref().map(|id| id.0.clone()),
        roles: roles(raw),
        login: raw.login.clone(),
        fields,
        credential,
        signup,
        whoami: raw
            .whoami
            .as_ref()
            .and_then(|raw| login::whoami(cx, &join(&place, "whoami"), raw, routes)),
        // Operations are known later.
        served: ServedBy::Anything,
        throw_away: raw.throw_away,
        unset: unset(walked, &place, raw.login.as_deref()),
        source: cx.at(&place),
    }
}

fn roles(raw: &raw::Identity) -> Vec<String> {
    let mut roles: Vec<String> = raw
        .roles
        .as_ref()
        .map(|roles| roles.items().0.to_vec())
        .unwrap_or_default();
    roles.extend(raw.role.clone());
    roles.dedup();
    roles
}

/// Variables that its credentials need and that a fork does not have.
fn unset(walked: &Walked, place: &str, login: Option<&str>) -> Vec<String> {
    let login = login.map(|name| join("/logins", name));
    let below = |pointer: &str, above: &str| pointer.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'));
    let mut names: Vec<String> = walked
        .unset
        .iter()
        .filter(|(pointer, _)| below(pointer, place) || login.as_deref().is_some_and(|login| below(pointer, login)))
        .map(|(_, name)| name.clone())
        .collect();
    names.dedup();
    names
}

fn hole(name: &str) -> Template {
    Template::parse(&format!("{{{{{name}}}}}")).unwrap_or_default()
}

/// Credentials that need no login.
fn credentials(cx: &mut Cx<'_>, place: &str, raw: &raw::Identity, fields: &mut Fields) -> Vec<CredentialSlot> {
    let mut slots = Vec::new();
    let mut keep = |name: &str, value: &str| {
        fields.retain(|(known, _)| known != name);
        fields.push((name.to_owned(), Secret::new(value.to_owned())));
    };
    if let Some(token) = &raw.token {
        keep("token", &token.0);
        slots.push(CredentialSlot::Bearer(hole("token")));
    }
    if let Some(key) = &raw.api_key {
        keep("api_key", &key.value.0);
        let value = hole("api_key");
        match (&key.header, &key.query, &key.cookie) {
            (Some(name), None, None) => slots.push(CredentialSlot::Header {
                name: name.clone(),
                value,
            }),
            (None, Some(name), None) => slots.push(CredentialSlot::Query {
                name: name.clone(),
                value,
            }),
            (None, None, Some(name)) => slots.push(CredentialSlot::Cookie {
                name: name.clone(),
                value,
            }),
            _ => cx.error_key(
                &join(place, "api_key"),
                "exactly one of `header`, `query` and `cookie` is wanted",
                None,
            ),
        }
    }
    if let Some(basic) = &raw.basic {
        keep("username", &basic.username.0);
        keep("password", &basic.password.0);
        slots.push(CredentialSlot::Basic {
            username: hole("username"),
            password: hole("password"),
        });
    }
    if let Some(cookies) = &raw.cookie {
        for cookie in cookies.split(';').map(str::trim).filter(|cookie| !cookie.is_empty()) {
            let Some((name, value)) = cookie.split_once('=') else {
                cx.error_help(
                    &join(place, "cookie"),
                    "not a cookie",
                    Some("write `name=value`, several with `;` between them".to_owned()),
                );
                continue;
            };
            let field = format!("cookie_{}", name.trim());
            keep(&field, value.trim());
            slots.push(CredentialSlot::Cookie {
                name: name.trim().to_owned(),
                value: hole(&field),
            });
        }
    }
    slots
}

/// A signup without a body: the document's, with the identity's own fields.
pub(super) fn signup_body(routes: &Routes<'_>, planned: &request::Planned, names: &[String]) -> Body {
    let document = routes
        .find(planned.request.method, &planned.path)
        .and_then(|index| crate::derive::own_body(routes.get(index), names));
    document.unwrap_or_else(|| {
        let body = json!({ "email": "{{email}}", "password": "{{password}}" });
        JsonTemplate::parse(body).map_or(Body::None, Body::Json)
    })
}

/// Gives identities without a recipe the one that there is, and says which have no way to credentials.
pub(crate) fn assign_logins(
    cx: &mut Cx<'_>,
    identities: &mut IndexMap<IdentityName, Identity>,
    logins: &IndexMap<String, Login>,
    derived: Option<&Login>,
    document_to_come: bool,
) -> bool {
    let mut used = false;
    let mut users: HashMap<String, usize> = HashMap::new();
    for name in identities.values().filter_map(|identity| identity.login.clone()) {
        *users.entry(name).or_default() += 1;
    }
    for identity in identities.values_mut() {
        if identity.login.is_some() || identity.credential.is_some() {
            continue;
        }
        let place = join("/identities", identity.name.as_str());
        if identity.fields.is_empty() {
            if cx.broken(&place) {
                continue;
            }
            cx.error_key(
                &place,
                format!("identity `{}` has no credentials", identity.name),
                Some("add `token: \"${…}\"`, or `login: NAME` with `as: { email: …, password: … }`".to_owned()),
            );
            continue;
        }
        match (logins.len(), derived) {
            (1.., _) if fitting(identity, logins, &users).is_some() => {
                identity.login = fitting(identity, logins, &users);
            }
            (1, _) => identity.login = logins.keys().next().cloned(),
            (0, Some(login)) => {
                used = true;
                identity.login = Some(login.name.clone());
            }
            (0, None) if document_to_come => {}
            (0, None) => cx.error_key(
                &place,
                format!("there is no login for identity `{}`", identity.name),
                Some(
                    "add:\nlogins:\n  password:\n    request: { post: /login, json: { email: \"{{email}}\", password: \"{{password}}\" } }\n    token: $.access_token"
                        .to_owned(),
                ),
            ),
            _ => cx.error_key(
                &place,
                format!("identity `{}` does not say which login it uses", identity.name),
                Some(format!("add `login: {}`", logins.keys().next().map_or("NAME", String::as_str))),
            ),
        }
    }
    used
}

/// The one recipe whose placeholders the identity fills; where several do, the one that most others use.
fn fitting(identity: &Identity, logins: &IndexMap<String, Login>, users: &HashMap<String, usize>) -> Option<String> {
    let mut found: Vec<(usize, &String)> = logins
        .iter()
        .filter(|(_, login)| {
            login::needs(login)
                .iter()
                .all(|(name, _)| identity.field(name).is_some())
        })
        .map(|(name, _)| (users.get(name).copied().unwrap_or(0), name))
        .collect();
    found.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    match found.as_slice() {
        [(_, only)] => Some((*only).clone()),
        [(most, first), (next, _), ..] if most > next => Some((*first).clone()),
        _ => None,
    }
}

/// What shows that an identity is served, where the plan says it.
pub(crate) fn served(
    cx: &mut Cx<'_>,
    plan: &raw::Plan,
    identities: &mut IndexMap<IdentityName, Identity>,
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    known: bool,
) {
    for (name, raw) in &plan.identities {
        let (Some(text), Some(identity)) = (&raw.served, identities.get_mut(name.as_str())) else {
            continue;
        };
        if text == "nothing" {
            identity.served = ServedBy::Nothing;
            continue;
        }
        let place = join(&join("/identities", name), "served");
        let Some(pattern) = access::pattern(cx, &place, text, operations, routes, known) else {
            continue;
        };
        let Some(operation) = operations.values().find(|operation| pattern.matches(&operation.id)) else {
            continue;
        };
        if operation.public.is_some() {
            cx.error_help(
                &place,
                format!(
                    "anybody is served `{}`, so that it shows nothing of `{name}`",
                    operation.id
                ),
                Some("name an operation that needs a login, or write `served: nothing`".to_owned()),
            );
        }
        identity.served = ServedBy::Operation(operation.id.clone());
    }
}

/// What only all identities together show.
pub(crate) fn judge(cx: &mut Cx<'_>, identities: &IndexMap<IdentityName, Identity>, logins: &IndexMap<String, Login>) {
    if identities.is_empty() {
        if cx.identities.is_empty() {
            cx.error_key(
                "/identities",
                "the plan has no identities",
                Some("add:\nidentities:\n  alice: { tenant: acme, token: \"${ALICE_TOKEN}\" }\n  mallory: { tenant: globex, token: \"${MALLORY_TOKEN}\" }".to_owned()),
            );
        }
        return;
    }
    twins(cx, identities);
    for identity in identities.values() {
        if let Some(login) = identity.login.as_ref().and_then(|name| logins.get(name)) {
            missing_fields(cx, identity, login);
        }
    }
    let mut tenants: Vec<&TenantName> = identities
        .values()
        .filter(|identity| !identity.throw_away)
        .map(|identity| &identity.tenant)
        .collect();
    tenants.dedup();
    if tenants.len() == 1 {
        cx.notices.push(
            Notice::warning(format!(
                "all identities belong to the tenant `{}`, so nothing shows whether tenants are isolated; paste into the plan:\n\
                 identities:\n  mallory: {{ tenant: other, token: \"${{MALLORY_TOKEN}}\" }}",
                tenants[0]
            ))
            .at(cx.at("/identities")),
        );
    }
}

/// Two identities with the same credentials are one user.
fn twins(cx: &mut Cx<'_>, identities: &IndexMap<IdentityName, Identity>) {
    let mut seen: HashMap<Key<'_>, &IdentityName> = HashMap::new();
    for identity in identities.values() {
        if !identity.unset.is_empty() || identity.fields.is_empty() || identity.signup.is_some() {
            continue;
        }
        let mut values: Vec<(&str, &str)> = identity
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose().as_str()))
            .collect();
        values.sort_unstable();
        if let Some(first) = seen.insert((identity.login.as_deref(), values), &identity.name) {
            cx.error_key(
                &join("/identities", identity.name.as_str()),
                format!("identities `{first}` and `{}` have the same credentials", identity.name),
                Some("two names for one user would prove nothing; give each a user of its own".to_owned()),
            );
        }
    }
}

/// Placeholders of a login that an identity does not fill.
fn missing_fields(cx: &mut Cx<'_>, identity: &Identity, login: &Login) {
    for (name, _) in login::needs(login) {
        // What has no value, because its variable has none, is complained about where it stands.
        let written = join(&join(&join("/identities", identity.name.as_str()), "as"), &name);
        if identity.field(&name).is_none() && !cx.broken(&written) {
            let names: Vec<&str> = identity.fields.iter().map(|(field, _)| field.as_str()).collect();
            let help = gate_yaml::nearest(&name, names.iter().copied()).map_or_else(
                || format!("add `as: {{ {name}: … }}`"),
                |near| format!("it has `{near}`: use the same word in both places"),
            );
            cx.error_key(
                &join("/identities", identity.name.as_str()),
                format!(
                    "login `{}` needs `{{{{{name}}}}}`, which identity `{}` does not have",
                    login.name, identity.name
                ),
                Some(help),
            );
        }
    }
}
