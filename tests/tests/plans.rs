//! Plans and what is said about them: `tests/plans/*.yml` with the expected text beside each.
//!
//! Comments at the top of a plan set its stage: `# env: NAME=VALUE`, `# withheld: NAME`, `# document: FILE`,
//! `# profile: NAME`, `# fork: true`. `UPDATE_PLANS=1` writes the expectations anew; read them before committing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gate_plan::{Environment, Options, read_with};
use gate_spec::{Call, CredentialSlot, Identity, LoginKind, MailPlace, ParamSource, ServedBy, Spec};
use proptest::prelude::*;

/// The stage of a plan.
#[derive(Default)]
struct Stage {
    env: Vec<(String, String)>,
    withheld: Vec<String>,
    document: Option<String>,
    profile: Option<String>,
    fork: bool,
}

impl Stage {
    fn of(text: &str) -> Self {
        let mut stage = Self::default();
        for line in text.lines().map_while(|line| line.strip_prefix("# ")) {
            let Some((key, value)) = line.split_once(": ") else {
                continue;
            };
            match key {
                "env" => {
                    let (name, value) = value.split_once('=').expect("NAME=VALUE");
                    stage.env.push((name.to_owned(), value.to_owned()));
                }
                "withheld" => stage.withheld.push(value.to_owned()),
                "document" => stage.document = Some(value.to_owned()),
                "profile" => stage.profile = Some(value.to_owned()),
                "fork" => stage.fork = value == "true",
                _ => {}
            }
        }
        stage
    }
}

