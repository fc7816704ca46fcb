//! A check that reads its answer from the story of a flow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gate_check::{Check, ClosingProof, Contribution, Ctx, FindingText, Group, Judgement, Lane, Procedure, Verdict};
use gate_exchange::{Actor, Exchange};
use gate_model::{Case, CheckPage, Evidence, Missing, ResourceName, Severity, Undecided};
use gate_spec::{RecoveryFlow, RecoveryKind, Spec};
use tokio::sync::OnceCell;

use crate::needs;
use crate::story::{Story, Try, tell};

/// Requests that one check of a flow is expected to cost; together they tell its story.
const REQUESTS: u64 = 5;

type Told = Arc<OnceCell<Result<Arc<Story>, Undecided>>>;

/// The stories of a run, each told once.
#[derive(Default)]
pub(crate) struct Stories {
    told: Mutex<HashMap<RecoveryKind, Told>>,
}

impl Stories {
    async fn of(&self, ctx: &Ctx<'_>, flow: &RecoveryFlow) -> Result<Arc<Story>, Undecided> {
        let cell = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(told.entry(flow.kind).or_default())
        };
        cell.get_or_init(|| async { tell(ctx, flow).await.map(Arc::new) })
            .await
            .clone()
    }
}

/// What a check reads from a story.
pub(crate) enum Read {
    /// It is as it should be; the text is the proof.
    Holds(String),
    /// It is not.
    Violated(Violation),
    /// It could not be found out.
    Undecided(Undecided),
    /// The question does not fit.
    DoesNotApply(String),
}

impl Read {
    /// What came of something that must not work. `what` was tried, as the subject of a sentence; `title` says what is wrong where it
    /// worked, and `severity` how bad, where that is not what the page says.
    pub(crate) fn of_try(tried: &Try, what: &str, title: String, severity: Option<Severity>) -> Self {
        match tried {
            Err(reason) => Self::Undecided(reason.clone()),
            Ok(tried) if tried.worked => Self::Violated(Violation {
                title,
                detail: format!("{what} {}", tried.said),
                shown: vec![(tried.exchange.clone(), None)],
                severity,
            }),
            Ok(tried) => Self::Holds(format!("{what} {}", tried.said)),
        }
    }
}

/// What is wrong.
pub(crate) struct Violation {
    /// One sentence for the title.
    pub(crate) title: String,
    /// What was seen.
    pub(crate) detail: String,
    /// The exchange that shows it, and the part of it.
    pub(crate) shown: Vec<(Exchange, Option<String>)>,
    /// How bad, where it is not what the page says.
    pub(crate) severity: Option<Severity>,
}

/// Whether the question fits a flow, and what the plan has to give for it beside the mailbox.
pub(crate) type Fits = fn(&Spec, &RecoveryFlow) -> Option<Result<(), Missing>>;
/// Reads the answer.
pub(crate) type Reader = fn(&RecoveryFlow, &Spec, &Story) -> Read;

/// A check of this family.
pub(crate) struct StoryCheck {
    page: Arc<CheckPage>,
    fits: Fits,
    read: Reader,
    stories: Arc<Stories>,
}

impl StoryCheck {
    /// A check with its page.
    pub(crate) fn new(page: &'static str, fits: Fits, read: Reader, stories: &Arc<Stories>) -> Self {
        Self {
            page: Arc::new(CheckPage::parse(page).expect("the page of the check is complete")),
            fits,
            read,
            stories: Arc::clone(stories),
        }
    }

    fn case(&self, flow: &RecoveryFlow) -> Case {
        let case = Case::new(&self.page.id).with_resource(&ResourceName::new(flow.kind.word()));
        match &flow.confirm_operation {
            Some(operation) => case.with_operation(operation),
            None => case,
        }
        .with_source(flow.source.clone())
    }
}

impl Check for StoryCheck {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        for flow in &spec.settings.recovery.flows {
            let Some(fits) = (self.fits)(spec, flow) else {
                continue;
            };
            let case = self.case(flow);
            if let Some(reason) = needs::skipped(spec, flow) {
                contribution.skipped.push((case, reason));
                continue;
            }
            if let Some(missing) = needs::missing(spec, flow).or(fits.err()) {
                contribution.not_testable.push((case, missing));
                continue;
            }
            let (flow, page) = (flow.clone(), Arc::clone(&self.page));
            let (read, stories) = (self.read, Arc::clone(&self.stories));
            contribution.groups.push(Group {
                cases: vec![case.clone()],
                lane: Lane::Account,
                requests: REQUESTS,
                run: Arc::new(move |ctx| {
                    let (case, flow, page) = (case.clone(), flow.clone(), Arc::clone(&page));
                    let stories = Arc::clone(&stories);
                    Box::pin(async move {
                        let told = stories.of(ctx, &flow).await;
                        vec![judged(ctx, &case, &page, &flow, read, told)]
                    })
                }),
            });
        }
        contribution
    }
}

fn judged(
    ctx: &Ctx<'_>,
    case: &Case,
    page: &Arc<CheckPage>,
    flow: &RecoveryFlow,
    read: Reader,
    told: Result<Arc<Story>, Undecided>,
) -> Verdict {
    let story = match told {
        Ok(story) => story,
        Err(reason) => return Verdict::undecided(&case.id, reason),
    };
    let procedure = Procedure::begin(case);
    // What worked is the control: the same request with a token that was good.
    let proof = ClosingProof::answered(ctx, &story.control);
    let judgement = match read(flow, ctx.spec, &story) {
        Read::Holds(proof) => Judgement::Holds(format!(
            "{proof}; a good {} was answered {}",
            flow.kind.noun(),
            story.control.status
        )),
        Read::Undecided(reason) => Judgement::Undecided(reason),
        Read::DoesNotApply(what) => return Verdict::not_testable(&case.id, Missing { what, add: None }),
        Read::Violated(violation) => {
            let text = FindingText {
                page: Arc::clone(page),
                verb: "use",
            };
            let mut evidence: Vec<Evidence> = violation
                .shown
                .iter()
                .map(|(exchange, part)| ctx.target.evidence("probe", exchange, part.as_deref()))
                .collect();
            evidence.push(ctx.target.evidence("control", &story.control, None));
            let mut finding = text.finding(case, &Actor::anonymous(), None, "", violation.detail, evidence);
            finding.title = violation.title;
            if let Some(severity) = violation.severity {
                finding.severity = severity;
            }
            Judgement::Violated(vec![finding])
        }
    };
    procedure.close(proof, judgement)
}
