//! Odd documents: one oddity costs one field or one operation and a notice, never the document.

use gate_openapi::{Document, Error, Kind, Limits, Method, NoticeKind, ParamIn, Security, read};
use serde_json::{Value, json};

fn document(text: &str) -> Document {
    read(text, &Limits::default()).expect("a readable document")
}

fn of(value: &Value) -> Document {
    document(&value.to_string())
}

fn with_schema(schema: Value) -> Document {
    of(&json!({"openapi": "3.0.3", "info": {"title": "t"}, "paths": {
        "/odd": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}},
        "/sound": {"get": {"responses": {"200": {"description": "ok"}}}},
    }}))
}

fn says(doc: &Document, kind: NoticeKind, words: &str) {
    assert!(
        doc.notices
            .iter()
            .any(|notice| notice.kind == kind && notice.message.contains(words)),
        "no {kind:?} notice with `{words}` in {:#?}",
        doc.notices
    );
}

#[test]
fn an_odd_schema_costs_one_field() {
    let doc = with_schema(json!({"type": "object", "required": ["a", "b", 7], "properties": {
        "a": {"type": 5},
        "b": {"type": "Integer", "minimum": "3"},
        "c": {"type": "string", "enum": "red"},
        "d": "string",
        "e": {"$ref": ["x"]},
        "f": {"type": "array", "items": 3},
        "g": {"type": "widget"},
        "h": {"properties": [], "required": {"x": 1}},
        "i": {"type": "string", "pattern": 4, "minLength": "2", "maxLength": -1},
    }}));
    assert_eq!(doc.operations.len(), 2);
    let body = doc.operations[0].body.as_ref().expect("a body");
    let kinds: Vec<Kind> = body.fields.iter().map(|field| field.schema.kind).collect();
    assert_eq!(
        kinds[..5],
        [Kind::Any, Kind::Integer, Kind::String, Kind::Any, Kind::Any]
    );
    assert_eq!(body.sample.as_ref().map(|sample| sample["b"].clone()), Some(json!(3)));
    for words in [
        "`type` is a number",
        "`enum` is a string",
        "member `d` is a string",
        "`$ref` is a list",
        "widget",
        "`pattern` is",
        "`maxLength` is",
    ] {
        says(&doc, NoticeKind::Ignored, words);
    }
    says(&doc, NoticeKind::Repaired, "integer");
}

#[test]
fn odd_parts_cost_themselves_only() {
    let doc = of(&json!({"openapi": "3.0.0", "security": "bearer", "paths": {
        "/a": {"get": "soon", "post": {"parameters": "none", "responses": [], "requestBody": 5, "tags": "one", "security": {"x": []}}},
        "/b": {"get": {"parameters": [7, {"in": "query"}, {"name": "x"}, {"name": "q", "in": "query"}, {"$ref": "#/nowhere"}],
                       "responses": {"abc": {}, "200": "ok", "404": {"content": [], "headers": 3}}}},
        "/c": [], "/d": null,
        "x-more": {"get": {}},
    }}));
    let keys: Vec<String> = doc.operations.iter().map(|op| op.key()).collect();
    assert_eq!(keys, ["POST /a", "GET /b"]);
    assert_eq!(doc.operations[0].security, Security::Undeclared);
    assert_eq!(doc.operations[0].tags, ["one"]);
    assert_eq!(doc.operations[1].parameters.len(), 1);
    assert_eq!(doc.operations[1].responses.len(), 1);
    says(&doc, NoticeKind::Skipped, "the operation is a string");
    says(&doc, NoticeKind::Ignored, "the path item is a list");
    says(&doc, NoticeKind::Ignored, "`security` is a string");
    says(&doc, NoticeKind::Reference, "#/nowhere");
    says(&doc, NoticeKind::Ignored, "`abc` is not a response status");
}

