//! Every example of every rule goes through the whole engine: what has to be found is found by its rule, and what must not
//! fail does not fail.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use secret_scan::{Catalog, Example, Find, Level, RuleDefinition, RuleFile, Scanner};

fn rules() -> Vec<(String, RuleDefinition)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file: RuleFile = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(file.source.starts_with("https://"), "{name} names no source");
        all.extend(file.rules.into_iter().map(|rule| (name.clone(), rule)));
    }
    all
}

fn text(example: &Example, rule: &RuleDefinition) -> (String, String) {
    match example {
        Example::Pieces(pieces) => {
            let path = rule
                .files
                .first()
                .map_or("src/settings.conf".to_owned(), |glob| glob.replace('*', "x"));
            (path, pieces.concat())
        }
        Example::At { path, text } => (path.clone(), text.concat()),
    }
}

#[test]
fn every_example_is_found_and_fails_unless_it_is_public() {
    let scanner = Scanner::default();
    let mut faults = Vec::new();
    for (_, rule) in rules() {
        for example in &rule.examples {
            let (path, text) = text(example, &rule);
            let found = scanner.scan(&path, text.as_bytes()).findings;
            let wanted = if rule.advice.is_some() {
                Level::Note
            } else {
                Level::Fail
            };
            if !found
                .iter()
                .any(|finding| finding.rule == rule.id && finding.level == wanted)
            {
                let seen: Vec<String> = found
                    .iter()
                    .map(|found| format!("{} {:?} {:?}", found.rule, found.level, found.reasons))
                    .collect();
                faults.push(format!("{}: {path}: {example:?}: {seen:?}", rule.id));
            }
        }
    }
    assert!(faults.is_empty(), "{} examples:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn no_counterexample_fails() {
    let scanner = Scanner::default();
    let mut faults = Vec::new();
    for (_, rule) in rules() {
        for example in &rule.counterexamples {
            let (path, text) = text(example, &rule);
            for found in scanner.scan(&path, text.as_bytes()).findings {
                if found.level == Level::Fail {
                    faults.push(format!("{}: {path}: {example:?}: {}", rule.id, found.rule));
                }
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} counterexamples:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn rules_are_well_formed() {
    let mut ids = BTreeSet::new();
    for (file, rule) in rules() {
        let id = rule.id.to_string();
        assert!(ids.insert(id.clone()), "{id} is there twice");
        let stem = file.trim_end_matches(".toml");
        assert!(id.starts_with(&format!("{stem}/")), "{id} is in {file}");
        assert!(!rule.examples.is_empty(), "{id} has no example");
        assert!(
            rule.find == Find::File || rule.keywords.iter().all(|keyword| keyword.len() >= 3),
            "{id} needs keywords of at least 3 characters"
        );
        assert!(
            (rule.find == Find::File) != rule.files.is_empty(),
            "{id}: files go with find = \"file\""
        );
    }
    // Every pattern compiles: the same door that the rules of users go through.
    let catalog = Catalog::built_in();
    assert_eq!(catalog.len(), ids.len());
    let none = Catalog::built_in()
        .without(&ids.iter().map(String::as_str).collect::<Vec<_>>())
        .unwrap();
    assert!(none.is_empty());
    let definitions = rules().into_iter().map(|(_, rule)| rule).collect();
    none.with_rules(definitions).unwrap();
}

#[test]
fn the_rule_files_themselves_are_clean() {
    let scanner = Scanner::default();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("rules/{}", path.file_name().unwrap().to_string_lossy());
        let found = scanner.scan(&name, &fs::read(&path).unwrap()).findings;
        let shown: Vec<String> = found
            .iter()
            .filter(|found| found.fails())
            .map(|found| format!("{}:{} {}", name, found.line, found.rule))
            .collect();
        assert!(shown.is_empty(), "{shown:?}");
    }
}
