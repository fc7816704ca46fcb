//! Rules, allow-lists and accepted findings of a repository, and what of them counts.
//!
//! In a pull request everything counts as the base has it: what the pull request itself adds is listed and silences nothing.
//! Outside of one the files count as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gate_model::Notice;
use secret_scan::{
    AllowError, AllowList, Catalog, Finding, Fingerprint, FingerprintKey, RuleDefinition, RuleError, ScanOptions,
    Scanner, Standing, Suppression, SuppressionError, Suppressions, file_at, merge_base,
};
use serde::Deserialize;
use thiserror::Error;

use crate::desk::{Place, Range};
use crate::plant;

/// The file of accepted findings, at the root of the repository: one entry a line, sorted.
pub const SUPPRESSIONS: &str = ".launchgate-secrets";
/// The file of rules and allow-lists, at the root of the repository.
pub const CONFIGURATION: &str = ".launchgate-secrets.toml";
/// The largest file of either kind, in bytes.
const LARGEST: u64 = 4 << 20;
/// The key of fingerprints as long as a repository has no file with one of its own.
const FIRST_KEY: &[u8] = b"launchgate: no key yet";
/// Entries that a notice names.
const NAMED: usize = 10;

/// Why rules or accepted findings cannot be used.
#[derive(Debug, Error)]
pub enum RulebookError {
    /// A file cannot be read.
    #[error("failed to read {file}: {reason}")]
    Read {
        /// Which.
        file: String,
        /// Why.
        reason: String,
    },
    /// The configuration is no TOML of that form.
    #[error("failed to read {file}: {reason}")]
    Syntax {
        /// Which.
        file: String,
        /// What is wrong, without the values in it.
        reason: String,
    },
    /// A rule cannot be used.
    #[error("{file}: {source}")]
    Rule {
        /// Which.
        file: String,
        /// What is wrong.
        #[source]
        source: RuleError,
    },
    /// An allow-list cannot be used.
    #[error("{file}: {source}")]
    Allow {
        /// Which.
        file: String,
        /// What is wrong.
        #[source]
        source: AllowError,
    },
    /// The accepted findings cannot be read.
    #[error("{file}: {source}")]
    Entries {
        /// Which.
        file: String,
        /// What is wrong.
        #[source]
        source: SuppressionError,
    },
}

/// The configuration as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Configuration {
    /// Rules that are switched off, by their id.
    off: Vec<String>,
    allow: Allow,
    /// Rules of the user's own, in the form of the built-in ones.
    rule: Vec<RuleDefinition>,
}

/// What is not looked at, and what is no secret; regular expressions.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Allow {
    paths: Vec<String>,
    values: Vec<String>,
    /// Values by the id of the rule for which they are none.
    of: BTreeMap<String, Vec<String>>,
}

/// Rules, allow-lists and accepted findings, and how they are used in this run.
pub struct Rulebook {
    /// Finds secrets, with the plants of the run.
    pub(crate) scanner: Scanner,
    /// How many plants a scan has to find.
    pub(crate) plants: usize,
    /// What is not looked at.
    pub(crate) allow: AllowList,
    /// What counts as accepted.
    entries: Suppressions,
    /// In a pull request: what it accepts itself, which counts only after it is merged.
    head: Option<Suppressions>,
    /// The commit that a pull request is compared with, and the root of its repository.
    pub(crate) base: Option<(PathBuf, String)>,
    /// The folder that is looked at, from the root of the repository.
    below: PathBuf,
    /// Today, as `YYYY-MM-DD`.
    today: String,
    pub(crate) notices: Vec<Notice>,
    /// What was met, by its fingerprint: the rule, and the value, which leaves this process in no form.
    met: Mutex<BTreeMap<Fingerprint, (String, Vec<u8>)>>,
}

