//! What is looked at for secrets.

use gate_spec::{EnvironmentSettings, HistoryScope, NamedFile, SecretSettings};
use gate_yaml::join;

use super::cx::Cx;
use crate::raw;

const SECTION: &str = "/checks/secrets";

/// The section as settings.
pub(super) fn settings(cx: &mut Cx<'_>, raw: Option<&raw::SecretChecks>) -> SecretSettings {
    let Some(raw) = raw else {
        return SecretSettings::default();
    };
    let history = raw.history.map(|word| match word {
        raw::HistoryWord::PullRequest => HistoryScope::PullRequest,
        raw::HistoryWord::All => HistoryScope::All,
        raw::HistoryWord::None => HistoryScope::None,
    });
    if let Some(base) = &raw.base {
        let place = join(SECTION, "base");
        let is_revision = !base.is_empty() && !base.starts_with('-') && !base.chars().any(char::is_whitespace);
        if !is_revision {
            cx.error_help(
                &place,
                "not a revision",
                Some("write a branch or a commit, such as `origin/main`".to_owned()),
            );
        } else if matches!(history, Some(HistoryScope::All | HistoryScope::None)) {
            cx.error_help(
                &place,
                "`base` is for the commits of a pull request, which `history` leaves out",
                Some("write `history: pull-request`, or leave out `base`".to_owned()),
            );
        }
    }
    SecretSettings {
        tree: raw.tree,
        history,
        base: raw.base.clone(),
        artifacts: files(cx, &join(SECTION, "artifacts"), raw.artifacts.as_ref()),
        logs: files(cx, &join(SECTION, "logs"), raw.logs.as_ref()),
        environment: raw.env.as_ref().map(|env| environment(cx, env)),
        source: cx.at(SECTION),
    }
}

fn environment(cx: &mut Cx<'_>, raw: &raw::EnvChecks) -> EnvironmentSettings {
    let place = join(SECTION, "env");
    let required = raw.required.as_ref().map(|names| names.items().0.to_vec());
    let required = required.unwrap_or_default();
    for (at, name) in required.iter().enumerate() {
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            cx.error(
                &join(&join(&place, "required"), &at.to_string()),
                "not the name of a variable",
            );
        }
    }
    EnvironmentSettings {
        files: files(cx, &join(&place, "files"), raw.files.as_ref()),
        required,
    }
}

fn files(cx: &mut Cx<'_>, place: &str, raw: Option<&raw::OneOrMany<String>>) -> Vec<NamedFile> {
    let Some(raw) = raw else { return Vec::new() };
    let (paths, single) = raw.items();
    let mut named: Vec<NamedFile> = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        let place = if single {
            place.to_owned()
        } else {
            join(place, &at.to_string())
        };
        if path.is_empty() {
            cx.error(&place, "not the path of a file");
        } else if named.iter().any(|other| other.path == *path) {
            cx.error(&place, "named twice");
        } else {
            named.push(NamedFile {
                path: path.clone(),
                source: cx.at(&place),
            });
        }
    }
    named
}
