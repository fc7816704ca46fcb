//! This repository under its own scan: its examples of secrets are stored in pieces, so that nothing in it is one.

use std::path::Path;
use std::sync::Arc;

use check_secrets::{Desk, Kind, Place, Source};
use gate_model::{Outcome, SharedRedactor};

#[test]
fn the_working_tree_of_this_repository_holds_no_secret() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if !root.join(".git").exists() {
        // Without git there is no telling the sources from what was built of them.
        return;
    }
    let place = Place {
        folder: root.clone(),
        plan_folder: root,
        ..Place::default()
    };
    let desk = Arc::new(Desk::new(place, SharedRedactor::default()));
    let results = check_secrets::alone(&desk, &[Source::of(Kind::WorkingTree)]);
    assert_eq!(results.len(), 1);
    let said: Vec<String> = match &results[0].outcome {
        Outcome::Fail { findings } => findings
            .iter()
            .map(|finding| {
                let place = finding.source.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{place}: {}: {}", finding.title, finding.detail)
            })
            .collect(),
        other => vec![format!("{other:?}")],
    };
    assert!(
        matches!(results[0].outcome, Outcome::Pass { .. }),
        "{}",
        said.join("\n")
    );
}
