//! Documents of a thousand operations: all are read, each with its kind of object.

use std::fmt::Write as _;

use gate_plan::read;

/// A document of so many resources, five operations each.
fn document(resources: usize) -> String {
    let mut out = String::from(
        "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"security\":[{\"b\":[]}],\"paths\":{",
    );
    for number in 0..resources {
        let body = "\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\"},\"note\":{\"type\":\"string\"}}}}}},";
        let answer = "\"responses\":{\"200\":{\"description\":\"ok\"}}";
        let comma = if number == 0 { "" } else { "," };
        write!(
            out,
            "{comma}\"/kind{number}s\":{{\"get\":{{{answer}}},\"post\":{{{body}{answer}}}}},\
             \"/kind{number}s/{{id}}\":{{\"get\":{{{answer}}},\"put\":{{{body}{answer}}},\"delete\":{{{answer}}}}}"
        )
        .expect("texts take everything");
    }
    out.push_str("}}");
    out
}

const PLAN: &str = "target: { url: \"http://127.0.0.1:1\", openapi: d.json }\n\
                    identities:\n  a: { roles: [r], token: \"token-of-a\" }\n  b: { roles: [r], token: \"token-of-b\" }\n\
                    access:\n  r:\n    - ANY /kind1s/**\n    - GET /kind2s/{id}\n";

#[test]
fn a_thousand_operations_are_read() {
    let text = document(200);
    let draft = read("p.yml", PLAN, &|_: &str| None, None).expect("a sound plan");
    let spec = draft.finish(Some(("d.json", &text))).expect("a sound document");
    assert_eq!(spec.operations.len(), 1000);
    assert_eq!(spec.resources.len(), 200);
    assert!(spec.operations.values().all(|operation| operation.resource.is_some()));
}
