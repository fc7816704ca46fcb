//! Asks the target who a session is, or at least whether it is served what nobody is.

use std::sync::Arc;

use gate_model::{Cause, IdentityName, OperationId, Undecided};
use gate_spec::{Effect, Identity, Lookup as _, Match, Method, Operation, ParamSource, RequestTemplate};
use serde_json::Value;

use super::live::{Live, Worn};
use super::must;
use super::slot::{Liveness, Slot};
use super::user::steady;
use super::values::Values;
use crate::budget::Purse;
use crate::{Actor, Altered, Client, Exchange, Outgoing, Presented, Purpose, Request};

/// Operations that are tried in the search for one that shows a session alive.
const MAX_CANDIDATES: usize = 5;
/// Names of requests that show the caller, the best first.
const SELF_NAMES: [&str; 9] = [
    "me",
    "whoami",
    "userinfo",
    "profile",
    "account",
    "self",
    "current",
    "current-user",
    "user",
];

/// How a session is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) request: RequestTemplate,
    pub(crate) must: Match,
    pub(crate) operation: Option<OperationId>,
    /// Whether the answer shows the user, not only that a session is served.
    pub(crate) shows_user: bool,
    /// Whether the plan names it.
    pub(crate) planned: bool,
}

impl Question {
    pub(crate) fn label(&self) -> String {
        format!("{} {}", self.request.method, self.request.path)
    }
}

impl Client {
    /// What to ask: the plan's request, or one that was found to tell the identity from nobody.
    pub(crate) async fn question(&self, slot: &Slot, live: &Live) -> Result<Question, Undecided> {
        let identity = self.identity(&slot.identity)?;
        let planned = identity
            .whoami
            .as_ref()
            .or_else(|| self.login_of(identity).and_then(|login| login.whoami.as_ref()));
        if let Some(whoami) = planned {
            return Ok(Question {
                request: whoami.request.clone(),
                must: whoami.must.clone(),
                operation: None,
                shows_user: true,
                planned: true,
            });
        }
        let liveness = self.find_liveness(identity, slot, live).await?;
        Ok(Question {
            request: liveness.request,
            must: Match::default(),
            operation: Some(liveness.operation),
            shows_user: liveness.shows_user,
            planned: false,
        })
    }

    /// Sends the question with the credentials in use.
    pub(crate) async fn ask(&self, slot: &Slot, live: &Live, question: &Question) -> Result<Exchange, Undecided> {
        let outgoing = self.asking(slot, live, question)?;
        let worn = self.wear(self.who(slot)?, live, &outgoing)?;
        let exchange = self
            .sender()
            .send(Arc::new(outgoing), &worn, self.sender().how(Purpose::Alive))
            .await?;
        live.learn(&exchange);
        Ok(exchange)
    }

    /// The question as a request.
    pub(super) fn asking(&self, slot: &Slot, live: &Live, question: &Question) -> Result<Outgoing, Undecided> {
        let (request, operation) = (&question.request, question.operation.as_ref());
        self.whoami_request(self.who(slot)?, slot, live, request, operation, true)
    }

    /// Whether the answer shows a live session of the right user.
    pub(crate) async fn judge(
        &self,
        slot: &Slot,
        live: &Live,
        question: &Question,
        exchange: &Exchange,
    ) -> Result<(), Undecided> {
        let identity = self.who(slot)?;
        let (name, label, status) = (&identity.name, question.label(), exchange.status);
        if !exchange.is_success() {
            let cause = match status {
                429 => Cause::Throttled,
                500.. => Cause::NeitherAnswer,
                _ => Cause::SessionLost,
            };
            let verb = if cause == Cause::SessionLost {
                "was refused"
            } else {
                "could not be shown alive"
            };
            return Err(Undecided::new(
                cause,
                format!("{name}'s session {verb}: {label} answered {status}"),
            ));
        }
        let values = Values {
            identity,
            unique: &slot.account.unique,
            vars: &live.vars,
        };
        must::check(&question.must, exchange, &values).map_err(|reason| {
            Undecided::new(
                Cause::SessionLost,
                format!("{name}'s session is not shown to be {name}'s: {label} answered {status}, but {reason}"),
            )
        })?;
        if question.planned && question.must.is_empty() {
            let anonymous = self.as_nobody(identity, slot, live, &question.request, None).await?;
            if anonymous.is_success() && same_answer(&anonymous, exchange) {
                return Err(proves_nothing(identity, &label));
            }
        }
        Ok(())
    }

