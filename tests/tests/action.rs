//! The GitHub Action, run outside of GitHub: what it installs, runs, shows and passes on.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use gate_demo::{CREDENTIALS, Config, Demo, Hole};
use tokio::runtime::Runtime;

#[path = "cli/program.rs"]
mod program;
#[path = "action/runner.rs"]
mod runner;

use runner::{Job, action, root};

/// The smallest plan for the demo; its passwords are variables.
const PLAN: &str = r#"version: 1
target: { url: "${LAUNCHGATE_URL:-http://127.0.0.1:8080}", openapi: /openapi.json }
identities:
  alice:   { tenant: acme,   as: { email: alice@acme.test,     password: "${ALICE_PASSWORD}" } }
  mallory: { tenant: globex, as: { email: mallory@globex.test, password: "${MALLORY_PASSWORD}" } }
"#;

fn demo(holes: &[&str]) -> (Runtime, Demo) {
    let runtime = Runtime::new().expect("a runtime starts");
    let mut config = Config::default();
    let holes = holes.iter().map(|hole| hole.parse::<Hole>().expect("a hole"));
    config.holes.extend(holes);
    let demo = runtime.block_on(Demo::start(config)).expect("the demo starts");
    (runtime, demo)
}

/// A job with the plan and the program that these tests were built with.
fn job(demo: &Demo) -> Job {
    Job::new()
        .file("launchgate.yml", PLAN)
        .with("bin", &program::path().display().to_string())
        .with("url", &format!("http://{}", demo.addr))
        .env("GITHUB_EVENT_NAME", "push")
}

fn with_passwords(job: Job) -> Job {
    CREDENTIALS.iter().fold(job, |job, user| {
        job.env(&format!("{}_PASSWORD", user.name.to_uppercase()), user.password)
    })
}

#[test]
fn a_regression_is_shown_everywhere_and_passed_on_last() {
    let (_runtime, demo) = demo(&["idor-project-read"]);
    let done = with_passwords(job(&demo)).with("only", "access").run();
    assert_eq!(done.code, Some(1), "{}", done.log);
    assert_eq!(done.output("exit-code"), "1");
    assert_eq!(done.output("verdict"), "regression");
    assert_eq!(done.output("regressions"), "1");
    assert_eq!(done.output("report-dir"), "launchgate-report");
    assert!(done.summary.starts_with("of an earlier step\n## "), "{}", done.summary);
    assert!(
        done.summary.contains("mallory can read alice's project"),
        "{}",
        done.summary
    );
    let errors = done.commands("error");
    assert_eq!(errors.len(), 1, "{}", done.log);
    assert!(errors[0].starts_with("::error file="), "{errors:?}");
    for name in ["json", "junit", "sarif", "comment"] {
        let path = job_path(&done, name);
        assert!(!path.is_empty(), "{name}");
    }
    for user in CREDENTIALS
        .iter()
        .filter(|user| ["alice", "mallory"].contains(&user.name))
    {
        assert!(
            done.log.contains(&format!("::add-mask::{}\n", user.password)),
            "{}",
            user.name
        );
        let shown = done.log.replace(&format!("::add-mask::{}\n", user.password), "");
        assert!(
            !shown.contains(user.password) && !done.summary.contains(user.password),
            "{}",
            user.name
        );
    }
}

fn job_path<'d>(done: &'d runner::Done, name: &str) -> &'d str {
    done.output(name)
}

#[test]
fn a_sound_api_is_green_and_marks_nothing() {
    let (_runtime, demo) = demo(&[]);
    let job = with_passwords(job(&demo))
        .with("only", "access")
        .with("report-dir", "out/gate");
    let done = job.run();
    assert_eq!(done.code, Some(0), "{}", done.log);
    assert_eq!(done.output("verdict"), "proven");
    assert!(
        done.commands("error").is_empty() && done.commands("warning").is_empty(),
        "{}",
        done.log
    );
    for name in ["json", "junit", "sarif", "comment"] {
        let path = job.workspace.path().join(done.output(name));
        assert!(path.is_file(), "{name}: {}", path.display());
    }
}

#[test]
fn a_fork_skips_what_needs_secrets_and_says_so() {
    let (_runtime, demo) = demo(&[]);
    let mut fork = job(&demo).env("GITHUB_EVENT_NAME", "pull_request");
    fork.fork = true;
    let done = fork.run();
    assert_eq!(done.code, Some(0), "{}", done.log);
    assert!(
        done.log.contains("NOTHING WAS TESTED") || done.log.contains("ONLY "),
        "{}",
        done.log
    );
    let strict = fork.with("require-secrets", "true").with("only", "access").run();
    assert_eq!(strict.code, Some(3), "{}", strict.log);
    let bot = job(&demo)
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_ACTOR", "dependabot[bot]")
        .run();
    assert_eq!(bot.code, Some(0), "{}", bot.log);
    // Without secrets and without a fork it is a mistake.
    let done = job(&demo).env("GITHUB_EVENT_NAME", "pull_request").run();
    assert_eq!(done.code, Some(2), "{}", done.log);
}

