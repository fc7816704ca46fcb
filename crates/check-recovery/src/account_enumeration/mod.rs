//! `recovery/account-enumeration`: do a login, a request for a reset and a signup look alike, whether the account exists or not?

mod alike;
mod try_both;

use std::sync::Arc;

use gate_check::{Check, Contribution, FindingText, Group, Lane, Verdict};
use gate_exchange::BoxFuture;
use gate_model::{Case, CheckPage, IdentityName, Missing, OperationId, SkipReason};
use gate_spec::{Effect, LoginKind, RecoveryKind, RequestTemplate, Spec};

use crate::needs;

/// A request that says which account it is for.
#[derive(Clone)]
pub(crate) struct Asked {
    /// The request.
    pub(crate) request: RequestTemplate,
    /// Its operation, where the document knows it.
    pub(crate) operation: Option<OperationId>,
    /// Whose account exists.
    pub(crate) known: IdentityName,
    /// The field that names the account: `email`, or what a login has in its place.
    pub(crate) named: &'static str,
    /// What it is for.
    pub(crate) act: Act,
}

/// Fields that name an account in a login, the usual one first.
const NAMES: [&str; 5] = ["email", "username", "login", "user", "phone"];

/// What a request that names an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// A login: it is sent with a wrong password and may lock the account.
    Login,
    /// Has a message sent.
    Mail,
    /// Opens an account, where there is none.
    Signup,
}

/// Last segments of paths that open an account.
const SIGNUPS: [&str; 5] = ["signup", "sign-up", "sign_up", "register", "registration"];

/// The check.
pub(crate) struct AccountEnumeration {
    page: Arc<CheckPage>,
}

impl AccountEnumeration {
    /// The check with its page.
    pub(crate) fn new() -> Self {
        Self {
            page: Arc::new(CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete")),
        }
    }
}

impl Check for AccountEnumeration {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let mut contribution = Contribution::default();
        for asked in login(spec).into_iter().chain(reset(spec)).chain(signup(spec)) {
            let asked = match asked {
                Ok(asked) => asked,
                Err((operation, missing)) => {
                    let case = Case::new(&self.page.id);
                    let case = match operation {
                        Some(operation) => case.with_operation(&operation),
                        None => case,
                    };
                    contribution.not_testable.push((case, missing));
                    continue;
                }
            };
            let case = Case::new(&self.page.id).with_source(asked.request.source.clone());
            let case = match &asked.operation {
                Some(operation) => case.with_operation(operation),
                None => case,
            };
            let left_out = asked
                .operation
                .as_ref()
                .and_then(|id| spec.operations.get(id)?.skip.clone());
            if let Some(reason) = left_out {
                contribution.skipped.push((case, SkipReason::Plan(reason)));
                continue;
            }
            if !spec.writes_allowed() {
                let what = "it may lock or open an account, and the target is not on loopback without `writes: true`";
                contribution
                    .skipped
                    .push((case, SkipReason::WritesNotAllowed(what.to_owned())));
                continue;
            }
            let text = Arc::new(FindingText {
                page: Arc::clone(&self.page),
                verb: "tell",
            });
            contribution.groups.push(Group {
                cases: vec![case.clone()],
                lane: Lane::Account,
                requests: try_both::cost(&asked),
                run: Arc::new(move |ctx| {
                    let (case, asked, text) = (case.clone(), asked.clone(), Arc::clone(&text));
                    let decided: BoxFuture<'_, Vec<Verdict>> =
                        Box::pin(async move { vec![try_both::decide(ctx, &case, &asked, &text).await] });
                    decided
                }),
            });
        }
        contribution
    }
}

type Found = Result<Asked, (Option<OperationId>, Missing)>;

/// The field of a request with a password that names the account.
fn named_in(request: &RequestTemplate) -> Option<&'static str> {
    let holes = request.holes();
    let has = |name: &str| holes.iter().any(|hole| hole == name);
    NAMES.into_iter().find(|name| has("password") && has(name))
}

