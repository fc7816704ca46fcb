//! The `operations` section: what the plan says about single operations goes before what was derived.

use gate_model::{Notice, OperationId, ResourceName};
use gate_spec::{Body, Call, Effect, Method, Operation, ParamSource, PublicReason, RequestTemplate, Template};
use gate_yaml::{join, remedy};
use indexmap::IndexMap;
use serde_json::Value;

use super::cx::Cx;
use super::request;
use crate::derive::{Derived, Routes, Source};
use crate::raw;

/// Adds the operations that the document leaves out. Gives the number of each source, in the order of the section.
pub(crate) fn add(
    cx: &mut Cx<'_>,
    raw: &IndexMap<String, raw::Operation>,
    routes: &mut Routes<'_>,
    known: bool,
) -> Vec<Option<usize>> {
    let mut out = Vec::new();
    for key in raw.keys() {
        let place = join("/operations", key);
        let parts = key.trim().split_once(char::is_whitespace);
        let found = parts.and_then(|(method, path)| Some((method.parse::<Method>().ok()?, path.trim())));
        let Some((method, path)) = found.filter(|(_, path)| path.starts_with('/')) else {
            cx.error_key(
                &place,
                format!("`{key}` is not an operation"),
                Some("write a method and a path, such as \"GET /projects/{id}\"".to_owned()),
            );
            out.push(None);
            continue;
        };
        if let Some(index) = routes.find(method, path) {
            out.push(Some(index));
            continue;
        }
        if known && !super::known::added(cx, &place, key, (method, path), &raw[key], routes) {
            out.push(None);
            continue;
        }
        let template = Template::parse_path(path).unwrap_or_else(|_| Template::literal(path));
        out.push(Some(routes.add(Source {
            method,
            path: path.to_owned(),
            document: None,
            request: Some(RequestTemplate::new(method, template)),
            location: cx.at(&place),
        })));
    }
    out
}

/// The effect of a word.
pub(crate) fn effect(word: raw::EffectWord) -> Effect {
    match word {
        raw::EffectWord::Create => Effect::Create,
        raw::EffectWord::Read => Effect::Read,
        raw::EffectWord::List => Effect::List,
        raw::EffectWord::Update => Effect::Update,
        raw::EffectWord::Delete => Effect::Delete,
        raw::EffectWord::Action => Effect::Action,
        raw::EffectWord::ReadOther => Effect::ReadOther,
        raw::EffectWord::WriteOther => Effect::WriteOther,
        raw::EffectWord::Login => Effect::IssuesCredentials,
        raw::EffectWord::EndsSession => Effect::EndsSession,
        raw::EffectWord::ChangesCaller => Effect::ChangesCaller,
        raw::EffectWord::Dangerous => Effect::Dangerous,
    }
}

/// Puts the plan's words over what was derived.
pub(crate) fn overlay(
    cx: &mut Cx<'_>,
    raw: &IndexMap<String, raw::Operation>,
    sources: &[Option<usize>],
    derived: &mut Derived,
    routes: &Routes<'_>,
    document_to_come: bool,
) {
    let resources: Vec<String> = derived.resources.keys().map(|name| name.as_str().to_owned()).collect();
    for ((key, raw), source) in raw.iter().zip(sources) {
        let place = join("/operations", key);
        let Some(id) = source.map(|index| routes.get(index).id()) else {
            continue;
        };
        let Some(operation) = derived.operations.get_mut(&id) else {
            continue;
        };
        one(cx, &place, raw, operation, &resources, document_to_come);
    }
}

/// Objects are made, read, listed and removed with what the plan says about the operations that do it. An operation whose
/// effect the plan names does it where nothing else was known to.
pub(crate) fn refresh(
    raw: &IndexMap<String, raw::Operation>,
    sources: &[Option<usize>],
    derived: &mut Derived,
    routes: &Routes<'_>,
) {
    for (raw, source) in raw.values().zip(sources) {
        let id = source.map(|index| routes.get(index).id());
        let Some(operation) = id.and_then(|id| derived.operations.get(&id)) else {
            continue;
        };
        let call = Call {
            operation: Some(operation.id.clone()),
            request: operation.request.clone(),
            params: operation.params.clone(),
        };
        for resource in derived.resources.values_mut() {
            let single = [&mut resource.create, &mut resource.read, &mut resource.delete];
            let calls = single.into_iter().flatten().chain(&mut resource.lists);
            for known in calls.filter(|known| known.operation == call.operation) {
                *known = call.clone();
            }
        }
        let resource = operation.resource.as_ref().filter(|_| raw.effect.is_some());
        let Some(resource) = resource.and_then(|name| derived.resources.get_mut(name)) else {
            continue;
        };
        match operation.effect {
            Effect::Create => _ = resource.create.get_or_insert(call),
            Effect::Read => _ = resource.read.get_or_insert(call),
            Effect::Delete => _ = resource.delete.get_or_insert(call),
            Effect::List if !resource.lists.iter().any(|known| known.operation == call.operation) => {
                resource.lists.push(call);
            }
            _ => {}
        }
    }
}

