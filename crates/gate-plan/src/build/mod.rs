//! From the plan as it is written to the plan as everything else knows it.

mod access;
mod actions;
mod api_keys;
mod cx;
mod full_scan;
mod identity;
mod known;
mod login;
mod operation;
mod rate_limits;
mod recovery;
mod request;
mod resource;
mod secrets;
mod sensitive;
mod settings;
mod signed;
mod target;
mod values;

use std::collections::{HashMap, HashSet};

use gate_model::{IdentityName, Notice, OperationId};
use gate_openapi as oas;
use gate_spec::{ActionKind, Actions, Effect, Operation, PublicReason, Spec};
use gate_yaml::{Diagnostic, Index};
use indexmap::IndexMap;

use self::cx::Cx;
use crate::derive::{Hints, Routes, derive, derive_login, derive_whoami};
use crate::draft::DocumentSource;
use crate::raw;
use crate::walk::Walked;

/// What a build starts from.
pub(crate) struct Input<'a> {
    pub(crate) plan: &'a raw::Plan,
    pub(crate) index: &'a Index,
    pub(crate) walked: &'a Walked,
    /// Names as the plan has them, also of items that were refused for another reason.
    pub(crate) identities: &'a [String],
    pub(crate) logins: &'a [String],
    /// The document with its name.
    pub(crate) document: Option<(&'a str, &'a oas::Document)>,
}

