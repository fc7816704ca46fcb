//! Properties: foreign input never panics, and samples follow their schemas.

use gate_openapi::{Limits, read, text_fields};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn any_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "type",
        "properties",
        "required",
        "items",
        "allOf",
        "oneOf",
        "anyOf",
        "$ref",
        "enum",
        "const",
        "pattern",
        "format",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "multipleOf",
        "minItems",
        "uniqueItems",
        "additionalProperties",
        "string",
        "object",
        "array",
        "integer",
        "number",
        "null",
        "#/components/schemas/A",
        "#/paths",
        "#",
        "uuid",
        "email",
        "example",
        "examples",
        "default",
        "discriminator",
        "get",
        "post",
        "parameters",
        "requestBody",
        "content",
        "application/json",
        "schema",
        "responses",
        "200",
        "in",
        "name",
        "path",
        "query",
        "body",
        "formData",
        "security",
        "^[a-z]+$",
        "(",
        "/a/{id}",
        "x-y",
        "readOnly",
        "nullable",
        "",
        "{",
        "prefixItems",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|f| json!(f)),
        (0_i64..5).prop_map(Value::from),
        words.clone().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 120, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((words.clone(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

/// Replaces the value at one place of a document.
fn mutate(value: &mut Value, path: &[prop::sample::Index], new: Value) {
    let Some((step, rest)) = path.split_first() else {
        *value = new;
        return;
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            let at = step.index(items.len());
            mutate(&mut items[at], rest, new);
        }
        Value::Object(map) if !map.is_empty() => {
            let at = step.index(map.len());
            if let Some((_, child)) = map.iter_mut().nth(at) {
                mutate(child, rest, new);
            }
        }
        other => *other = new,
    }
}

fn text_schema() -> impl Strategy<Value = Value> {
    let formats = prop::sample::select(vec![
        "uuid",
        "email",
        "date",
        "date-time",
        "uri",
        "ipv4",
        "ipv6",
        "hostname",
        "time",
        "duration",
    ]);
    let patterns = prop::sample::select(vec![
        "^[A-Z]{3}$",
        "^[a-z0-9-]+$",
        r"^\+?[0-9]{7,15}$",
        r"^\d{4}-\d{2}$",
        "^#[0-9a-fA-F]{6}$",
        "^(red|green)_[a-z]*$",
        "[0-9]",
        r"^\S+@\S+$",
    ]);
    prop_oneof![
        Just(json!({"type": "string"})),
        (0_u64..30, 0_u64..30)
            .prop_map(|(min, more)| json!({"type": "string", "minLength": min, "maxLength": min + more})),
        formats.prop_map(|format| json!({"type": "string", "format": format})),
        patterns.prop_map(|pattern| json!({"type": "string", "pattern": pattern})),
        (0_u64..12).prop_map(
            |min| json!({"type": "string", "pattern": "^[a-z0-9-]+$", "minLength": min, "maxLength": min + 3})
        ),
        prop::collection::vec("[a-z]{1,5}", 1..4).prop_map(|values| json!({"type": "string", "enum": values})),
        "[a-z]{0,5}".prop_map(|value| json!({"const": value})),
        ("[a-z]{0,9}", 0_u64..9)
            .prop_map(|(example, min)| json!({"type": "string", "minLength": min, "examples": [example]})),
        Just(json!({"type": ["null", "string"], "minLength": 9})),
    ]
}

fn number_schema() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-1000_i64..1000, 0_i64..50).prop_map(|(low, more)| json!({"type": "integer", "minimum": low, "maximum": low + more})),
        (-1000_i64..1000, 2_i64..50).prop_map(|(low, more)| json!({"type": "integer", "exclusiveMinimum": low, "exclusiveMaximum": low + more})),
        (-1000_i64..1000, 1_i64..40).prop_map(|(low, step)| json!({"type": "integer", "minimum": low, "maximum": low + step, "multipleOf": step})),
        (-100_i64..100, 1_i64..8).prop_map(|(low, parts)| json!({"type": "number", "exclusiveMinimum": low, "maximum": low as f64 + parts as f64 / 8.0})),
        (-100_i64..100).prop_map(|low| json!({"type": "number", "minimum": low as f64 + 0.25, "maximum": low as f64 + 0.75, "multipleOf": 0.5})),
        (0_i64..100, any::<i32>()).prop_map(|(low, example)| json!({"type": "integer", "minimum": low, "default": example})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "null"})),
        Just(json!({})),
        Just(json!(true)),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![text_schema(), number_schema()];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let members = prop::collection::vec(
            (
                prop::sample::select(vec!["name", "id", "email", "created_at", "phone", "a", "b", "status"]),
                inner.clone(),
                any::<bool>(),
            ),
            0..6,
        );
        prop_oneof![
            (members.clone(), any::<bool>(), 0_usize..3)
                .prop_map(|(members, closed, least)| object(members, closed, least)),
            (inner.clone(), 0_u64..4)
                .prop_map(|(items, min)| json!({"type": "array", "items": items, "minItems": min})),
            (0_i64..50, 1_u64..4).prop_map(
                |(low, min)| json!({"type": "array", "uniqueItems": true, "minItems": min,
                "items": {"type": "integer", "minimum": low, "maximum": low + 5}})
            ),
            (text_schema(), number_schema())
                .prop_map(|(a, b)| json!({"type": "array", "prefixItems": [a, b], "minItems": 2})),
            (members.clone(), members).prop_map(|(a, b)| {
                // Members of one name in both parts might contradict each other.
                let b = b
                    .into_iter()
                    .map(|(name, schema, required)| (format!("b_{name}"), schema, required))
                    .collect::<Vec<_>>();
                let b = b
                    .iter()
                    .map(|(name, schema, required)| (name.as_str(), schema.clone(), *required))
                    .collect();
                json!({"allOf": [object(a, false, 0), object(b, false, 0)]})
            }),
            inner.prop_map(|schema| json!({"anyOf": [{"type": "null"}, schema, {"type": "boolean"}]})),
        ]
    })
}