#[test]
fn a_strangers_pull_request_never_gets_secrets() {
    let (_runtime, demo) = demo(&[]);
    let done = with_passwords(job(&demo))
        .env("GITHUB_EVENT_NAME", "pull_request_target")
        .run();
    assert_eq!(done.code, Some(2));
    assert_eq!(done.output("verdict"), "unusable");
    assert_eq!(demo.requests(), 0, "{}", done.log);
}

#[test]
fn a_run_that_cannot_be_made_has_outputs_too() {
    let (_runtime, demo) = demo(&[]);
    let done = with_passwords(job(&demo)).with("plan", "nowhere.yml").run();
    assert_eq!(
        (done.code, done.output("exit-code"), done.output("verdict")),
        (Some(2), "2", "unusable")
    );
    let done = with_passwords(job(&demo)).with("working-directory", "nowhere").run();
    assert_eq!((done.code, done.output("exit-code")), (Some(2), "2"), "{}", done.log);
    let done = job(&demo).with("command", "demo").run();
    assert_eq!(done.code, Some(2), "{}", done.log);
    let dead = with_passwords(job(&demo)).with("url", "http://127.0.0.1:9");
    let done = dead.run();
    assert_eq!(
        (done.code, done.output("verdict")),
        (Some(4), "undecided"),
        "{}",
        done.log
    );
}

#[test]
fn inputs_are_arguments_and_no_commands() {
    let (_runtime, demo) = demo(&[]);
    let job = with_passwords(job(&demo)).with("args", "--only access;touch${IFS}pwned $(touch pwned) `touch pwned`");
    let done = job.run();
    assert_eq!(done.code, Some(2), "{}", done.log);
    assert!(!job.workspace.path().join("pwned").exists());
    let done = with_passwords(self::job(&demo)).with("plan", "a\nexit-code=0").run();
    assert_eq!((done.code, done.output("exit-code")), (Some(2), "2"), "{}", done.log);
    let done = with_passwords(self::job(&demo))
        .with("args", "--only access --skip access/granted-refused")
        .run();
    assert_eq!(done.code, Some(0), "{}", done.log);
}

#[test]
fn the_search_for_secrets_needs_no_target() {
    let job = Job::new()
        .file("readme.txt", "nothing\n")
        .with("bin", &program::path().display().to_string());
    let done = job.with("command", "secrets").run();
    assert_eq!(done.code, Some(0), "{}", done.log);
    assert_eq!(done.output("verdict"), "proven");
}

/// The action with a release in it: a script in the place of the program, and a `curl` that gives its archive.
struct Released {
    folder: tempfile::TempDir,
    digest: String,
}

impl Released {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        for path in ["action/ci", "bin", "archive"] {
            fs::create_dir_all(at(path)).expect("made");
        }
        fs::copy(root().join("ci/action.sh"), at("action/ci/action.sh")).expect("copied");
        fs::write(at("action/Cargo.toml"), "[workspace.package]\nversion = \"9.9.9\"\n").expect("written");
        script(&at("archive/launchgate"), "echo the released program\n");
        let packed = Command::new("tar")
            .args(["-czf", "release.tar.gz", "-C", "archive", "launchgate"])
            .current_dir(folder.path())
            .status();
        assert!(packed.expect("tar runs").success());
        let sum = Command::new("sha256sum")
            .arg(at("release.tar.gz"))
            .output()
            .expect("sha256sum runs");
        let digest = String::from_utf8_lossy(&sum.stdout)
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
        Self { folder, digest }
    }

    /// Installs with this line of checksums and this `curl`.
    fn job(&self, digest: &str, curl: &str) -> Job {
        let line = format!(
            "{digest}  launchgate-v9.9.9-{}-unknown-linux-musl.tar.gz\n",
            std::env::consts::ARCH
        );
        fs::write(self.folder.path().join("action/ci/checksums.txt"), line).expect("written");
        let archive = self.folder.path().join("release.tar.gz");
        let body = format!(
            "echo \"$@\" >> {log}\nwhile [ \"$1\" != -o ]; do shift; done\n{curl}\n",
            log = self.folder.path().join("asked").display(),
            curl = curl.replace("ARCHIVE", &archive.display().to_string())
        );
        script(&self.folder.path().join("bin/curl"), &body);
        script(&self.folder.path().join("bin/cargo"), "echo cargo was called; exit 9\n");
        let mut job = Job::new();
        job.action = self.folder.path().join("action");
        job.first_on_path = Some(self.folder.path().join("bin"));
        job
    }

    fn asked(&self) -> usize {
        fs::read_to_string(self.folder.path().join("asked"))
            .unwrap_or_default()
            .lines()
            .count()
    }
}

fn script(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("made to run");
}

