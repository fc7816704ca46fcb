//! A check of this family: a script over sessions, who plays in it, and how its end becomes a verdict.

use std::sync::Arc;

pub(crate) use gate_check::Stop;
use gate_check::{Check, ClosingProof, Contribution, Ctx, FindingText, Group, Judgement, Lane, Procedure, Verdict};
use gate_exchange::{Actor, BoxFuture};
use gate_model::{Case, Cause, CheckPage, Evidence, IdentityName, Missing, OperationId, Relation, Undecided};
use gate_spec::{ActionKind, Spec};

/// What a script gets beside the doors to the run.
pub(crate) struct Scene {
    /// The case that it decides.
    pub(crate) case: Case,
    /// Whose sessions it is about.
    pub(crate) who: IdentityName,
    page: Arc<CheckPage>,
}

/// How a script ends.
pub(crate) struct Ending {
    /// What it saw.
    pub(crate) judgement: Judgement,
    /// That the target was well when it ended.
    pub(crate) proof: Result<ClosingProof, Undecided>,
}

/// A script.
pub(crate) trait Script:
    for<'a> Fn(&'a Ctx<'a>, &'a Scene) -> BoxFuture<'a, Result<Ending, Stop>> + Send + Sync
{
}

impl<F> Script for F where F: for<'a> Fn(&'a Ctx<'a>, &'a Scene) -> BoxFuture<'a, Result<Ending, Stop>> + Send + Sync {}

/// Who plays, one case each; or what the plan lacks.
pub(crate) type Cast = fn(&Spec) -> Result<Vec<IdentityName>, Missing>;

/// A check that is a script.
pub(crate) struct SessionCheck {
    page: Arc<CheckPage>,
    /// What it does to a session or a user, which names its cases.
    action: Option<ActionKind>,
    cast: Cast,
    /// Whether it sends unsafe requests beside logins.
    writes: bool,
    lane: Lane,
    requests: u64,
    script: Arc<dyn Script>,
}

impl SessionCheck {
    /// A check with its page, who plays, and the requests that a case is expected to cost.
    pub(crate) fn new(
        page: &'static str,
        cast: Cast,
        requests: u64,
        script: impl for<'a> Fn(&'a Ctx<'a>, &'a Scene) -> BoxFuture<'a, Result<Ending, Stop>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            page: Arc::new(CheckPage::parse(page).expect("the page of the check is complete")),
            action: None,
            cast,
            writes: false,
            lane: Lane::Account,
            requests,
            script: Arc::new(script),
        }
    }

    /// It is about this action, which is an unsafe request.
    pub(crate) fn about(mut self, action: ActionKind) -> Self {
        self.action = Some(action);
        self.writing()
    }

    /// It sends unsafe requests.
    pub(crate) fn writing(mut self) -> Self {
        self.writes = true;
        self
    }

    /// It only waits, beside everything else.
    pub(crate) fn beside_others(mut self) -> Self {
        self.lane = Lane::Shared;
        self
    }

    fn case(&self, spec: &Spec) -> Case {
        let case = Case::new(&self.page.id);
        let action = self.action.and_then(|kind| spec.settings.actions.get(kind));
        match action {
            Some(action) => {
                let operation = action.operation.clone().unwrap_or_else(|| {
                    let request = &action.request;
                    OperationId::of(request.method.as_str(), &request.path.to_string())
                });
                case.with_operation(&operation).with_source(action.source.clone())
            }
            None => case,
        }
    }

    fn group(&self, case: Case, who: IdentityName) -> Group {
        let (script, page) = (Arc::clone(&self.script), Arc::clone(&self.page));
        Group {
            cases: vec![case.clone()],
            lane: self.lane,
            requests: self.requests,
            run: Arc::new(move |ctx| {
                let scene = Scene {
                    case: case.clone(),
                    who: who.clone(),
                    page: Arc::clone(&page),
                };
                let script = Arc::clone(&script);
                Box::pin(async move { vec![decide(ctx, &*script, &scene).await] })
            }),
        }
    }
}

impl Check for SessionCheck {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        // A plan without a target that knows anybody asks nothing of sessions.
        if spec.identities.is_empty() {
            return contribution;
        }
        let case = self.case(spec);
        let forbidden = (self.writes && !spec.writes_allowed()).then(|| Missing {
            what: "unsafe requests may not be sent in this run".to_owned(),
            add: Some("target: { writes: true }".to_owned()),
        });
        let players = match forbidden {
            Some(missing) => Err(missing),
            None => (self.cast)(spec),
        };
        match players {
            Err(missing) => contribution.not_testable.push((case, missing)),
            Ok(players) => {
                for (count, who) in players.into_iter().enumerate() {
                    // One of several recipes is told from the others by who logs in by it.
                    let case = if count == 0 {
                        case.clone()
                    } else {
                        case.clone().with_relation(Relation::Identity(who.to_string()))
                    };
                    contribution.groups.push(self.group(case, who));
                }
            }
        }
        contribution
    }
}

/// Runs a script; once more where a session was lost on the way, which may have been nobody's doing.
async fn decide(ctx: &Ctx<'_>, script: &dyn Script, scene: &Scene) -> Verdict {
    let mut result = script(ctx, scene).await;
    if let Err(Stop::Undecided(lost)) = &result
        && lost.cause == Cause::SessionLost
    {
        result = script(ctx, scene).await;
    }
    match result {
        Ok(ending) => Procedure::begin(&scene.case).close(ending.proof, ending.judgement),
        Err(stop) => stop.verdict(&scene.case),
    }
}

impl Scene {
    /// The actor that everybody shares who acts as the identity.
    pub(crate) fn shared(&self) -> Actor {
        Actor::identity(&self.who)
    }

    /// A finding; `title` says what is wrong, `detail` how it was seen.
    pub(crate) fn violated(&self, title: String, detail: String, evidence: Vec<Evidence>) -> Judgement {
        let text = FindingText {
            page: Arc::clone(&self.page),
            verb: "use",
        };
        let mut finding = text.finding(&self.case, &self.shared(), None, "", detail, evidence);
        finding.title = title;
        finding.root_cause = finding.check.to_string();
        Judgement::Violated(vec![finding])
    }
}
