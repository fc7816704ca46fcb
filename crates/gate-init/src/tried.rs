//! Tries the logins, and asks the target what it shows to nobody.

use std::sync::Arc;
use std::time::Duration;

use gate_exchange::{
    Actor, Client, ClientError, Exchange, Options, Outgoing, Proof, Purpose, Request, SessionLife as _, Target as _,
};
use gate_model::{OperationId, SharedRedactor};
use gate_spec::{Effect, Method, Operation, Spec};
use serde_json::Value;

use crate::affiliation::Affiliation;
use crate::seen::Seen;

/// Operations that nobody is let ask for.
const MAX_OPEN: usize = 20;

/// The bounds of all this: a first plan is a matter of seconds.
pub(crate) fn bounds() -> Options {
    Options {
        deadline: Duration::from_secs(90),
        requests: 400,
        timeout: Duration::from_secs(10),
        ..Options::default()
    }
}

/// What came of the logins.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    /// Who was proven, in the plan's order.
    pub(crate) proofs: Vec<Proof>,
    /// What each answer says about its user, in the same order.
    pub(crate) affiliations: Vec<Affiliation>,
    /// The answers of the first user's login that set cookies.
    pub(crate) cookie_answers: Vec<Exchange>,
}

impl Tried {
    /// Whether everybody was proven.
    pub(crate) fn well(&self) -> bool {
        !self.proofs.is_empty() && self.proofs.iter().all(|proof| proof.result.is_ok())
    }
}

/// Logs everybody in and shows who they are.
pub(crate) async fn prove(spec: &Spec, options: &Options) -> Result<Tried, ClientError> {
    let redactor = SharedRedactor::default();
    redactor.add(spec.secrets.iter().map(|secret| secret.expose().as_str()));
    let client = Client::new(Arc::new(spec.clone()), options.clone(), redactor.clone())?;
    let seen = Arc::new(Seen::default());
    client.observe(Arc::clone(&seen) as Arc<dyn gate_exchange::Observer>);
    let mut proofs = client.prove().await;
    for proof in &mut proofs {
        // A server may answer with what it was sent.
        match &mut proof.result {
            Ok(how) => *how = redactor.redact(how),
            Err(reason) => reason.detail = redactor.redact(&reason.detail),
        }
    }
    let affiliations = proofs
        .iter()
        .map(|proof| {
            let answer = seen.of(proof.identity.as_str());
            let affiliation = answer.as_ref().map(Affiliation::of).unwrap_or_default();
            affiliation.without(&|text| redactor.finds(text.as_bytes()))
        })
        .collect();
    let first = proofs.first().map(|proof| Actor::identity(&proof.identity));
    let cookie_answers = first.map(|first| client.cookie_answers(&first)).unwrap_or_default();
    Ok(Tried {
        proofs,
        affiliations,
        cookie_answers,
    })
}

/// Operations that serve nobody in particular although the document does not say that they are meant to: reads without
/// parameters of which it is silent.
pub(crate) async fn open_to_anybody(spec: &Spec, options: &Options) -> Result<Vec<OperationId>, ClientError> {
    let client = Client::new(Arc::new(spec.clone()), options.clone(), SharedRedactor::default())?;
    let mut open = Vec::new();
    for operation in spec
        .operations
        .values()
        .filter(|operation| is_silent(operation))
        .take(MAX_OPEN)
    {
        let nothing = |_: &str| -> Option<Value> { None };
        let Ok(request) = Request::fill(&operation.request, &nothing) else {
            continue;
        };
        let outgoing = Outgoing::new(&Actor::anonymous(), Purpose::Setup, request);
        match client.send(outgoing).await {
            Ok(exchange) if exchange.is_success() => open.push(operation.id.clone()),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Ok(open)
}

fn is_silent(operation: &Operation) -> bool {
    operation.method() == Method::Get
        && operation.secured.is_none()
        && operation.public.is_none()
        && operation.skip.is_none()
        && operation.params.is_empty()
        && matches!(operation.effect, Effect::Read | Effect::List | Effect::ReadOther)
}