impl std::fmt::Debug for Rulebook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rulebook")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl Rulebook {
    /// Reads what counts for this place.
    ///
    /// # Errors
    /// Where a file is there and cannot be used.
    pub fn load(place: &Place, repository: Option<&Path>) -> Result<Self, RulebookError> {
        let root = repository.unwrap_or_else(|| crate::desk::folder_of(&place.folder));
        let mut notices = Vec::new();
        let base = match (&place.range, repository) {
            (Some(range), Some(root)) => {
                let commit = first_base(root, range).map(|(_, commit)| commit);
                if commit.is_none() {
                    notices.push(Notice::warning(format!(
                        "accepted secrets and rules of a pull request count as its base has them, and none of {} is here: \
                         none of them counts in this run; fetch the full history (`fetch-depth: 0`)",
                        range.bases.join(", ")
                    )));
                }
                Some(commit)
            }
            _ => None,
        };
        let read = |name: &str| -> Result<Option<String>, RulebookError> {
            match &base {
                None => from_tree(root, name),
                Some(None) => Ok(None),
                Some(Some(commit)) => from_commit(root, commit, name),
            }
        };
        let configuration = read(CONFIGURATION)?;
        let entries = read(SUPPRESSIONS)?;
        let (catalog, allow) = catalog(configuration.as_deref().unwrap_or_default())?;
        let head = match &base {
            None => None,
            Some(commit) => {
                if commit.is_some() && from_tree(root, CONFIGURATION)? != configuration {
                    notices.push(Notice::warning(format!(
                        "this pull request changes {CONFIGURATION}; the change counts once it is merged"
                    )));
                }
                Some(parsed(from_tree(root, SUPPRESSIONS)?.as_deref())?)
            }
        };
        let entries = match (entries, &head) {
            // Nothing is accepted yet; the key is that of the file to come, so that its fingerprints are shown.
            (None, Some(head)) => Suppressions::new(head.key().clone()),
            (text, _) => parsed(text.as_deref())?,
        };
        let plants = plant::plants(&catalog);
        let planted = plants.len();
        let options = ScanOptions {
            allow: allow.clone(),
            plants,
            ..ScanOptions::default()
        };
        Ok(Self {
            scanner: Scanner::new(catalog, options),
            plants: planted,
            allow,
            entries,
            head,
            base: base.flatten().map(|commit| (root.to_owned(), commit)),
            below: below(root, crate::desk::folder_of(&place.folder)),
            today: today(),
            notices,
            met: Mutex::default(),
        })
    }

    /// What was accepted, for adding to it.
    pub fn entries(&self) -> &Suppressions {
        &self.entries
    }

    /// The fingerprint of a finding, as reports show it and `accept` takes it.
    pub fn fingerprint(&self, finding: &Finding) -> Fingerprint {
        self.key().of(finding)
    }

    /// The rule of something that was met in this run, and its fingerprint under another key.
    pub fn under(&self, fingerprint: &Fingerprint, key: &FingerprintKey) -> Option<(String, Fingerprint)> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let (rule, value) = met.get(fingerprint)?;
        Some((rule.clone(), key.of_value(rule, value)))
    }

    fn key(&self) -> &FingerprintKey {
        self.entries.key()
    }

    /// What is said of a finding.
    pub(crate) fn standing(&self, finding: &Finding) -> Standing {
        let standing = self.entries.standing(finding, self.head.as_ref(), &self.today);
        self.meet(self.fingerprint(finding), &finding.rule, finding.secret.expose());
        standing
    }

    /// What is said of something that is no value but has a name, with its fingerprint.
    pub(crate) fn standing_of(&self, rule: &str, name: &str) -> (Fingerprint, Standing) {
        let fingerprint = self.key().of_value(rule, name.as_bytes());
        self.meet(fingerprint, rule, name.as_bytes());
        let standing = match self.entries.get(&fingerprint) {
            Some(entry) if entry.until >= self.today => Standing::Accepted(entry.clone()),
            Some(entry) => Standing::Lapsed(entry.clone()),
            None => match self.head.as_ref().and_then(|head| head.get(&fingerprint)) {
                Some(entry) => Standing::Claimed(format!("an entry that the same change adds: {}", entry.reason)),
                None => Standing::Open,
            },
        };
        (fingerprint, standing)
    }

    fn meet(&self, fingerprint: Fingerprint, rule: &str, value: &[u8]) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.entry(fingerprint)
            .or_insert_with(|| (rule.to_owned(), value.to_vec()));
    }

    /// Whether the base had a secret on this path with a comment that allows it: the comment is not the pull request's own then.
    pub(crate) fn base_allows(&self, path: &str, finding: &Finding) -> bool {
        let Some((root, commit)) = &self.base else {
            return false;
        };
        let whole = self.below.join(path).to_string_lossy().replace('\\', "/");
        let Ok(Some(bytes)) = file_at(root, commit, &whole) else {
            return false;
        };
        let same = |old: &Finding| {
            old.rule == finding.rule
                && old.secret == finding.secret
                && old.allowed_by.is_some()
                && old.parts == finding.parts
        };
        self.scanner.scan(path, &bytes).findings.iter().any(same)
    }

    /// Entries whose time is over, and entries that nothing was met for.
    pub(crate) fn about_entries(&self) -> Vec<Notice> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = |(fingerprint, entry): &(&Fingerprint, &Suppression)| {
            format!(
                "{fingerprint} ({}, until {}: {})",
                entry.rule, entry.until, entry.reason
            )
        };
        let listed = |entries: Vec<(&Fingerprint, &Suppression)>| {
            let more = entries.len().saturating_sub(NAMED);
            let named: Vec<String> = entries.iter().take(NAMED).map(shown).collect();
            let more = if more > 0 {
                format!(", and {more} more")
            } else {
                String::new()
            };
            format!("{}{more}", named.join(", "))
        };
        let mut notices = Vec::new();
        let (over, rest): (Vec<_>, Vec<_>) = self.entries.entries().partition(|(_, entry)| entry.until < self.today);
        if !over.is_empty() {
            notices.push(Notice::warning(format!(
                "{SUPPRESSIONS} has entries whose time is over; they accept nothing any more: {}",
                listed(over)
            )));
        }
        let idle: Vec<_> = rest
            .into_iter()
            .filter(|(fingerprint, _)| !met.contains_key(*fingerprint))
            .collect();
        if !idle.is_empty() && !met.is_empty() {
            notices.push(Notice::info(format!(
                "{SUPPRESSIONS} has entries for which nothing was found in what was looked at: {}",
                listed(idle)
            )));
        }
        notices
    }
}

