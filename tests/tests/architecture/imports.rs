//! Who may import whom: floors, forbidden pairs, cycles, and the page that shows them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{FILES, File, PACKAGES, Package, assert_faults, file, hold, package};

/// The floors. Imports run to a lower floor only; crates `check-*` are on [`CHECK_FLOOR`].
const FLOORS: [(&str, u8); 16] = [
    ("gate-model", 1),
    ("gate-spec", 1),
    ("gate-openapi", 1),
    ("gate-yaml", 1),
    ("artifact-text", 1),
    ("secret-scan", 1),
    ("gate-demo", 1),
    ("token-forge", 1),
    ("gate-plan", 2),
    ("gate-exchange", 2),
    ("gate-report", 2),
    ("gate-baseline", 2),
    ("gate-objects", 3),
    ("gate-init", 3),
    ("gate-check", 4),
    ("launchgate", 6),
];
/// The floor of the checks, and of the engine that schedules what they ask.
const CHECK_FLOOR: u8 = 5;
/// The words are below everything; the plan as data is made of them, and places in files are among them. What is searched
/// for secrets has to be opened first.
const SAME_FLOOR: [(&str, &str); 3] = [
    ("gate-spec", "gate-model"),
    ("gate-yaml", "gate-model"),
    ("secret-scan", "artifact-text"),
];
/// The package that these tests are in. It may import everything, and nothing imports it.
const TESTS: &str = "launchgate-tests";
/// The page with the table of floors.
const PAGE: &str = "docs/architecture.md";

fn floor(name: &str) -> Option<u8> {
    if name.starts_with("check-") || name == "gate-engine" {
        return Some(CHECK_FLOOR);
    }
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

/// Why an import is forbidden, whatever the floors say.
fn forbidden(name: &str, import: &str) -> Option<&'static str> {
    let check = |name: &str| name.starts_with("check-");
    match (name, import) {
        (_, TESTS) => Some("nothing imports the tests; move what both need into a crate"),
        ("gate-demo", _) => Some("the demo stands for a server of somebody else and must not know the gate"),
        ("artifact-text", _) => Some("it opens files of any project and knows nothing of ours"),
        ("secret-scan", import) if import != "artifact-text" => Some("it knows nothing of ours; hand it plain data"),
        ("token-forge", _) => Some("it knows nothing of ours; hand it plain data"),
        ("gate-report", import) if import != "gate-model" => {
            Some("reports see data, never behaviour; put what they show into gate-model")
        }
        ("gate-engine", import) if check(import) => Some("the engine knows no check; the program hands it the list"),
        (name, import) if check(name) && check(import) => {
            Some("checks do not know each other; what both need belongs into gate-check or below")
        }
        (name, "gate-plan") if check(name) => Some("checks read the plan as data; use gate-spec"),
        (name, "gate-report" | "gate-engine") if check(name) => {
            Some("a check says what it would ask and nothing about who runs or shows it")
        }
        _ => None,
    }
}

fn import_faults(packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    for Package { name, imports, .. } in packages.iter().filter(|package| package.name != TESTS) {
        let Some(own) = floor(name) else {
            faults.push(format!(
                "{name} has no floor: add it to FLOORS in tests/tests/architecture/imports.rs and to the table of {PAGE}"
            ));
            continue;
        };
        for import in imports {
            if let Some(why) = forbidden(name, import) {
                faults.push(format!("{name} imports {import}: {why}"));
            } else if floor(import).is_some_and(|below| below >= own)
                && !SAME_FLOOR.contains(&(name.as_str(), import.as_str()))
            {
                faults.push(format!(
                    "{name} (floor {own}) imports {import}, which is not on a lower floor: move what it needs down, or pass \
                     it in as data"
                ));
            }
        }
    }
    faults
}

/// Development dependencies are free, but must not lead back: cargo would build the crate twice, with types that differ.
fn cycle_faults(packages: &[Package]) -> Vec<String> {
    let next = |name: &str| {
        let package = packages.iter().find(|package| package.name == name);
        package
            .into_iter()
            .flat_map(|package| package.imports.iter().chain(&package.dev_imports))
    };
    let mut faults = Vec::new();
    for package in packages {
        for dev in &package.dev_imports {
            let (mut seen, mut open) = (BTreeSet::new(), vec![dev.as_str()]);
            while let Some(name) = open.pop() {
                if seen.insert(name) {
                    open.extend(next(name).map(String::as_str));
                }
            }
            if seen.contains(package.name.as_str()) {
                faults.push(format!(
                    "{0} has the development dependency {dev}, which depends on {0}: move the test to the package {TESTS}",
                    package.name
                ));
            }
        }
    }
    faults
}

