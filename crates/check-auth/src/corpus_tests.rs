//! Every row of the corpus belongs to one check, and each check's page names its rows with their sources.

use std::collections::BTreeMap;
use std::path::PathBuf;

use token_forge::{Acceptance, Need, Row, row, rows};

/// Checks by folder, with their rows.
const CHECKS: [(&str, &[&str]); 10] = [
    ("forged_credential", crate::forged_credential::ROWS),
    ("credential_placement", crate::credential_placement::ROWS),
    ("key_confusion", crate::key_confusion::ROWS),
    ("embedded_key", crate::embedded_key::ROWS),
    ("key_id_injection", crate::key_id_injection::ROWS),
    ("malformed_token", crate::malformed_token::ROWS),
    ("expired_token", crate::expired_token::ROWS),
    ("early_token", crate::early_token::ROWS),
    ("foreign_token", crate::foreign_token::ROWS),
    ("wrong_token_kind", crate::wrong_token_kind::ROWS),
];

/// Rows that other kinds of checks ask: `auth/anonymous` presents nothing, a secret is guessed offline, and what a raised claim gives is seen by its effect
/// and not by its acceptance.
const ELSEWHERE: [&str; 6] = [
    "no-credential",
    "weak-hmac-secret",
    "role-raised",
    "scope-raised",
    "scope-removed",
    "tenant-changed",
];

#[test]
fn every_row_is_asked_by_one_check() {
    let mut asked: BTreeMap<&str, usize> = BTreeMap::new();
    for id in CHECKS.iter().flat_map(|(_, rows)| rows.iter()).chain(&ELSEWHERE) {
        assert!(row(id).is_some(), "the corpus has no row `{id}`");
        *asked.entry(id).or_default() += 1;
    }
    for row in rows() {
        assert_eq!(asked.get(row.id), Some(&1), "checks that ask the row `{}`", row.id);
    }
}

#[test]
fn pages_name_their_rows() {
    for (folder, ids) in CHECKS {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(folder)
            .join("check.md");
        let page = std::fs::read_to_string(&path).expect("a page");
        let fresh = with_rows(&page, ids);
        if page == fresh {
            continue;
        }
        assert!(
            std::env::var_os("UPDATE_DOCS").is_some(),
            "{folder}/check.md is stale: run `UPDATE_DOCS=1 cargo test -p check-auth`"
        );
        std::fs::write(&path, fresh).expect("the page is written");
    }
}

/// The page with its section `## Rows` made anew.
fn with_rows(page: &str, ids: &[&str]) -> String {
    let (before, rest) = page.split_once("## Rows\n").expect("a section `## Rows`");
    let after = rest.find("## ").map_or("", |at| &rest[at..]);
    let rows: String = ids.iter().filter_map(|id| row(id)).map(described).collect();
    format!("{before}## Rows\n\n{rows}\n{after}")
}

fn described(row: &Row) -> String {
    let needs = match row.need() {
        None => String::new(),
        Some(Need::SigningKey) => " Needs `tokens.signing_key`.".to_owned(),
        Some(Need::PublicKey) => " Needs the public key, published or as `tokens.public_key`.".to_owned(),
        Some(Need::Listener) => " Needs a target on this machine.".to_owned(),
        Some(Need::Other(_)) => " Needs such a token.".to_owned(),
    };
    let acceptance = match row.acceptance {
        Acceptance::Hole(_) => "",
        Acceptance::Note => " Acceptance is a note.",
        Acceptance::HoleIfTyped(_) => " Acceptance is a note, unless the good token is of type `at+jwt`.",
        Acceptance::HoleIfClaimed(..) => " Acceptance is a note, unless the good token has the claim.",
    };
    let sources = row.sources.join(", ");
    format!("- `{}`: {}{needs}{acceptance} ({sources})\n", row.id, row.explanation)
}
