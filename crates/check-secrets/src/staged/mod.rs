//! `secrets/staged`: does what is staged for the next commit hold a secret?

use secret_scan::scan_staged;

use crate::desk::{Place, folder_of};
use crate::pull_request::from_root;
use crate::rulebook::Rulebook;
use crate::verdict::{Looked, Unable};

pub(crate) const PAGE: &str = include_str!("check.md");

/// Every staged blob that the last commit has not at its path. That there is none is no gap: nothing is added then.
pub(crate) fn look(place: &Place, rulebook: &Rulebook) -> Result<Looked, Unable> {
    let folder = folder_of(&place.folder);
    let scan = scan_staged(&rulebook.scanner, folder)?;
    Ok(Looked {
        scan,
        what: "what is staged".to_owned(),
        prefix: from_root(folder),
    })
}