#[test]
fn paths_are_repaired_where_the_meaning_is_plain() {
    let doc = of(&json!({"openapi": "3.0.0", "paths": {
        "users/{id}": {"get": {}},
        "/items/:itemId/parts": {"get": {}},
        "/search?kind=all&q": {"get": {}},
        "/v1/{name=projects/*}:cancel": {"post": {}},
        "/re/{id:[0-9]{2}}": {"get": {}},
        "/page{?page,size}": {"get": {}},
        "https://api.example.com/whole/{x}": {"GET": {}},
        "/open/{id": {"get": {}},
        "/empty/{}": {"get": {}},
        "/users/{userId}": {"get": {}, "put": {"parameters": [{"name": "USERID", "in": "path", "schema": {"type": "integer"}}, {"name": "z", "in": "path"}]}},
    }}));
    let keys: Vec<String> = doc.operations.iter().map(|op| op.key()).collect();
    assert_eq!(
        keys,
        [
            "GET /users/{id}",
            "GET /items/{itemId}/parts",
            "GET /search",
            "POST /v1/{name}:cancel",
            "GET /re/{id}",
            "GET /page",
            "GET /whole/{x}",
            "PUT /users/{userId}"
        ]
    );
    for op in &doc.operations {
        let names: Vec<&str> = op.path_parameters().map(|parameter| parameter.name.as_str()).collect();
        assert_eq!(names.len(), op.path.matches('{').count(), "{}", op.path);
    }
    let search = &doc.operations[2].parameters;
    assert_eq!(
        (search[0].name.as_str(), search[0].location, search[0].sample.clone()),
        ("kind", ParamIn::Query, Some(json!("all")))
    );
    assert_eq!(doc.operations[7].parameters[0].schema.kind, Kind::Integer);
    assert!(!doc.operations[0].parameters[0].declared);
    says(&doc, NoticeKind::Skipped, "/open/{id");
    says(&doc, NoticeKind::Skipped, "/empty/{}");
    says(&doc, NoticeKind::Duplicate, "differ only in the names");
    says(&doc, NoticeKind::Repaired, "any value is assumed");
    says(&doc, NoticeKind::Ignored, "`z` is not in the path");
}

#[test]
fn references_out_and_in_circles_are_survived() {
    let doc = of(&json!({"openapi": "3.0.0", "paths": {
        "/a": {"post": {
            "parameters": [{"$ref": "#/components/parameters/Loop"}],
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
            "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "other.yaml#/X"}}}}},
        }},
        "/b": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Endless"}}}}}},
        "/c": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "Tree"}}}}}},
    }, "components": {
        "parameters": {"Loop": {"$ref": "#/components/parameters/Loop"}},
        "schemas": {
            "A": {"allOf": [{"$ref": "#/components/schemas/B"}, {"properties": {"name": {"type": "string"}}, "required": ["name"]}]},
            "B": {"allOf": [{"$ref": "#/components/schemas/A"}]},
            "Endless": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Endless"}}},
            "Tree": {"type": "object", "required": ["name", "left"], "properties": {
                "name": {"type": "string"}, "left": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "string"}]}, "all": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}},
        },
    }}));
    assert_eq!(doc.operations.len(), 3);
    let sample = |nth: usize| doc.operations[nth].body.as_ref().and_then(|body| body.sample.clone());
    assert_eq!(sample(0), Some(json!({"name": "sample"})));
    assert_eq!(sample(1), None);
    assert!(sample(2).is_some(), "the branch that ends is taken");
    says(&doc, NoticeKind::Reference, "go in a circle");
    says(&doc, NoticeKind::Reference, "other.yaml#/X");
    says(&doc, NoticeKind::Repaired, "`$ref: Tree`");
    says(&doc, NoticeKind::Sample, "nest without end");
}

#[test]
fn yaml_keys_and_numbers_of_any_kind() {
    let doc = document(
        "openapi: 3.1\ninfo: {title: 7}\npaths:\n  /on:\n    get:\n      responses:\n        200: &ok {description: ok}\n        201: *ok\n        ? [a, b]\n        : {description: odd}\n    post:\n      requestBody:\n        content:\n          application/json:\n            schema:\n              type: object\n              required: [on, 1, big]\n              properties:\n                on: {type: boolean}\n                1: {type: string, example: 007}\n                big: {type: integer, example: 99999999999999999999, maximum: 18446744073709551616}\n                <<: {merged: {type: string}}\n",
    );
    assert_eq!(doc.operations.len(), 2);
    assert_eq!(doc.operations[0].responses.len(), 2);
    let body = doc.operations[1].body.as_ref().expect("a body");
    let names: Vec<String> = body.fields.iter().map(|field| field.dotted()).collect();
    assert_eq!(names, ["on", "1", "big", "merged"]);
    assert_eq!(body.fields[2].schema.maximum, Some(18_446_744_073_709_551_616.0));
    says(&doc, NoticeKind::Repaired, "as a key is ignored");
    assert_eq!(doc.operations[1].location.line, Some(11));
}