    /// Whether the target takes altered credentials for those of the identity that they were made of.
    pub(crate) async fn recognise(&self, altered: &Altered) -> Result<bool, Undecided> {
        let slot = self.book().shared(&altered.of).ok_or_else(|| {
            Undecided::new(
                Cause::IdentityUnproven,
                format!("the plan knows no identity `{}`", altered.of),
            )
        })?;
        let live = self.ensure(&slot, Purse::Run).await?;
        let question = self.question(&slot, &live).await?;
        let identity = self.identity(&altered.of)?;
        let operation = question.operation.as_ref();
        let mut outgoing = self.whoami_request(identity, &slot, &live, &question.request, operation, true)?;
        // Who is asked about is himself: what his whoami shows is his own.
        outgoing.actor.presented = Presented::Altered(Arc::new(altered.clone()));
        let worn = self.wear_altered(altered, outgoing.request.method);
        let how = self.sender().how(Purpose::Alive);
        let exchange = self.sender().send(Arc::new(outgoing), &worn, how).await?;
        match self.judge(&slot, &live, &question, &exchange).await {
            Ok(()) => Ok(true),
            Err(refused) if refused.cause == Cause::SessionLost => Ok(false),
            Err(open) => Err(open),
        }
    }

    async fn find_liveness(&self, identity: &Identity, slot: &Slot, live: &Live) -> Result<Liveness, Undecided> {
        let mut known = self.book().liveness.lock().await;
        if let Some(Some(liveness)) = known.get(&identity.name) {
            return Ok(liveness.clone());
        }
        let candidates = candidates(self.spec().operations.values());
        let mut tried = Vec::new();
        for operation in candidates {
            // A request that cannot be filled here is no candidate.
            let Ok(outgoing) = self.whoami_request(identity, slot, live, &operation.request, Some(&operation.id), true)
            else {
                continue;
            };
            if tried.len() >= MAX_CANDIDATES {
                break;
            }
            let worn = self.wear(identity, live, &outgoing)?;
            let exchange = self
                .sender()
                .send(Arc::new(outgoing), &worn, self.sender().how(Purpose::Alive))
                .await?;
            live.learn(&exchange);
            if !exchange.is_success() {
                tried.push(format!("{} answered {}", operation.id, exchange.status));
                continue;
            }
            let anonymous = self
                .as_nobody(identity, slot, live, &operation.request, Some(&operation.id))
                .await?;
            if !matches!(anonymous.status, 401 | 403 | 404 | 300..=399) {
                tried.push(format!("{} answers nobody {}", operation.id, anonymous.status));
                continue;
            }
            let liveness = Liveness {
                operation: operation.id.clone(),
                request: operation.request.clone(),
                shows_user: self_rank(operation) < SELF_NAMES.len(),
            };
            tracing::debug!(identity = %identity.name, operation = %operation.id, "liveness request found");
            known.insert(identity.name.clone(), Some(liveness.clone()));
            return Ok(liveness);
        }
        let tried = if tried.is_empty() {
            "there is no operation to try".to_owned()
        } else {
            tried.join(", ")
        };
        Err(Undecided::new(
            Cause::IdentityUnproven,
            format!("nothing shows that {}'s session is alive: {tried}", identity.name),
        )
        .settled_by(settle(identity)))
    }

