//! `secrets/working-tree`: does a file of the working tree hold a secret?

use std::path::Path;

use gate_model::Missing;
use secret_scan::{TreeOptions, root_of, scan_tree};

use crate::desk::{Place, folder_of};
use crate::rulebook::Rulebook;
use crate::verdict::{Looked, Prefix, Unable};

pub(crate) const PAGE: &str = include_str!("check.md");

/// Every file of the folder: in a repository what git tracks or would take, elsewhere all.
pub(crate) fn look(place: &Place, rulebook: &Rulebook) -> Result<Looked, Unable> {
    let folder = if place.folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        &place.folder
    };
    let options = TreeOptions {
        respect_gitignore: root_of(folder_of(folder)).is_some(),
        threads: 0,
    };
    let scan = scan_tree(&rulebook.scanner, folder, &options)?;
    if scan.stats.files == 0 && scan.skipped.is_empty() {
        return Err(Unable::NotTestable(Missing {
            what: format!("{} holds no file, so that nothing was scanned", folder.display()),
            add: None,
        }));
    }
    Ok(Looked {
        scan,
        what: match folder.is_file() {
            true => format!("the file {}", folder.display()),
            false if folder == Path::new(".") => "the working tree".to_owned(),
            false => format!("the working tree below {}", folder.display()),
        },
        prefix: prefix(folder),
    })
}

/// Paths of a scan begin below the folder; a file is its own path.
fn prefix(folder: &Path) -> Prefix {
    let shown = folder.to_string_lossy().replace('\\', "/");
    let is_file = folder.is_file();
    let below = match shown.trim_end_matches('/') {
        "." => String::new(),
        "" => "/".to_owned(),
        other => format!("{}/", other.strip_prefix("./").unwrap_or(other)),
    };
    Box::new(move |path| {
        if is_file {
            let name = shown.rsplit('/').next().unwrap_or(&shown);
            format!("{shown}{}", path.strip_prefix(name).unwrap_or_default())
        } else {
            format!("{below}{path}")
        }
    })
}
