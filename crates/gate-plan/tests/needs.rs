//! What must exist before an object can be made, as a document shows it.

use gate_plan::read;
use gate_spec::Spec;

const PLAN: &str = r#"
version: 1
target: { url: "http://127.0.0.1:8080", openapi: openapi.yaml }
identities:
  alice: { tenant: acme, token: "token-of-alice" }
  mallory: { tenant: globex, token: "token-of-mallory" }
"#;

/// A document with a kind for each name: made by the fields behind it, all of them required or none.
fn spec(kinds: &[(&str, &[&str])], required: bool) -> Spec {
    let mut paths = String::new();
    for (kind, fields) in kinds {
        let properties: Vec<String> = fields
            .iter()
            .map(|field| format!("{field}: {{ type: string }}"))
            .collect();
        let needed = if required {
            format!("required: [{}], ", fields.join(", "))
        } else {
            String::new()
        };
        paths.push_str(&format!(
            "  /{kind}s:\n    post:\n      requestBody: {{ content: {{ application/json: {{ schema: {{ type: object, {needed}properties: {{ {} }} }} }} }} }}\n      \
             responses: {{ '201': {{ description: made }} }}\n    get: {{ responses: {{ '200': {{ description: all }} }} }}\n  \
             /{kind}s/{{id}}:\n    get:\n      parameters: [ {{ name: id, in: path, required: true, schema: {{ type: string }} }} ]\n      \
             responses: {{ '200': {{ description: one }} }}\n",
            properties.join(", ")
        ));
    }
    let document = format!("openapi: 3.0.3\ninfo: {{ title: t, version: '1' }}\npaths:\n{paths}");
    let env = |_: &str| None::<String>;
    read("launchgate.yml", PLAN, &env, None)
        .unwrap_or_else(|wrong| panic!("{wrong}"))
        .finish(Some(("openapi.yaml", &document)))
        .unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn needs<'s>(spec: &'s Spec, kind: &str) -> Vec<&'s str> {
    spec.needs(&kind.into()).into_iter().map(|kind| kind.as_str()).collect()
}

#[test]
fn a_document_that_says_of_no_field_whether_it_is_needed_has_references_filled() {
    let spec = spec(
        &[
            ("customer", &["name", "last_invoice_id"]),
            ("invoice", &["memo", "customer_id"]),
        ],
        false,
    );
    assert_eq!(needs(&spec, "invoice"), ["customer"]);
    // The other way round they would wait for each other.
    assert!(needs(&spec, "customer").is_empty());
    assert!(spec.circle(&"invoice".into()).is_none());
}

#[test]
fn an_optional_reference_beside_required_fields_is_left_out() {
    let document = [("customer", &["name"] as &[&str]), ("invoice", &["memo"])];
    let spec = spec(&document, true);
    assert!(needs(&spec, "invoice").is_empty());
}

#[test]
fn kinds_that_need_each_other_are_told() {
    let spec = spec(
        &[
            ("ship", &["name", "captain_id"]),
            ("captain", &["name", "ship_id"]),
            ("harbour", &["name", "ship_id"]),
            ("flag", &["name"]),
        ],
        true,
    );
    let circle = |kind: &str| spec.circle(&kind.into()).map(|circle| circle.len());
    assert_eq!(circle("ship"), Some(3));
    assert_eq!(circle("captain"), Some(3));
    // It is in no circle itself, and cannot be made all the same.
    assert_eq!(circle("harbour"), Some(3));
    assert_eq!(circle("flag"), None);
}
