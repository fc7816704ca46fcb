//! Looks at every exchange for canaries.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gate_check::{Ctx, FindingText, Judgement, Verdict, Watched, Watcher};
use gate_exchange::{Exchange, Observer, Purpose};
use gate_model::{Case, CheckPage, Fingerprint, IdentityName, Relation, ResourceName, TenantName};
use gate_objects::Canaries;
use gate_spec::Spec;

/// Findings that are kept for one case.
const MAX_HITS: usize = 5;

pub(super) struct CanaryWatch {
    text: FindingText,
    canaries: Arc<Canaries>,
    tenants: HashMap<IdentityName, TenantName>,
    cases: Vec<(Case, ResourceName, Relation)>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    owner_saw: HashMap<ResourceName, bool>,
    strangers: u64,
    nobodies: u64,
    hits: Vec<Hit>,
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
        spec: &Spec,
        canaries: &Arc<Canaries>,
        cases: Vec<(Case, ResourceName, Relation)>,
    ) -> Self {
        Self {
            text: FindingText {
                page: Arc::clone(page),
                verb: "see a private value of",
            },
            canaries: Arc::clone(canaries),
            tenants: spec
                .identities
                .iter()
                .map(|(name, identity)| (name.clone(), identity.tenant.clone()))
                .collect(),
            cases,
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

    fn canaries_in(&self, exchange: &Exchange) -> Vec<gate_objects::Canary> {
        let mut found: Vec<_> = self
            .canaries
            .find(&exchange.body)
            .into_iter()
            .map(|(canary, _)| canary)
            .collect();
        for (_, value) in &exchange.headers {
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
        let actor = exchange.sent.actor.identity.as_ref();
        let found = self.canaries_in(exchange);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match actor {
            None => seen.nobodies += 1,
            Some(_) => seen.strangers += 1,
        }
        for canary in found {
            let Some(resource) = canary.resource.clone() else {
                continue;
            };
            if Some(&canary.owner) == actor {
                seen.owner_saw.insert(resource, true);
                continue;
            }
            // What a probe is shown is judged by the probe's own check.
            if exchange.sent.purpose == Purpose::Probe || self.canaries.was_sent_by(actor, &canary.secret) {
                continue;
            }
            let Some(relation) = self.relation(&canary.owner, actor) else {
                continue;
            };
            let operation = &exchange.sent.operation;
            let known = seen.hits.iter().any(|hit| {
                hit.resource == resource && hit.relation == relation && hit.exchange.sent.operation == *operation
            });
            let count = seen
                .hits
                .iter()
                .filter(|hit| hit.resource == resource && hit.relation == relation)
                .count();
            if !known && count < MAX_HITS {
                seen.hits.push(Hit {
                    resource,
                    relation,
                    owner: canary.owner,
                    secret: canary.secret,
                    exchange: exchange.clone(),
                });
            }
        }
    }
}

impl Watcher for CanaryWatch {
    fn conclude(&self, ctx: &Ctx<'_>) -> Vec<Verdict> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.cases
            .iter()
            .map(|(case, resource, relation)| {
                let watched = Watched {
                    owner_saw: seen.owner_saw.get(resource).copied().unwrap_or(false),
                    foreign_exchanges: if *relation == Relation::Anonymous {
                        seen.nobodies
                    } else {
                        seen.strangers
                    },
                };
                let findings: Vec<_> = seen
                    .hits
                    .iter()
                    .filter(|hit| hit.resource == *resource && hit.relation == *relation)
                    .map(|hit| self.finding(ctx, case, hit))
                    .collect();
                let judgement = if findings.is_empty() {
                    Judgement::Holds(format!(
                        "its owner was shown the value, and none of {} answers to others held it",
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
            "the answer to {}'s {operation} holds a value that only {} ever sent, planted in a {}",
            sent.actor, hit.owner, hit.resource
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