fn one(
    cx: &mut Cx<'_>,
    place: &str,
    raw: &raw::Operation,
    operation: &mut Operation,
    resources: &[String],
    document_to_come: bool,
) {
    if let Some(word) = raw.effect {
        operation.effect = effect(word);
        if !operation.effect.touches_object() {
            operation.resource = None;
        } else if operation.resource.is_none() {
            operation.resource = operation.addressed().cloned();
        }
    }
    if let Some(name) = &raw.resource {
        if resources.iter().any(|known| known == name) {
            operation.resource = Some(ResourceName::new(name));
        } else if !document_to_come {
            let place = join(place, "resource");
            let help = remedy(name, resources.iter().map(String::as_str));
            let shown = cx.shown(&place, name);
            cx.error_help(&place, format!("there is no resource {shown}"), help);
        }
    }
    for (name, value) in &raw.params {
        let place = join(&join(place, "params"), name);
        let Some((_, source)) = operation.params.iter_mut().find(|(known, _)| known == name) else {
            let known: Vec<&str> = operation.params.iter().map(|(name, _)| name.as_str()).collect();
            let help = remedy(name, known.iter().copied());
            cx.error_key(&place, format!("the path has no parameter `{name}`"), help);
            continue;
        };
        *source = param(value, resources);
    }
    if let Some(value) = &raw.json {
        operation.request.body = request::json(cx, &join(place, "json"), value);
    }
    if let Some(form) = &raw.form {
        operation.request.body = Body::Form(request::texts(cx, &join(place, "form"), Some(form)));
    }
    for (name, value) in request::texts(cx, &join(place, "query"), raw.query.as_ref()) {
        operation.request.query.retain(|(known, _)| *known != name);
        operation.request.query.push((name, value));
    }
    for (name, value) in request::texts(cx, &join(place, "headers"), raw.headers.as_ref()) {
        operation
            .request
            .headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        operation.request.headers.push((name, value));
    }
    match &raw.public {
        Some(raw::Public::Flag(false)) => operation.public = None,
        Some(raw::Public::Flag(true)) => operation.public = Some(reason(cx, place, None)),
        Some(raw::Public::Map(map)) => operation.public = Some(reason(cx, place, Some(map.reason.clone()))),
        None => {}
    }
    match &raw.skip {
        Some(raw::Skip::Flag(true)) => operation.skip = Some("`skip: true`".to_owned()),
        Some(raw::Skip::Reason(reason)) => operation.skip = Some(reason.clone()),
        Some(raw::Skip::Flag(false)) | None => {}
    }
    if let Some(list) = &raw.produces {
        operation.produces = list.items().0.to_vec();
    }
    operation.source = cx.at(place);
}

fn reason(cx: &Cx<'_>, place: &str, reason: Option<String>) -> PublicReason {
    PublicReason::Plan {
        reason,
        source: cx.at(&join(place, "public")),
    }
}

fn param(value: &Value, resources: &[String]) -> ParamSource {
    let Some(text) = value.as_str() else {
        return ParamSource::Literal(value.clone());
    };
    if resources.iter().any(|known| known == text) {
        return ParamSource::Id(ResourceName::new(text));
    }
    if let Some((resource, key)) = text.split_once('.')
        && resources.iter().any(|known| known == resource)
    {
        return if key == "id" {
            ParamSource::Id(ResourceName::new(resource))
        } else {
            ParamSource::Key(ResourceName::new(resource), key.to_owned())
        };
    }
    if text == "tenant" {
        return ParamSource::Tenant;
    }
    if text.contains("{{") {
        return ParamSource::Field(text.to_owned());
    }
    ParamSource::Literal(value.clone())
}

/// What is said about operations that nothing can fill.
pub(crate) fn unknown_params(operations: &IndexMap<OperationId, Operation>) -> Vec<Notice> {
    operations
        .values()
        .filter(|operation| operation.skip.is_none())
        .filter_map(|operation| {
            let names: Vec<&str> = operation.unknown_params().collect();
            let first = names.first()?;
            Some(
                Notice::info(format!(
                    "nothing is known that would fill `{}`; say it in the plan:\noperations:\n  \"{}\": {{ params: {{ {first}: RESOURCE }} }}",
                    names.join("`, `"),
                    operation.id
                ))
                .about(&operation.id)
                .at(operation.source.clone()),
            )
        })
        .collect()
}
