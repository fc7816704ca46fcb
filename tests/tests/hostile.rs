//! Plans and documents that are made to exhaust the program: a clear answer, soon, on a small stack.

use std::time::{Duration, Instant};

use gate_plan::{Options, read_with};

const PLAN: &str = "version: 1\ntarget: { url: \"http://127.0.0.1:1\", openapi: o.json }\nidentities:\n  a: { token: abcdefghijk }\n  b: { token: bcdefghijkl }\n";
const DOCUMENT: &str = "openapi: 3.0.0\ninfo: { title: x, version: \"1\" }\npaths:\n  /x: { get: { responses: { \"200\": { description: ok } } } }\n";

/// Time for one answer. Tests are built without optimisation and share their machine; what grows with the square of the text
/// takes many minutes.
const PATIENCE: Duration = Duration::from_secs(60);
/// That of a thread that somebody else started.
const STACK: usize = 2 * 1024 * 1024;

/// Reads a plan and its document on a small stack, and gives what is wrong with them.
fn read(plan: String, document: String) -> Result<(), String> {
    let begun = Instant::now();
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let none = |_: &str| None::<String>;
        let draft = read_with("p.yml", &plan, &none, &Options::default()).map_err(|wrong| wrong.to_string())?;
        draft
            .finish(Some(("o.json", &document)))
            .map(|_| ())
            .map_err(|wrong| wrong.to_string())
    });
    let answer = thread.expect("a thread").join().expect("no panic");
    assert!(begun.elapsed() < PATIENCE, "took {:?}", begun.elapsed());
    answer
}

fn nested(open: &str, core: &str, close: &str, levels: usize) -> String {
    format!("{}{core}{}", open.repeat(levels), close.repeat(levels))
}

/// Ten values, ten times each, as often as there are levels.
fn bomb(levels: usize) -> String {
    let mut text = "x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for level in 1..=levels {
        let items = vec![format!("*x{}", level - 1); 10].join(", ");
        text.push_str(&format!("x{level}: &x{level} [{items}]\n"));
    }
    text
}

#[test]
fn hostile_plans_are_refused_with_a_reason() {
    let path = |text: &str| format!("{PLAN}denied: {{ json: {{ \"{text}\": x }} }}\n");
    let id = |text: &str| format!("{PLAN}resources: {{ x: {{ create: {{ post: /x }}, id: \"{text}\" }} }}\n");
    let plans = [
        (
            "lists in lists",
            format!("{PLAN}cases: {}\n", nested("[", "", "]", 100_000)),
        ),
        (
            "maps in maps",
            format!("{PLAN}cases: {}\n", nested("{a: ", "1", "}", 100_000)),
        ),
        (
            "lists that are never closed",
            format!("{PLAN}cases: {}\n", "[".repeat(400_000)),
        ),
        (
            "dashes in dashes",
            format!("{PLAN}cases:\n {}x\n", "- ".repeat(100_000)),
        ),
        ("keys of keys", format!("{PLAN}cases:\n {}x\n", "? ".repeat(100_000))),
        ("aliases", format!("{PLAN}{}", bomb(11))),
        ("an alias of itself", format!("{PLAN}x: &x [*x]\n")),
        (
            "a text of ten megabytes",
            format!("{PLAN}version: \"{}\"\n", "x".repeat(10_000_000)),
        ),
        ("a JSONPath of filters", path(&nested("$[?(@", "", ")]", 5_000))),
        (
            "a JSONPath of brackets",
            id(&format!("$[?{}]", nested("(", "@.a", ")", 20_000))),
        ),
        ("a JSONPath of negations", id(&format!("$[?{}@.a]", "!".repeat(4_000)))),
        (
            "a JSONPath of functions",
            id(&format!("$[?{}]", nested("length(", "@.a", ")", 5_000))),
        ),
        ("a long JSONPath", id(&format!("${}", ".a".repeat(200_000)))),
        (
            "a regular expression of groups",
            id(&format!("regex {}", nested("(", "a", ")", 50_000))),
        ),
        (
            "a regular expression of repeats",
            id("regex (((a{1000}){1000}){1000}){1000}"),
        ),
    ];
    for (name, plan) in plans {
        let wrong = read(plan, DOCUMENT.to_owned()).expect_err(name);
        assert!(wrong.contains("error: "), "{name}: {wrong}");
        assert!(wrong.len() < 20_000, "{name}: {} bytes are said", wrong.len());
    }
}

