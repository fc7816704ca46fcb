//! What every crate, module and check must have, and who may print.

use std::collections::{BTreeMap, BTreeSet};

use gate_model::CheckPage;

use crate::{FILES, File, assert_faults, file, hold, is_test_module, rust, test_modules, without_tests};

/// Names that say nothing about what a module is for.
const EMPTY_NAMES: [&str; 8] = [
    "util", "utils", "helper", "helpers", "misc", "manager", "managers", "stuff",
];
/// What writes to the console.
const PRINTS: [&str; 7] = [
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
    "dbg!",
    "stdout()",
    "stderr()",
];
/// Where that is allowed.
const PRINTERS: [&str; 2] = ["crates/gate-report/src/console", "crates/launchgate/"];

fn has_line(manifest: &str, section: &str, wanted: &str) -> bool {
    let mut inside = false;
    manifest.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            inside = line == section;
        }
        inside && line == wanted
    })
}

fn lint_faults(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.path == "Cargo.toml" || file.path.ends_with("/Cargo.toml"))
    {
        let (section, line) = if file.path == "Cargo.toml" {
            ("[workspace.lints.rust]", "unsafe_code = \"forbid\"")
        } else {
            ("[lints]", "workspace = true")
        };
        if !has_line(&file.text, section, line) {
            faults.push(format!("{} needs `{line}` under `{section}`", file.path));
        }
    }
    faults
}

fn opening_faults(files: &[File]) -> Vec<String> {
    rust(files)
        .filter(|file| !file.text.trim_start().starts_with("//! "))
        .map(|file| {
            format!(
                "{} must open with `//!` and a sentence that says what it is for",
                file.path
            )
        })
        .collect()
}

fn name_faults(files: &[File]) -> Vec<String> {
    let declared = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("pub").map_or(line, |rest| {
            rest.split_once("mod ").map_or("", |(at, _)| &rest[at.len()..])
        });
        let name = line.strip_prefix("mod ")?.split([';', ' ', '{']).next()?;
        EMPTY_NAMES.contains(&name).then(|| name.to_owned())
    };
    let mut faults = BTreeSet::new();
    for file in rust(files) {
        let in_path = file
            .path
            .trim_end_matches(".rs")
            .split('/')
            .find(|part| EMPTY_NAMES.contains(part));
        for name in file.text.lines().filter_map(declared).chain(in_path.map(str::to_owned)) {
            faults.insert(format!(
                "{}: the name `{name}` says nothing; name the module after what it is for",
                file.path
            ));
        }
    }
    faults.into_iter().collect()
}

/// Whether a line calls this, and not something whose name ends like it.
fn calls(line: &str, wanted: &str) -> bool {
    let ends_a_name = |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    line.match_indices(wanted).any(|(at, _)| !ends_a_name(&line[..at]))
}

fn print_faults(files: &[File]) -> Vec<String> {
    let modules = test_modules(files);
    let mut faults = Vec::new();
    for file in rust(files) {
        let source = file.path.starts_with("crates/") && file.path.contains("/src/");
        if !source || PRINTERS.iter().any(|at| file.path.starts_with(at)) || is_test_module(&modules, &file.path) {
            continue;
        }
        for (number, line) in without_tests(&file.text)
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            if let Some(print) = PRINTS.iter().find(|print| calls(line, print)) {
                faults.push(format!(
                    "{}:{}: `{print}` outside of the console report and the program: return it as data, or use `tracing`",
                    file.path,
                    number + 1
                ));
            }
        }
    }
    faults
}

/// A folder directly below `src` of a check crate is a check: `mod.rs` and a page that can be read, with an id of its own.
fn check_faults(files: &[File]) -> Vec<String> {
    let modules = test_modules(files);
    let folder = |file: &File| {
        let (name, inside) = file.path.strip_prefix("crates/check-")?.split_once("/src/")?;
        let (folder, _) = inside.split_once('/')?;
        let path = format!("crates/check-{name}/src/{folder}");
        (!modules.contains(&path)).then_some(path)
    };
    let text = |path: String| {
        files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.clone())
    };
    let mut faults = Vec::new();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for folder in files.iter().filter_map(folder).collect::<BTreeSet<_>>() {
        if text(format!("{folder}/mod.rs")).is_none() {
            faults.push(format!(
                "{folder} has no mod.rs: a folder here is a check; put what checks share into a file beside"
            ));
        }
        let Some(page) = text(format!("{folder}/check.md")) else {
            faults.push(format!(
                "{folder} has no check.md: write the page (front matter, then the five sections)"
            ));
            continue;
        };
        match CheckPage::parse(Box::leak(page.into_boxed_str())) {
            Err(error) => faults.push(format!("{folder}/check.md: {error}")),
            Ok(page) => {
                if let Some(other) = ids.insert(page.id.to_string(), folder.clone()) {
                    faults.push(format!(
                        "{folder}/check.md has the id {} of {other}: give it its own",
                        page.id
                    ));
                }
            }
        }
    }
    faults
}

