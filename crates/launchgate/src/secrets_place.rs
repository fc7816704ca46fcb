//! Where a run looks for secrets: the repository that its plan is in, and what the CI service says of it.

use std::path::{Path, PathBuf};

use check_secrets::{Place, Range};
use gate_spec::Spec;

use crate::ci_range;

/// The place of a run: the root of the plan's repository, or the plan's folder where there is none.
pub(crate) fn of_plan(spec: &Spec, plan_folder: &Path, target_log: Option<PathBuf>, notes_count: bool) -> Place {
    let plan_folder = if plan_folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        plan_folder
    };
    let by_plan = spec.settings.secrets.base.as_ref().map(|base| Range {
        bases: vec![base.clone()],
        head: "HEAD".to_owned(),
        said_by: "the plan".to_owned(),
    });
    Place {
        folder: root_from_here(plan_folder).unwrap_or_else(|| plan_folder.to_owned()),
        plan_folder: plan_folder.to_owned(),
        range: by_plan.or_else(ci_range::of_process),
        target_log,
        sources: None,
        notes_count,
    }
}

/// The root of the repository of a folder, as a path from the working folder where that is within it.
fn root_from_here(folder: &Path) -> Option<PathBuf> {
    let root = secret_scan::root_of(folder)?;
    let (Ok(absolute), Ok(here)) = (
        root.canonicalize(),
        std::env::current_dir().and_then(|here| here.canonicalize()),
    ) else {
        return Some(root);
    };
    if let Ok(below) = absolute.strip_prefix(&here) {
        return Some(if below.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            below.to_owned()
        });
    }
    match here.strip_prefix(&absolute) {
        Ok(above) => Some(above.components().map(|_| "..").collect()),
        Err(_) => Some(absolute),
    }
}

/// The folder as a path from the root of its repository; empty where it is the root, or in none.
pub(crate) fn below_root(folder: &Path) -> String {
    let below = || {
        let root = secret_scan::root_of(folder)?.canonicalize().ok()?;
        let here = folder.canonicalize().ok()?;
        let below = here.strip_prefix(root).ok()?;
        Some(below.to_string_lossy().replace('\\', "/"))
    };
    below().unwrap_or_default()
}
