//! The plan of the design page, with a document beside it, read from end to end.

use gate_plan::{DocumentSource, read, variables};
use gate_spec::{CredentialSlot, Effect, Extract, LoginKind, ParamSource, PublicReason, Scope, TenantSelector};

const PLAN: &str = include_str!("design.yml");
const DOCUMENT: &str = include_str!("design.openapi.yaml");

fn env(name: &str) -> Option<String> {
    match name {
        "ALICE_PASSWORD" => Some("alice-secret-1".to_owned()),
        "BOB_PASSWORD" => Some("bob-secret-2".to_owned()),
        "MALLORY_TOKEN" => Some("mallory-token-3".to_owned()),
        "OLD_TOKEN" | "STAGING_TOKEN" | "TEST_SIGNING_KEY" => Some(format!("value-of-{name}")),
        _ => None,
    }
}

fn spec() -> gate_spec::Spec {
    let draft = read("launchgate.yml", PLAN, &env, None).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(draft.document(), Some(DocumentSource::File("openapi.yaml".to_owned())));
    draft
        .finish(Some(("openapi.yaml", DOCUMENT)))
        .unwrap_or_else(|wrong| panic!("{wrong}"))
}

#[test]
fn the_target_is_read() {
    let spec = spec();
    assert_eq!(spec.target.url, "http://127.0.0.1:8080");
    assert_eq!(
        spec.target.tenant_in,
        Some(TenantSelector::Header("X-Org-Id".to_owned()))
    );
    assert!(spec.target.writes);
    assert_eq!(spec.target.start.as_ref().map(|start| start.within.as_secs()), Some(60));
    assert_eq!(spec.target.login_hosts, ["acme.eu.auth0.com"]);
}

#[test]
fn logins_are_read() {
    let spec = spec();
    let LoginKind::Steps(steps) = &spec.logins["password"].kind else {
        panic!("steps are expected");
    };
    assert_eq!(
        steps[0].capture,
        [("token".to_owned(), Extract::JsonPath("$.access_token".to_owned()))]
    );
    assert!(spec.logins["password"].whoami.is_some());
    let session = &spec.logins["session"];
    assert_eq!(session.send[0], CredentialSlot::Jar);
    assert!(matches!(&session.send[1], CredentialSlot::UnsafeHeader { name, .. } if name == "X-CSRFToken"));
    let LoginKind::Steps(steps) = &session.kind else {
        panic!("steps are expected");
    };
    assert!(steps[1].expect[0].matches(302));
}

#[test]
fn identities_are_read() {
    let spec = spec();
    let alice = &spec.identities["alice"];
    assert_eq!(alice.tenant.as_str(), "acme");
    assert_eq!(alice.roles, ["manager"]);
    assert_eq!(
        alice.field("password").map(|value| value.expose().as_str()),
        Some("alice-secret-1")
    );
    let mallory = &spec.identities["mallory"];
    assert!(mallory.login.is_none());
    assert!(mallory.credential.is_some());
    let secrets: Vec<&str> = spec.secrets.iter().map(|secret| secret.expose().as_str()).collect();
    for secret in [
        "alice-secret-1",
        "bob-secret-2",
        "mallory-token-3",
        "value-of-OLD_TOKEN",
    ] {
        assert!(secrets.contains(&secret), "{secret} is not among the secrets");
    }
    assert!(!secrets.contains(&"alice@acme.test"));
    assert!(spec.identities["spare"].throw_away);
}

