//! Whole documents of the three specifications, in JSON and YAML.

use gate_openapi::{
    Document, Kind, Limits, Method, ParamIn, Security, SecurityScheme, SpecVersion, read, sample_body, text_fields,
};
use serde_json::json;

fn document(text: &str) -> Document {
    read(text, &Limits::default()).expect("a readable document")
}

fn sets(names: &[&[&str]]) -> Security {
    Security::Required(
        names
            .iter()
            .map(|set| set.iter().map(|name| (*name).to_owned()).collect())
            .collect(),
    )
}

#[test]
fn openapi_30_in_yaml() {
    let doc = document(include_str!("fixtures/notes30.yaml"));
    assert_eq!(doc.notices, []);
    assert_eq!((doc.title.as_str(), doc.version), ("Notes", SpecVersion::OpenApi30));
    assert_eq!(doc.servers, ["https://api.example.com/v1/"]);
    assert_eq!(doc.base_path.as_deref(), Some("/v1"));
    let keys: Vec<String> = doc.operations.iter().map(|op| op.key()).collect();
    assert_eq!(
        keys,
        [
            "GET /notes",
            "POST /notes",
            "GET /notes/{id}",
            "DELETE /notes/{id}",
            "GET /health",
            "GET /feed"
        ]
    );

    let list = doc.operation_by_id("listNotes").expect("listNotes");
    assert_eq!(
        (list.location.pointer.as_str(), list.location.line),
        ("/paths/~1notes/get", Some(12))
    );
    assert_eq!(list.security, sets(&[&["bearer"]]));
    assert_eq!(list.tags, ["notes"]);
    let [page, tenant] = list.parameters.as_slice() else {
        panic!("{:?}", list.parameters)
    };
    assert_eq!(
        (page.name.as_str(), page.location, page.required),
        ("page", ParamIn::Query, false)
    );
    assert_eq!((page.schema.kind, page.schema.minimum), (Kind::Integer, Some(1.0)));
    assert_eq!(
        (tenant.location, tenant.required, tenant.sample.clone()),
        (ParamIn::Header, true, Some(json!("acme")))
    );
    let answer = &list.responses[0];
    assert_eq!(
        (answer.status.as_str(), answer.headers.as_slice()),
        ("200", ["X-Total".to_owned()].as_slice())
    );
    let wrapped = answer.list.as_ref().expect("a wrapped list");
    assert_eq!(wrapped.path, ["items"]);
    assert!(wrapped.fields.iter().any(|field| field.dotted() == "owner.name"));

    let create = doc.operation_by_id("createNote").expect("createNote");
    let body = create.body.as_ref().expect("a body");
    assert_eq!((body.media_type.as_str(), body.required), ("application/json", true));
    assert_eq!(body.media_types, ["application/xml", "application/json"]);
    assert_eq!(
        sample_body(create),
        Some(&json!({"title": "sample", "kind": "private", "stars": 2, "text": "sample"}))
    );
    let dotted: Vec<String> = body.fields.iter().map(|field| field.dotted()).collect();
    assert_eq!(
        dotted,
        [
            "id",
            "created_at",
            "title",
            "kind",
            "stars",
            "text",
            "status",
            "owner",
            "owner.name",
            "owner.boss",
            "owner.boss.name",
            "owner.boss.boss",
            "labels",
            "labels[]"
        ]
    );
    assert!(body.fields[0].schema.read_only && body.fields[0].required);
    let texts: Vec<String> = text_fields(body)
        .iter()
        .map(|field| gate_openapi::dotted(&field.path))
        .collect();
    assert_eq!(texts, ["title", "text"]);
    assert_eq!(create.responses[1].status, "default");
    assert_eq!(create.responses[1].fields[0].dotted(), "title");

    let delete = doc.operation(Method::Delete, "/notes/{id}").expect("delete");
    assert_eq!(delete.security, sets(&[&["bearer", "app"], &["oauth"]]));
    assert_eq!(delete.scopes, ["admin", "notes:write"]);
    assert!(delete.deprecated);
    assert_eq!(delete.parameters[0].schema.format.as_deref(), Some("uuid"));
    assert_eq!(
        doc.operation(Method::Get, "/health").expect("health").security,
        Security::Public
    );
    let feed = doc.operation(Method::Get, "/feed").expect("feed");
    assert_eq!(feed.security, Security::Optional);
    assert_eq!(feed.responses[0].status, "2XX");
    assert!(feed.responses[0].is_array());

    assert_eq!(
        doc.security_schemes["bearer"],
        SecurityScheme::Bearer {
            format: Some("JWT".to_owned())
        }
    );
    let app = SecurityScheme::ApiKey {
        location: ParamIn::Header,
        name: "X-App".to_owned(),
    };
    assert_eq!(doc.security_schemes["app"], app);
    let SecurityScheme::OAuth2 { flows } = &doc.security_schemes["oauth"] else {
        panic!("oauth")
    };
    assert_eq!(
        (flows[0].kind.as_str(), flows[0].token_url.as_deref()),
        ("clientCredentials", Some("/token"))
    );
}

