//! The list of check crates: a new family is one line here. And the names by which checks are chosen.

use std::sync::Arc;

use check_latency::SampleBoard;
use check_secrets::Desk;
use gate_check::Check;
use gate_engine::Selection;

/// Every check, in the order of reports and documentation.
pub fn all(board: &Arc<SampleBoard>, desk: &Arc<Desk>) -> Vec<Box<dyn Check>> {
    [
        check_auth::checks(),
        check_session::checks(),
        check_access::checks(),
        check_leak::checks(),
        check_recovery::checks(),
        check_webhook::checks(),
        check_latency::checks(board),
        check_secrets::checks(desk),
        check_rate_limit::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether a name is the family of secrets, or a check of it.
pub fn is_secrets(name: &str) -> bool {
    name.split('/').next() == Some("secrets")
}

/// The pages of all checks, for reports.
pub fn pages() -> Vec<Arc<gate_model::CheckPage>> {
    let checks = all(&Arc::default(), &Arc::default());
    checks.iter().map(|check| Arc::clone(check.page())).collect()
}

/// Names are taken for a misspelling from this likeness on.
const LIKENESS: f64 = 0.6;

/// Refuses a selection that names what does not exist: a misspelt check would silently not run, or run all the same.
///
/// # Errors
/// Each unknown name with the nearest names that there are.
pub fn judge(selection: &Selection) -> anyhow::Result<()> {
    let known = names();
    let mut wrong = Vec::new();
    for (flag, chosen) in [("--only", &selection.only), ("--skip", &selection.skip)] {
        for name in chosen.iter().filter(|name| !known.contains(name)) {
            wrong.push(format!("{flag}: {}", unknown(name, &known)));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(anyhow::anyhow!("{}", wrong.join("\nerror: ")))
}

/// What is said about a name that no check has.
pub fn unknown(name: &str, known: &[String]) -> String {
    let shown: String = name.chars().filter(|letter| !letter.is_control()).take(80).collect();
    let mut likely: Vec<(f64, &String)> = known
        .iter()
        .map(|known| (likeness(name, known), known))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .collect();
    likely.sort_by(|left, right| right.0.total_cmp(&left.0));
    let likely: Vec<String> = likely.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
    if likely.is_empty() {
        format!("there is no check `{shown}`; there are {}", known.join(", "))
    } else {
        format!("there is no check `{shown}`; did you mean {}?", likely.join(" or "))
    }
}

/// How like a name is to a known one, in whole or in its last part; 1 is the same.
fn likeness(name: &str, known: &str) -> f64 {
    let part = known.rsplit('/').next().unwrap_or(known);
    let last = name.rsplit('/').next().unwrap_or(name);
    strsim::jaro_winkler(name, known).max(strsim::normalized_damerau_levenshtein(last, part))
}

/// Families and ids.
fn names() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for check in all(&Arc::default(), &Arc::default()) {
        let id = &check.page().id;
        for name in [id.family(), id.as_str()] {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(only: &[&str], skip: &[&str]) -> Selection {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Selection {
            only: owned(only),
            skip: owned(skip),
        }
    }

    #[test]
    fn ids_and_families_are_known() {
        assert!(judge(&selection(&["access", "auth/anonymous"], &["latency"])).is_ok());
    }

    #[test]
    fn every_unknown_name_is_said_with_its_nearest() {
        let wrong = judge(&selection(&["access/read-other-tennant"], &["lattency", "xyzzy"])).expect_err("unknown");
        let text = wrong.to_string();
        assert!(
            text.contains(
                "--only: there is no check `access/read-other-tennant`; did you mean `access/read-other-tenant`"
            ),
            "{text}"
        );
        assert!(
            text.contains("--skip: there is no check `lattency`; did you mean `latency`"),
            "{text}"
        );
        assert!(text.contains("`xyzzy`; there are auth, auth/anonymous"), "{text}");
    }

    #[test]
    fn a_name_without_its_family_is_found() {
        let text = unknown("read-other-tenant", &names());
        assert!(text.contains("did you mean `access/read-other-tenant`"), "{text}");
    }
}