#[test]
fn many_values_are_refused_or_read_but_never_forever() {
    let keys: Vec<String> = (0..60_000).map(|key| format!("k{key}: 1")).collect();
    for plan in [
        format!("{PLAN}cases: {{ {} }}\n", keys.join(", ")),
        format!("{PLAN}cases: [ {} ]\n", vec!["1"; 190_000].join(", ")),
        format!("{PLAN}operations: {{ {} }}\n", keys.join(", ")),
        format!(
            "{PLAN}cases: [{{ as: a, get: \"/{}\", expect: denied }}]\n",
            "{{".repeat(200_000)
        ),
    ] {
        let wrong = read(plan, DOCUMENT.to_owned()).expect_err("not a plan");
        assert!(wrong.contains("error: "), "{}", &wrong[..wrong.len().min(500)]);
    }
}

/// A document that cannot be read whole costs what it cannot say, or is refused.
#[test]
fn hostile_documents_are_answered() {
    let with = |schema: &str| {
        format!(
            "{{\"openapi\":\"3.0.0\",\"info\":{{\"title\":\"x\",\"version\":\"1\"}},\"paths\":{{\"/x\":{{\"post\":{{\"requestBody\":{{\"content\":{{\"application/json\":{{\"schema\":{schema}}}}}}},\"responses\":{{\"200\":{{\"description\":\"ok\"}}}}}}}}}},\"components\":{{\"schemas\":{{\"A\":{{\"allOf\":[{{\"$ref\":\"#/components/schemas/A\"}},{{\"$ref\":\"#/components/schemas/B\"}}]}},\"B\":{{\"oneOf\":[{}]}}}}}}}}",
            vec!["{\"$ref\":\"#/components/schemas/A\"}"; 50].join(",")
        )
    };
    let text = |pattern: &str| {
        with(&format!(
            "{{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{{\"a\":{{\"type\":\"string\",\"minLength\":1000000000000,\"pattern\":\"{pattern}\"}}}}}}"
        ))
    };
    let lists = "{\"type\":\"array\",\"minItems\":1000000000,\"items\":".to_owned();
    for (name, document) in [
        ("lists in lists, as JSON", with(&nested("[", "", "]", 300_000))),
        (
            "lists in lists, as YAML",
            format!("{DOCUMENT}x: {}\n", nested("[", "", "]", 300_000)),
        ),
        (
            "maps in maps, as YAML",
            format!("{DOCUMENT}x: {}\n", nested("{a: ", "1", "}", 300_000)),
        ),
        (
            "dashes in dashes",
            format!("{DOCUMENT}x:\n {}x\n", "- ".repeat(300_000)),
        ),
        (
            "schemas in schemas",
            with(&nested("{\"type\":\"array\",\"items\":", "{}", "}", 60_000)),
        ),
        (
            "schemas in few schemas",
            with(&nested("{\"type\":\"array\",\"items\":", "{}", "}", 50)),
        ),
        ("references in circles", with("{\"$ref\":\"#/components/schemas/A\"}")),
        (
            "lists of a thousand million",
            with(&nested(&lists, "{\"type\":\"string\"}", "}", 3)),
        ),
        ("aliases", format!("{DOCUMENT}{}", bomb(11))),
        ("a pattern of groups", text(&nested("(", "a", ")", 30_000))),
        ("a pattern of repeats", text("^(((a{1000}){1000}){1000})$")),
        (
            "a text of twenty megabytes",
            format!("{DOCUMENT}x: \"{}\"\n", "y".repeat(20_000_000)),
        ),
    ] {
        if let Err(wrong) = read(PLAN.to_owned(), document) {
            assert!(
                wrong.contains("error: ") && wrong.len() < 20_000,
                "{name}: {} bytes",
                wrong.len()
            );
        }
    }
}
