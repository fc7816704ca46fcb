//! Just enough of a GitHub runner: the steps of a composite action, with the files and variables that GitHub gives them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;
use tempfile::TempDir;

/// The repository, which is the action.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `action.yml`.
pub fn action() -> Value {
    let text = fs::read_to_string(root().join("action.yml")).expect("action.yml");
    serde_yaml::from_str(&text).expect("YAML")
}

/// A job on its way.
pub struct Job {
    /// The workspace.
    pub workspace: TempDir,
    outside: TempDir,
    /// The folder that holds the action.
    pub action: PathBuf,
    /// What the workflow gives as `with`.
    pub inputs: BTreeMap<String, String>,
    /// What the workflow gives as `env`.
    pub env: BTreeMap<String, String>,
    /// Whether the pull request comes from a fork.
    pub fork: bool,
    /// A folder that comes first on the PATH.
    pub first_on_path: Option<PathBuf>,
}

/// What came of it.
pub struct Done {
    /// The exit code of the step.
    pub code: Option<i32>,
    /// Its log.
    pub log: String,
    /// What it wrote to `GITHUB_OUTPUT`.
    pub outputs: BTreeMap<String, String>,
    /// What it wrote to `GITHUB_STEP_SUMMARY`, and what was there before.
    pub summary: String,
}

impl Job {
    pub fn new() -> Self {
        Self {
            workspace: tempfile::tempdir().expect("a folder"),
            outside: tempfile::tempdir().expect("a folder"),
            action: root(),
            inputs: BTreeMap::new(),
            env: BTreeMap::new(),
            fork: false,
            first_on_path: None,
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        let known = &action()["inputs"][name];
        assert!(known.is_mapping(), "the action has no input {name}");
        self.inputs.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn file(self, path: &str, text: &str) -> Self {
        let place = self.workspace.path().join(path);
        fs::create_dir_all(place.parent().expect("a folder")).expect("made");
        fs::write(place, text).expect("written");
        self
    }

    /// An expression of `action.yml`, of the few that it has.
    fn evaluate(&self, expression: &str, action: &Value) -> String {
        if let Some(name) = expression.strip_prefix("inputs.") {
            let default = action["inputs"][name]["default"]
                .as_str()
                .unwrap_or_else(|| panic!("{name} has no default"));
            return self.inputs.get(name).map_or(default, String::as_str).to_owned();
        }
        assert!(
            expression.contains("head.repo.full_name != github.repository"),
            "{expression}"
        );
        self.fork.to_string()
    }

    /// Runs the steps.
    pub fn run(&self) -> Done {
        let action = action();
        let steps = action["runs"]["steps"].as_sequence().expect("steps");
        assert_eq!(steps.len(), 1, "this runner knows one step");
        let step = &steps[0];
        let file = |name: &str| self.outside.path().join(name);
        fs::write(file("summary"), "of an earlier step\n").expect("written");
        fs::write(file("output"), "").expect("written");
        let path = std::env::var("PATH").unwrap_or_default();
        let path = match &self.first_on_path {
            Some(first) => format!("{}:{path}", first.display()),
            None => path,
        };
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c"])
            .arg(step["run"].as_str().expect("a step that runs something"))
            .current_dir(self.workspace.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.outside.path())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_WORKSPACE", self.workspace.path())
            .env("GITHUB_ACTION_PATH", &self.action)
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_STEP_SUMMARY", file("summary"))
            .env("RUNNER_TEMP", self.outside.path())
            .env("RUNNER_TOOL_CACHE", file("tools"))
            .envs(&self.env);
        for (name, value) in step["env"].as_mapping().expect("an environment") {
            let text = value.as_str().expect("a text");
            let expression = text
                .strip_prefix("${{ ")
                .and_then(|text| text.strip_suffix(" }}"))
                .expect("an expression");
            command.env(name.as_str().expect("a name"), self.evaluate(expression, &action));
        }
        let output = command.output().expect("bash runs");
        let log = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let outputs = fs::read_to_string(file("output")).expect("read");
        Done {
            code: output.status.code(),
            log,
            outputs: outputs
                .lines()
                .map(|line| line.split_once('=').unwrap_or_else(|| panic!("{line:?} is no output")))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            summary: fs::read_to_string(file("summary")).expect("read"),
        }
    }
}

impl Done {
    /// An output.
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// The commands of the log, as the runner would obey them.
    pub fn commands(&self, name: &str) -> Vec<&str> {
        let mut stopped: Option<String> = None;
        let mut found = Vec::new();
        for line in self.log.lines() {
            match (&stopped, line.strip_prefix("::stop-commands::")) {
                (None, Some(token)) => stopped = Some(format!("::{token}::")),
                (Some(token), _) if line == token => stopped = None,
                (None, None) if line.starts_with(&format!("::{name}")) => found.push(line),
                _ => {}
            }
        }
        assert_eq!(stopped, None, "commands stay stopped:\n{}", self.log);
        found
    }
}
