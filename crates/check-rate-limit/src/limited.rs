//! The checks of declared limits: one case for each limit and question, one use of the limit for all of them.

use std::sync::Arc;

use gate_check::{Check, ClosingProof, Contribution, Ctx, FindingText, Group, Judgement, Lane, Procedure, Verdict};
use gate_exchange::{Actor, BoxFuture, Exchange};
use gate_model::{Case, CheckPage, Evidence, Finding, Fingerprint, Missing, Undecided};
use gate_spec::{Counts, Effect, RateLimit, Spec};

use crate::board::{Board, Without};
use crate::burst::Bounds;
use crate::maker::Maker;
use crate::{bypass, enforced, lockout, neighbour, recovery, retry_after};

/// What is asked of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Does it hold?
    Enforced,
    /// Can it be walked around?
    Bypass,
    /// Does it hit whom it must and nobody else?
    Neighbour,
    /// What becomes of the right password?
    Lockout,
    /// Does a refusal say when to come back?
    RetryAfter,
    /// Is it lifted when it says so?
    Recovery,
}

/// One question about every declared limit.
pub(crate) struct Limited {
    question: Question,
    page: Arc<CheckPage>,
    board: Arc<Board>,
}

/// One question about one limit.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) case: Case,
    pub(crate) limit: RateLimit,
    pub(crate) board: Arc<Board>,
    text: Arc<FindingText>,
}

impl Question {
    fn page(self) -> &'static str {
        match self {
            Self::Enforced => enforced::PAGE,
            Self::Bypass => bypass::PAGE,
            Self::Neighbour => neighbour::PAGE,
            Self::Lockout => lockout::PAGE,
            Self::RetryAfter => retry_after::PAGE,
            Self::Recovery => recovery::PAGE,
        }
    }

    fn requests(self, limit: &RateLimit) -> u64 {
        let use_up = Bounds::of(limit, u32::MAX).expected();
        match self {
            Self::Enforced => use_up,
            Self::Bypass => bypass::EXPECTED,
            Self::Neighbour | Self::Lockout => 4,
            Self::RetryAfter => 1,
            Self::Recovery => use_up + 2,
        }
    }

    /// Why it cannot be asked of this limit, if so.
    fn cannot(self, spec: &Spec, limit: &RateLimit) -> Option<Missing> {
        let missing = |what: String, add: Option<&str>| {
            Some(Missing {
                what,
                add: add.map(str::to_owned),
            })
        };
        let operation = spec.operations.get(&limit.operation)?;
        let maker = Maker::new(spec, operation, Some(limit));
        if !operation.method().is_safe() && !spec.writes_allowed() {
            let what = format!("{}: writes are not allowed on this target", limit.operation);
            return missing(what, Some("target:\n  writes: true"));
        }
        let makes = matches!(
            operation.effect,
            Effect::Dangerous | Effect::Delete | Effect::EndsSession
        );
        if makes || (limit.counts == Counts::All && operation.effect == Effect::ChangesCaller) {
            return missing(
                format!("{}: using its limit up would do what it does", limit.operation),
                None,
            );
        }
        let (needed, most) = (Bounds::of(limit, 0).needed(), spec.settings.limit_probe.most);
        if needed > u64::from(most) {
            let what = format!(
                "{}: up to {needed} requests are needed to prove this limit",
                limit.operation
            );
            let add = format!("checks: {{ rate_limit_probe: {{ most: {needed} }} }}");
            return missing(what, Some(&add));
        }
        match self {
            Self::Lockout if !maker.gives_account_away() => missing(
                format!(
                    "{}: the right password is tried on an account that may be locked",
                    limit.operation
                ),
                Some(&spec.stub_login()),
            ),
            Self::Recovery if limit.window > spec.settings.limit_probe.wait && limit.window.as_secs() >= 1 => missing(
                format!(
                    "{}: a window of {:?} is not waited for in this run, which waits {:?} at most",
                    limit.operation, limit.window, spec.settings.limit_probe.wait
                ),
                Some(&format!(
                    "profiles: {{ nightly: {{ rate_limit_probe: {{ wait: {}s }} }} }}",
                    limit.window.as_secs() + 5
                )),
            ),
            _ => None,
        }
    }

    /// Whether it makes sense of this limit at all.
    fn concerns(self, spec: &Spec, limit: &RateLimit) -> bool {
        let Some(operation) = spec.operations.get(&limit.operation) else {
            return false;
        };
        match self {
            Self::Lockout => Maker::new(spec, operation, Some(limit)).is_from_plan() && limit.slowed.is_none(),
            // Answers that are only late name no time to come back at.
            Self::RetryAfter | Self::Recovery => limit.slowed.is_none(),
            Self::Enforced | Self::Bypass | Self::Neighbour => true,
        }
    }
}