fn object(members: Vec<(&str, Value, bool)>, closed: bool, least: usize) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<&str> = Vec::new();
    for (name, schema, needed) in members {
        if needed && !required.contains(&name) {
            required.push(name);
        }
        properties.insert(name.to_owned(), schema);
    }
    let least = least.min(properties.len());
    let mut out = json!({"type": "object", "properties": properties, "required": required, "minProperties": least});
    if closed {
        out["additionalProperties"] = json!(false);
    }
    out
}

fn post(schema: &Value) -> Value {
    json!({"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}}})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
        let _ = read(&text, &Limits::default());
    }

    #[test]
    fn arbitrary_yaml_never_panics(text in "(openapi: 3\\.0\\.0\n)?([ ]{0,4}[-a-z:&*?!|>\\[\\]{}'\"#%@,0-9/]{0,12}\n?){0,20}") {
        let _ = read(&text, &Limits::default());
    }

    #[test]
    fn arbitrary_parts_never_panic(paths in any_json(), schemas in any_json(), schema in any_json(), old in any::<bool>()) {
        let mut doc = json!({"paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}, "/b": {"get": paths}},
            "components": {"schemas": {"A": schemas}}, "definitions": schemas});
        doc[if old { "swagger" } else { "openapi" }] = json!(if old { "2.0" } else { "3.1.0" });
        let read = read(&doc.to_string(), &Limits::default()).expect("the frame is sound");
        prop_assert!(read.operations.iter().any(|op| op.path == "/a"));
        for body in read.operations.iter().filter_map(|op| op.body.as_ref()) {
            text_fields(body);
        }
    }

    #[test]
    fn mutated_documents_never_panic(
        which in 0_usize..2,
        path in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
        new in any_json(),
    ) {
        let text = [include_str!("fixtures/pets20.json"), include_str!("fixtures/shop31.json")][which];
        let mut doc: Value = serde_json::from_str(text).expect("a fixture");
        mutate(&mut doc, &path, new);
        let _ = read(&doc.to_string(), &Limits::default());
    }

    #[test]
    fn cut_and_spliced_yaml_never_panics(at in any::<prop::sample::Index>(), length in 0_usize..60, insert in "\\PC{0,8}") {
        let text: Vec<char> = include_str!("fixtures/notes30.yaml").chars().collect();
        let at = at.index(text.len());
        let spliced: String = text[..at].iter().copied().chain(insert.chars()).chain(text[(at + length).min(text.len())..].iter().copied()).collect();
        let _ = read(&spliced, &Limits::default());
    }

    #[test]
    fn samples_follow_their_schemas(schema in schema()) {
        let doc = read(&post(&schema).to_string(), &Limits::default()).expect("a sound document");
        let body = doc.operations[0].body.as_ref().expect("a body");
        let sample = body.sample.as_ref();
        prop_assert!(sample.is_some(), "nothing was built for {schema}: {:?}", doc.notices);
        let sample = sample.expect("checked above");
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a sound schema");
        prop_assert!(validator.is_valid(sample), "{sample} does not follow {schema}: {:?}", validator.iter_errors(sample).map(|e| e.to_string()).collect::<Vec<_>>());
        for field in text_fields(body) {
            let mut planted = sample.clone();
            let text = "launchgate-canary-7f3a";
            if field.format.is_none() && field.accepts(text) && gate_openapi::set_at(&mut planted, &field.path, json!(text)) {
                prop_assert!(validator.is_valid(&planted), "{planted} does not follow {schema}");
            }
        }
    }
}
