//! Plans and what is said about them: `tests/plans/*.yml` with the expected text beside each.
//!
//! Comments at the top of a plan set its stage: `# env: NAME=VALUE`, `# withheld: NAME`, `# document: FILE`,
//! `# profile: NAME`, `# fork: true`. `UPDATE_PLANS=1` writes the expectations anew; read them before committing.

#[path = "plans/properties.rs"]
mod properties;
#[path = "plans/words.rs"]
mod words;

use std::path::{Path, PathBuf};

use gate_plan::{Environment, Options, read_with};

use crate::words::describe;

/// The stage of a plan.
#[derive(Default)]
struct Stage {
    env: Vec<(String, String)>,
    withheld: Vec<String>,
    document: Option<String>,
    profile: Option<String>,
    fork: bool,
}

impl Stage {
    fn of(text: &str) -> Self {
        let mut stage = Self::default();
        for line in text.lines().map_while(|line| line.strip_prefix("# ")) {
            let Some((key, value)) = line.split_once(": ") else {
                continue;
            };
            match key {
                "env" => {
                    let (name, value) = value.split_once('=').expect("NAME=VALUE");
                    stage.env.push((name.to_owned(), value.to_owned()));
                }
                "withheld" => stage.withheld.push(value.to_owned()),
                "document" => stage.document = Some(value.to_owned()),
                "profile" => stage.profile = Some(value.to_owned()),
                "fork" => stage.fork = value == "true",
                _ => {}
            }
        }
        stage
    }
}

impl Environment for Stage {
    fn get(&self, name: &str) -> Option<String> {
        self.env
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    fn withheld(&self, name: &str) -> bool {
        self.withheld.iter().any(|known| known == name)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plans")
}

fn outcome(name: &str, text: &str) -> String {
    let stage = Stage::of(text);
    let options = Options {
        profile: stage.profile.as_deref(),
        fork: stage.fork,
    };
    let draft = match read_with(name, text, &stage, &options) {
        Ok(draft) => draft,
        Err(wrong) => return wrong.to_string(),
    };
    let document = stage.document.as_ref().map(|file| {
        let text = std::fs::read_to_string(folder().join(file)).expect("the document is there");
        (file.as_str(), text)
    });
    match draft.finish(document.as_ref().map(|(name, text)| (*name, text.as_str()))) {
        Ok(spec) => describe(&spec),
        Err(wrong) => wrong.to_string(),
    }
}

#[test]
fn plans_are_judged_as_expected() {
    let update = std::env::var_os("UPDATE_PLANS").is_some();
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the plans are there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yml"))
        .collect();
    names.sort();
    assert!(names.len() >= 20, "only {} plans were found", names.len());
    let mut wrong = Vec::new();
    for path in names {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a plan");
        let found = outcome(&name, &text);
        for (variable, value) in Stage::of(&text).env.iter().filter(|(_, value)| value.len() >= 8) {
            assert!(!found.contains(value), "{name} shows the value of {variable}:\n{found}");
        }
        let expected = path.with_extension("txt");
        if update {
            std::fs::write(&expected, &found).expect("the expectation is written");
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{name}:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The demo's own plan with the document that the demo serves.
#[test]
fn the_demo_is_understood() {
    let plan = include_str!("../../crates/gate-demo/demo-plan.yml");
    let stage = Stage {
        env: vec![("DEMO_URL".to_owned(), "http://127.0.0.1:1".to_owned())],
        ..Stage::default()
    };
    let draft = read_with("demo-plan.yml", plan, &stage, &Options::default()).unwrap_or_else(|wrong| panic!("{wrong}"));
    let document = gate_demo::openapi(&gate_demo::Config::default()).to_string();
    let spec = draft
        .finish(Some(("openapi.json", &document)))
        .unwrap_or_else(|wrong| panic!("{wrong}"));
    let found = describe(&spec);
    let expected = folder().join("demo.txt");
    if std::env::var_os("UPDATE_PLANS").is_some() {
        std::fs::write(&expected, &found).expect("the expectation is written");
    }
    let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
    assert!(wanted == found, "the demo is understood otherwise:\n{found}");
}

/// Whatever the examples ask for.
struct Anything;

impl Environment for Anything {
    fn get(&self, name: &str) -> Option<String> {
        Some(if name.ends_with("_URL") {
            "http://127.0.0.1:1/v1".to_owned()
        } else {
            format!("value-of-{name}")
        })
    }
}

#[test]
fn the_examples_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the examples are there") {
        let path = entry.expect("an entry").path().join("launchgate.yml");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        seen += 1;
        if let Err(wrong) = read_with(&path.to_string_lossy(), &text, &Anything, &Options::default()) {
            panic!("{wrong}");
        }
    }
    assert!(seen >= 1, "no example has a plan");
}
