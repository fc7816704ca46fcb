//! The plan of the API of notes: its tenants, its operations, and how a note is made, read and listed.

use gate_model::{OperationId, ResourceName};
use gate_spec::{
    Access, Body, Call, Effect, Extract, Identity, JsonTemplate, Method, Operation, ParamSource, RequestTemplate,
    Resource, Settings, Spec, Template, Visibility,
};
use serde_json::json;

fn template(method: Method, path: &str) -> RequestTemplate {
    RequestTemplate::new(method, Template::parse_path(path).unwrap_or_default())
}

fn operation(method: Method, path: &str, effect: Effect, resource: Option<&str>, body: Body) -> Operation {
    let mut request = template(method, path);
    request.body = body;
    let params = if path.contains("{id}") {
        vec![("id".to_owned(), ParamSource::Id("note".into()))]
    } else {
        Vec::new()
    };
    Operation {
        id: OperationId::of(method.as_str(), path),
        request,
        params,
        effect,
        resource: resource.map(ResourceName::new),
        public: None,
        secured: Some(true),
        skip: None,
        query_names: Vec::new(),
        produces: Vec::new(),
        declared: Default::default(),
        source: None,
    }
}

pub(super) fn notes_spec() -> Spec {
    let text = || Body::Json(JsonTemplate::parse(json!({"text": "{{canary}}"})).unwrap_or_default());
    let operations = [
        operation(Method::Get, "/me", Effect::ReadOther, None, Body::None),
        operation(Method::Post, "/notes", Effect::Create, Some("note"), text()),
        operation(Method::Get, "/notes", Effect::List, Some("note"), Body::None),
        operation(Method::Get, "/notes/{id}", Effect::Read, Some("note"), Body::None),
        operation(Method::Patch, "/notes/{id}", Effect::Update, Some("note"), text()),
        operation(
            Method::Post,
            "/notes/{id}/done",
            Effect::Action,
            Some("note"),
            Body::None,
        ),
        operation(Method::Delete, "/notes/{id}", Effect::Delete, Some("note"), Body::None),
    ];
    let call = |index: usize| Call {
        operation: Some(operations[index].id.clone()),
        request: operations[index].request.clone(),
        params: operations[index].params.clone(),
    };
    let note = Resource {
        name: "note".into(),
        parent: None,
        create: Some(call(1)),
        id: vec![Extract::JsonPath("$.id".to_owned())],
        keys: Vec::new(),
        read: Some(call(3)),
        lists: vec![call(2)],
        delete: Some(call(6)),
        visibility: Visibility::Tenant,
        owner: None,
        source: None,
    };
    let identity = |name: &str, tenant: &str| Identity {
        name: name.into(),
        tenant: tenant.into(),
        tenant_id: None,
        roles: Vec::new(),
        login: None,
        fields: Vec::new(),
        credential: None,
        signup: None,
        whoami: None,
        served: gate_spec::ServedBy::Anything,
        throw_away: false,
        unset: Vec::new(),
        source: None,
    };
    let identities = [
        identity("alice", "acme"),
        identity("mallory", "globex"),
        identity("eve", "initech"),
    ];
    Spec {
        file: None,
        target: gate_spec::Target {
            url: "http://127.0.0.1".to_owned(),
            headers: Vec::new(),
            tenant_in: None,
            start: None,
            allow_hosts: Vec::new(),
            login_hosts: Vec::new(),
            writes: false,
            source: None,
        },
        logins: Default::default(),
        identities: identities
            .into_iter()
            .map(|identity| (identity.name.clone(), identity))
            .collect(),
        operations: operations
            .iter()
            .map(|operation| (operation.id.clone(), operation.clone()))
            .collect(),
        resources: [("note".into(), note)].into_iter().collect(),
        access: Access::default(),
        settings: Settings::default(),
        notices: Vec::new(),
        secrets: Vec::new(),
        source: None,
    }
}
