//! Makes the requests that use up a limit: from the plan's own login where the operation is one, else from the document.

use gate_check::Ctx;
use gate_exchange::{Actor, Request};
use gate_model::{Cause, IdentityName, Undecided};
use gate_objects::{Bindings, CallerLookup};
use gate_spec::{
    Counts, Effect, Identity, LoginKind, LoginStep, Operation, ParamSource, RateLimit, RequestTemplate, Spec,
};
use serde_json::Value;

use crate::account::Account;
use crate::body::{Fields, Which};
use crate::guess;

/// Makes requests to one operation.
pub(crate) struct Maker<'p> {
    operation: &'p Operation,
    limit: Option<&'p RateLimit>,
    /// The step of a login that is this operation, where the plan has one.
    step: Option<&'p LoginStep>,
    /// Whose account may be used up.
    expendable: Option<&'p Identity>,
    /// Whose fields the requests are modelled after.
    model: Option<&'p Identity>,
}

impl<'p> Maker<'p> {
    /// For an operation, with its limit where one is declared.
    pub(crate) fn new(spec: &'p Spec, operation: &'p Operation, limit: Option<&'p RateLimit>) -> Self {
        let named = limit
            .and_then(|limit| limit.identity.as_ref())
            .and_then(|name| spec.identities.get(name));
        let given_away = || {
            let mut all = spec.identities.values().filter(|identity| identity.throw_away);
            all.find(|identity| identity.unset.is_empty())
        };
        let expendable = named.or_else(given_away);
        let step_of = |identity: &'p Identity| login_step(spec, identity, operation).map(|step| (identity, step));
        let found = expendable.into_iter().chain(spec.identities.values()).find_map(step_of);
        Self {
            operation,
            limit,
            step: found.map(|(_, step)| step),
            model: found
                .map(|(identity, _)| identity)
                .or(expendable)
                .or_else(|| spec.actors().next()),
            expendable: expendable.filter(|identity| found.is_none() || step_of(identity).is_some()),
        }
    }

    /// Whether nobody needs to be logged in for it.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.step.is_some() || self.operation.public.is_some() || self.operation.effect == Effect::IssuesCredentials
    }

    /// Whether a refused or handled request is sure to have met the handler as it stands.
    pub(crate) fn is_from_plan(&self) -> bool {
        self.step.is_some()
    }

    /// Whether an identity logs in by this operation.
    pub(crate) fn logs_in(&self, spec: &Spec, identity: &Identity) -> bool {
        login_step(spec, identity, self.operation).is_some()
    }

    /// Whether there is an account that may be locked, with its secret.
    pub(crate) fn gives_account_away(&self) -> bool {
        self.step.is_some() && self.expendable.is_some()
    }

    /// Whether the plan gives somebody away for it.
    pub(crate) fn has_expendable(&self) -> bool {
        self.expendable.is_some()
    }

    /// A request that is refused for what it lacks: whoever is limited by it, nothing is made by it.
    ///
    /// # Errors
    /// Where the request cannot be filled.
    pub(crate) async fn harmless(&self, ctx: &Ctx<'_>) -> Result<Account, Undecided> {
        let identity = self.expendable.or(self.model).map(|identity| &identity.name);
        let mut account = self.made(ctx, identity.filter(|_| !self.is_anonymous())).await?;
        account.fields = None;
        match &mut account.request.body {
            Some(body) if body.media_type.to_ascii_lowercase().contains("json") => body.bytes = "{}".into(),
            Some(body) => body.bytes = Default::default(),
            None => {}
        }
        Ok(account)
    }

    /// The account that is used up: an expendable one, where the plan has it and its own secret is known, else one that
    /// nobody has.
    ///
    /// # Errors
    /// Where the request cannot be filled.
    pub(crate) async fn account(&self, ctx: &Ctx<'_>) -> Result<Account, Undecided> {
        if !self.is_anonymous() {
            let identity = self.expendable.or(self.model);
            return self.made(ctx, identity.map(|identity| &identity.name)).await;
        }
        match self.expendable.filter(|_| self.step.is_some()) {
            Some(identity) => self.made(ctx, Some(&identity.name)).await,
            None => self.invented(ctx).await,
        }
    }

    /// An account that nobody has.
    ///
    /// # Errors
    /// Where the request cannot be filled.
    pub(crate) async fn invented(&self, ctx: &Ctx<'_>) -> Result<Account, Undecided> {
        let model = self.made(ctx, self.model.map(|identity| &identity.name)).await?;
        Ok(model.renamed(None, &guess::account))
    }

    /// The request as one identity sends it.
    ///
    /// # Errors
    /// Where the request cannot be filled.
    pub(crate) async fn made(&self, ctx: &Ctx<'_>, identity: Option<&IdentityName>) -> Result<Account, Undecided> {
        let mut request = match (self.step, identity.and_then(|name| ctx.spec.identities.get(name))) {
            (Some(step), Some(identity)) => from_login(&step.request, identity)?,
            _ => self.documented(ctx, identity).await?,
        };
        let anonymous = self.is_anonymous();
        let fails = self.limit.is_none_or(|limit| limit.counts == Counts::Failures);
        let mut fields = Fields::of(&request);
        if !anonymous && !fails && !self.operation.method().is_safe() {
            // Counted before it is looked at, refused for what it lacks: nothing is made or changed.
            if let (Some(body), Some(Fields::Json(_))) = (&mut request.body, &fields) {
                body.bytes = "{}".into();
                fields = None;
            }
        }
        let actor = match identity.filter(|_| !anonymous) {
            Some(name) => Actor::identity(name),
            None => Actor::anonymous(),
        };
        let has_secret = fields
            .as_ref()
            .is_some_and(|fields| fields.first(Which::Secret).is_some());
        Ok(Account {
            identity: identity.cloned(),
            operation: self.operation.id.clone(),
            actor,
            request,
            fields,
            wrong: has_secret && (anonymous || fails),
        })
    }

    async fn documented(&self, ctx: &Ctx<'_>, identity: Option<&IdentityName>) -> Result<Request, Undecided> {
        let mut bindings = Bindings {
            params: self.operation.params.clone(),
            ..Bindings::default()
        };
        for (_, source) in &self.operation.params {
            if let ParamSource::Id(resource) | ParamSource::Key(resource, _) = source {
                bindings.objects.push(ctx.objects.leased(resource).await?);
            }
        }
        let lookup = CallerLookup::new(ctx.spec, ctx.canaries, identity, &bindings);
        Request::fill(&self.operation.request, &lookup)
            .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))
    }
}

/// The step of an identity's login that is an operation.
fn login_step<'p>(spec: &'p Spec, identity: &Identity, operation: &Operation) -> Option<&'p LoginStep> {
    let LoginKind::Steps(steps) = &spec.logins.get(identity.login.as_ref()?)?.kind else {
        return None;
    };
    let path = operation.request.path.to_string();
    steps.iter().find(|step| {
        step.request.method == operation.method() && {
            let own = step.request.path.to_string();
            own == path || own == operation.id.path()
        }
    })
}

fn from_login(template: &RequestTemplate, identity: &Identity) -> Result<Request, Undecided> {
    let lookup = |name: &str| match identity.field(name) {
        Some(value) => Some(Value::from(value.expose().as_str())),
        None if name == "unique" => Some(Value::from(guess::word())),
        None => None,
    };
    Request::fill(template, &lookup).map_err(|error| {
        Undecided::new(
            Cause::LoginFailed,
            format!("an attempt of its own cannot be made of the login: {error}"),
        )
    })
}