#[test]
fn operations_know_what_they_do() {
    let spec = spec();
    for (id, effect, resource) in [
        ("GET /healthz", Effect::ReadOther, None),
        ("POST /auth/login", Effect::IssuesCredentials, None),
        ("POST /auth/logout", Effect::EndsSession, None),
        ("GET /me", Effect::ReadOther, None),
        ("POST /projects", Effect::Create, Some("project")),
        ("GET /projects", Effect::List, Some("project")),
        ("GET /projects/{projectId}", Effect::Read, Some("project")),
        ("PATCH /projects/{projectId}", Effect::Update, Some("project")),
        ("DELETE /projects/{projectId}", Effect::Delete, Some("project")),
        ("POST /projects/{projectId}/archive", Effect::Action, Some("project")),
        ("GET /projects/{projectId}/export.pdf", Effect::Read, Some("project")),
        ("POST /projects/{projectId}/documents", Effect::Create, Some("document")),
        ("GET /documents/{id}", Effect::Read, Some("document")),
        ("POST /invoices", Effect::Create, Some("invoice")),
        ("GET /invoices/{invoiceId}", Effect::Read, Some("invoice")),
        ("POST /admin/reset", Effect::Dangerous, None),
        ("GET /search", Effect::List, Some("project")),
    ] {
        let operation = spec.operations.get(id).unwrap_or_else(|| panic!("{id} is missing"));
        assert_eq!(operation.effect, effect, "{id}");
        assert_eq!(operation.resource.as_ref().map(|name| name.as_str()), resource, "{id}");
    }
    let project = &spec.operations["GET /projects/{projectId}"];
    assert_eq!(
        project.params,
        [("projectId".to_owned(), ParamSource::Id("project".into()))]
    );
    let document = &spec.operations["GET /documents/{id}"];
    assert_eq!(document.params, [("id".to_owned(), ParamSource::Id("document".into()))]);
    assert!(matches!(
        spec.operations["GET /healthz"].public,
        Some(PublicReason::Plan { .. })
    ));
    assert_eq!(spec.operations["POST /auth/login"].public, Some(PublicReason::Login));
    assert_eq!(spec.operations["GET /projects"].public, None);
}

#[test]
fn resources_are_completed_from_the_document() {
    let spec = spec();
    let project = &spec.resources["project"];
    assert!(project.create.is_some() && project.read.is_some() && project.delete.is_some());
    assert_eq!(project.id, [Extract::JsonPath("$.id".to_owned())]);
    let document = &spec.resources["document"];
    assert_eq!(document.parent.as_ref().map(|name| name.as_str()), Some("project"));
    let create = document.create.as_ref().expect("documents can be made");
    assert_eq!(
        create.params,
        [("project".to_owned(), ParamSource::Id("project".into()))]
    );
    let invoice = &spec.resources["invoice"];
    let create = invoice.create.as_ref().expect("invoices can be made");
    let holes = create.request.holes();
    assert!(holes.contains(&"canary".to_owned()), "{holes:?}");
    assert!(holes.contains(&"project.id".to_owned()), "{holes:?}");
    assert_eq!(invoice.id[0], Extract::JsonPath("$.invoiceId".to_owned()));
}

#[test]
fn access_is_read() {
    let spec = spec();
    assert!(spec.access.declared);
    let id = "GET /projects/{projectId}".into();
    assert_eq!(spec.access.scope(&["viewer".to_owned()], &id), Some(Scope::Tenant));
    assert_eq!(spec.access.scope(&["nobody".to_owned()], &id), None);
}

#[test]
fn settings_are_read() {
    let spec = spec();
    assert_eq!(spec.settings.latency[0].p95.as_millis(), 300);
    assert_eq!(spec.settings.setup.len(), 1);
    assert!(spec.settings.setup[0].undo.is_some());
    assert_eq!(spec.settings.cases.len(), 1);
    let tokens = &spec.settings.tokens;
    assert!(tokens.expired.is_some() && tokens.other_environment.is_some() && tokens.signing_key.is_some());
    let actions: Vec<&str> = spec
        .settings
        .actions
        .known
        .iter()
        .map(|action| action.kind.word())
        .collect();
    assert!(actions.contains(&"logout"), "{actions:?}");
}

#[test]
fn variables_are_listed() {
    let draft = read("launchgate.yml", PLAN, &env, Some("nightly")).expect("a sound plan");
    let all = variables(&draft);
    let api = all
        .iter()
        .find(|variable| variable.name == "API_URL")
        .expect("it is named");
    assert!(api.default && !api.set && !api.credential);
    let alice = all
        .iter()
        .find(|variable| variable.name == "ALICE_PASSWORD")
        .expect("it is named");
    assert!(alice.credential && alice.set);
}