impl Limited {
    pub(crate) fn new(question: Question, board: Arc<Board>) -> Self {
        let page = CheckPage::parse(question.page()).expect("the page of the check is complete");
        Self {
            question,
            page: Arc::new(page),
            board,
        }
    }
}

impl Check for Limited {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        let text = Arc::new(FindingText {
            page: Arc::clone(&self.page),
            verb: "go on at",
        });
        let question = self.question;
        for limit in spec
            .settings
            .rate_limits
            .iter()
            .filter(|limit| question.concerns(spec, limit))
        {
            let case = Case::new(&self.page.id)
                .with_operation(&limit.operation)
                .with_source(limit.source.clone());
            if let Some(missing) = question.cannot(spec, limit) {
                contribution.not_testable.push((case, missing));
                continue;
            }
            let job = Job {
                case: case.clone(),
                limit: limit.clone(),
                board: Arc::clone(&self.board),
                text: Arc::clone(&text),
            };
            contribution.groups.push(Group {
                cases: vec![case],
                lane: Lane::Exclusive,
                requests: question.requests(limit),
                run: Arc::new(move |ctx| {
                    let job = job.clone();
                    Box::pin(async move { vec![decided(ctx, question, &job).await] })
                }),
            });
        }
        contribution
    }
}

fn decided<'a>(ctx: &'a Ctx<'a>, question: Question, job: &'a Job) -> BoxFuture<'a, Verdict> {
    match question {
        Question::Enforced => Box::pin(enforced::decide(ctx, job)),
        Question::Bypass => Box::pin(bypass::decide(ctx, job)),
        Question::Neighbour => Box::pin(neighbour::decide(ctx, job)),
        Question::Lockout => Box::pin(lockout::decide(ctx, job)),
        Question::RetryAfter => Box::pin(retry_after::decide(ctx, job)),
        Question::Recovery => Box::pin(recovery::decide(ctx, job)),
    }
}

impl Job {
    /// Closes the case: a limit that holds is proven only where everybody else can still work.
    pub(crate) async fn close(&self, ctx: &Ctx<'_>, judgement: Judgement) -> Verdict {
        let procedure = Procedure::begin(&self.case);
        let proof = match judgement {
            Judgement::Holds(_) => ClosingProof::others_usable(ctx).await,
            // It changes nothing there.
            Judgement::Violated(_) | Judgement::Undecided(_) => {
                Err(Undecided::new(gate_model::Cause::NoVerdict, "nothing was proven"))
            }
        };
        procedure.close(proof, judgement)
    }

    /// The verdict where the limit could not be used up.
    pub(crate) fn without(&self, why: Without) -> Verdict {
        match why {
            Without::Open(reason) => Verdict::undecided(&self.case.id, reason),
            Without::Nothing => Verdict::not_testable(
                &self.case.id,
                Missing {
                    what: format!(
                        "{} has no limit that could be asked about: see rate-limit/enforced",
                        self.limit.operation
                    ),
                    add: None,
                },
            ),
        }
    }

    /// A finding. `part` tells findings of one case apart.
    pub(crate) fn finding(&self, part: &str, title: String, detail: String, evidence: Vec<Evidence>) -> Finding {
        let mut finding = self
            .text
            .finding(&self.case, &Actor::anonymous(), None, "", detail, evidence);
        finding.title = title;
        finding.root_cause = format!("{} {}", self.case.check, self.limit.operation);
        if !part.is_empty() {
            finding.fingerprint = Fingerprint::of(&[self.case.check.as_str(), self.case.id.as_str(), part]);
        }
        finding
    }

    /// A violation with one finding.
    pub(crate) fn violated(&self, title: String, detail: String, evidence: Vec<Evidence>) -> Judgement {
        Judgement::Violated(vec![self.finding("", title, detail, evidence)])
    }
}

/// Exchanges as evidence, each with its label.
pub(crate) fn shown(ctx: &Ctx<'_>, exchanges: &[(&str, Option<&Exchange>)]) -> Vec<Evidence> {
    exchanges
        .iter()
        .filter_map(|(label, exchange)| Some(ctx.target.evidence(label, (*exchange)?, None)))
        .collect()
}
