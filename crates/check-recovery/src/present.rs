//! Uses a token, and reads what came of it.

use gate_check::{Ctx, Refusal, Standing, carriers, standing_as};
use gate_exchange::{Actor, Entry, Exchange, Purpose};
use gate_model::{Cause, IdentityName, Secret, Undecided};
use gate_spec::{Extract, RecoveryFlow};

use crate::ask::Account;
use crate::values::Values;

/// What came of using a token.
#[derive(Clone, Debug)]
pub(crate) enum Used {
    /// It was taken.
    Taken(Exchange),
    /// It was refused; the text says how.
    Refused(String, Exchange),
}

/// Uses a token for an account.
///
/// # Errors
/// Where the answer is neither, or none came.
pub(crate) async fn present(
    ctx: &Ctx<'_>,
    flow: &RecoveryFlow,
    account: Account<'_>,
    token: &str,
    new_password: &str,
) -> Result<Used, Undecided> {
    let values = Values {
        account: Some(account.identity),
        address: account.address,
        token: Some(token),
        new_password: Some(new_password),
        message: None,
    };
    let anonymous = Actor::anonymous();
    let outgoing = values.fill(
        &flow.confirm,
        flow.confirm_operation.as_ref(),
        &anonymous,
        Purpose::Probe,
    )?;
    // The token is a field like any other: it is often refused as one that is not valid.
    Ok(match standing_as(ctx, outgoing, Refusal::Field).await? {
        Standing::Served(exchange) => Used::Taken(exchange),
        Standing::Refused(said, exchange) => Used::Refused(said, exchange),
    })
}

/// Whether a password logs an identity in.
///
/// # Errors
/// Where that could not be found out.
pub(crate) async fn logs_in(ctx: &Ctx<'_>, identity: &IdentityName, password: &str) -> Result<bool, Undecided> {
    let entry = Entry {
        fields: vec![("password".to_owned(), Secret::new(password.to_owned()))],
        cookies: Vec::new(),
    };
    match ctx.life.enter(identity, &entry).await {
        Ok(_) => Ok(true),
        Err(refused) if refused.cause == Cause::LoginFailed => Ok(false),
        Err(other) => Err(other),
    }
}

/// Whether the session that an answer gives is the one of an identity; `None` where the answer gives none that is known.
///
/// # Errors
/// Where that could not be found out.
pub(crate) async fn is_session_of(
    ctx: &Ctx<'_>,
    answer: &Exchange,
    identity: &IdentityName,
) -> Result<Option<bool>, Undecided> {
    let credentials = ctx.sessions.credentials(&Actor::identity(identity)).await?;
    let carriers = carriers(ctx, &credentials).await?;
    let carrying = credentials.main().filter(|(place, _)| carriers.carries(place));
    let first = credentials.parts.iter().find(|(place, _)| carriers.carries(place));
    // What else lets the identity in would make any session its own.
    let credentials = match carrying.map(|(place, _)| place).or(first.map(|(place, _)| place)) {
        Some(place) => carriers.only_by(&credentials, place),
        None => credentials,
    };
    let Some(given) = given(ctx, answer, identity, &credentials) else {
        return Ok(None);
    };
    let altered = credentials.with_main("mailed-token", "the session that a mailed token gave", given);
    ctx.sessions.recognised(&altered).await.map(Some)
}

/// The credential in an answer, where the plan's login finds it or a cookie of its name is set.
fn given(
    ctx: &Ctx<'_>,
    answer: &Exchange,
    identity: &IdentityName,
    credentials: &gate_exchange::Credentials,
) -> Option<String> {
    if let Some((gate_exchange::Place::Cookie(name), _)) = credentials.main() {
        let set = answer.headers.iter().filter(|(header, _)| header == "set-cookie");
        return set
            .filter_map(|(_, value)| value.split(';').next()?.split_once('='))
            .find(|(cookie, _)| cookie.trim() == name)
            .map(|(_, value)| value.trim().to_owned());
    }
    let login = ctx.spec.identities.get(identity)?.login.as_ref()?;
    let gate_spec::LoginKind::Steps(steps) = &ctx.spec.logins.get(login)?.kind else {
        return None;
    };
    let json = answer.json()?;
    steps.iter().flat_map(|step| &step.capture).find_map(|(name, from)| {
        let Extract::JsonPath(path) = from else { return None };
        if name != "token" {
            return None;
        }
        let path = serde_json_path::JsonPath::parse(path).ok()?;
        path.query(&json).first()?.as_str().map(str::to_owned)
    })
}
