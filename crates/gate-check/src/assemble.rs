//! Merges the probes of all checks on the same operation and object, so that they share their controls.
//!
//! An operation that two checks try costs one control before and one after, not two of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use gate_model::{Case, CaseId, Missing, ResourceName, SkipReason};
use gate_spec::{Operation, Spec};
use indexmap::IndexMap;

use crate::run::{GuardPlan, ReadPlan, WritePlan, creates, guards, reads, writes};
use crate::{Group, Lane, ProbePlan, Prober, Refusal, Subject, subject_of};

/// Reads that share one bracket, and so one look at each prober's session.
const READS_IN_A_BRACKET: usize = 6;

/// Probes of all reads in one bracket. Each read has a control of its own around its probes; what they share is only the
/// look at each prober's session.
const PROBES_OF_READS: u64 = 48;

/// Groups of cases, and the cases that cannot be grouped, with the reason.
#[derive(Default)]
pub struct Assembled {
    /// What the engine runs.
    pub groups: Vec<Group>,
    /// Cases for which the plan lacks an input.
    pub not_testable: Vec<(Case, Missing)>,
    /// Cases that may not be tried.
    pub skipped: Vec<(Case, SkipReason)>,
}

/// One operation with everybody who tries it.
#[derive(Clone)]
pub(crate) struct Tried {
    pub(crate) operation: Arc<Operation>,
    pub(crate) subject: Subject,
    pub(crate) plans: Vec<ProbePlan>,
}

/// Sorts probes into groups. Plain data: nothing is sent.
pub fn assemble(spec: &Spec, probes: Vec<ProbePlan>) -> Assembled {
    let mut assembled = Assembled::default();
    let mut tried: IndexMap<gate_model::OperationId, Tried> = IndexMap::new();
    for plan in probes {
        let Some(operation) = spec.operations.get(&plan.operation) else {
            continue;
        };
        if let Some(reason) = &operation.skip {
            assembled.skipped.push((plan.case, SkipReason::Plan(reason.clone())));
            continue;
        }
        if !operation.method().is_safe() && !spec.writes_allowed() {
            let what = format!(
                "{} is not a read, and the target is not on loopback without `writes: true`",
                operation.id
            );
            assembled.skipped.push((plan.case, SkipReason::WritesNotAllowed(what)));
            continue;
        }
        tried
            .entry(plan.operation.clone())
            .or_insert_with(|| Tried {
                operation: Arc::new(operation.clone()),
                subject: subject_of(spec, operation),
                plans: Vec::new(),
            })
            .plans
            .push(plan);
    }
    let mut by_subject = Sorted::default();
    for tried in tried.into_values() {
        if let Some(tried) = only_what_may_be_changed(spec, tried, &mut assembled) {
            by_subject.sort(tried, &mut assembled);
        }
    }
    by_subject.into_groups(spec, &mut assembled);
    assembled
}

/// Objects that were found and not made may not be changed. Whether nobody may try can still be seen, with a request that
/// can only be refused as incomplete; everything else is not testable.
fn only_what_may_be_changed(spec: &Spec, mut tried: Tried, assembled: &mut Assembled) -> Option<Tried> {
    let fixed = |identity: &gate_spec::Identity| identity.credential.is_some() && identity.login.is_none();
    if tried.subject == Subject::EndsSession && spec.actors().all(fixed) {
        let missing = Missing {
            what: format!(
                "{} ends a session, and the credentials of the plan are fixed: none could be had again",
                tried.operation.id
            ),
            add: Some(spec.stub_login()),
        };
        assembled
            .not_testable
            .extend(tried.plans.into_iter().map(|plan| (plan.case, missing.clone())));
        return None;
    }
    let resource = match &tried.subject {
        Subject::Change(resource) | Subject::Act(resource) | Subject::Remove(resource) => resource.clone(),
        _ => return Some(tried),
    };
    if spec.resources.get(&resource).is_some_and(|kind| kind.create.is_some()) {
        return Some(tried);
    }
    let harmless =
        !matches!(tried.subject, Subject::Remove(_)) && tried.operation.request.body != gate_spec::Body::None;
    // Whoever is granted it would have to do it, and a stranger has a good object of his own to be refused for.
    let fits = |plan: &ProbePlan| match plan.prober {
        Prober::Anonymous | Prober::Altered(..) => true,
        Prober::SameTenant(_) => plan.refusal != Refusal::Wrong,
        Prober::OtherTenants | Prober::Identity(_) => false,
    };
    let (keep, leave): (Vec<_>, Vec<_>) = tried.plans.into_iter().partition(|plan| harmless && fits(plan));
    let missing = Missing {
        what: format!(
            "the plan does not say how {} is made, and one that was found may not be changed",
            resource.with_article()
        ),
        add: Some(spec.stub_create(&resource)),
    };
    assembled
        .not_testable
        .extend(leave.into_iter().map(|plan| (plan.case, missing.clone())));
    tried.plans = keep;
    tried.subject = Subject::ChangeFound(resource);
    (!tried.plans.is_empty()).then_some(tried)
}

#[derive(Default)]
struct Sorted {
    reads: Vec<Tried>,
    creates: Vec<(ResourceName, Tried)>,
    writes: BTreeMap<ResourceName, Vec<Tried>>,
    acts: Vec<(ResourceName, Tried)>,
    guards: Vec<Tried>,
    accounts: Vec<Tried>,
}

