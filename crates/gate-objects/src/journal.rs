//! The journal: what the run made, on disk before anything else happens, so that a killed run can be cleaned up after.
//!
//! One JSON object a line. Holds methods, paths and names of identities, never credentials: a password that is in place for a while
//! is noted by the salt that it was derived with, from one that the plan has.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// A journal is read up to this size; one run cannot make a larger one.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// A longer line is not ours.
const MAX_LINE: usize = 64 * 1024;

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum JournalEntry {
    /// The first line: which target the rest is about.
    Run {
        /// Version of the journal's format.
        version: u32,
        /// The target's base URL.
        target: String,
        /// The plan's file.
        plan: Option<String>,
    },
    /// A create request is about to be sent. If nothing follows, something may be left under this handle.
    Intent {
        /// The object's key in the run.
        key: u64,
        /// Its kind.
        resource: String,
        /// Whose it will be.
        owner: String,
        /// A text in it that can be searched for.
        handle: Option<String>,
    },
    /// It exists.
    Created {
        /// The object's key in the run.
        key: u64,
        /// Its kind.
        resource: String,
        /// Whose it is.
        owner: String,
        /// The method and path that remove it; none where the plan knows no such operation.
        delete: Option<(String, String)>,
        /// The path that names it in a report.
        path: String,
    },
    /// A request of `setup` was sent whose undo is due.
    Undo {
        /// The key of the step.
        key: u64,
        /// Who sends it.
        owner: String,
        /// The method and path.
        request: (String, String),
    },
    /// The password of an identity is about to be another one: what a salt makes of the plan's own (see `gate_check::passing_password`).
    Password {
        /// The key of the note.
        key: u64,
        /// Whose password it may be.
        owner: String,
        /// Whose password of the plan it was derived from.
        of: String,
        /// The salt.
        salt: String,
    },
    /// Something is about to be done to a user that an action of the plan takes back: who is locked out is let in again, who lost
    /// a role or a membership gets it again.
    Action {
        /// The key of the note.
        key: u64,
        /// The action that takes it back, by its word in the plan.
        action: String,
        /// Whom it is done to.
        user: String,
        /// The user's id on the target, where that was shown.
        id: Option<Value>,
    },
    /// An API key is about to be made, or was, and is to be revoked. Never the key itself.
    ApiKey {
        /// The key of the note.
        key: u64,
        /// Who makes it.
        owner: String,
        /// A text in its name that can be searched for.
        handle: Option<String>,
        /// Its id on the target, once that was shown.
        id: Option<Value>,
    },
    /// It is gone, or was never made, or is undone.
    Gone {
        /// The object's key in the run.
        key: u64,
    },
}

/// What can go wrong with a journal.
#[derive(Debug, Error)]
pub enum JournalError {
    /// It cannot be written or read.
    #[error("failed to use the journal {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is larger than any run makes one.
    #[error("the journal {0} is larger than 64 MiB and was not written by launchgate")]
    TooLarge(PathBuf),
}

/// An open journal. Its clones write the same file.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    path: Option<PathBuf>,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    file: Option<File>,
    /// Keys of what was or may have been made and has to be taken back.
    owed: HashSet<u64>,
}