#[test]
fn openapi_31_in_json() {
    let doc = document(include_str!("fixtures/shop31.json"));
    assert_eq!(doc.notices, []);
    assert_eq!(
        (doc.version, doc.base_path.as_deref()),
        (SpecVersion::OpenApi31, Some("/api"))
    );
    let put = doc.operation_by_id("putOrder").expect("putOrder");
    assert_eq!(put.location.line, Some(7));
    assert_eq!(put.security, Security::Undeclared);
    assert_eq!(
        (put.parameters[0].schema.kind, put.parameters[0].schema.nullable),
        (Kind::String, true)
    );
    assert_eq!(put.parameters[0].example, Some(json!("o-1")));
    let sample = sample_body(put).expect("a sample");
    assert_eq!(sample["kind"], "order");
    assert_eq!(sample["note"], "sample");
    assert_eq!(sample["contact"], json!({"email": "sample@example.com"}));
    assert_eq!(sample["lines"][0], json!({"sku": "AA-1111", "amount": 0.25}));
    assert_eq!(sample["lines"].as_array().map(Vec::len), Some(2));
    assert_ne!(sample["lines"][0], sample["lines"][1]);
    assert_eq!(
        put.responses[0].list.as_ref().expect("a list").path,
        ["data", "results"]
    );
    assert_eq!(
        doc.operation(Method::Get, "/ping").expect("ping").responses[0]
            .fields
            .len(),
        0
    );
}

#[test]
fn swagger_20_in_json() {
    let doc = document(include_str!("fixtures/pets20.json"));
    assert_eq!(doc.notices, []);
    assert_eq!(
        (doc.version, doc.base_path.as_deref()),
        (SpecVersion::Swagger2, Some("/v2"))
    );
    assert_eq!(
        doc.servers,
        ["https://pets.example.com/v2", "http://pets.example.com/v2"]
    );
    let list = doc.operation(Method::Get, "/pets").expect("list");
    let style = list.parameters[0].style.as_ref().expect("a style");
    assert_eq!((style.style.as_str(), style.explode), ("form", true));
    assert!(list.responses[0].is_array());
    assert_eq!(list.responses[0].media_types, ["application/json"]);
    assert_eq!(list.responses[0].fields[0].dotted(), "name");
    let create = doc.operation(Method::Post, "/pets").expect("create");
    assert_eq!(create.security, sets(&[&["key"]]));
    assert_eq!(sample_body(create), Some(&json!({"name": "Rex", "petType": "Pet"})));
    let photo = doc.operation(Method::Post, "/pets/{petId}/photo").expect("photo");
    assert_eq!(photo.parameters[0].schema.kind, Kind::Integer);
    let body = photo.body.as_ref().expect("a form");
    assert_eq!((body.media_type.as_str(), body.required), ("multipart/form-data", true));
    assert_eq!(body.fields[1].schema.format.as_deref(), Some("binary"));
    assert_eq!(body.sample, Some(json!({"caption": "sample", "photo": "sample"})));
    let login = doc.operation(Method::Post, "/login").expect("login");
    let body = login.body.as_ref().expect("a form");
    assert_eq!(body.media_type, "application/x-www-form-urlencoded");
    assert_eq!(
        body.sample,
        Some(json!({"username": "sample", "password": "Sample-Passw0rd!"}))
    );
    assert_eq!(doc.security_schemes["basic"], SecurityScheme::Basic);
    let SecurityScheme::OAuth2 { flows } = &doc.security_schemes["oauth"] else {
        panic!("oauth")
    };
    assert_eq!(
        (flows[0].kind.as_str(), flows[0].scopes.as_slice()),
        ("clientCredentials", ["read".to_owned()].as_slice())
    );
}

#[test]
fn json_and_yaml_say_the_same() {
    for text in [
        include_str!("fixtures/pets20.json"),
        include_str!("fixtures/shop31.json"),
    ] {
        // JSON with a comment is no JSON, so the YAML reader takes it.
        let commented = format!("# as YAML\n{text}");
        let (mut strict, mut lenient) = (document(text), document(&commented));
        for op in strict.operations.iter_mut().chain(&mut lenient.operations) {
            op.location.line = None;
        }
        assert_eq!(strict, lenient);
    }
}