/// A folder as a path from the root of its repository; empty where it is the root.
fn below(root: &Path, folder: &Path) -> PathBuf {
    let below = || {
        let (root, folder) = (root.canonicalize().ok()?, folder.canonicalize().ok()?);
        folder.strip_prefix(root).ok().map(Path::to_owned)
    };
    below().unwrap_or_default()
}

/// The first revision of a range that is there, with the commit where the two part.
pub(crate) fn first_base(root: &Path, range: &Range) -> Option<(String, String)> {
    range
        .bases
        .iter()
        .find_map(|base| Some((base.clone(), merge_base(root, base, &range.head).ok()?)))
}

/// Today, as `YYYY-MM-DD`, in UTC.
fn today() -> String {
    let today = time::OffsetDateTime::now_utc().date();
    format!("{:04}-{:02}-{:02}", today.year(), u8::from(today.month()), today.day())
}

fn parsed(text: Option<&str>) -> Result<Suppressions, RulebookError> {
    match text {
        None => Ok(Suppressions::new(FingerprintKey::new(FIRST_KEY))),
        Some(text) => Suppressions::parse(text).map_err(|source| RulebookError::Entries {
            file: SUPPRESSIONS.to_owned(),
            source,
        }),
    }
}

fn catalog(text: &str) -> Result<(Catalog, AllowList), RulebookError> {
    let file = || CONFIGURATION.to_owned();
    let configuration: Configuration = toml::from_str(text).map_err(|error| RulebookError::Syntax {
        file: file(),
        reason: error.message().to_owned() + &place(text, error.span()),
    })?;
    let rules = configuration.rule.into_iter().map(|mut rule| {
        rule.provider = "rules of the repository".into();
        rule
    });
    let off: Vec<&str> = configuration.off.iter().map(String::as_str).collect();
    let catalog = Catalog::built_in()
        .with_rules(rules.collect())
        .and_then(|catalog| catalog.without(&off))
        .map_err(|source| RulebookError::Rule { file: file(), source })?;
    let mut allow = AllowList::default();
    let failed = |source| RulebookError::Allow { file: file(), source };
    for pattern in &configuration.allow.paths {
        allow = allow.path(pattern).map_err(failed)?;
    }
    for pattern in &configuration.allow.values {
        allow = allow.value(pattern).map_err(failed)?;
    }
    for (rule, patterns) in &configuration.allow.of {
        for pattern in patterns {
            allow = allow.value_of_rule(rule, pattern).map_err(failed)?;
        }
    }
    Ok((catalog, allow))
}

fn place(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let line = span
        .and_then(|span| text.get(..span.start))
        .map(|before| before.matches('\n').count() + 1);
    line.map(|line| format!(" (line {line})")).unwrap_or_default()
}

fn from_tree(root: &Path, name: &str) -> Result<Option<String>, RulebookError> {
    let path = root.join(name);
    let failed = |reason: String| RulebookError::Read {
        file: path.display().to_string(),
        reason,
    };
    match std::fs::metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
        Ok(meta) if meta.len() > LARGEST => return Err(failed("it is too large".to_owned())),
        Ok(_) => {}
    }
    std::fs::read_to_string(&path)
        .map(Some)
        .map_err(|error| failed(error.to_string()))
}

fn from_commit(root: &Path, commit: &str, name: &str) -> Result<Option<String>, RulebookError> {
    let failed = |reason: String| RulebookError::Read {
        file: format!("{name} of {commit}"),
        reason,
    };
    let Some(bytes) = file_at(root, commit, name).map_err(|error| failed(error.to_string()))? else {
        return Ok(None);
    };
    if bytes.len() as u64 > LARGEST {
        return Err(failed("it is too large".to_owned()));
    }
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| failed("it is not UTF-8".to_owned()))
}