#[test]
#[cfg(target_os = "linux")]
fn a_release_is_taken_if_it_is_the_one_that_is_known() {
    let released = Released::new();
    let job = released.job(&released.digest, "cp ARCHIVE \"$2\"");
    let done = job.run();
    assert_eq!(done.code, Some(0), "{}", done.log);
    assert!(done.log.contains("the released program"), "{}", done.log);
    assert_eq!(released.asked(), 1);
    // The second time it is there.
    let again = job.run();
    assert!(again.log.contains("from the tool cache"), "{}", again.log);
    assert_eq!(released.asked(), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn a_release_that_is_another_one_stops_the_step() {
    let released = Released::new();
    for curl in [
        "printf x >> ARCHIVE; cp ARCHIVE \"$2\"",
        "head -c 20 ARCHIVE > \"$2\"",
        "echo 404 >&2; exit 22",
    ] {
        let done = released.job(&released.digest, curl).run();
        assert_eq!(
            (done.code, done.output("exit-code")),
            (Some(4), "4"),
            "{curl}: {}",
            done.log
        );
        assert_eq!(done.commands("error").len(), 1, "{}", done.log);
        assert!(
            !done.log.contains("the released program") && !done.log.contains("cargo was called"),
            "{}",
            done.log
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_checksum_the_source_is_built_or_nothing_is() {
    let released = Released::new();
    let done = released.job("none", "exit 1").run();
    assert!(done.log.contains("cargo was called"), "{}", done.log);
    assert_eq!((done.code, released.asked()), (Some(4), 0), "{}", done.log);
    for (install, version) in [("release", ""), ("auto", "1.2.3"), ("release", "latest"), ("magic", "")] {
        let done = released
            .job("none", "exit 1")
            .with("install", install)
            .with("version", version)
            .run();
        assert_eq!(done.code, Some(2), "{install} {version}: {}", done.log);
        assert!(!done.log.contains("cargo was called"), "{}", done.log);
    }
}

#[test]
fn the_action_is_thin_and_every_input_gets_through() {
    let action = action();
    let step = &action["runs"]["steps"][0];
    let run = step["run"].as_str().expect("a script");
    assert!(
        !run.contains("${{"),
        "an expression within a script is an injection: {run}"
    );
    let given: Vec<&str> = step["env"]
        .as_mapping()
        .expect("an environment")
        .iter()
        .filter_map(|(_, value)| value.as_str())
        .collect();
    let script = fs::read_to_string(root().join("ci/action.sh")).expect("the script");
    for (name, _) in action["inputs"].as_mapping().expect("inputs") {
        let name = name.as_str().expect("a name");
        assert!(given.contains(&format!("${{{{ inputs.{name} }}}}").as_str()), "{name}");
        let variable = format!("ACTION_{}", name.replace('-', "_").to_uppercase());
        assert!(script.contains(&variable), "{variable} is not read");
    }
    for (name, value) in action["outputs"].as_mapping().expect("outputs") {
        let name = name.as_str().expect("a name");
        assert_eq!(
            value["value"].as_str(),
            Some(format!("${{{{ steps.gate.outputs.{name} }}}}").as_str())
        );
    }
    assert!(!script.contains("eval "), "arguments are not evaluated");
}

/// A tool of `LAUNCHGATE_TESTS_PYTHON`'s environment, or of the PATH.
fn tool(name: &str) -> Option<PathBuf> {
    let beside = std::env::var_os("LAUNCHGATE_TESTS_PYTHON")
        .map(PathBuf::from)
        .and_then(|python| Some(python.parent()?.join(name)));
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .map(|folder| folder.join(name));
    beside.into_iter().chain(on_path).find(|path| path.is_file())
}

/// Runs a linter; where it is not installed and not required, says so.
fn lint(name: &str, arguments: &[&str]) {
    let Some(path) = tool(name) else {
        let required = std::env::var("LAUNCHGATE_TESTS_REQUIRE_READERS").is_ok_and(|value| value == "1");
        assert!(!required, "{name} is not installed, and readers are required here");
        #[allow(clippy::print_stderr)]
        {
            eprintln!("LEFT OUT: {name} is not installed");
        }
        return;
    };
    let output = Command::new(path)
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{name}: {said}");
}

#[test]
fn linters_find_nothing() {
    lint(
        "shellcheck",
        &[
            ".ci/run",
            "ci/action.sh",
            "ci/package.sh",
            "tests/image/run.sh",
            "tests/new-user/walk.sh",
        ],
    );
    lint("hadolint", &["Dockerfile"]);
    lint(
        "actionlint",
        &[".github/workflows/ci.yml", ".github/workflows/release.yml"],
    );
    lint(
        "check-jsonschema",
        &[
            "--builtin-schema",
            "vendor.github-workflows",
            ".github/workflows/ci.yml",
            ".github/workflows/release.yml",
        ],
    );
    lint(
        "check-jsonschema",
        &["--builtin-schema", "vendor.github-actions", "action.yml"],
    );
    lint(
        "zizmor",
        &[
            "--offline",
            "--no-progress",
            "--strict-collection",
            "--persona=pedantic",
            "action.yml",
            ".github",
        ],
    );
}
