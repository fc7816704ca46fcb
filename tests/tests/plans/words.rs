//! A plan as it was understood, in words, a line for each thing.

use std::fmt::Write as _;

use gate_spec::{Call, CredentialSlot, Identity, LoginKind, MailPlace, ParamSource, ServedBy, Spec};

/// A spec in words.
pub(crate) fn describe(spec: &Spec) -> String {
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("texts take everything");
    line(format!(
        "target {}{}",
        spec.target.url,
        if spec.target.writes { " writes" } else { "" }
    ));
    for login in spec.logins.values() {
        line(format!("login {} whoami {}", login.name, login.whoami.is_some()));
        match &login.kind {
            LoginKind::Steps(steps) => {
                for step in steps {
                    let captures = &step.capture;
                    line(format!(
                        "  {} expect {:?} capture {captures:?}",
                        sent(&step.request),
                        step.expect
                    ));
                }
            }
            LoginKind::ClientCredentials { token_url, scope, .. } | LoginKind::Password { token_url, scope, .. } => {
                line(format!("  token at {token_url} for {scope:?}"));
            }
            LoginKind::Static => {}
        }
        line(format!("  sends {}", slots(&login.send)));
    }
    for identity in spec.identities.values() {
        line(who(identity));
    }
    for operation in spec.operations.values() {
        let mut text = format!("{} = {}", operation.id, operation.effect.word());
        if let Some(resource) = &operation.resource {
            write!(text, " {resource}").expect("texts take everything");
        }
        for (name, source) in &operation.params {
            write!(text, " {{{name}: {}}}", fills(source)).expect("texts take everything");
        }
        if let Some(reason) = &operation.public {
            write!(
                text,
                " public by {}",
                format!("{reason:?}").split([' ', '{']).next().unwrap_or_default()
            )
            .expect("texts take everything");
        }
        if let Some(reason) = &operation.skip {
            write!(text, " skipped: {reason}").expect("texts take everything");
        }
        write!(text, " <- {}", sent(&operation.request)).expect("texts take everything");
        line(text);
    }
    for resource in spec.resources.values() {
        let parent = resource
            .parent
            .as_ref()
            .map_or(String::new(), |parent| format!(" under {parent}"));
        line(format!(
            "resource {}{parent} {:?} id {:?}",
            resource.name, resource.visibility, resource.id
        ));
        for (word, call) in [
            ("create", &resource.create),
            ("read", &resource.read),
            ("delete", &resource.delete),
        ] {
            if let Some(call) = call {
                line(format!("  {word} {}", called(call)));
            }
        }
        for call in &resource.lists {
            line(format!("  list {}", called(call)));
        }
    }
    let settings = &spec.settings;
    for target in &settings.latency {
        let operations: Vec<String> = target.operations.iter().map(ToString::to_string).collect();
        let place = target.source.as_ref().map(ToString::to_string);
        line(format!("latency {operations:?} p95 {:?} {place:?}", target.p95));
    }
    for limit in &settings.rate_limits {
        let place = limit.source.as_ref().map(ToString::to_string);
        line(format!(
            "limit {} {limit}, locked {:?}, refused {:?} {:?}, slowed {:?}, {} % x {} {:?} {place:?}",
            limit.operation,
            limit.while_locked,
            limit.refused.statuses,
            limit.refused.json,
            limit.slowed,
            limit.tolerance_percent,
            limit.replicas,
            limit.identity,
        ));
    }
    if settings.limit_probe != gate_spec::LimitProbe::default() {
        line(format!("{:?}", settings.limit_probe));
    }
    line(format!("denied {:?}", settings.denial));
    line(format!("limits {:?}", settings.limits));
    if settings.full_scan != gate_spec::FullScanTerms::default() {
        line(format!("{:?}", settings.full_scan));
    }
    for flow in &settings.recovery.flows {
        let from = if flow.source.is_some() { "written" } else { "derived" };
        let kind = flow.kind.word();
        line(format!(
            "recovery {kind} {} then {} {from}, of {:?}, with {:?}",
            sent(&flow.request),
            sent(&flow.confirm),
            settings.recovery.subject.as_ref().map(ToString::to_string),
            settings.recovery.other.as_ref().map(ToString::to_string),
        ));
        let mail = flow.mail.as_ref().map(|mail| match &mail.place {
            MailPlace::Http { request, each, then } => {
                format!("{} each {each:?} then {:?}", sent(request), then.as_ref().map(sent))
            }
            MailPlace::Log(file) => format!("log {file:?}"),
        });
        line(format!(
            "  mail {} token {:?} lifetime {:?} expired {}",
            mail.as_deref().unwrap_or("nowhere"),
            flow.token,
            flow.lifetime,
            flow.expired.is_some()
        ));
    }
    for caller in &settings.signed {
        let scheme = &caller.scheme;
        line(format!(
            "signed {} in {}: {} over {} {:?} {:?} {:?} within {:?}, sample {:?}",
            caller.operation,
            scheme.header,
            scheme.value,
            scheme.payload,
            scheme.hash,
            scheme.text,
            scheme.moment,
            caller.tolerance,
            caller.sample.as_ref().map(sent)
        ));
    }
    for action in &settings.actions.known {
        let (kind, request) = (action.kind.word(), &action.request);
        let from = action.source.as_ref().map_or("derived".to_owned(), ToString::to_string);
        line(format!(
            "action {kind} {} {} {:?} {from}",
            request.method, request.path, request.body
        ));
        if let (Some(by), Some(role)) = (&action.by, &action.role) {
            let loses = action.loses.as_ref().map(|request| request.path.to_string());
            line(format!("  by {by} to {role}, loses {loses:?}"));
        }
    }
    line(format!("off {:?} trust_status {}", settings.off, settings.trust_status));
    for notice in &spec.notices {
        let place = notice
            .source
            .as_ref()
            .map_or(String::new(), |place| format!(" ({place})"));
        line(format!("{:?}: {}{place}", notice.level, notice.text));
    }
    out
}

