//! Documents made to exhaust a reader: they are refused or cut, within bounded time.

use std::time::{Duration, Instant};

use gate_openapi::{Document, Error, Limits, NoticeKind, read};
use serde_json::{Map, Value, json};

/// Generous for a debug build on a busy machine; without bounds these documents take hours or all memory.
const PATIENCE: Duration = Duration::from_secs(60);

fn timed(text: &str, limits: &Limits) -> Result<Document, Error> {
    let start = Instant::now();
    let result = read(text, limits);
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
    result
}

fn body_document(schemas: Value) -> String {
    json!({"openapi": "3.0.0", "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/S0"}}}}}}}, "components": {"schemas": schemas}})
    .to_string()
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "openapi: 3.0.0\nx0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for n in 1..12 {
        let refs = vec![format!("*x{}", n - 1); 10].join(", ");
        text.push_str(&format!("x{n}: &x{n} [{refs}]\n"));
    }
    assert!(matches!(
        timed(&text, &Limits::default()),
        Err(Error::TooManyNodes { .. })
    ));
}

#[test]
fn aliases_of_long_texts_are_counted_by_length() {
    let text = format!(
        "openapi: 3.0.0\nbig: &b {}\nlist: [{}]\n",
        "x".repeat(1_000_000),
        vec!["*b"; 2_000].join(", ")
    );
    assert!(matches!(
        timed(&text, &Limits::default()),
        Err(Error::TooManyNodes { .. })
    ));
}

#[test]
fn an_alias_inside_its_own_anchor_is_null() {
    let doc = timed(
        "openapi: 3.0.0\npaths: &p\n  /a: *p\n  /b: {get: {}}\n",
        &Limits::default(),
    )
    .expect("read");
    assert_eq!(doc.operations.len(), 1);
}

#[test]
fn deep_nesting_is_cut_or_refused() {
    let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
    let doc = timed(
        &format!("openapi: 3.0.0\nx: {}\npaths: {{/a: {{get: {{}}}}}}\n", deep(200)),
        &Limits::default(),
    )
    .expect("cut");
    assert_eq!(doc.operations.len(), 1);
    let doc = timed(
        &format!(
            "{{\"openapi\": \"3.0.0\", \"x\": {}, \"paths\": {{\"/a\": {{\"get\": {{}}}}}}}}",
            deep(200)
        ),
        &Limits::default(),
    );
    assert_eq!(doc.expect("cut").operations.len(), 1);
    for text in [
        deep(100_000),
        format!("openapi: 3.0.0\nx: {}", deep(100_000)),
        "{\"a\":".repeat(100_000),
        "- ".repeat(100_000),
        "{".repeat(300_000),
    ] {
        assert!(timed(&text, &Limits::default()).is_err());
    }
}

#[test]
fn sizes_are_bounded() {
    let limits = Limits {
        max_bytes: 100,
        ..Limits::default()
    };
    assert_eq!(
        timed(&" ".repeat(101), &limits),
        Err(Error::TooLarge { bytes: 101, limit: 100 })
    );
    let many = format!("[{}]", vec!["1"; 5_000].join(","));
    let limits = Limits {
        max_nodes: 1_000,
        ..Limits::default()
    };
    assert!(matches!(timed(&many, &limits), Err(Error::TooManyNodes { .. })));
    assert!(matches!(
        timed(&format!("a: {many}"), &limits),
        Err(Error::TooManyNodes { .. })
    ));
    let paths: Map<String, Value> = (0..50).map(|n| (format!("/p{n}"), json!({"get": {}}))).collect();
    let limits = Limits {
        max_operations: 20,
        ..Limits::default()
    };
    let doc = timed(&json!({"openapi": "3.0.0", "paths": paths}).to_string(), &limits).expect("read");
    assert_eq!(doc.operations.len(), 20);
    assert_eq!(doc.notices[0].kind, NoticeKind::Limit);
    let odd: Map<String, Value> = (0..5_000).map(|n| (format!("/p{n}"), json!({"get": 5}))).collect();
    let doc = timed(
        &json!({"openapi": "3.0.0", "paths": odd}).to_string(),
        &Limits::default(),
    )
    .expect("read");
    assert_eq!(doc.notices.len(), Limits::default().max_notices + 1);
}