#[test]
fn json_with_faults_is_read_as_yaml() {
    let doc = document("{\"swagger\": \"2.0\",\n \"paths\": {\"/a\": {\"get\": {\"x-n\": 1e999,},},},}");
    assert_eq!(doc.operations.len(), 1);
    assert_eq!(doc.operations[0].location.line, Some(2));
    says(&doc, NoticeKind::Repaired, "not strict JSON");
    let doc = document("{\"swagger\": \"2.0\", \"paths\": {\"/a\": {\"get\": {}}}} trailing");
    assert_eq!(doc.operations.len(), 1);
    says(&doc, NoticeKind::Repaired, "after the end");
    let doc =
        document("\u{feff}{\"swagger\": 2.0, \"paths\": {\"/a\": {\"get\": {}}, \"/a\": {\"put\": {}, \"put\": {}}}}");
    assert_eq!(doc.operations[0].method, Method::Put);
    says(&doc, NoticeKind::Repaired, "`/a` is declared twice");
    says(&doc, NoticeKind::Repaired, "`put` of `/a` is declared twice");
}

#[test]
fn authorization_as_a_parameter_is_remembered() {
    let doc = of(&json!({"openapi": "3.0.0", "paths": {"/a": {"get": {"parameters": [
        {"name": "Authorization", "in": "header", "required": true, "schema": {"type": "string"}},
        {"name": "Accept", "in": "header"},
    ]}}}}));
    assert!(doc.operations[0].takes_authorization_header);
    assert!(doc.operations[0].parameters.is_empty());
}

#[test]
fn examples_are_made_to_follow_the_schema() {
    let doc = of(
        &json!({"openapi": "3.0.0", "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {
            "schema": {"type": "object", "additionalProperties": false, "required": ["name", "size"], "properties": {
                "id": {"type": "string", "readOnly": true}, "name": {"type": "string"}, "size": {"type": "integer"}, "mode": {"enum": ["a", "b"]}}},
            "examples": {"one": {"value": {"id": "7", "name": "Rex", "mode": "z", "other": 1}}},
        }}}}}}}),
    );
    let body = doc.operations[0].body.as_ref().expect("a body");
    assert_eq!(body.sample, Some(json!({"name": "Rex", "size": 1})));
}

#[test]
fn numbers_written_as_text_are_meant() {
    let doc = of(&json!({"openapi": "3.0.0", "paths": {"/a": {"post": {
        "parameters": [{"name": "n", "in": "query", "example": "12", "schema": {"type": "integer"}}],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["a", "b"], "properties": {
            "a": {"type": "boolean", "example": "false"}, "b": {"type": "string", "example": 7}}}}}}}}}}));
    assert_eq!(doc.operations[0].parameters[0].sample, Some(json!(12)));
    assert_eq!(
        doc.operations[0].body.as_ref().and_then(|body| body.sample.clone()),
        Some(json!({"a": false, "b": "7"}))
    );
    assert_eq!(doc.notices, []);
}

#[test]
fn discriminators_name_the_branch() {
    let doc = of(
        &json!({"openapi": "3.0.0", "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"feline": "#/components/schemas/Cat"}}}}}}}}},
        "components": {"schemas": {
            "Cat": {"type": "object", "required": ["kind", "lives"], "properties": {"kind": {"type": "string"}, "lives": {"type": "integer", "multipleOf": 9}}},
            "Dog": {"type": "object"}}}}),
    );
    assert_eq!(
        doc.operations[0].body.as_ref().and_then(|body| body.sample.clone()),
        Some(json!({"kind": "feline", "lives": 9}))
    );
}

#[test]
fn what_is_no_document_is_named() {
    let message = |text: &str| read(text, &Limits::default()).expect_err("an error").to_string();
    assert_eq!(read(" \n", &Limits::default()), Err(Error::Empty));
    let page = message("<!DOCTYPE html>\n<html><head><title>Swagger UI</title></head></html>");
    assert!(
        page.contains("HTML page titled \"Swagger UI\"") && page.contains("/v3/api-docs"),
        "{page}"
    );
    assert_eq!(
        read("<?xml version='1.0'?><definitions/>", &Limits::default()),
        Err(Error::Xml)
    );
    assert!(
        message("{\"info\": {}, \"item\": []}")
            .contains("found keys `info`, `item`; it looks like a Postman collection")
    );
    assert!(message("{\"detail\": \"Not authenticated\"}").contains("needs a login"));
    assert!(message("[1, 2]").contains("the top is a list"));
    assert!(message("just words").contains("the top is a string"));
    assert!(message("swagger: '1.2'\n").contains("`swagger: 1.2` is not supported"));
    assert!(message("openapi: 4.0.0\n").contains("`openapi: 4.0.0` is not supported"));
    let broken = message("{\"openapi\": \"3.0.0\",\n  \"paths\": {\"/a\": ]}");
    assert!(broken.contains("JSON at line 2"), "{broken}");
    let broken = message("openapi: 3.0.0\npaths:\n  /a: {get: [}\n");
    assert!(broken.contains("YAML at line 3"), "{broken}");
}
