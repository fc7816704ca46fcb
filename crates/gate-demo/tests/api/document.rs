//! The document says what is served, no less and no more.

use std::collections::BTreeSet;

use gate_demo::{Config, Tokens, openapi};
use serde_json::Value;

use crate::client::Api;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every operation with its path made concrete.
fn documented(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            all.push((method.to_ascii_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

fn concrete(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{invoiceId}" => "1",
        part if part.starts_with('{') => "00000000-0000-4000-8000-000000000000",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn each_documented_operation_is_served_as_documented_and_each_other_method_is_not() {
    for tokens in Tokens::ALL {
        let config = Config {
            tokens,
            synthetic_operations: 12,
            ..Config::default()
        };
        served_as_documented(config).await;
    }
}

async fn served_as_documented(config: Config) {
    let document = openapi(&config);
    let api = Api::new(config);
    assert_eq!(api.send(None, "GET", "/openapi.json", None).await.json(), document);
    for (method, path, operation) in documented(&document) {
        let alice = api.login("alice").await;
        let anonymous = api.send(None, &method, &concrete(&path), None).await;
        let public = operation["security"].as_array().is_some_and(Vec::is_empty);
        // Callers who sign have no login, and are refused without their signature.
        let signed = path.starts_with("/webhooks/");
        assert_eq!(
            anonymous.status == 401,
            !public || signed,
            "{method} {path}: {}",
            anonymous.status
        );
        let served = api.send(Some(&alice), &method, &concrete(&path), None).await;
        assert!(
            served.status != 405 && !served.body.contains("no such path"),
            "{method} {path}: {}",
            served.body
        );
        let status = served.status.to_string();
        assert!(
            operation["responses"].get(&status).is_some(),
            "{method} {path} answers {status} undocumented"
        );
    }
    for (path, item) in document["paths"].as_object().expect("paths") {
        let missing = METHODS.iter().filter(|method| item.get(**method).is_none());
        for method in missing.filter(|_| !path.starts_with("/synthetic/r0002")) {
            let method = method.to_ascii_uppercase();
            let status = api.send(None, &method, &concrete(path), None).await.status;
            assert_eq!(status, 405, "{method} {path}");
        }
    }
}

#[test]
fn so_many_synthetic_operations_are_documented() {
    let base = documented(&openapi(&Config::default())).len();
    assert!(base >= 35, "{base}");
    for count in [1, 5, 12, 1000] {
        let config = Config {
            synthetic_operations: count,
            ..Config::default()
        };
        assert_eq!(documented(&openapi(&config)).len(), base + count);
    }
}

#[tokio::test]
async fn synthetic_operations_that_are_not_documented_are_not_served() {
    let api = Api::new(Config {
        synthetic_operations: 7,
        ..Config::default()
    });
    let alice = api.login("alice").await;
    let status = async |method: &str, path: &str| api.send(Some(&alice), method, path, None).await.status;
    assert_eq!(status("POST", "/synthetic/r0001/items").await, 415);
    assert_eq!(status("GET", "/synthetic/r0001/items").await, 404);
    assert_eq!(status("POST", "/synthetic/r0002/items").await, 404);
    assert_eq!(status("GET", "/synthetic/r0/items").await, 404);
    let none = Api::new(Config::default());
    assert_eq!(none.send(None, "GET", "/synthetic/r0000/items", None).await.status, 404);
}

#[test]
fn references_resolve_and_names_are_unique() {
    for tokens in Tokens::ALL {
        let config = Config {
            tokens,
            synthetic_operations: 20,
            ..Config::default()
        };
        is_whole(&openapi(&config));
    }
}

fn is_whole(document: &Value) {
    let mut names = BTreeSet::new();
    for (method, path, operation) in documented(document) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(!id.is_empty() && names.insert(id), "{method} {path}");
        assert!(
            operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
            "{method} {path}"
        );
    }
    resolve(document, document);
}

fn resolve(document: &Value, value: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').expect("a local reference");
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            fields.values().for_each(|value| resolve(document, value));
        }
        Value::Array(items) => items.iter().for_each(|value| resolve(document, value)),
        _ => {}
    }
}