/// The table of floors is read by people and must not say something else than this file.
fn page_faults(packages: &[Package], files: &[File]) -> Vec<String> {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else {
        return vec![format!("write {PAGE}")];
    };
    let rows: BTreeMap<&str, &str> = page
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | `"))
        .filter_map(|(floor, rest)| Some((rest.split_once('`')?.0, floor)))
        .collect();
    let mut faults = Vec::new();
    for Package { name, .. } in packages {
        if let Some(floor) = floor(name)
            && rows.get(name.as_str()) != Some(&floor.to_string().as_str())
        {
            faults.push(format!(
                "the table of {PAGE} needs the row `| {floor} | `{name}` | what it is for |`"
            ));
        }
    }
    for name in rows
        .keys()
        .filter(|name| !packages.iter().any(|package| package.name == **name))
    {
        faults.push(format!(
            "the table of {PAGE} has a row for {name}, which is no crate of the workspace: remove it"
        ));
    }
    faults
}

#[test]
fn imports_run_to_a_lower_floor() {
    hold(&import_faults(&PACKAGES));
}

#[test]
fn development_dependencies_do_not_lead_back() {
    hold(&cycle_faults(&PACKAGES));
}

#[test]
fn the_architecture_page_names_every_crate_with_its_floor() {
    hold(&page_faults(&PACKAGES, &FILES));
}

// That each rule can fail.

#[test]
fn wrong_imports_are_found() {
    for (name, import) in [
        ("gate-model", "gate-spec"),
        ("gate-spec", "gate-openapi"),
        ("gate-exchange", "gate-plan"),
        ("gate-objects", "gate-check"),
        ("gate-check", "check-auth"),
        ("gate-check", "gate-engine"),
        ("gate-engine", "launchgate"),
        ("gate-engine", "check-auth"),
        ("check-auth", "check-access"),
        ("check-auth", "gate-plan"),
        ("check-auth", "gate-report"),
        ("check-auth", "gate-engine"),
        ("gate-report", "gate-spec"),
        ("gate-demo", "gate-model"),
        ("secret-scan", "gate-model"),
        ("artifact-text", "gate-model"),
        ("token-forge", "gate-model"),
        ("launchgate", TESTS),
    ] {
        let both = [package(name, &[import], &[]), package(import, &[], &[])];
        let faults = import_faults(&both);
        assert_faults(&faults, &[&format!("imports {import}")]);
        assert!(faults[0].starts_with(name), "{faults:#?}");
    }
    assert_faults(
        &import_faults(&[package("gate-new", &[], &[])]),
        &["gate-new has no floor"],
    );
    let sound = [
        package("gate-spec", &["gate-model"], &[]),
        package("secret-scan", &["artifact-text"], &[]),
        package("check-new", &["gate-check", "gate-spec"], &["gate-demo"]),
        package("launchgate", &["check-new", "gate-engine", "gate-plan"], &[]),
        package(TESTS, &["launchgate"], &[]),
    ];
    assert_faults(&import_faults(&sound), &[]);
}

#[test]
fn development_dependencies_that_lead_back_are_found() {
    let round = [
        package("a", &[], &["c"]),
        package("b", &["a"], &[]),
        package("c", &["b"], &[]),
    ];
    assert_faults(&cycle_faults(&round), &["a has the development dependency c"]);
    assert_faults(&cycle_faults(&[package("a", &[], &["a"])]), &["which depends on a"]);
    assert_faults(&cycle_faults(&[package("a", &[], &["b"]), package("b", &[], &[])]), &[]);
}

#[test]
fn a_wrong_table_of_floors_is_found() {
    let packages = [
        package("gate-model", &[], &[]),
        package("gate-check", &[], &[]),
        package("check-new", &[], &[]),
    ];
    let page = file(
        PAGE,
        "| 1 | `gate-model` | words |\n| 3 | `gate-check` | proof |\n| 9 | `gone` | nothing |\n",
    );
    let wanted = ["`| 4 | `gate-check` |", "`| 5 | `check-new` |", "row for gone"];
    assert_faults(&page_faults(&packages, &[page]), &wanted);
    assert_faults(&page_faults(&packages, &[]), &["write docs/architecture.md"]);
}
