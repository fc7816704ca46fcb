//! What the program and these checks hand each other: where to look, against what to compare, and what was looked at.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gate_model::{Notice, SharedRedactor, SourceReport};
use secret_scan::root_of;

use crate::rulebook::Rulebook;
use crate::source::Source;

/// Where the files are that a run may look at.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The folder or file that is looked at, as the user named it; reports name files from there.
    pub folder: PathBuf,
    /// The folder that paths of the plan are relative to.
    pub plan_folder: PathBuf,
    /// What the CI service says of the pull request.
    pub range: Option<Range>,
    /// The output of a target that the run started itself.
    pub target_log: Option<PathBuf>,
    /// The sources that the caller asks for, instead of those of the plan.
    pub sources: Option<Vec<Source>>,
    /// Whether notes count as findings: `--fail-on note`.
    pub notes_count: bool,
}

/// The commits of a pull request, as the CI service or the user names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Revisions that the pull request is compared with; the first that is there counts.
    pub bases: Vec<String>,
    /// Its last commit.
    pub head: String,
    /// Who says so, for messages: `GITHUB_BASE_REF`.
    pub said_by: String,
}

/// Shared between the program and the checks. Without a [`Place`] nothing is looked at: a demo must not read its user's folder.
#[derive(Default)]
pub struct Desk {
    place: Option<Place>,
    redactor: SharedRedactor,
    rulebook: OnceLock<Result<Arc<Rulebook>, String>>,
    sources: Mutex<Vec<SourceReport>>,
    notices: Mutex<Vec<Notice>>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk for this place. The redactor knows the credentials of the run, which must be in no log.
    pub fn new(place: Place, redactor: SharedRedactor) -> Self {
        Self {
            place: Some(place),
            redactor,
            ..Self::default()
        }
    }

    /// Where to look.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The root of the repository that the folder is in.
    pub fn repository(&self) -> Option<PathBuf> {
        root_of(folder_of(&self.place.as_ref()?.folder))
    }

    pub(crate) fn redactor(&self) -> &SharedRedactor {
        &self.redactor
    }

    /// Rules, allow-lists and suppressions, read once.
    ///
    /// # Errors
    /// Where one of the files cannot be read; in words, with what to do.
    pub fn rulebook(&self) -> Result<Arc<Rulebook>, String> {
        self.rulebook
            .get_or_init(|| {
                let place = self.place.clone().unwrap_or_default();
                let repository = self.repository();
                let rulebook = Rulebook::load(&place, repository.as_deref()).map_err(|error| error.to_string())?;
                self.tell(rulebook.notices.clone());
                Ok(Arc::new(rulebook))
            })
            .clone()
    }

    pub(crate) fn put(&self, report: SourceReport) {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).push(report);
    }

    pub(crate) fn tell(&self, notices: Vec<Notice>) {
        self.notices
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(notices);
    }

    /// What was looked at so far, ordered by case.
    pub fn take(&self) -> Vec<SourceReport> {
        let mut sources = std::mem::take(&mut *self.sources.lock().unwrap_or_else(PoisonError::into_inner));
        sources.sort_by(|left, right| left.case.cmp(&right.case));
        sources
    }

    /// Remarks so far, and those about entries that accept nothing any more.
    pub fn take_notices(&self) -> Vec<Notice> {
        let mut notices = std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(Ok(rulebook)) = self.rulebook.get() {
            notices.extend(rulebook.about_entries());
        }
        notices
    }
}

/// The folder of a file, or the folder itself.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if path.is_file() => {
            if parent.as_os_str().is_empty() {
                Path::new(".")
            } else {
                parent
            }
        }
        _ if path.as_os_str().is_empty() => Path::new("."),
        _ => path,
    }
}
