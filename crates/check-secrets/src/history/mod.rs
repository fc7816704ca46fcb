//! `secrets/history`: does any commit of the repository hold a secret?

use secret_scan::scan_history;

use crate::desk::{Place, folder_of};
use crate::pull_request::from_root;
use crate::rulebook::Rulebook;
use crate::verdict::{Looked, Unable};

pub(crate) const PAGE: &str = include_str!("check.md");

/// Every blob that a branch, a tag or a stash reaches, each once.
pub(crate) fn look(place: &Place, rulebook: &Rulebook) -> Result<Looked, Unable> {
    let folder = folder_of(&place.folder);
    let scan = scan_history(&rulebook.scanner, folder, 0)?;
    Ok(Looked {
        scan,
        what: "the history".to_owned(),
        prefix: from_root(folder),
    })
}
