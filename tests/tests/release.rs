//! What is released, what fetches it, and how it is packed: three files that have to name the same archives.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_yaml::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn workflow(name: &str) -> Value {
    serde_yaml::from_str(&read(&format!(".github/workflows/{name}"))).expect("a workflow")
}

/// The targets of the release workflow.
fn released() -> BTreeSet<String> {
    let release = workflow("release.yml");
    release["jobs"]["build"]["strategy"]["matrix"]["include"]
        .as_sequence()
        .expect("a matrix")
        .iter()
        .filter_map(|entry| entry["target"].as_str().map(str::to_owned))
        .collect()
}

/// Every machine that the action knows has a release: its own words for systems and processors, put together.
#[test]
fn the_action_looks_for_what_is_released() {
    let script = read("ci/action.sh");
    let function = script.split("target() {").nth(1).expect("target()");
    let function = function.split("\n}").next().expect("its end");
    let dir = tempfile::tempdir().expect("a folder");
    let found: BTreeSet<String> = [
        ("Linux", "x86_64"),
        ("Linux", "aarch64"),
        ("Darwin", "x86_64"),
        ("Darwin", "arm64"),
        ("MINGW64_NT", "x86_64"),
    ]
    .into_iter()
    .map(|(system, machine)| {
        let program = format!(
            "uname() {{ if [ \"$1\" = -s ]; then echo {system}; else echo {machine}; fi; }}\ntarget() {{{function}\n}}\ntarget"
        );
        let output = Command::new("bash")
            .args(["-euc", &program])
            .current_dir(dir.path())
            .output()
            .expect("bash runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    })
    .collect();
    assert_eq!(found, released());
}

#[test]
fn an_archive_has_one_name() {
    let name = "launchgate-v$version-$TARGET.tar.gz";
    assert!(read("ci/package.sh").contains(name), "ci/package.sh");
    assert!(
        read("ci/action.sh").contains("launchgate-v$version-$triple.tar.gz"),
        "ci/action.sh"
    );
    let manifest: toml::Table = read("crates/launchgate/Cargo.toml").parse().expect("TOML");
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let url = binstall["pkg-url"].as_str().expect("a URL");
    assert!(
        url.ends_with("/v{ version }/launchgate-v{ version }-{ target }.tar.gz"),
        "{url}"
    );
    assert_eq!(binstall["bin-dir"].as_str(), Some("{ bin }{ binary-ext }"));
}

/// Actions are named by digest, with the version beside it; a job has no permission that it does not name.
#[test]
fn workflows_are_pinned_and_may_do_little() {
    for name in ["ci.yml", "release.yml"] {
        let text = read(&format!(".github/workflows/{name}"));
        for line in text.lines().filter(|line| line.trim_start().starts_with("- uses:")) {
            let reference = line.split('@').nth(1).expect("a reference");
            let (digest, version) = reference.split_once(" # v").expect("digest and version");
            assert!(
                digest.len() == 40 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{line}"
            );
            assert!(!version.trim().is_empty(), "{line}");
        }
        let workflow = workflow(name);
        assert_eq!(
            workflow["permissions"].as_mapping().map(serde_yaml::Mapping::len),
            Some(0),
            "{name}"
        );
        assert!(!text.contains("pull_request_target"), "{name}");
        for (job, body) in workflow["jobs"].as_mapping().expect("jobs") {
            assert!(body["permissions"].is_mapping(), "{name}: {job:?} says what it may do");
            assert!(body["timeout-minutes"].is_number(), "{name}: {job:?} ends");
        }
    }
}

/// The image holds the program, is nobody's, and says of which version it is.
#[test]
fn the_image_is_of_this_version() {
    let version = read("Cargo.toml")
        .lines()
        .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"').map(str::to_owned))
        .expect("a version");
    let dockerfile = read("Dockerfile");
    let stages: Vec<&str> = dockerfile.split("\nFROM ").collect();
    for stage in stages
        .iter()
        .filter(|stage| stage.contains(" AS gate") || stage.contains(" AS shell"))
    {
        assert!(stage.contains(&format!("ARG VERSION={version}\n")), "{stage}");
        assert!(stage.contains("USER 65532:65532"), "{stage}");
        assert!(stage.contains("org.opencontainers.image.source="), "{stage}");
    }
    assert_eq!(stages.len(), 4, "what stands before the first stage, and three stages");
    assert!(stages[2].starts_with("scratch AS gate"), "nothing else is in the image");
    let rust = read("Cargo.toml");
    let least = rust
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'))
        .expect("a version");
    assert!(stages[1].starts_with(&format!("rust:{least}-")), "{}", stages[1]);
}