impl Environment for Stage {
    fn get(&self, name: &str) -> Option<String> {
        self.env
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    fn withheld(&self, name: &str) -> bool {
        self.withheld.iter().any(|known| known == name)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plans")
}

fn outcome(name: &str, text: &str) -> String {
    let stage = Stage::of(text);
    let options = Options {
        profile: stage.profile.as_deref(),
        fork: stage.fork,
    };
    let draft = match read_with(name, text, &stage, &options) {
        Ok(draft) => draft,
        Err(wrong) => return wrong.to_string(),
    };
    let document = stage.document.as_ref().map(|file| {
        let text = std::fs::read_to_string(folder().join(file)).expect("the document is there");
        (file.as_str(), text)
    });
    match draft.finish(document.as_ref().map(|(name, text)| (*name, text.as_str()))) {
        Ok(spec) => describe(&spec),
        Err(wrong) => wrong.to_string(),
    }
}

#[test]
fn plans_are_judged_as_expected() {
    let update = std::env::var_os("UPDATE_PLANS").is_some();
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the plans are there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yml"))
        .collect();
    names.sort();
    assert!(names.len() >= 20, "only {} plans were found", names.len());
    let mut wrong = Vec::new();
    for path in names {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a plan");
        let found = outcome(&name, &text);
        for (variable, value) in Stage::of(&text).env.iter().filter(|(_, value)| value.len() >= 8) {
            assert!(!found.contains(value), "{name} shows the value of {variable}:\n{found}");
        }
        let expected = path.with_extension("txt");
        if update {
            std::fs::write(&expected, &found).expect("the expectation is written");
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{name}:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The demo's own plan with the document that the demo serves.
#[test]
fn the_demo_is_understood() {
    let plan = include_str!("../../crates/gate-demo/demo-plan.yml");
    let stage = Stage {
        env: vec![("DEMO_URL".to_owned(), "http://127.0.0.1:1".to_owned())],
        ..Stage::default()
    };
    let draft = read_with("demo-plan.yml", plan, &stage, &Options::default()).unwrap_or_else(|wrong| panic!("{wrong}"));
    let document = gate_demo::openapi(&gate_demo::Config::default()).to_string();
    let spec = draft
        .finish(Some(("openapi.json", &document)))
        .unwrap_or_else(|wrong| panic!("{wrong}"));
    let found = describe(&spec);
    let expected = folder().join("demo.txt");
    if std::env::var_os("UPDATE_PLANS").is_some() {
        std::fs::write(&expected, &found).expect("the expectation is written");
    }
    let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
    assert!(wanted == found, "the demo is understood otherwise:\n{found}");
}

/// Whatever the examples ask for.
struct Anything;

impl Environment for Anything {
    fn get(&self, name: &str) -> Option<String> {
        Some(if name.ends_with("_URL") {
            "http://127.0.0.1:1/v1".to_owned()
        } else {
            format!("value-of-{name}")
        })
    }
}

#[test]
fn the_examples_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the examples are there") {
        let path = entry.expect("an entry").path().join("launchgate.yml");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        seen += 1;
        if let Err(wrong) = read_with(&path.to_string_lossy(), &text, &Anything, &Options::default()) {
            panic!("{wrong}");
        }
    }
    assert!(seen >= 1, "no example has a plan");
}

/// A spec in words.
fn describe(spec: &Spec) -> String {
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

/// Every variable has the same nasty value.
struct Nasty(String);

impl Environment for Nasty {
    fn get(&self, _: &str) -> Option<String> {
        Some(self.0.clone())
    }
}

/// Paths as odd as a document or a plan may bring them.
const ODD_PATH: &str = "(/|\\{|\\}|[a-zé]|[0-9A-Z_.?#%-]){0,40}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// No text makes the reader panic, and what is wrong is always said.
    #[test]
    fn any_text_is_read_or_refused(text in "(\\PC|\n){0,300}") {
        if let Err(wrong) = read_with("p.yml", &text, &Stage::default(), &Options::default()) {
            prop_assert!(wrong.has_errors());
            prop_assert!(!wrong.to_string().is_empty());
        }
    }

    /// Nor does a sound plan with a piece of it replaced.
    #[test]
    fn any_broken_plan_is_read_or_refused(at in 0usize..4000, len in 0usize..40, put in "(\\PC|\n){0,20}") {
        let sound = include_str!("../plans/overrides.yml");
        let start = sound.char_indices().map(|(at, _)| at).nth(at.min(sound.chars().count() - 1)).unwrap_or(0);
        let end = sound[start..].char_indices().map(|(at, _)| start + at).nth(len).unwrap_or(sound.len());
        let text = format!("{}{put}{}", &sound[..start], &sound[end..]);
        if let Ok(draft) = read_with("p.yml", &text, &Stage::default(), &Options::default()) {
            let document = include_str!("../plans/shop.openapi.yaml");
            drop(draft.finish(Some(("shop.openapi.yaml", document))));
        }
    }

    /// Odd paths in a document cost a notice at most.
    #[test]
    fn any_path_is_taken(one in ODD_PATH, two in ODD_PATH) {
        let plan = "target: { url: \"http://127.0.0.1:1\", openapi: d }\n\
                    identities: { a: { token: token-a }, b: { token: token-b } }\n";
        let operations = serde_json::json!({ "get": { "responses": {} }, "post": { "responses": {} }, "delete": { "responses": {} } });
        let mut paths = serde_json::Map::new();
        for path in [format!("/{one}"), format!("/{two}"), format!("/{one}/{{id}}"), format!("/{two}/{one}")] {
            paths.insert(path, operations.clone());
        }
        let document = serde_json::json!({ "openapi": "3.0.0", "info": {}, "paths": paths }).to_string();
        let draft = read_with("p.yml", plan, &Stage::default(), &Options::default()).expect("a sound plan");
        prop_assert!(draft.finish(Some(("d", &document))).is_ok());
    }

    /// A variable stays one text: it cannot add identities, keys, operations, hosts or placeholders.
    #[test]
    fn a_variable_adds_no_keys(value in "[ -~\n]{1,60}") {
        let plan = "target: { url: \"http://127.0.0.1:1\", headers: { X-App: \"${V}\" } }\n\
                    identities:\n  a: { token: \"a${V}\", as: { note: \"${V}\" } }\n  b: { token: \"b${V}\" }\n\
                    setup: [{ as: a, post: /x, json: { k: \"${V}\" } }]\n";
        match read_with("p.yml", plan, &Nasty(value.clone()), &Options::default()) {
            Ok(draft) => {
                let spec = draft.outline();
                prop_assert_eq!(spec.identities.len(), 2);
                prop_assert_eq!(spec.target.headers.len(), 1);
                prop_assert_eq!(spec.target.headers[0].1.expose(), &value);
                prop_assert_eq!(spec.settings.setup.len(), 1);
                prop_assert!(spec.settings.setup[0].request.holes().is_empty());
                prop_assert!(spec.target.allow_hosts.is_empty());
            }
            Err(wrong) => prop_assert!(value.contains("{{"), "{}", wrong),
        }
    }
}
