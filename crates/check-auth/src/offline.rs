//! Questions that a token answers by itself: it is read, and nothing but its session is asked.

use std::sync::Arc;

use gate_check::{
    Check, ClosingProof, Contribution, Ctx, FindingText, Group, Judgement, Lane, Procedure, Standing, Verdict, standing,
};
use gate_exchange::Actor;
use gate_model::{Case, CheckPage, Evidence, IdentityName, Missing, Relation};
use gate_spec::Spec;
use token_forge::Jws;

use crate::guards::protected;

/// What a token says of itself.
pub(crate) enum Said {
    /// It is as it should be; the text is the proof.
    Holds(String),
    /// It is not; the text says what it shows.
    Violated(String),
    /// The question does not fit this token.
    DoesNotApply(String),
}

/// Reads a token.
pub(crate) type Reader = fn(&Spec, &IdentityName, &Jws) -> Said;

/// A check that reads the token of one identity for each login recipe.
pub(crate) struct TokenCheck {
    page: Arc<CheckPage>,
    needs: fn(&Spec) -> Option<Missing>,
    read: Reader,
}

impl TokenCheck {
    /// A check with its page, what the plan has to give, and how the token is read.
    pub(crate) fn new(page: &'static str, needs: fn(&Spec) -> Option<Missing>, read: Reader) -> Self {
        Self {
            page: Arc::new(CheckPage::parse(page).expect("the page of the check is complete")),
            needs,
            read,
        }
    }
}

impl Check for TokenCheck {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        // Tokens of a target that has no operation to use them on are nobody's business.
        if protected(spec).next().is_none() {
            return contribution;
        }
        let mut logins = Vec::new();
        for identity in spec.actors() {
            // Tokens of one recipe have one issuer; credentials of their own may have any.
            if identity.login.is_some() && logins.contains(&&identity.login) {
                continue;
            }
            logins.push(&identity.login);
            let case = Case::new(&self.page.id)
                .with_relation(Relation::Identity(identity.name.to_string()))
                .with_source(identity.source.clone());
            if let Some(missing) = (self.needs)(spec) {
                contribution.not_testable.push((case, missing));
                continue;
            }
            let (name, page, read) = (identity.name.clone(), Arc::clone(&self.page), self.read);
            contribution.groups.push(Group {
                cases: vec![case.clone()],
                lane: Lane::Shared,
                requests: 1,
                run: Arc::new(move |ctx| {
                    let (case, name, page) = (case.clone(), name.clone(), Arc::clone(&page));
                    Box::pin(async move { vec![decide(ctx, &case, &name, &page, read).await] })
                }),
            });
        }
        contribution
    }
}

async fn decide(ctx: &Ctx<'_>, case: &Case, name: &IdentityName, page: &Arc<CheckPage>, read: Reader) -> Verdict {
    let procedure = Procedure::begin(case);
    let actor = Actor::identity(name);
    let credentials = match ctx.sessions.credentials(&actor).await {
        Ok(credentials) => credentials,
        Err(reason) => return Verdict::undecided(&case.id, reason),
    };
    let Some(token) = credentials
        .parts
        .iter()
        .find_map(|(_, value)| Jws::parse(value.expose()))
    else {
        let what = format!("{name}'s credentials: the token is no JWT");
        return Verdict::not_testable(&case.id, Missing { what, add: None });
    };
    let judgement = match read(ctx.spec, name, &token) {
        Said::Holds(proof) => Judgement::Holds(proof),
        Said::DoesNotApply(what) => return Verdict::not_testable(&case.id, Missing { what, add: None }),
        Said::Violated(detail) => {
            let text = FindingText {
                page: Arc::clone(page),
                verb: "use",
            };
            let evidence = evidence(ctx, &actor).await;
            let mut finding = text.finding(case, &actor, None, "", detail.clone(), evidence);
            finding.title = detail;
            Judgement::Violated(vec![finding])
        }
    };
    procedure.close(ClosingProof::session_served(ctx, &actor).await, judgement)
}

/// The session that the token belongs to, as the target serves it.
async fn evidence(ctx: &Ctx<'_>, actor: &Actor) -> Vec<Evidence> {
    match standing(ctx, actor).await {
        Ok(Standing::Served(exchange) | Standing::Refused(_, exchange)) => {
            vec![ctx.target.evidence("the token's session", &exchange, None)]
        }
        Err(reason) => reason.evidence,
    }
}
