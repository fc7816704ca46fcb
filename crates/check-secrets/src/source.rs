//! The sources, and which of them a plan and its surroundings ask for.

use std::path::PathBuf;

use gate_model::Location;
use gate_spec::{HistoryScope, NamedFile, SecretSettings};

use crate::desk::Desk;

/// The kinds of sources; each is a check of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The files of a folder.
    WorkingTree,
    /// What is staged for the next commit.
    Staged,
    /// What the commits between two revisions bring.
    PullRequest,
    /// Every commit.
    History,
    /// A log.
    Log,
    /// A build artefact.
    Artifact,
    /// Environment files beside each other.
    Environment,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What kind.
    pub kind: Kind,
    /// The file that it is, for a log or an artefact, by its path from the working folder.
    pub file: Option<PathBuf>,
    /// What that file is called in the plan and in the case's id.
    pub name: Option<String>,
    /// The revisions that it is compared with, for a pull request.
    pub range: Option<crate::Range>,
    /// Environment files by their path; all that are named like one where there are none.
    pub files: Vec<PathBuf>,
    /// Variables that every environment needs.
    pub required: Vec<String>,
    /// Whether somebody asked for it. What is looked at by default may turn out not to be testable without harm.
    pub asked_for: bool,
    /// Where it is asked for.
    pub source: Option<Location>,
}

impl Source {
    /// A source of a kind that somebody asked for.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            file: None,
            name: None,
            range: None,
            files: Vec::new(),
            required: Vec::new(),
            asked_for: true,
            source: None,
        }
    }

    /// A log or an artefact.
    pub fn of_file(kind: Kind, file: impl Into<PathBuf>) -> Self {
        let file = file.into();
        Self {
            name: Some(file.to_string_lossy().replace('\\', "/")),
            file: Some(file),
            ..Self::of(kind)
        }
    }

    fn by_default(mut self) -> Self {
        self.asked_for = false;
        self
    }

    fn at(mut self, source: Option<Location>) -> Self {
        self.source = source;
        self
    }

    /// What it is, in words: `the working tree`.
    pub fn words(&self) -> String {
        let name = || self.name.clone().unwrap_or_default();
        match self.kind {
            Kind::WorkingTree => "the working tree".to_owned(),
            Kind::Staged => "what is staged".to_owned(),
            Kind::PullRequest => "the commits of the pull request".to_owned(),
            Kind::History => "the history".to_owned(),
            Kind::Log => format!("the log {}", name()),
            Kind::Artifact => format!("the artefact {}", name()),
            Kind::Environment => "the environment files".to_owned(),
        }
    }
}

/// The sources of a run: those that the caller asks for, or those of the plan and of the surroundings.
pub(crate) fn sources(desk: &Desk, settings: &SecretSettings) -> Vec<Source> {
    let Some(place) = desk.place() else { return Vec::new() };
    if let Some(sources) = &place.sources {
        return sources.clone();
    }
    let repository = desk.repository().is_some();
    let mut sources = Vec::new();
    let asked = |source: Source, by_plan: bool| {
        let source = source.at(settings.source.clone());
        if by_plan { source } else { source.by_default() }
    };
    if settings.tree.unwrap_or(repository) {
        sources.push(asked(Source::of(Kind::WorkingTree), settings.tree.is_some()));
    }
    let range = place.range.clone();
    let by_plan = settings.history.is_some() || settings.base.is_some();
    match settings.history.unwrap_or(HistoryScope::PullRequest) {
        HistoryScope::None => {}
        HistoryScope::All => sources.push(asked(Source::of(Kind::History), true)),
        HistoryScope::PullRequest if by_plan || (range.is_some() && repository) => {
            let mut source = asked(Source::of(Kind::PullRequest), by_plan);
            source.range = range;
            sources.push(source);
        }
        HistoryScope::PullRequest => {}
    }
    let named = |kind: Kind, file: &NamedFile| Source {
        file: Some(place.plan_folder.join(&file.path)),
        name: Some(file.path.clone()),
        ..Source::of(kind).at(file.source.clone())
    };
    sources.extend(settings.artifacts.iter().map(|file| named(Kind::Artifact, file)));
    sources.extend(settings.logs.iter().map(|file| named(Kind::Log, file)));
    if let Some(log) = &place.target_log {
        sources.push(Source {
            name: Some("target".to_owned()),
            ..Source::of_file(Kind::Log, log)
        });
    }
    if let Some(environment) = &settings.environment {
        let mut source = asked(Source::of(Kind::Environment), true);
        source.files = environment
            .files
            .iter()
            .map(|file| place.plan_folder.join(&file.path))
            .collect();
        source.required.clone_from(&environment.required);
        sources.push(source);
    }
    sources
}
