//! What the plan says about the search for secrets in the repository and beside it.

use gate_model::Location;

/// What is looked at for secrets. By default, inside of a git repository: the working tree and the commits of a pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretSettings {
    /// Whether the working tree is; `None` where the plan does not say: it is, inside of a repository.
    pub tree: Option<bool>,
    /// Which commits are; `None` where the plan does not say: those of a pull request, where one is known.
    pub history: Option<HistoryScope>,
    /// The revision that a pull request is compared with; what the CI service says otherwise.
    pub base: Option<String>,
    /// Build artefacts and mobile bundles, by their path from the plan's folder.
    pub artifacts: Vec<NamedFile>,
    /// Log files, by their path from the plan's folder.
    pub logs: Vec<NamedFile>,
    /// Environment files that are compared with each other; `None` where the plan does not ask for it.
    pub environment: Option<EnvironmentSettings>,
    /// Where the section stands.
    pub source: Option<Location>,
}

/// Which commits are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryScope {
    /// Those that a pull request brings.
    PullRequest,
    /// All.
    All,
    /// None.
    None,
}

/// A file that the plan names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// Its path, as the plan has it.
    pub path: String,
    /// Where the plan names it.
    pub source: Option<Location>,
}

/// What is asked of environment files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentSettings {
    /// The files; all that are named like one where there are none.
    pub files: Vec<NamedFile>,
    /// Variables that every environment needs, beside those of example files.
    pub required: Vec<String>,
}
