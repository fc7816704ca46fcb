//! `leak/foreign-canary`: does any answer of the whole run show a private value of one tenant to somebody else?

mod visit;
mod watch;

use std::sync::Arc;

use gate_check::{Check, Contribution, Watcher};
use gate_model::{Case, CheckPage, Missing, Relation, ResourceName};
use gate_objects::Canaries;
use gate_spec::Spec;

/// The check.
pub struct ForeignCanary {
    page: Arc<CheckPage>,
    visits: Arc<visit::VisitLog>,
}

impl ForeignCanary {
    /// The check with its page.
    pub fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
            visits: Arc::default(),
        }
    }

    /// The cases: each kind of object against strangers and against nobody.
    fn cases(&self, spec: &Spec) -> Vec<(Case, ResourceName, Relation)> {
        let mut relations = Vec::new();
        if visit::public_reads(spec).next().is_some() {
            relations.push(Relation::Anonymous);
        }
        if spec
            .actors()
            .any(|one| spec.actors().any(|other| one.tenant != other.tenant))
        {
            relations.push(Relation::OtherTenant);
        }
        let case = |resource: &ResourceName, relation: &Relation| {
            Case::new(&self.page.id)
                .with_resource(resource)
                .with_relation(relation.clone())
                .with_source(
                    spec.resources
                        .get(resource)
                        .and_then(|resource| resource.source.clone()),
                )
        };
        spec.resources
            .keys()
            .flat_map(|resource| relations.iter().map(move |relation| (resource, relation)))
            .map(|(resource, relation)| (case(resource, relation), resource.clone(), relation.clone()))
            .collect()
    }
}

impl Default for ForeignCanary {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for ForeignCanary {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        for (case, resource, _) in self.cases(spec) {
            match nothing_planted(spec, &resource) {
                Some(missing) => contribution.not_testable.push((case, missing)),
                None => contribution.watched.push(case),
            }
        }
        if !contribution.watched.is_empty() {
            contribution.groups.push(visit::group(spec, &self.visits));
        }
        contribution
    }

    fn watcher(&self, spec: &Arc<Spec>, canaries: &Arc<Canaries>) -> Option<Arc<dyn Watcher>> {
        let cases = self
            .cases(spec)
            .into_iter()
            .filter(|(_, resource, _)| nothing_planted(spec, resource).is_none());
        Some(Arc::new(watch::CanaryWatch::new(
            &self.page,
            spec,
            canaries,
            cases.collect(),
            &self.visits,
        )))
    }
}

/// Why no canary can be in objects of a kind.
fn nothing_planted(spec: &Spec, resource: &ResourceName) -> Option<Missing> {
    let kind = spec.resources.get(resource)?;
    let holes = kind
        .create
        .as_ref()
        .map(|call| call.request.holes())
        .unwrap_or_default();
    if spec.settings.read_only {
        return Some(Missing {
            what: format!("nothing is made in this run, so that no {resource} holds a private value"),
            add: None,
        });
    }
    if !spec.writes_allowed() {
        return Some(Missing {
            what: format!("no {resource} may be made on this target"),
            add: Some("target: { writes: true }".to_owned()),
        });
    }
    if kind.create.is_none() {
        return Some(Missing {
            what: format!("the plan does not say how {} is made", resource.with_article()),
            add: Some(spec.stub_mark(resource)),
        });
    }
    if !holes.iter().any(|hole| hole.starts_with("canary")) {
        return Some(Missing {
            what: format!("a new {resource} has no field that takes a private value"),
            add: Some(format!(
                "{}   # in a field that takes free text",
                spec.stub_mark(resource)
            )),
        });
    }
    None
}