impl Journal {
    /// Opens a new journal in a folder, which is made where it is missing.
    ///
    /// # Errors
    /// Where the folder or file cannot be made.
    pub fn create(folder: &Path, target: &str, plan: Option<&str>) -> Result<Self, JournalError> {
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| JournalError::Io { path, source }
        };
        std::fs::create_dir_all(folder).map_err(fail(folder))?;
        let name = format!("journal-{}-{}.jsonl", std::process::id(), crate::canary::unique());
        let path = folder.join(name);
        let file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .open(&path)
            .map_err(fail(&path))?;
        let journal = Self {
            path: Some(path),
            open: Arc::new(Mutex::new(Open {
                file: Some(file),
                owed: HashSet::new(),
            })),
        };
        journal.write(&JournalEntry::Run {
            version: 1,
            target: target.to_owned(),
            plan: plan.map(str::to_owned),
        });
        Ok(journal)
    }

    /// A journal that is kept nowhere, for runs that write nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a line. A journal that cannot be written any more is reported by [`Journal::close`], not by losing the run.
    pub fn write(&self, entry: &JournalEntry) {
        let mut open = self.open();
        match entry {
            JournalEntry::Run { .. } => false,
            JournalEntry::Intent { key, .. }
            | JournalEntry::Undo { key, .. }
            | JournalEntry::Password { key, .. }
            | JournalEntry::Action { key, .. }
            | JournalEntry::ApiKey { key, .. } => open.owed.insert(*key),
            JournalEntry::Created { key, delete, .. } if delete.is_some() => open.owed.insert(*key),
            JournalEntry::Created { key, .. } | JournalEntry::Gone { key } => open.owed.remove(key),
        };
        if let Some(file) = open.file.as_mut()
            && let Ok(mut line) = serde_json::to_string(entry)
        {
            line.push('\n');
            if let Err(error) = file.write_all(line.as_bytes()) {
                tracing::warn!(%error, "the journal cannot be written");
                open.file = None;
            }
        }
    }

    /// How much is still there, or may be, that `launchgate sweep` could remove.
    pub fn owed(&self) -> usize {
        self.open().owed.len()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is kept on disk.
    pub fn is_kept(&self) -> bool {
        self.path.is_some()
    }

    /// Closes the journal: removed where nothing is left behind, kept otherwise. Returns where it was kept.
    pub fn close(&self, leftovers: bool) -> Option<PathBuf> {
        self.open().file = None;
        let path = self.path.as_ref()?;
        if leftovers {
            return Some(path.clone());
        }
        if let Err(error) = std::fs::remove_file(path) {
            tracing::debug!(%error, path = %path.display(), "the journal could not be removed");
        }
        if let Some(folder) = path.parent() {
            // Only an empty folder goes; that it is not empty is no error.
            let _ = std::fs::remove_dir(folder);
        }
        None
    }

    /// The journals of earlier runs in a folder, oldest name first.
    ///
    /// # Errors
    /// Where the folder exists and cannot be read.
    pub fn list(folder: &Path) -> Result<Vec<PathBuf>, JournalError> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => {
                return Err(JournalError::Io {
                    path: folder.to_owned(),
                    source,
                });
            }
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                name.starts_with("journal-") && name.ends_with(".jsonl")
            })
            .collect();
        paths.sort();
        Ok(paths)
    }

    /// Reads a journal and returns its first line and what is still owed, newest first. Torn last lines are passed over.
    ///
    /// # Errors
    /// Where the file cannot be read or is too large.
    pub fn read(path: &Path) -> Result<Read, JournalError> {
        let fail = |source| JournalError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(fail)?;
        if file.metadata().map_err(fail)?.len() > MAX_BYTES {
            return Err(JournalError::TooLarge(path.to_owned()));
        }
        let (mut run, mut owed, mut gone): (Option<JournalEntry>, Vec<JournalEntry>, Vec<JournalEntry>) =
            Default::default();
        for line in BufReader::new(file.take(MAX_BYTES)).lines() {
            let line = line.map_err(fail)?;
            if line.len() > MAX_LINE {
                continue;
            }
            match serde_json::from_str::<JournalEntry>(&line) {
                Ok(entry @ JournalEntry::Run { .. }) => run = run.or(Some(entry)),
                Ok(JournalEntry::Gone { key }) => gone.extend(owed.extract_if(.., |entry| entry.key() == Some(key))),
                Ok(entry) => {
                    // A `created` line takes the place of its `intent`.
                    owed.retain(|known| known.key() != entry.key());
                    owed.push(entry);
                }
                Err(error) => tracing::debug!(%error, "a line of the journal is not ours or torn"),
            }
        }
        owed.reverse();
        Ok(Read { run, owed, gone })
    }
}

/// What stands in a journal.
#[derive(Debug, Default)]
pub struct Read {
    /// The run that wrote it.
    pub run: Option<JournalEntry>,
    /// What is still owed, the last first.
    pub owed: Vec<JournalEntry>,
    /// What was made and taken back.
    pub gone: Vec<JournalEntry>,
}

impl JournalEntry {
    /// The key of the object or step.
    pub fn key(&self) -> Option<u64> {
        match self {
            Self::Run { .. } => None,
            Self::Intent { key, .. }
            | Self::Created { key, .. }
            | Self::Undo { key, .. }
            | Self::Password { key, .. }
            | Self::Action { key, .. }
            | Self::ApiKey { key, .. }
            | Self::Gone { key } => Some(*key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_run_leaves_what_it_owes() {
        let folder = std::env::temp_dir().join(crate::canary::unique());
        let journal = Journal::create(&folder, "http://127.0.0.1:1", None).expect("a new journal");
        let created = |key| JournalEntry::Created {
            key,
            resource: "project".to_owned(),
            owner: "alice".to_owned(),
            delete: Some(("DELETE".to_owned(), format!("/projects/{key}"))),
            path: format!("/projects/{key}"),
        };
        for key in 1..=3 {
            journal.write(&JournalEntry::Intent {
                key,
                resource: "project".to_owned(),
                owner: "alice".to_owned(),
                handle: None,
            });
            journal.write(&created(key));
        }
        journal.write(&JournalEntry::Gone { key: 2 });
        assert_eq!(journal.owed(), 2);
        let kept = journal.close(true).expect("kept");
        let listed = Journal::list(&folder).expect("listed");
        assert_eq!(listed, std::slice::from_ref(&kept));
        let mut torn = std::fs::read(&kept).expect("read");
        torn.extend_from_slice(b"{\"event\":\"gone\",\"ke");
        std::fs::write(&kept, torn).expect("written");
        let Read { run, owed, .. } = Journal::read(&kept).expect("read");
        assert!(matches!(run, Some(JournalEntry::Run { version: 1, .. })));
        assert_eq!(owed, [created(3), created(1)]);
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
