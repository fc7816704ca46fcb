//! `secrets/artifact`: does a build artefact or a mobile bundle hold a secret?

use gate_model::Missing;
use secret_scan::{TreeOptions, scan_tree};

use crate::rulebook::Rulebook;
use crate::source::Source;
use crate::verdict::{Looked, Unable, not_scanned};

pub(crate) const PAGE: &str = include_str!("check.md");

/// The file with everything in it, or the folder.
pub(crate) fn look(rulebook: &Rulebook, source: &Source) -> Result<Looked, Unable> {
    look_at_file(rulebook, source, false)
}

/// A file that somebody named: it has to be there.
pub(crate) fn look_at_file(rulebook: &Rulebook, source: &Source, may_be_empty: bool) -> Result<Looked, Unable> {
    let what = source.words();
    let Some(path) = &source.file else {
        return Err(Unable::Undecided(not_scanned(format!("{what} has no path"))));
    };
    let scan = scan_tree(&rulebook.scanner, path, &TreeOptions::default())?;
    if scan.skipped.is_empty() && (scan.stats.files == 0 || (scan.stats.bytes == 0 && !may_be_empty)) {
        return Err(Unable::NotTestable(Missing {
            what: format!("{what} is empty, so that nothing was scanned"),
            add: None,
        }));
    }
    let shown = path.to_string_lossy().replace('\\', "/");
    let is_file = path.is_file();
    let name = shown.rsplit('/').next().unwrap_or(&shown).to_owned();
    Ok(Looked {
        scan,
        what,
        prefix: Box::new(move |below| match is_file {
            true => format!("{shown}{}", below.strip_prefix(&name).unwrap_or_default()),
            false => format!("{}/{below}", shown.trim_end_matches('/')),
        }),
    })
}
