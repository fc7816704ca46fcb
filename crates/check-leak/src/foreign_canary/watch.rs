//! Looks at every exchange for canaries.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use gate_check::{Ctx, FindingText, Judgement, Verdict, Watched, Watcher};
use gate_exchange::{Exchange, Observer, Purpose};
use gate_model::{Case, Cause, CheckPage, Fingerprint, IdentityName, Relation, ResourceName, TenantName, Undecided};
use gate_objects::Canaries;
use gate_spec::Spec;

use super::visit::VisitLog;

/// Findings that are kept for one case.
const MAX_HITS: usize = 5;

pub(super) struct CanaryWatch {
    text: FindingText,
    canaries: Arc<Canaries>,
    spec: Arc<Spec>,
    tenants: HashMap<IdentityName, TenantName>,
    cases: Vec<(Case, ResourceName, Relation)>,
    visits: Arc<VisitLog>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Answers to visits that were served, by who was shown them.
    answers: Answers,
    owners: HashMap<ResourceName, Owners>,
    hits: Vec<Hit>,
}

type Answers = HashMap<Option<IdentityName>, u64>;

/// The tenants whose owners were shown their own values of a kind.
struct Owners {
    tenants: HashSet<TenantName>,
    /// The answers until then, which say nothing about this kind.
    before: Answers,
}

struct Hit {
    resource: ResourceName,
    relation: Relation,
    owner: IdentityName,
    secret: String,
    exchange: Exchange,
}

impl CanaryWatch {
    pub(super) fn new(
        page: &Arc<CheckPage>,
        spec: &Arc<Spec>,
        canaries: &Arc<Canaries>,
        cases: Vec<(Case, ResourceName, Relation)>,
        visits: &Arc<VisitLog>,
    ) -> Self {
        Self {
            text: FindingText {
                page: Arc::clone(page),
                verb: "see a private value of",
            },
            canaries: Arc::clone(canaries),
            spec: Arc::clone(spec),
            tenants: spec
                .identities
                .iter()
                .map(|(name, identity)| (name.clone(), identity.tenant.clone()))
                .collect(),
            cases,
            visits: Arc::clone(visits),
            seen: Mutex::default(),
        }
    }

    fn relation(&self, owner: &IdentityName, actor: Option<&IdentityName>) -> Option<Relation> {
        let Some(actor) = actor else {
            return Some(Relation::Anonymous);
        };
        let (owner, actor) = (self.tenants.get(owner)?, self.tenants.get(actor)?);
        (owner != actor).then_some(Relation::OtherTenant)
    }

    /// Whether the plan lets the caller see everybody's objects with this operation.
    fn is_granted(&self, exchange: &Exchange) -> bool {
        let sent = &exchange.sent;
        let identity = sent
            .actor
            .identity
            .as_ref()
            .and_then(|name| self.spec.identities.get(name));
        let operation = sent
            .operation
            .as_ref()
            .and_then(|operation| self.spec.operations.get(operation));
        if operation.is_some_and(|operation| operation.public.is_some()) {
            return true;
        }
        match (identity, operation) {
            (Some(identity), Some(operation)) => self.spec.open_to_other_tenants(identity, operation),
            _ => false,
        }
    }

    fn canaries_in(&self, exchange: &Exchange) -> Vec<Arc<gate_objects::Canary>> {
        let mut found: Vec<_> = self
            .canaries
            .find(&exchange.body)
            .into_iter()
            .map(|(canary, _)| canary)
            .collect();
        for (_, value) in exchange.headers.iter() {
            found.extend(
                self.canaries
                    .find(value.as_bytes())
                    .into_iter()
                    .map(|(canary, _)| canary),
            );
        }
        found
    }
}

impl Observer for CanaryWatch {
    fn see(&self, exchange: &Exchange) {
        // What a probe is shown is judged by the probe's own check.
        if exchange.sent.purpose == Purpose::Probe {
            return;
        }
        let actor = exchange.sent.actor.identity.as_ref();
        let found = self.canaries_in(exchange);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Only an answer to a visit counts as control, one that was served, and only once the owner has seen his value.
        if exchange.sent.purpose == Purpose::Setup && exchange.is_success() {
            *seen.answers.entry(actor.cloned()).or_default() += 1;
        }
        for canary in found {
            let Some(resource) = canary.resource.clone() else {
                continue;
            };
            if Some(&canary.owner) == actor {
                if let Some(tenant) = self.tenants.get(&canary.owner) {
                    seen.owner_saw(resource, tenant);
                }
                continue;
            }
            if self.canaries.was_sent_by(actor, &canary.secret) || self.is_granted(exchange) {
                continue;
            }
            let Some(relation) = self.relation(&canary.owner, actor) else {
                continue;
            };
            let hit = Hit {
                resource,
                relation,
                owner: canary.owner.clone(),
                secret: canary.secret.clone(),
                exchange: exchange.clone(),
            };
            seen.keep(hit);
        }
    }
}