    /// The same question without any credentials; asked once per request.
    pub(super) async fn as_nobody(
        &self,
        identity: &Identity,
        slot: &Slot,
        live: &Live,
        request: &RequestTemplate,
        operation: Option<&OperationId>,
    ) -> Result<Arc<Exchange>, Undecided> {
        let outgoing = self.whoami_request(identity, slot, live, request, operation, false)?;
        let key = format!("{} {}", outgoing.request.method, outgoing.request.path);
        let mut known = self.book().anonymous.lock().await;
        if let Some(exchange) = known.get(&key) {
            return Ok(exchange.clone());
        }
        let how = self.sender().how(Purpose::Alive);
        let exchange = Arc::new(self.sender().send(Arc::new(outgoing), &Worn::nothing(), how).await?);
        if exchange.status != 429 && exchange.status < 500 {
            known.insert(key, exchange.clone());
        }
        Ok(exchange)
    }

    fn whoami_request(
        &self,
        identity: &Identity,
        slot: &Slot,
        live: &Live,
        template: &RequestTemplate,
        operation: Option<&OperationId>,
        as_itself: bool,
    ) -> Result<Outgoing, Undecided> {
        let values = Values {
            identity,
            unique: &slot.account.unique,
            vars: &live.vars,
        };
        let params = operation
            .and_then(|id| self.spec().operations.get(id))
            .map(|operation| operation.params.as_slice())
            .unwrap_or_default();
        let lookup = |name: &str| -> Option<Value> {
            match params.iter().find(|(param, _)| param == name) {
                Some((_, ParamSource::Tenant)) => Some(Value::String(identity.tenant_value().to_owned())),
                Some((_, ParamSource::Literal(value))) => Some(value.clone()),
                _ => values.get(name),
            }
        };
        let request = Request::fill(template, &lookup)
            .map_err(|error| Undecided::new(Cause::IdentityUnproven, format!("{}: {error}", identity.name)))?;
        let actor = if as_itself {
            Actor::identity(&identity.name)
        } else {
            Actor::anonymous()
        };
        let mut outgoing = Outgoing::new(&actor, Purpose::Alive, request);
        outgoing.operation = operation.cloned();
        Ok(outgoing)
    }
}

/// Operations that may tell a session from nobody, the most telling first.
fn candidates<'a>(operations: impl Iterator<Item = &'a Operation>) -> Vec<&'a Operation> {
    let fits = |operation: &&Operation| {
        operation.method() == Method::Get
            && operation.public.is_none()
            && operation.secured != Some(false)
            && operation.skip.is_none()
            && matches!(operation.effect, Effect::Read | Effect::List | Effect::ReadOther)
            && operation
                .params
                .iter()
                .all(|(_, source)| matches!(source, ParamSource::Tenant | ParamSource::Literal(_)))
    };
    let mut candidates: Vec<&Operation> = operations.filter(fits).collect();
    candidates.sort_by_key(|operation| (self_rank(operation), operation.params.len()));
    candidates
}

/// How well the last part of a path says that it shows the caller; less is better.
fn self_rank(operation: &Operation) -> usize {
    let path = operation.id.path();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let last = last.to_ascii_lowercase();
    SELF_NAMES
        .iter()
        .position(|name| *name == last)
        .unwrap_or(SELF_NAMES.len())
}

fn same_answer(one: &Exchange, two: &Exchange) -> bool {
    match (one.json(), two.json()) {
        (Some(one), Some(two)) => steady(&one) == steady(&two),
        _ => one.body == two.body,
    }
}

/// A whoami request whose answer is the same without credentials.
pub(super) fn proves_nothing(identity: &Identity, label: &str) -> Undecided {
    let name = &identity.name;
    let detail =
        format!("{name}'s session is not shown to be {name}'s: {label} proves nothing, it answers nobody the same");
    Undecided::new(Cause::SessionLost, detail).settled_by(settle(identity))
}

/// The plan line that names a whoami request.
pub(crate) fn settle(identity: &Identity) -> String {
    match &identity.login {
        Some(login) => {
            format!("logins:\n  {login}:\n    whoami: {{ get: /me, equals: {{ $.email: \"{{{{email}}}}\" }} }}")
        }
        None => format!("identities:\n  {}:\n    whoami: {{ get: /me }}", name(&identity.name)),
    }
}

fn name(identity: &IdentityName) -> &str {
    identity.as_str()
}
