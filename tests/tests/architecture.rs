//! The architecture as tests: who may import whom, how large files and crates may be, what every crate, module and check
//! must have.
//!
//! Each rule is a plain function from what is in the repository to complaints that say what to do. Beside the test that
//! holds the repository against it stands one that shows on made-up data that the rule can fail.

#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/shape.rs"]
mod shape;
#[path = "architecture/sizes.rs"]
mod sizes;

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// A package of the workspace and the packages of the workspace that it depends on.
#[derive(Clone, Default)]
struct Package {
    name: String,
    imports: Vec<String>,
    dev_imports: Vec<String>,
}

/// A file by its path from the root of the repository.
struct File {
    path: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is in a workspace")
}

static PACKAGES: LazyLock<Vec<Package>> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
            "--manifest-path",
        ])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = packages_of(&metadata);
    assert!(
        packages.iter().any(|package| package.name == "gate-model"),
        "cargo metadata names no gate-model"
    );
    packages
});

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let mut files = Vec::new();
    for top in ["crates", "tests", "docs", "Cargo.toml"] {
        collect(&root().join(top), top, &mut files);
    }
    assert!(
        files.len() > 100,
        "only {} files were found below {}",
        files.len(),
        root().display()
    );
    files
});

fn packages_of(metadata: &Value) -> Vec<Package> {
    let listed = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let ours = |package: &Value, dev: bool| {
        listed(package, "dependencies")
            .iter()
            .filter(|dependency| dependency["path"].is_string() && (dependency["kind"] == "dev") == dev)
            .map(name)
            .collect()
    };
    listed(metadata, "packages")
        .iter()
        .map(|package| Package {
            name: name(package),
            imports: ours(package, false),
            dev_imports: ours(package, true),
        })
        .collect()
}

fn collect(at: &Path, path: &str, files: &mut Vec<File>) {
    if at.is_dir() {
        let mut names: Vec<String> = std::fs::read_dir(at)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.') && name != "target" && name != "node_modules")
            .collect();
        names.sort();
        for name in names {
            collect(&at.join(&name), &format!("{path}/{name}"), files);
        }
    } else if [".rs", ".md", ".toml"].iter().any(|ending| path.ends_with(ending))
        && let Ok(text) = std::fs::read_to_string(at)
    {
        files.push(File {
            path: path.to_owned(),
            text,
        });
    }
}

fn hold(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn rust(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.path.ends_with(".rs"))
}

/// Files that are test modules: `#[cfg(test)] mod NAME;` names them and what is below.
fn test_modules(files: &[File]) -> Vec<String> {
    let mut modules = Vec::new();
    for file in rust(files) {
        let (directory, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let below = match name {
            "lib.rs" | "main.rs" | "mod.rs" => directory,
            _ => file.path.trim_end_matches(".rs"),
        };
        for pair in file.text.lines().collect::<Vec<_>>().windows(2) {
            if let ["#[cfg(test)]", line] = pair
                && let Some(module) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'))
            {
                modules.push(format!("{below}/{module}"));
            }
        }
    }
    modules
}

fn is_test_module(modules: &[String], path: &str) -> bool {
    let rest = |module: &String| path.strip_prefix(module.as_str());
    modules
        .iter()
        .filter_map(rest)
        .any(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// A file without the test module at its end.
fn without_tests(text: &str) -> impl Iterator<Item = &str> {
    let end = text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines()
}

fn package(name: &str, imports: &[&str], dev_imports: &[&str]) -> Package {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Package {
        name: name.to_owned(),
        imports: owned(imports),
        dev_imports: owned(dev_imports),
    }
}

fn file(path: &str, text: impl Into<String>) -> File {
    File {
        path: path.to_owned(),
        text: text.into(),
    }
}

/// The faults are these, each known by a part of its text.
fn assert_faults(faults: &[String], wanted: &[&str]) {
    assert_eq!(faults.len(), wanted.len(), "{faults:#?}");
    for part in wanted {
        assert!(
            faults.iter().any(|fault| fault.contains(part)),
            "{part} is not in {faults:#?}"
        );
    }
}

#[test]
fn metadata_is_read_by_kind_and_by_path() {
    let metadata = serde_json::json!({ "packages": [{ "name": "a", "dependencies": [
        { "name": "b", "path": "/b", "kind": null },
        { "name": "c", "path": "/c", "kind": "build" },
        { "name": "d", "path": "/d", "kind": "dev" },
        { "name": "serde", "kind": null },
    ] }] });
    let packages = packages_of(&metadata);
    assert_eq!(
        (packages[0].imports.join(" "), packages[0].dev_imports.join(" ")),
        ("b c".into(), "d".into())
    );
}