impl Seen {
    /// Keeps the first hit of each operation, a few of a case.
    fn keep(&mut self, hit: Hit) {
        let same = |known: &&Hit| known.resource == hit.resource && known.relation == hit.relation;
        let operation = &hit.exchange.sent.operation;
        let known = self
            .hits
            .iter()
            .filter(same)
            .any(|known| known.exchange.sent.operation == *operation);
        if !known && self.hits.iter().filter(same).count() < MAX_HITS {
            self.hits.push(hit);
        }
    }

    /// Notes that an owner was shown his own value: from here on answers to others count.
    fn owner_saw(&mut self, resource: ResourceName, tenant: &TenantName) {
        let answers = &self.answers;
        let owners = self.owners.entry(resource).or_insert_with(|| Owners {
            tenants: HashSet::new(),
            before: answers.clone(),
        });
        if !owners.tenants.contains(tenant) {
            owners.tenants.insert(tenant.clone());
        }
    }

    /// Answers to those who may not see an owner's values, since the owner was shown them.
    fn answers_to_others(
        &self,
        owners: &Owners,
        tenants: &HashMap<IdentityName, TenantName>,
        relation: &Relation,
        turned_away: &HashMap<IdentityName, Undecided>,
    ) -> u64 {
        self.answers
            .iter()
            .filter(|(actor, _)| actor.as_ref().is_none_or(|actor| !turned_away.contains_key(actor)))
            .filter(|(actor, _)| match (actor, relation) {
                (None, Relation::Anonymous) => true,
                (Some(actor), Relation::OtherTenant) => owners
                    .tenants
                    .iter()
                    .any(|owner| tenants.get(actor).is_some_and(|tenant| tenant != owner)),
                _ => false,
            })
            .map(|(actor, count)| count - owners.before.get(actor).unwrap_or(&0))
            .sum()
    }
}

impl Watcher for CanaryWatch {
    fn conclude(&self, ctx: &Ctx<'_>) -> Vec<Verdict> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let turned_away = self.visits.without_service();
        self.cases
            .iter()
            .map(|(case, resource, relation)| {
                let owners = seen.owners.get(resource);
                let watched = Watched {
                    owner_saw: owners.is_some(),
                    foreign_exchanges: owners.map_or(0, |owners| {
                        seen.answers_to_others(owners, &self.tenants, relation, &turned_away)
                    }),
                };
                let findings: Vec<_> = seen
                    .hits
                    .iter()
                    .filter(|hit| hit.resource == *resource && hit.relation == *relation)
                    .map(|hit| self.finding(ctx, case, hit))
                    .collect();
                let nobody_served = watched.foreign_exchanges == 0 && *relation == Relation::OtherTenant;
                let refused = turned_away.values().min_by_key(|reason| &reason.detail);
                let judgement = if let (true, true, Some(reason)) = (findings.is_empty(), nobody_served, refused) {
                    Judgement::Undecided(reason.clone())
                } else if findings.is_empty() && !self.visits.is_complete() {
                    Judgement::Undecided(
                        self.visits
                            .reason()
                            .unwrap_or_else(|| Undecided::new(Cause::NothingSeen, "no stranger had anything to visit")),
                    )
                } else if findings.is_empty() {
                    Judgement::Holds(format!(
                        "its owner was shown the value, and none of {} answers to others held it (probes are judged by \
                         their own checks)",
                        watched.foreign_exchanges
                    ))
                } else {
                    Judgement::Violated(findings)
                };
                watched.close(case, judgement)
            })
            .collect()
    }
}

impl CanaryWatch {
    fn finding(&self, ctx: &Ctx<'_>, case: &Case, hit: &Hit) -> gate_model::Finding {
        let sent = &hit.exchange.sent;
        let operation = sent.operation.as_ref().map_or_else(
            || {
                format!(
                    "{} {}",
                    sent.request.method,
                    sent.request.path.split('?').next().unwrap_or_default()
                )
            },
            ToString::to_string,
        );
        let evidence = vec![
            ctx.target
                .evidence("answer to a stranger", &hit.exchange, Some(&hit.secret)),
        ];
        let detail = format!(
            "the answer to {}'s {operation} holds a value that only {} ever sent, planted in {}",
            sent.actor,
            hit.owner,
            hit.resource.with_article()
        );
        let what = format!("in the answer to {operation}");
        let mut finding = self
            .text
            .finding(case, &sent.actor, Some(&hit.owner), &what, detail, evidence);
        finding.root_cause = format!("{} {operation}", case.check);
        finding.fingerprint = Fingerprint::of(&[case.check.as_str(), case.id.as_str(), &operation]);
        finding
    }
}
