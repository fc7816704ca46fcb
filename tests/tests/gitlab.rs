//! The job for GitLab: the component, the plain include that is made from it, and its script, run outside of GitLab.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use gate_demo::{CREDENTIALS, Config, Demo, Hole};
use serde_yaml::Value;
use tokio::runtime::Runtime;

#[path = "cli/program.rs"]
mod program;

const PLAN: &str = r#"version: 1
target: { url: "${LAUNCHGATE_URL:-http://127.0.0.1:8080}", openapi: /openapi.json }
identities:
  alice:   { tenant: acme,   as: { email: alice@acme.test,     password: "${ALICE_PASSWORD}" } }
  mallory: { tenant: globex, as: { email: mallory@globex.test, password: "${MALLORY_PASSWORD}" } }
"#;
/// How the plain include begins.
const HEAD: &str = "# For `include: remote:` and `include: local:`, where a component cannot be used. Made from templates/launchgate.yml by\n\
                    # `UPDATE_DOCS=1 cargo test -p launchgate-tests --test gitlab`.\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The inputs and the job of the component.
fn component() -> (Value, String) {
    let text = fs::read_to_string(root().join("templates/launchgate.yml")).expect("the component");
    let (spec, job) = text.split_once("\n---\n").expect("two documents");
    (serde_yaml::from_str(spec).expect("YAML"), job.to_owned())
}

/// The job with inputs, as GitLab puts them in.
fn filled(given: &[(&str, &str)]) -> String {
    let (spec, mut job) = component();
    let inputs = spec["spec"]["inputs"].as_mapping().expect("inputs");
    let given: BTreeMap<&str, &str> = given.iter().copied().collect();
    for name in given.keys() {
        assert!(inputs.contains_key(*name), "the component has no input {name}");
    }
    for (name, input) in inputs {
        let name = name.as_str().expect("a name");
        let value = given
            .get(name)
            .copied()
            .or(input["default"].as_str())
            .expect("a default");
        let hole = format!("$[[ inputs.{name} ]]");
        assert!(job.contains(&hole), "the input {name} is of no use");
        job = job.replace(&hole, value);
    }
    assert!(!job.contains("$[["), "{job}");
    job
}

fn job(text: &str) -> Value {
    let value: Value = serde_yaml::from_str(text).expect("YAML");
    value["launchgate"].clone()
}

#[test]
fn the_plain_include_is_the_component_with_its_defaults() {
    let wanted = format!("{HEAD}{}", filled(&[]));
    let path = root().join("ci/gitlab.yml");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &wanted).expect("written");
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        found, wanted,
        "stale: run UPDATE_DOCS=1 cargo test -p launchgate-tests --test gitlab"
    );
}

/// Runs the script of the job as a runner does: with a shell, in the project's folder.
fn run(job: &Value, folder: &Path, demo: &Demo, env: &[(&str, &str)]) -> (Option<i32>, String) {
    let bin = tempfile::tempdir().expect("a folder");
    symlink(program::path(), bin.path().join("launchgate")).expect("linked");
    let script: Vec<&str> = job["script"]
        .as_sequence()
        .expect("a script")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let mut command = Command::new("sh");
    command
        .args(["-e", "-c", &script.join("\n")])
        .current_dir(folder)
        .env_clear()
        .env(
            "PATH",
            format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap_or_default()),
        )
        .env("GITLAB_CI", "true");
    for (name, value) in job["variables"].as_mapping().expect("variables") {
        command.env(name.as_str().expect("a name"), value.as_str().expect("a text"));
    }
    command
        .env("LAUNCHGATE_URL", format!("http://{}", demo.addr))
        .envs(env.iter().copied());
    let output = command.output().expect("sh runs");
    let log = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.code(), log)
}

fn demo(hole: Option<&str>) -> (Runtime, Demo) {
    let runtime = Runtime::new().expect("a runtime starts");
    let mut config = Config::default();
    config
        .holes
        .extend(hole.map(|hole| hole.parse::<Hole>().expect("a hole")));
    let demo = runtime.block_on(Demo::start(config)).expect("the demo starts");
    (runtime, demo)
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("launchgate.yml"), PLAN).expect("written");
    folder
}

#[test]
fn the_job_is_red_on_a_regression_and_its_reports_are_there() {
    let (_runtime, demo) = demo(Some("idor-project-read"));
    let folder = project();
    let passwords: Vec<(String, &str)> = CREDENTIALS
        .iter()
        .map(|user| (format!("{}_PASSWORD", user.name.to_uppercase()), user.password))
        .collect();
    let env: Vec<(&str, &str)> = passwords.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let job = job(&filled(&[("only", "access")]));
    let (code, log) = run(&job, folder.path(), &demo, &env);
    assert_eq!(code, Some(1), "{log}");
    let opened = log.matches("section_start:").count();
    assert_eq!((opened, log.matches("section_end:").count()), (1, 1), "{log}");
    for (kind, path) in job["artifacts"]["reports"].as_mapping().expect("reports") {
        let path = folder.path().join(path.as_str().expect("a path"));
        assert!(path.is_file(), "{kind:?}: {}", path.display());
    }
    assert_eq!(job["artifacts"]["when"], "always");
    let entries: Value = serde_yaml::from_str(
        &fs::read_to_string(folder.path().join("launchgate-report/gl-code-quality-report.json")).expect("read"),
    )
    .expect("JSON");
    assert_eq!(entries.as_sequence().map(Vec::len), Some(1), "{entries:?}");
}

#[test]
fn a_fork_has_no_variables_and_is_told_from_a_mistake() {
    let (_runtime, demo) = demo(None);
    let folder = project();
    let job = job(&filled(&[]));
    let fork = [("CI_MERGE_REQUEST_PROJECT_ID", "1"), ("CI_PROJECT_ID", "2")];
    let (code, log) = run(&job, folder.path(), &demo, &fork);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("NOTHING WAS TESTED") || log.contains("ONLY "), "{log}");
    let own = [("CI_MERGE_REQUEST_PROJECT_ID", "1"), ("CI_PROJECT_ID", "1")];
    let (code, log) = run(&job, folder.path(), &demo, &own);
    assert_eq!(code, Some(2), "{log}");
}

#[test]
fn gitlab_would_take_the_job() {
    let python = std::env::var_os("LAUNCHGATE_TESTS_PYTHON").map(PathBuf::from);
    let tool = python.and_then(|python| Some(python.parent()?.join("check-jsonschema")));
    let Some(tool) = tool.filter(|tool| tool.is_file()) else {
        let required = std::env::var("LAUNCHGATE_TESTS_REQUIRE_READERS").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "check-jsonschema is not installed, and readers are required here"
        );
        #[allow(clippy::print_stderr)]
        {
            eprintln!("LEFT OUT: check-jsonschema is not installed");
        }
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(".gitlab-ci.yml");
    let takes = |text: &str| {
        fs::write(&path, text).expect("written");
        let arguments = ["--builtin-schema", "vendor.gitlab-ci"];
        Command::new(&tool)
            .args(arguments)
            .arg(&path)
            .output()
            .expect("it runs")
    };
    let output = takes(&filled(&[("profile", "nightly"), ("fail_on", "high")]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(
        !takes("launchgate: { script: [x], artifacts: { when: maybe } }")
            .status
            .success()
    );
}