impl Sorted {
    fn sort(&mut self, tried: Tried, assembled: &mut Assembled) {
        match &tried.subject {
            Subject::Read(_) | Subject::List(_) => self.reads.push(tried),
            Subject::Create(resource) => self.creates.push((resource.clone(), tried)),
            Subject::Change(resource) | Subject::Remove(resource) => {
                self.writes.entry(resource.clone()).or_default().push(tried);
            }
            Subject::Act(resource) => self.acts.push((resource.clone(), tried)),
            Subject::Guard | Subject::ChangeFound(_) => self.guards.push(tried),
            Subject::EndsSession | Subject::ChangesCaller => self.accounts.push(tried),
            Subject::Untestable(missing) => {
                let missing = missing.clone();
                assembled
                    .not_testable
                    .extend(tried.plans.into_iter().map(|plan| (plan.case, missing.clone())));
            }
            Subject::Dangerous => {
                let reason = SkipReason::Plan(format!("{} looks dangerous to a shared target", tried.operation.id));
                assembled
                    .skipped
                    .extend(tried.plans.into_iter().map(|plan| (plan.case, reason.clone())));
            }
        }
    }

    fn into_groups(self, spec: &Spec, assembled: &mut Assembled) {
        let probers = |tried: &Tried| tried.plans.iter().map(|plan| prober_count(spec, plan)).sum::<u64>();
        for (resource, tried) in self.creates {
            let requests = 3 + 2 * probers(&tried);
            let cases = cases(std::slice::from_ref(&tried));
            assembled.groups.push(group(cases, Lane::Making, requests, move |ctx| {
                creates(ctx, &resource, &tried)
            }));
        }
        // Writes wait for what may come late; the reads fill that time.
        for (resource, tried) in self.writes {
            let requests = tried.iter().map(|tried| 2 + probers(tried)).sum::<u64>() + 4;
            let cases = cases(&tried);
            let plan = WritePlan { resource, tried };
            assembled
                .groups
                .push(group(cases, Lane::Shared, requests, move |ctx| writes(ctx, &plan)));
        }
        for (resource, tried) in self.acts {
            let requests = 6 + probers(&tried);
            let cases = cases(std::slice::from_ref(&tried));
            let plan = WritePlan {
                resource,
                tried: vec![tried],
            };
            assembled
                .groups
                .push(group(cases, Lane::Shared, requests, move |ctx| writes(ctx, &plan)));
        }
        for chunk in in_brackets(self.reads, probers) {
            let requests = chunk.iter().map(|tried| 2 + probers(tried)).sum::<u64>() + 2;
            let cases = cases(&chunk);
            let plan = ReadPlan { tried: chunk };
            assembled
                .groups
                .push(group(cases, Lane::Shared, requests, move |ctx| reads(ctx, &plan)));
        }
        for (lane, list) in [(Lane::Shared, self.guards), (Lane::Account, self.accounts)] {
            for tried in list {
                let requests = 2 + probers(&tried);
                let cases = cases(std::slice::from_ref(&tried));
                let plan = GuardPlan { tried };
                assembled
                    .groups
                    .push(group(cases, lane, requests, move |ctx| guards(ctx, &plan)));
            }
        }
    }
}

/// Cuts reads into brackets that take neither too many operations nor too many probes.
fn in_brackets(reads: Vec<Tried>, probers: impl Fn(&Tried) -> u64) -> Vec<Vec<Tried>> {
    let mut brackets: Vec<Vec<Tried>> = Vec::new();
    let mut count = 0;
    for tried in reads {
        let more = probers(&tried);
        let full = |last: &Vec<Tried>| last.len() >= READS_IN_A_BRACKET || count + more > PROBES_OF_READS;
        if brackets.last().is_none_or(full) {
            brackets.push(Vec::new());
            count = 0;
        }
        count += more;
        if let Some(last) = brackets.last_mut() {
            last.push(tried);
        }
    }
    brackets
}

fn prober_count(spec: &Spec, plan: &ProbePlan) -> u64 {
    match &plan.prober {
        Prober::Altered(_, alter) => alter.at_most(),
        Prober::OtherTenants => spec.actors().count().saturating_sub(1).max(1) as u64,
        // A granted write has an object of its own: made, read, written, read back, removed.
        Prober::SameTenant(_) if plan.refusal == Refusal::Wrong && !is_safe(spec, plan) => 6,
        Prober::Anonymous | Prober::Identity(_) | Prober::SameTenant(_) => 1,
    }
}

fn is_safe(spec: &Spec, plan: &ProbePlan) -> bool {
    let operation = spec.operations.get(&plan.operation);
    operation.is_some_and(|operation| operation.method().is_safe())
}

fn cases(tried: &[Tried]) -> Vec<Case> {
    let mut cases: IndexMap<CaseId, Case> = IndexMap::new();
    for plan in tried.iter().flat_map(|tried| &tried.plans) {
        cases.entry(plan.case.id.clone()).or_insert_with(|| plan.case.clone());
    }
    cases.into_values().collect()
}

fn group<F>(cases: Vec<Case>, lane: Lane, requests: u64, run: F) -> Group
where
    F: for<'a> Fn(&'a crate::Ctx<'a>) -> gate_exchange::BoxFuture<'a, Vec<crate::Verdict>> + Send + Sync + 'static,
{
    Group {
        cases,
        lane,
        requests,
        run: Arc::new(run),
    }
}