/// What a build gives.
pub(crate) struct Output {
    pub(crate) spec: Spec,
    pub(crate) source: Option<DocumentSource>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Builds the spec and judges what the plan means.
pub(crate) fn build(input: &Input<'_>) -> Output {
    let plan = input.plan;
    let mut cx = Cx::new(
        input.index,
        input.identities.to_vec(),
        input.logins.to_vec(),
        input.walked.broken.clone(),
    );
    if let Some(version) = plan.version
        && version != 1
    {
        cx.error_help(
            "/version",
            format!("version {version} of the plan's language is not known"),
            Some("write `version: 1`".to_owned()),
        );
    }
    let url = target::address(&mut cx, &plan.target);
    let source = target::document(&mut cx, &plan.target);
    let known = input.document.is_some();
    let to_come = source.is_some() && !known;
    let mut routes = routes(&mut cx, input, &url);

    let requests: Vec<_> = plan
        .resources
        .iter()
        .map(|(name, raw)| resource::requests(&mut cx, name, raw, &mut routes))
        .collect();
    let (requests, sketches): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
    let overrides = operation::add(&mut cx, &plan.operations, &mut routes, known);

    let mut logins = IndexMap::new();
    let mut login_sources = HashSet::new();
    for (name, raw) in &plan.logins {
        let built = login::login(&mut cx, name, raw, &routes);
        let found = built
            .requests
            .iter()
            .filter(|planned| !planned.request.method.is_safe())
            .filter_map(|planned| routes.find(planned.request.method, &planned.path));
        login_sources.extend(found);
        logins.insert(name.clone(), built.login);
    }
    let mut identities = IndexMap::new();
    for (name, raw) in &plan.identities {
        let built = identity::identity(&mut cx, name, raw, &routes, input.walked);
        if let Some(signup) = &built.signup {
            login_sources.extend(routes.find(signup.method, &signup.path.to_string()));
        }
        identities.insert(IdentityName::new(name), built);
    }
    derived_login(
        &mut cx,
        input,
        &routes,
        &mut logins,
        &mut identities,
        &mut login_sources,
        to_come,
    );

    let shows = plan.resources.keys().zip(&requests);
    let shows = shows.flat_map(|(name, requests)| resource::shows(name, requests, &routes));
    let hints = Hints {
        shows: shows.collect(),
        resources: sketches.into_iter().flatten().collect(),
        login: login_sources,
        tenant: target::tenant_in(
            &mut Cx::new(input.index, Vec::new(), Vec::new(), Vec::new()),
            plan.target.tenant_in.as_ref(),
        ),
        fields: field_names(plan),
        effects: effects(plan, &overrides, &routes),
    };
    let mut derived = derive(&routes, &hints);
    operation::overlay(&mut cx, &plan.operations, &overrides, &mut derived, &routes, to_come);
    operation::refresh(&plan.operations, &overrides, &mut derived, &routes);
    resource::overlay(
        &mut cx,
        &plan.resources,
        requests,
        &mut derived,
        &routes,
        &hints,
        to_come,
    );
    whoami(&routes, &mut logins, &mut identities);

    let access = access::access(&mut cx, plan.access.as_ref(), &derived.operations, &routes, known);
    access::mark_public(&access, &mut derived.operations);
    restore_overrides(plan, &overrides, &routes, &mut derived.operations);
    identity::served(&mut cx, plan, &mut identities, &derived.operations, &routes, known);
    access::roles(&mut cx, &access, identities.values());
    identity::judge(&mut cx, &identities, &logins);
    let overridden: Vec<OperationId> = overrides
        .iter()
        .zip(plan.operations.values())
        .filter(|(_, raw)| raw.json.is_some() || raw.form.is_some())
        .filter_map(|(index, _)| Some(routes.get((*index)?).id()))
        .collect();
    let actions = actions::actions(&mut cx, plan, &derived.operations, &routes, &overridden);
    mark_refresh(&actions, &mut derived.operations);
    let mut settings = settings::settings(&mut cx, plan, &derived.operations, actions, &routes, known);
    settings.api_keys = api_keys::api_keys(&mut cx, plan.api_keys.as_ref(), &derived.operations, &routes, known);
    settings.recovery = recovery::recovery(&mut cx, &plan.recovery, &identities, &routes, known);
    recovery::mark_public(&settings.recovery, &mut derived.operations);
    settings.signed = signed::signed(&mut cx, &plan.signed, &derived.operations, &routes, known);
    signed::mark_public(&settings.signed, &mut derived.operations);
    let target = target::target(&mut cx, &plan.target, url, &routes);

    if known {
        known::requests(&mut cx, &routes, &overrides);
    }
    let mut notices = std::mem::take(&mut cx.notices);
    notices.append(&mut derived.notices);
    if known {
        notices.extend(operation::unknown_params(&derived.operations));
        notices.extend(unfilled(&derived.resources));
    }
    notices.extend(document_notices(input));
    notices.extend(input.walked.withheld.iter().map(|(pointer, name)| {
        Notice::warning(format!(
            "`{name}` is set but may not be read here; allow it with `--allow-env {name}`"
        ))
        .at(cx.at(pointer))
    }));
    if !target.writes && !target::loopback(&target.url) {
        notices.push(
            Notice::warning(
                "the target is not on this machine and the plan does not say `writes: true`, so that nothing is created or changed",
            )
            .at(cx.at("/target/url")),
        );
    }
    Output {
        spec: Spec {
            file: Some(input.index.file().to_owned()),
            target,
            logins,
            identities,
            operations: derived.operations,
            resources: derived.resources,
            access,
            settings,
            notices,
            secrets: input.walked.secrets.clone(),
            source: cx.at(""),
        },
        source,
        diagnostics: cx.diagnostics,
    }
}

fn routes<'d>(cx: &mut Cx<'_>, input: &Input<'d>, url: &str) -> Routes<'d> {
    let Some((name, document)) = input.document else {
        return Routes::default();
    };
    let (base, sure) = target::base(url, document.base_path.as_deref());
    if !sure {
        cx.notices.push(
            Notice::info(format!(
                "the document's base path `{}` is not part of the target's address, whose own path is used as it stands",
                document.base_path.as_deref().unwrap_or_default()
            ))
            .at(cx.at("/target/url")),
        );
    }
    Routes::of(Some((document, name)), base)
}

fn field_names(plan: &raw::Plan) -> HashSet<String> {
    plan.identities
        .values()
        .flat_map(|identity| identity.fields.keys())
        .map(|name| name.to_ascii_lowercase())
        .filter(|name| !crate::derive::is_password(name))
        .collect()
}

/// Effects that the plan sets for operations that would otherwise be taken for something else.
fn effects(plan: &raw::Plan, overrides: &[Option<usize>], routes: &Routes<'_>) -> HashMap<usize, Effect> {
    let mut effects: HashMap<usize, Effect> = plan
        .operations
        .values()
        .zip(overrides)
        .filter_map(|(raw, index)| {
            let effect = operation::effect(raw.effect?);
            (!effect.touches_object()).then_some(((*index)?, effect))
        })
        .collect();
    effects.extend(actions::effects(&plan.actions, routes));
    effects
}

/// Identities without a recipe take the only one there is, or the one that the document shows.
fn derived_login(
    cx: &mut Cx<'_>,
    input: &Input<'_>,
    routes: &Routes<'_>,
    logins: &mut IndexMap<String, gate_spec::Login>,
    identities: &mut IndexMap<IdentityName, gate_spec::Identity>,
    sources: &mut HashSet<usize>,
    to_come: bool,
) {
    let mut fields: Vec<String> = Vec::new();
    for identity in identities
        .values()
        .filter(|identity| identity.login.is_none() && identity.credential.is_none())
    {
        for (name, _) in &identity.fields {
            if !fields.contains(name) {
                fields.push(name.clone());
            }
        }
    }
    let derived = if logins.is_empty() && !fields.is_empty() {
        derive_login(routes, input.document.map(|(_, document)| document), &fields)
    } else {
        None
    };
    let login = derived.as_ref().map(|(_, login, _)| login);
    let used = identity::assign_logins(cx, identities, logins, login, to_come);
    if let Some((index, login, notices)) = derived.filter(|_| used) {
        sources.insert(index);
        cx.notices.extend(notices);
        logins.insert(login.name.clone(), login);
    }
}

/// Recipes and static identities without a `whoami` take the document's.
fn whoami(
    routes: &Routes<'_>,
    logins: &mut IndexMap<String, gate_spec::Login>,
    identities: &mut IndexMap<IdentityName, gate_spec::Identity>,
) {
    let Some(found) = derive_whoami(routes) else { return };
    for login in logins.values_mut() {
        login.whoami.get_or_insert_with(|| found.clone());
    }
    for identity in identities.values_mut().filter(|identity| identity.login.is_none()) {
        identity.whoami.get_or_insert_with(|| found.clone());
    }
}

/// `public: false` of an operation goes before a pattern under `access: public:`.
fn restore_overrides(
    plan: &raw::Plan,
    overrides: &[Option<usize>],
    routes: &Routes<'_>,
    operations: &mut IndexMap<OperationId, Operation>,
) {
    for (raw, index) in plan.operations.values().zip(overrides) {
        if let (Some(raw::Public::Flag(false)), Some(index)) = (&raw.public, index)
            && let Some(operation) = operations.get_mut(&routes.get(*index).id())
        {
            operation.public = None;
        }
    }
}

/// A refresh that the plan names is part of its logins: nobody needs to be logged in for it, unless the document says so.
fn mark_refresh(actions: &Actions, operations: &mut IndexMap<OperationId, Operation>) {
    let named = actions
        .get(ActionKind::Refresh)
        .filter(|action| action.source.is_some())
        .and_then(|action| action.operation.as_ref());
    let Some(operation) = named.and_then(|id| operations.get_mut(id)) else {
        return;
    };
    if operation.public.is_none() && operation.secured != Some(true) {
        operation.public = Some(PublicReason::Login);
    }
}

fn unfilled(resources: &IndexMap<gate_model::ResourceName, gate_spec::Resource>) -> Vec<Notice> {
    let mut notices = Vec::new();
    for resource in resources.values() {
        let calls = [&resource.create, &resource.read, &resource.delete]
            .into_iter()
            .flatten();
        for call in calls.chain(&resource.lists) {
            let names = resource::unfilled(call);
            if !names.is_empty() {
                notices.push(
                    Notice::warning(format!(
                        "nothing is known that would fill `{}` in `{} {}` of the resource `{}`",
                        names.join("`, `"),
                        call.request.method,
                        call.request.path,
                        resource.name
                    ))
                    .at(call.request.source.clone()),
                );
            }
        }
    }
    notices
}

/// What was odd in the document.
fn document_notices(input: &Input<'_>) -> Vec<Notice> {
    let Some((name, document)) = input.document else {
        return Vec::new();
    };
    document
        .notices
        .iter()
        .map(|notice| {
            let line = notice
                .location
                .line
                .and_then(|line| u32::try_from(line).ok())
                .unwrap_or(1);
            let text = match notice.location.pointer.as_str() {
                "" => notice.message.clone(),
                pointer => format!("{} (#{pointer})", notice.message),
            };
            Notice::info(text).at(Some(gate_model::Location::new(name, line, 1)))
        })
        .collect()
}
