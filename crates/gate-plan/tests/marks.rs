//! Where a new object carries its owner's mark, as a document shows it, and who is asked who he is.

use gate_plan::read;
use gate_spec::{Body, Spec};

const PLAN: &str = r#"
version: 1
target: { url: "http://127.0.0.1:8080", openapi: openapi.yaml }
identities:
  alice: { tenant: acme, as: { email: alice@acme.test, password: first } }
  mallory: { tenant: globex, as: { email: mallory@globex.test, password: second } }
"#;

/// A document of orders that are made of these fields, with a login and a way to ask for one's own session.
fn spec(fields: &str, required: &str) -> Spec {
    let document = format!(
        r#"
openapi: 3.0.3
info: {{ title: t, version: '1' }}
paths:
  /session:
    post:
      requestBody: {{ content: {{ application/json: {{ schema: {{ type: object, required: [email, password], properties: {{ email: {{ type: string }}, password: {{ type: string }} }} }} }} }} }}
      responses: {{ '200': {{ description: logged in }} }}
    get: {{ responses: {{ '200': {{ description: who }} }} }}
  /orders:
    post:
      requestBody: {{ content: {{ application/json: {{ schema: {{ type: object, required: [quantity, {required}], properties: {{ quantity: {{ type: integer }}, {fields} }} }} }} }} }}
      responses: {{ '201': {{ description: made }} }}
    get: {{ responses: {{ '200': {{ description: all }} }} }}
  /orders/{{id}}:
    get:
      parameters: [ {{ name: id, in: path, required: true, schema: {{ type: string }} }} ]
      responses: {{ '200': {{ description: one }} }}
"#
    );
    let env = |_: &str| None::<String>;
    read("launchgate.yml", PLAN, &env, None)
        .unwrap_or_else(|wrong| panic!("{wrong}"))
        .finish(Some(("openapi.yaml", &document)))
        .unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn made_of(spec: &Spec) -> String {
    let create = spec.resources["order"].create.as_ref().expect("it is made");
    match &create.request.body {
        Body::Json(json) => json.raw().to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reference_carries_the_mark_where_nothing_else_takes_text() {
    let made = made_of(&spec(
        "reference: { type: string, minLength: 3, maxLength: 80 }",
        "reference",
    ));
    assert!(made.contains("{{canary}}"), "{made}");
}

#[test]
fn a_reference_stays_beside_free_text() {
    let fields = "reference: { type: string }, note: { type: string }";
    let made = made_of(&spec(fields, "reference, note"));
    assert!(made.contains(r#""reference":"{{unique}}""#), "{made}");
    assert!(made.contains(r#""note":"{{canary}}""#), "{made}");
}

#[test]
fn a_reference_that_is_too_short_for_a_mark_carries_none() {
    let made = made_of(&spec("reference: { type: string, maxLength: 8 }", "reference"));
    assert!(!made.contains("{{canary}}"), "{made}");
}

#[test]
fn a_session_is_asked_whose_it_is() {
    let spec = spec("reference: { type: string }", "reference");
    let login = spec.logins.values().next().expect("the document's login");
    let whoami = spec
        .identities
        .values()
        .find_map(|identity| identity.whoami.as_ref())
        .or(login.whoami.as_ref())
        .expect("a way to ask");
    assert_eq!(whoami.request.path.to_string(), "/session");
}
