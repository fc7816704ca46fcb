//! `secrets/pull-request`: does a commit of the pull request bring a secret?

use std::path::Path;

use gate_model::Missing;
use secret_scan::{root_of, scan_range};

use crate::desk::{Place, folder_of};
use crate::rulebook::{Rulebook, first_base};
use crate::source::Source;
use crate::verdict::{Looked, Prefix, Unable, not_scanned};

pub(crate) const PAGE: &str = include_str!("check.md");

/// Every blob that the commits between the base and the head bring, also those that a later one removes again.
pub(crate) fn look(place: &Place, rulebook: &Rulebook, source: &Source) -> Result<Looked, Unable> {
    let folder = folder_of(&place.folder);
    let settle = "checks: { secrets: { history: pull-request, base: origin/main } }";
    let Some(range) = &source.range else {
        return Err(Unable::NotTestable(Missing {
            what: "no pull request is known: neither the plan nor the CI service says with what to compare".to_owned(),
            add: Some(settle.to_owned()),
        }));
    };
    let Some((base, _)) = first_base(folder, range) else {
        // Whoever asked for it is told by the scan itself what is missing.
        let reason = match range.bases.first() {
            Some(base) => match scan_range(&rulebook.scanner, folder, base, &range.head) {
                Ok(_) => "its base came and went".to_owned(),
                Err(error) => error.to_string(),
            },
            None => "no base is named".to_owned(),
        };
        let reason = format!("{reason} (the base is said by {})", range.said_by);
        if !source.asked_for {
            return Err(Unable::NotTestable(Missing {
                what: reason,
                add: Some(format!(
                    "{settle}   # with the full history: actions/checkout with `fetch-depth: 0`"
                )),
            }));
        }
        return Err(Unable::Undecided(not_scanned(reason).settled_by(format!(
            "{settle}   # with the full history: actions/checkout with `fetch-depth: 0`, GitLab with GIT_DEPTH: 0"
        ))));
    };
    let scan = scan_range(&rulebook.scanner, folder, &base, &range.head)?;
    if scan.stats.commits == 0 {
        return Err(Unable::NotTestable(Missing {
            what: format!(
                "there is no commit between {base} and {}, so that nothing was scanned",
                range.head
            ),
            add: None,
        }));
    }
    Ok(Looked {
        what: format!("the commits from {base} to {}", range.head),
        scan,
        prefix: from_root(folder),
    })
}

/// Paths of a scan begin at the root of the repository; reports name files from the working folder, where editors open them.
pub(crate) fn from_root(folder: &Path) -> Prefix {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let root = root_of(folder).and_then(|root| root.canonicalize().ok());
    let (Ok(here), Some(root)) = (here, root) else {
        return Box::new(str::to_owned);
    };
    let slashes = |path: &Path| path.to_string_lossy().replace('\\', "/");
    if let Ok(below) = root.strip_prefix(&here) {
        let below = slashes(below);
        return Box::new(move |path| match below.as_str() {
            "" => path.to_owned(),
            below => format!("{below}/{path}"),
        });
    }
    match here.strip_prefix(&root) {
        Ok(above) => {
            let (own, up) = (format!("{}/", slashes(above)), "../".repeat(above.components().count()));
            Box::new(move |path| match path.strip_prefix(&own) {
                Some(below) => below.to_owned(),
                None => format!("{up}{path}"),
            })
        }
        Err(_) => {
            let root = slashes(&root);
            Box::new(move |path| format!("{root}/{path}"))
        }
    }
}