#[test]
fn unsafe_code_is_forbidden_and_every_crate_has_the_lints() {
    hold(&lint_faults(&FILES));
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    hold(&opening_faults(&FILES));
}

#[test]
fn module_names_say_something() {
    hold(&name_faults(&FILES));
}

#[test]
fn only_the_console_and_the_program_print() {
    hold(&print_faults(&FILES));
}

#[test]
fn every_check_has_its_page() {
    hold(&check_faults(&FILES));
}

// That each rule can fail.

#[test]
fn missing_lints_are_found() {
    let elsewhere = file("crates/a/Cargo.toml", "[dependencies]\nworkspace = true\n[lints]\n");
    let weak = file("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"warn\"\n");
    assert_faults(
        &lint_faults(&[elsewhere, weak]),
        &["crates/a/Cargo.toml needs", "Cargo.toml needs `unsafe_code"],
    );
    assert_faults(
        &lint_faults(&[file("tests/Cargo.toml", "[lints]\nworkspace = true\n")]),
        &[],
    );
}

#[test]
fn files_without_an_opening_are_found() {
    let files = [
        file("crates/a/src/lib.rs", "//! Says it.\n"),
        file("crates/a/src/b.rs", "use std::fmt;\n//! Late.\n"),
    ];
    assert_faults(&opening_faults(&files), &["crates/a/src/b.rs must open"]);
}

#[test]
fn empty_names_are_found() {
    let declares = "mod utils;\npub mod helpers {\n}\npub(crate) mod misc;\nmod managed;\n// mod manager;\n";
    let files = [
        file("crates/a/src/lib.rs", declares),
        file("crates/a/src/helper/mod.rs", ""),
    ];
    assert_faults(&name_faults(&files), &["`utils`", "`helpers`", "`misc`", "`helper`"]);
}

#[test]
fn prints_are_found() {
    let text = "// println!\neprintln!(\"a\");\nlet out = std::io::stdout();\nmy_print!();\nwriteln!(out);\ncommand.stdout(pipe);\n";
    let tests = "\n#[cfg(test)]\nmod tests {\n    println!();\n}\n";
    let files = [
        file("crates/a/src/lib.rs", format!("{text}{tests}")),
        file("crates/a/tests/wire.rs", text),
        file("crates/launchgate/src/main.rs", text),
        file("crates/gate-report/src/console/mod.rs", text),
        file("crates/gate-report/src/junit.rs", text),
    ];
    let wanted = ["a/src/lib.rs:2:", "a/src/lib.rs:3:", "junit.rs:2:", "junit.rs:3:"];
    assert_faults(&print_faults(&files), &wanted);
}

#[test]
fn checks_without_a_page_of_their_own_are_found() {
    let page = "---\nid: a/one\nseverity: high\nimpact: data-exposure\ncwe: [CWE-639]\n---\n\n## Question\nq\n## Why\nw\n\
                ## Control\nc\n## Outcomes\no\n## Remediation\nr\n";
    let files = [
        file("crates/check-a/src/lib.rs", ""),
        file("crates/check-a/src/one/mod.rs", ""),
        file("crates/check-a/src/one/check.md", page),
        file("crates/check-a/src/twin/mod.rs", ""),
        file("crates/check-a/src/twin/check.md", page),
        file("crates/check-a/src/bare/mod.rs", ""),
        file("crates/check-a/src/torn/check.md", page.replace("## Why", "## Who")),
    ];
    let wanted = [
        "bare has no check.md",
        "torn has no mod.rs",
        "`## Why` is missing",
        "twin/check.md has the id a/one",
    ];
    assert_faults(&check_faults(&files), &wanted);
}
