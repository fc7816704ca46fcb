//! What holds of every text, path and variable, however odd.

use gate_plan::{Environment, Options, read_with};
use proptest::prelude::*;

use crate::Stage;

/// Every variable has the same nasty value.
struct Nasty(String);

impl Environment for Nasty {
    fn get(&self, _: &str) -> Option<String> {
        Some(self.0.clone())
    }
}

/// Paths as odd as a document or a plan may bring them.
const ODD_PATH: &str = "(/|\\{|\\}|[a-zé]|[0-9A-Z_.?#%-]){0,40}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// No text makes the reader panic, and what is wrong is always said.
    #[test]
    fn any_text_is_read_or_refused(text in "(\\PC|\n){0,300}") {
        if let Err(wrong) = read_with("p.yml", &text, &Stage::default(), &Options::default()) {
            prop_assert!(wrong.has_errors());
            prop_assert!(!wrong.to_string().is_empty());
        }
    }

    /// Nor does a sound plan with a piece of it replaced.
    #[test]
    fn any_broken_plan_is_read_or_refused(at in 0usize..4000, len in 0usize..40, put in "(\\PC|\n){0,20}") {
        let sound = include_str!("../../plans/overrides.yml");
        let start = sound.char_indices().map(|(at, _)| at).nth(at.min(sound.chars().count() - 1)).unwrap_or(0);
        let end = sound[start..].char_indices().map(|(at, _)| start + at).nth(len).unwrap_or(sound.len());
        let text = format!("{}{put}{}", &sound[..start], &sound[end..]);
        if let Ok(draft) = read_with("p.yml", &text, &Stage::default(), &Options::default()) {
            let document = include_str!("../../plans/shop.openapi.yaml");
            drop(draft.finish(Some(("shop.openapi.yaml", document))));
        }
    }

    /// Odd paths in a document cost a notice at most.
    #[test]
    fn any_path_is_taken(one in ODD_PATH, two in ODD_PATH) {
        let plan = "target: { url: \"http://127.0.0.1:1\", openapi: d }\n\
                    identities: { a: { token: token-a }, b: { token: token-b } }\n";
        let operations = serde_json::json!({ "get": { "responses": {} }, "post": { "responses": {} }, "delete": { "responses": {} } });
        let mut paths = serde_json::Map::new();
        for path in [format!("/{one}"), format!("/{two}"), format!("/{one}/{{id}}"), format!("/{two}/{one}")] {
            paths.insert(path, operations.clone());
        }
        let document = serde_json::json!({ "openapi": "3.0.0", "info": {}, "paths": paths }).to_string();
        let draft = read_with("p.yml", plan, &Stage::default(), &Options::default()).expect("a sound plan");
        prop_assert!(draft.finish(Some(("d", &document))).is_ok());
    }

    /// A variable stays one text: it cannot add identities, keys, operations, hosts or placeholders.
    #[test]
    fn a_variable_adds_no_keys(value in "[ -~\n]{1,60}") {
        let plan = "target: { url: \"http://127.0.0.1:1\", headers: { X-App: \"${V}\" } }\n\
                    identities:\n  a: { token: \"a${V}\", as: { note: \"${V}\" } }\n  b: { token: \"b${V}\" }\n\
                    setup: [{ as: a, post: /x, json: { k: \"${V}\" } }]\n";
        match read_with("p.yml", plan, &Nasty(value.clone()), &Options::default()) {
            Ok(draft) => {
                let spec = draft.outline();
                prop_assert_eq!(spec.identities.len(), 2);
                prop_assert_eq!(spec.target.headers.len(), 1);
                prop_assert_eq!(spec.target.headers[0].1.expose(), &value);
                prop_assert_eq!(spec.settings.setup.len(), 1);
                prop_assert!(spec.settings.setup[0].request.holes().is_empty());
                prop_assert!(spec.target.allow_hosts.is_empty());
            }
            Err(wrong) => prop_assert!(value.contains("{{"), "{}", wrong),
        }
    }
}