fn slots(send: &[CredentialSlot]) -> String {
    let slots: Vec<String> = send
        .iter()
        .map(|slot| match slot {
            CredentialSlot::Bearer(value) => format!("bearer {value}"),
            CredentialSlot::Basic { username, password } => format!("basic {username}:{password}"),
            CredentialSlot::Header { name, value } => format!("header {name}: {value}"),
            CredentialSlot::UnsafeHeader { name, value } => format!("unsafe header {name}: {value}"),
            CredentialSlot::Query { name, value } => format!("query {name}={value}"),
            CredentialSlot::Cookie { name, value } => format!("cookie {name}={value}"),
            CredentialSlot::Jar => "cookies".to_owned(),
        })
        .collect();
    if slots.is_empty() {
        "the default".to_owned()
    } else {
        slots.join(", ")
    }
}

fn who(identity: &Identity) -> String {
    let fields: Vec<&str> = identity.fields.iter().map(|(name, _)| name.as_str()).collect();
    let whoami = identity.whoami.is_some();
    let served = match &identity.served {
        ServedBy::Anything => String::new(),
        ServedBy::Operation(operation) => format!(" served {operation}"),
        ServedBy::Nothing => " served nothing".to_owned(),
    };
    format!(
        "identity {} of {} ({}) roles {:?} login {:?} fields {fields:?} sends {} whoami {whoami} unset {:?}{served}",
        identity.name,
        identity.tenant,
        identity.tenant_value(),
        identity.roles,
        identity.login,
        identity.credential.as_ref().map_or_else(
            || "what the login gives".to_owned(),
            |credential| slots(&credential.send)
        ),
        identity.unset,
    )
}

fn fills(source: &ParamSource) -> String {
    match source {
        ParamSource::Id(name) => name.to_string(),
        ParamSource::Key(name, key) => format!("{name}.{key}"),
        ParamSource::Tenant => "tenant".to_owned(),
        ParamSource::Field(text) => text.clone(),
        ParamSource::Literal(value) => format!("= {value}"),
        ParamSource::Unknown { .. } => "?".to_owned(),
    }
}

fn called(call: &Call) -> String {
    let params: Vec<String> = call
        .params
        .iter()
        .map(|(name, source)| format!(" {{{name}: {}}}", fills(source)))
        .collect();
    let known = if call.operation.is_some() {
        ""
    } else {
        " (not in the document)"
    };
    format!("{}{}{known}", sent(&call.request), params.concat())
}

fn sent(request: &gate_spec::RequestTemplate) -> String {
    let mut text = format!("{} {}", request.method, request.path);
    for (name, value) in &request.query {
        write!(text, " ?{name}={value}").expect("texts take everything");
    }
    for (name, value) in &request.headers {
        write!(text, " {name}: {value}").expect("texts take everything");
    }
    match &request.body {
        gate_spec::Body::None => {}
        gate_spec::Body::Json(json) => write!(text, " json {}", json.raw()).expect("texts take everything"),
        other => write!(text, " {}", holes(other)).expect("texts take everything"),
    }
    text
}

fn holes(body: &gate_spec::Body) -> String {
    match body {
        gate_spec::Body::Form(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("form {}", fields.join("&"))
        }
        gate_spec::Body::Multipart(parts) => {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| {
                    let file = if part.file_name.is_some() { " (file)" } else { "" };
                    format!("{}={}{file}", part.name, part.content)
                })
                .collect();
            format!("multipart {}", parts.join("&"))
        }
        gate_spec::Body::Text { media_type, text } => format!("text {media_type} {text}"),
        gate_spec::Body::None | gate_spec::Body::Json(_) => String::new(),
    }
}