#[test]
fn schemas_that_multiply_are_bounded() {
    // Each level refers to the next many times over: 30^12 values.
    let mut schemas = Map::new();
    for n in 0..12 {
        let names: Vec<String> = (0..30).map(|m| format!("m{m}")).collect();
        let members: Map<String, Value> = names
            .iter()
            .map(|m| (m.clone(), json!({"$ref": format!("#/components/schemas/S{}", n + 1)})))
            .collect();
        schemas.insert(
            format!("S{n}"),
            json!({"type": "object", "required": names, "properties": members}),
        );
    }
    schemas.insert("S12".to_owned(), json!({"type": "string"}));
    let doc = timed(&body_document(Value::Object(schemas)), &Limits::default()).expect("read");
    let body = doc.operations[0].body.as_ref().expect("a body");
    assert_eq!(body.sample, None);
    assert!(body.fields.len() <= Limits::default().max_fields + 30 * 30);
}

#[test]
fn choices_that_multiply_are_bounded() {
    let mut schemas = Map::new();
    for n in 0..60 {
        let next = json!({"$ref": format!("#/components/schemas/S{}", n + 1)});
        schemas.insert(
            format!("S{n}"),
            json!({"allOf": [next, next], "oneOf": vec![next.clone(); 20], "anyOf": vec![next.clone(); 20]}),
        );
    }
    schemas.insert("S60".to_owned(), json!({"type": "string", "pattern": "^(?=x)a$"}));
    let doc = timed(&body_document(Value::Object(schemas)), &Limits::default()).expect("read");
    assert_eq!(doc.operations.len(), 1);
}

#[test]
fn work_runs_out_without_losing_operations() {
    let paths: Map<String, Value> = (0..200)
        .map(|n| {
            let schema = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}});
            (
                format!("/p{n}"),
                json!({"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}),
            )
        })
        .collect();
    let limits = Limits {
        max_ref_expansions: 500,
        ..Limits::default()
    };
    let doc = timed(&json!({"openapi": "3.0.0", "paths": paths}).to_string(), &limits).expect("read");
    assert_eq!(doc.operations.len(), 200);
    assert_eq!(
        doc.notices
            .iter()
            .filter(|notice| notice.kind == NoticeKind::Limit)
            .count(),
        1
    );
}

#[test]
fn hostile_patterns_and_counts_are_bounded() {
    let patterns = [
        "^(a{1000}){1000}$",
        "^((((){900}){900}){900}){900}$",
        "(a|b|ab)*c{5000}",
        "^[\\s\\S]{0,65535}$",
        "^(\\p{L}{1,900}){1,900}$",
    ];
    let members: Map<String, Value> = patterns
        .iter()
        .enumerate()
        .map(|(n, pattern)| {
            (
                format!("m{n}"),
                json!({"type": "string", "pattern": pattern, "minLength": 19_000}),
            )
        })
        .collect();
    let names: Vec<String> = members.keys().cloned().collect();
    let text = body_document(json!({"S0": {"type": "object", "required": names, "properties": members}}));
    let doc = timed(&text, &Limits::default()).expect("read");
    assert_eq!(doc.operations.len(), 1);
    for schema in [
        json!({"type": "array", "minItems": 1e15, "items": {"type": "string"}}),
        json!({"type": "string", "minLength": 1e14}),
        json!({"type": "object", "minProperties": 1e14}),
        json!({"type": "integer", "multipleOf": 1e-300}),
        json!({"type": "number", "minimum": 1e308, "multipleOf": 1e308}),
        json!({"type": "number", "minimum": -1e308, "maximum": -1e307, "exclusiveMaximum": true}),
        json!({"type": "integer", "minimum": 9e300}),
        json!({"type": "array", "minItems": 40, "uniqueItems": true, "items": {"type": "boolean"}}),
    ] {
        let doc = timed(&body_document(json!({"S0": schema})), &Limits::default()).expect("read");
        assert_eq!(doc.operations.len(), 1);
    }
}
