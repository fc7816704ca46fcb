//! The documentation against the program: every snippet is read, run or compared, every link leads somewhere, and pages that
//! are made from the program are fresh. `UPDATE_DOCS=1` rewrites the latter.
//!
//! A fenced block says what it is. `yaml plan` is a plan, `yaml plan demo` one that the demo satisfies, `yaml part` a part of one,
//! `yaml ci` a CI file, `yaml action` and `yaml gitlab` files that use the action and the component; `sh` holds commands of ours; `text COMMAND` is what a command prints, with `…` for gaps; `json result`, `json latency`
//! and `xml junit` are shortened reports.

#[path = "docs/blocks.rs"]
mod blocks;
#[path = "docs/ci.rs"]
mod ci;
#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/generated.rs"]
mod generated;
#[path = "docs/plans.rs"]
mod plans;
#[path = "cli/program.rs"]
mod program;
#[path = "docs/shapes.rs"]
mod shapes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blocks::{Block, blocks};

/// Pages that are others' to hold: the plan reference has its own test, decisions are history.
const ELSEWHERE: [&str; 2] = ["docs/plan.md", "docs/decisions/"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The pages for users, by their path from the root.
fn pages() -> Vec<String> {
    let mut pages = vec![
        "README.md".to_owned(),
        "CHANGELOG.md".to_owned(),
        "CONTRIBUTING.md".to_owned(),
    ];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    assert!(pages.len() >= 10, "{pages:?}");
    pages
}

/// The blocks of pages that are ours to hold.
fn all_blocks() -> Vec<Block> {
    let ours = |page: &String| !ELSEWHERE.iter().any(|other| page.starts_with(other));
    pages()
        .iter()
        .filter(|page| ours(page) && !page.starts_with("docs/architecture"))
        .flat_map(|page| blocks(page, &text_of(page)))
        .collect()
}

/// The blocks of a kind, which must not be none.
fn of_kind(kind: &str) -> Vec<Block> {
    let found: Vec<Block> = all_blocks().into_iter().filter(|block| block.is(kind)).collect();
    assert!(!found.is_empty(), "no block is `{kind}`");
    found
}

#[test]
fn every_snippet_is_of_a_kind_that_is_tested() {
    const KINDS: [&str; 15] = [
        "yaml baseline",
        "diff",
        "yaml plan demo",
        "yaml plan",
        "yaml part",
        "yaml ci",
        "yaml action",
        "yaml gitlab",
        "sh",
        "text launchgate",
        "json result",
        "json latency",
        "xml junit",
        "yaml hook",
        "toml secrets",
    ];
    let stray: Vec<String> = all_blocks()
        .iter()
        .filter(|block| !KINDS.iter().any(|kind| block.is(kind)))
        .map(|block| format!("{}: `{}`", block.place(), block.info))
        .collect();
    assert!(stray.is_empty(), "{stray:#?}");
}

#[test]
fn plans_are_sound() {
    let mut wrong = Vec::new();
    for block in of_kind("yaml plan") {
        wrong.extend(plans::read(&block.place(), &block.text).err());
    }
    for block in of_kind("yaml part") {
        wrong.extend(plans::read(&block.place(), &plans::completed(&block.text)).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn baselines_are_sound() {
    for block in of_kind("yaml baseline") {
        if let Err(wrong) = gate_baseline::read(&block.place(), &block.text) {
            panic!("{wrong}");
        }
    }
}

#[test]
fn plans_for_the_demo_prove_it() {
    for block in of_kind("yaml plan demo") {
        let (code, output) = commands::run_plan_on_the_demo(&block.text);
        assert_eq!(code, Some(0), "{}:\n{output}", block.place());
    }
}

#[test]
fn commands_are_those_of_the_program() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for block in of_kind("sh") {
        for line in commands::lines(&block.text) {
            seen += 1;
            wrong.extend(
                commands::judge(&line)
                    .err()
                    .map(|error| format!("{}: {error}", block.place())),
            );
        }
    }
    for block in of_kind("yaml ci") {
        match commands::in_ci(&block.text) {
            Ok(lines) => {
                assert!(!lines.is_empty(), "{} runs nothing of ours", block.place());
                for line in lines {
                    wrong.extend(
                        commands::judge(&line)
                            .err()
                            .map(|error| format!("{}: {error}", block.place())),
                    );
                }
            }
            Err(error) => wrong.push(format!("{}: {error}", block.place())),
        }
    }
    assert!(seen >= 8, "only {seen} commands were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn workflows_and_pipelines_name_what_there_is() {
    let (action, component) = (text_of("action.yml"), text_of("templates/launchgate.yml"));
    let mut wrong = Vec::new();
    for block in of_kind("yaml action") {
        wrong.extend(
            ci::workflow(&block.text, &action)
                .err()
                .map(|error| format!("{}: {error}", block.place())),
        );
    }
    for block in of_kind("yaml gitlab") {
        wrong.extend(
            ci::pipeline(&block.text, &component)
                .err()
                .map(|error| format!("{}: {error}", block.place())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn outputs_are_what_the_program_prints() {
    for block in of_kind("text launchgate") {
        let command = block.info.strip_prefix("text ").expect("it is of that kind");
        let printed = commands::run(command);
        if let Err(missing) = commands::resembles(&block.text, &printed) {
            panic!(
                "{}: `{command}` does not print {missing:?} there, but:\n{printed}",
                block.place()
            );
        }
    }
}

#[test]
fn reports_have_the_shape_that_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().display();
    commands::run(&format!("launchgate demo --hole idor-project-read --report-dir {at}"));
    let written = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("it was written");
    for (kind, name) in [("json result", "result.json"), ("json latency", "latency.json")] {
        let real = serde_json::from_str(&written(name)).expect("JSON");
        for block in of_kind(kind) {
            let shown = serde_json::from_str(&block.text).unwrap_or_else(|error| panic!("{}: {error}", block.place()));
            let missing = shapes::missing_json(&shown, &real, "$");
            assert!(missing.is_empty(), "{}: a real one lacks {missing:?}", block.place());
        }
    }
    let real = written("junit.xml");
    for block in of_kind("xml junit") {
        let missing = shapes::missing_xml(&block.text, &real);
        assert!(missing.is_empty(), "{}: a real one lacks {missing:?}", block.place());
    }
}

/// Rules and allow-lists are read as the program reads them, and hooks are those that there are.
#[test]
fn configuration_of_secrets_and_hooks_is_sound() {
    for block in of_kind("toml secrets") {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(check_secrets::CONFIGURATION), &block.text).expect("written");
        let place = check_secrets::Place {
            folder: folder.path().to_owned(),
            ..check_secrets::Place::default()
        };
        if let Err(error) = check_secrets::Rulebook::load(&place, None) {
            panic!("{}: {error}", block.place());
        }
    }
    let hooks = text_of(".pre-commit-hooks.yaml");
    for block in of_kind("yaml hook") {
        let value: serde_yaml::Value = serde_yaml::from_str(&block.text).expect("YAML");
        let ids = value["repos"][0]["hooks"].as_sequence().expect("hooks");
        assert!(!ids.is_empty(), "{}", block.place());
        for hook in ids {
            let id = hook["id"].as_str().expect("an id");
            assert!(hooks.contains(&format!("- id: {id}\n")), "{}: {id}", block.place());
        }
    }
}

#[test]
fn the_readme_has_exactly_two_cargo_commands() {
    let found: Vec<String> = blocks("README.md", &text_of("README.md"))
        .iter()
        .filter(|block| block.is("sh"))
        .flat_map(|block| commands::lines(&block.text))
        .filter(|line| line.starts_with("cargo "))
        .collect();
    assert_eq!(found, ["cargo run -- demo", "cargo test --workspace"]);
}

#[test]
fn the_readme_plan_has_six_lines() {
    let plans: Vec<Block> = blocks("README.md", &text_of("README.md"))
        .into_iter()
        .filter(|block| block.is("yaml plan"))
        .collect();
    assert_eq!(plans.len(), 1);
    assert_eq!(plans[0].text.lines().count(), 6);
}

/// The tables of exit codes say what the program does.
#[test]
fn exit_codes_are_those_of_the_program() {
    use gate_model::Verdict;
    for page in ["README.md", "docs/exit-codes.md"] {
        let text = text_of(page);
        let first: BTreeSet<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
            .flat_map(|cell| cell.split(", ").map(str::to_owned).collect::<Vec<_>>())
            .filter(|cell| cell.parse::<u8>().is_ok())
            .collect();
        for code in ["0", "1", "2", "3", "4", "5", "130", "143"] {
            assert!(first.contains(code), "{page} lacks exit code {code}");
        }
    }
    let page = text_of("docs/exit-codes.md");
    for verdict in [
        Verdict::Proven,
        Verdict::Regression,
        Verdict::Unusable,
        Verdict::NothingRan,
        Verdict::Undecided,
        Verdict::ReportNotWritten,
    ] {
        let word = serde_json::to_value(verdict).expect("a word");
        let row = format!("| {} | {} |", verdict.exit_code(), word.as_str().expect("a word"));
        assert!(page.contains(&row), "docs/exit-codes.md lacks {row}");
    }
}

/// Ids of checks that pages name are there, and every check is named in the README and the changelog.
#[test]
fn checks_that_are_named_exist() {
    let ids: Vec<String> = launchgate::checks::all(&Arc::default(), &Arc::default())
        .iter()
        .map(|check| check.page().id.to_string())
        .collect();
    let families: BTreeSet<&str> = ids.iter().filter_map(|id| id.split('/').next()).collect();
    let mut wrong = Vec::new();
    for page in pages().iter().filter(|page| !page.starts_with("docs/decisions/")) {
        for code in text_of(page).split('`').skip(1).step_by(2) {
            let like_an_id = code.split_once('/').is_some_and(|(family, name)| {
                families.contains(family)
                    && !name.is_empty()
                    && name.chars().all(|c| c.is_ascii_lowercase() || c == '-')
            });
            if like_an_id && !ids.iter().any(|id| id == code) {
                wrong.push(format!("{page} names `{code}`"));
            }
        }
    }
    for page in ["README.md", "CHANGELOG.md"] {
        let text = text_of(page);
        wrong.extend(
            ids.iter()
                .filter(|id| !text.contains(&format!("`{id}`")))
                .map(|id| format!("{page} lacks `{id}`")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `launchgate explain` says what each row of a check is, and where it comes from.
#[test]
fn every_row_is_explained_with_its_source() {
    let mut explained = BTreeSet::new();
    for check in launchgate::checks::all(&Arc::default(), &Arc::default()) {
        let page = check.page();
        let Some((_, rows)) = page.text.split_once("## Rows\n") else {
            continue;
        };
        let rows = rows.split("\n## ").next().unwrap_or_default();
        // A row may be written over several lines.
        for row in rows.split("\n- ").skip(1) {
            let (id, words) = row.split_once("`: ").unwrap_or_else(|| panic!("{}: {row}", page.id));
            let words = words.split("\n\n").next().unwrap_or_default().trim();
            assert!(words.len() > 20, "{}: `{id}` is not explained", page.id);
            let source = words
                .rsplit_once(" (")
                .or_else(|| words.rsplit_once("\n("))
                .map(|(_, source)| source);
            let known = |source: &str| {
                ["RFC", "CWE-", "ASVS", "CVE-", "OpenID", "http"]
                    .iter()
                    .any(|word| source.contains(word))
            };
            assert!(
                words.ends_with(')') && source.is_some_and(known),
                "{}: `{id}` names no source: {words}",
                page.id
            );
            explained.insert(id.trim_start_matches('`').to_owned());
        }
    }
    assert!(explained.len() > 90, "only {} rows are explained", explained.len());
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    for page in pages() {
        let folder = Path::new(&page).parent().expect("a page is in a folder").to_owned();
        let text = text_of(&page);
        for piece in text.split("](").skip(1) {
            let link = piece.split(')').next().unwrap_or_default();
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.starts_with("http") {
                continue;
            }
            let place = if path.is_empty() {
                root().join(&page)
            } else {
                root().join(&folder).join(path)
            };
            if !place.exists() {
                wrong.push(format!("{page}: {link}"));
            } else if !anchor.is_empty()
                && !generated::anchors(&std::fs::read_to_string(place).unwrap_or_default()).contains(anchor)
            {
                wrong.push(format!("{page}: {link} has no such heading"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn generated_pages_are_fresh() {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let wanted = generated::pages();
    let mut stale = Vec::new();
    for (path, text) in &wanted {
        let place = root().join(path);
        if std::fs::read_to_string(&place).is_ok_and(|found| found == *text) {
            continue;
        }
        if update {
            std::fs::create_dir_all(place.parent().expect("a page is in a folder")).expect("a folder can be made");
            std::fs::write(&place, text).expect("a page can be written");
        } else {
            stale.push(path.clone());
        }
    }
    for page in pages()
        .into_iter()
        .filter(|page| page.starts_with("docs/checks/") && !wanted.contains_key(page))
    {
        if update {
            std::fs::remove_file(root().join(&page)).expect("a page can be removed");
        } else {
            stale.push(format!("{page}, which no check has"));
        }
    }
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; run UPDATE_DOCS=1 cargo test -p launchgate-tests --test docs"
    );
}