/// The login with a password, where it is one request.
fn login(spec: &Spec) -> Option<Found> {
    // One that is a single request is preferred to one of several.
    let mut found: Vec<_> = spec
        .logins
        .values()
        .filter_map(|login| match &login.kind {
            LoginKind::Steps(steps) => {
                let (step, named) = steps.iter().find_map(|step| Some((step, named_in(&step.request)?)))?;
                Some((steps.len(), login, &step.request, named))
            }
            _ => None,
        })
        .collect();
    found.sort_by_key(|(steps, ..)| *steps);
    let (steps, login, request, named) = found.into_iter().next()?;
    let path = request.path.to_string();
    let operation = spec
        .operations
        .keys()
        .find(|id| id.method() == request.method.as_str() && path.ends_with(id.path()))
        .cloned();
    let subject = spec.settings.recovery.subject.as_ref();
    let subject = subject.filter(|name| {
        spec.identities
            .get(*name)
            .is_some_and(|known| known.login.as_ref() == Some(&login.name))
    });
    if steps > 1 {
        let missing = Missing {
            what: format!(
                "the login takes {steps} requests, and only logins of one are asked for accounts that do not exist"
            ),
            add: None,
        };
        return Some(Err((operation, missing)));
    }
    Some(match subject {
        Some(known) => Ok(Asked {
            request: request.clone(),
            operation,
            known: known.clone(),
            named,
            act: Act::Login,
        }),
        None => Err((
            operation,
            Missing {
                what: "no identity is there whose logins may fail".to_owned(),
                add: Some(spec.stub_login()),
            },
        )),
    })
}

/// The request for a reset of the password.
fn reset(spec: &Spec) -> Option<Found> {
    let recovery = &spec.settings.recovery;
    let flow = recovery
        .flows
        .iter()
        .find(|flow| flow.kind == RecoveryKind::PasswordReset && flow.by.is_none())?;
    // The other account has fewer messages behind it, and limits count them.
    let known = recovery.other.as_ref().or(recovery.subject.as_ref());
    Some(match known {
        Some(known) => Ok(Asked {
            request: flow.request.clone(),
            operation: flow.request_operation.clone(),
            known: known.clone(),
            named: "email",
            act: Act::Mail,
        }),
        None => Err((
            flow.request_operation.clone(),
            needs::missing(spec, flow).unwrap_or(Missing {
                what: "no identity is there that a message may go to".to_owned(),
                add: Some(spec.stub_login()),
            }),
        )),
    })
}

/// The request that opens an account, where the plan asks for it.
fn signup(spec: &Spec) -> Option<Found> {
    let recovery = &spec.settings.recovery;
    let Some((request, operation)) = &recovery.signup else {
        let is_signup = |id: &&OperationId| {
            let last = id.path().rsplit('/').find(|segment| !segment.is_empty());
            last.is_some_and(|last| SIGNUPS.contains(&last.to_ascii_lowercase().as_str()))
        };
        let found = spec
            .operations
            .values()
            .filter(|operation| operation.effect == Effect::IssuesCredentials)
            .map(|operation| &operation.id)
            .find(is_signup)?;
        let missing = Missing {
            what: "a signup may leave accounts behind, so that it is sent only where the plan asks for it".to_owned(),
            add: Some(format!(
                "recovery: {{ signup: {{ {}: {} }} }}",
                found.method().to_ascii_lowercase(),
                found.path()
            )),
        };
        return Some(Err((Some(found.clone()), missing)));
    };
    let has_address = |name: &&IdentityName| {
        let identity = spec.identities.get(*name);
        identity.is_some_and(|identity| identity.unset.is_empty() && identity.field("email").is_some())
    };
    let known = recovery
        .other
        .iter()
        .chain(&recovery.subject)
        .chain(spec.identities.keys());
    Some(match known.into_iter().find(has_address) {
        Some(known) => Ok(Asked {
            request: request.clone(),
            operation: operation.clone(),
            known: known.clone(),
            named: "email",
            act: Act::Signup,
        }),
        None => Err((
            operation.clone(),
            Missing {
                what: "no identity is there whose address is known to have an account (`as: { email: … }`)".to_owned(),
                add: Some(spec.stub_login()),
            },
        )),
    })
}
