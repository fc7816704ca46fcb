//! What all checks of this family are: a page, a kind of source, and cases for the sources of that kind.

use std::sync::Arc;

use gate_check::{Check, Contribution, Group, Lane, Verdict};
use gate_model::{Case, CheckPage, ResourceName};
use gate_spec::Spec;

use crate::desk::Desk;
use crate::known_values::KnownValues;
use crate::source::{Kind, Source, sources};
use crate::{artifact, environment, history, log, pull_request, staged, verdict, working_tree};

/// A check of one kind of source.
pub(crate) struct SourceCheck {
    page: Arc<CheckPage>,
    pub(crate) kind: Kind,
    desk: Arc<Desk>,
}

/// All of them, in the order of reports.
pub(crate) fn all(desk: &Arc<Desk>) -> Vec<SourceCheck> {
    let kinds = [
        (Kind::WorkingTree, working_tree::PAGE),
        (Kind::Staged, staged::PAGE),
        (Kind::PullRequest, pull_request::PAGE),
        (Kind::History, history::PAGE),
        (Kind::Log, log::PAGE),
        (Kind::Artifact, artifact::PAGE),
        (Kind::Environment, environment::PAGE),
    ];
    kinds
        .into_iter()
        .map(|(kind, page)| SourceCheck {
            page: Arc::new(CheckPage::parse(page).expect("the page of the check is complete")),
            kind,
            desk: Arc::clone(desk),
        })
        .collect()
}

impl SourceCheck {
    pub(crate) fn case(&self, source: &Source) -> Case {
        let case = Case::new(&self.page.id).with_source(source.source.clone());
        match &source.name {
            Some(name) => case.with_resource(&ResourceName::new(name)),
            None => case,
        }
    }

    /// Decides the case of a source, without a target.
    pub(crate) fn decide(&self, source: &Source, case: &Case, known: KnownValues) -> Verdict {
        verdict::decide(&self.desk, &self.page, source, case, known)
    }

    fn group(&self, source: Source) -> Group {
        let case = self.case(&source);
        let (desk, page) = (Arc::clone(&self.desk), Arc::clone(&self.page));
        let cases = vec![case.clone()];
        Group {
            cases,
            lane: if self.kind == Kind::Log {
                Lane::Afterwards
            } else {
                Lane::Local
            },
            requests: 0,
            run: Arc::new(move |ctx| {
                // What the run itself must not have left in a log is known only now.
                let known = match source.kind {
                    Kind::Log => KnownValues::look(&source, desk.redactor(), ctx.canaries),
                    _ => KnownValues::default(),
                };
                let (desk, page, source, case) = (Arc::clone(&desk), Arc::clone(&page), source.clone(), case.clone());
                Box::pin(async move {
                    let id = case.id.clone();
                    let decided =
                        tokio::task::spawn_blocking(move || verdict::decide(&desk, &page, &source, &case, known)).await;
                    decided.map_or_else(|_| vec![verdict::failed_inside(&id)], |verdict| vec![verdict])
                })
            }),
        }
    }
}

impl Check for SourceCheck {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let own = sources(&self.desk, &spec.settings.secrets);
        Contribution {
            groups: own
                .into_iter()
                .filter(|source| source.kind == self.kind)
                .map(|source| self.group(source))
                .collect(),
            ..Contribution::default()
        }
    }
}
