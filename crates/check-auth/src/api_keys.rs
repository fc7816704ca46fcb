//! API keys that a run makes by the plan's word: how one is made, presented, asked for what it may do, and revoked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gate_check::{ClosingProof, Ctx, Debt, Standing, ask, key_revocation, standing_on};
use gate_exchange::{Actor, Altered, Credentials, Exchange, Outgoing, Place, Presented, Purpose, Request};
use gate_model::{Cause, IdentityName, Missing, OperationId, Secret, Undecided};
use gate_objects::{Bindings, CallerLookup, JournalEntry, extract};
use gate_spec::{ApiKeys, CredentialSlot, Effect, Lookup, Method, Operation, ParamSource, RequestTemplate, Spec};
use serde_json::Value;

use crate::guards::protected;

/// A shorter text is no key.
const MIN_KEY: usize = 8;
/// Reads that are looked at for one that is guarded.
const MAX_READS: usize = 4;

/// A key that the run made.
#[derive(Clone)]
pub(crate) struct MadeKey {
    /// The key.
    pub(crate) key: Secret<String>,
    /// Its id on the target, where the answer shows one.
    pub(crate) id: Option<Value>,
    /// That it is revoked in the end.
    debt: Debt,
}

/// Whether the plan speaks of API keys: a section, or somebody whose credential is one.
pub(crate) fn has_keys(spec: &Spec) -> bool {
    spec.settings.api_keys.is_some()
        || spec
            .identities
            .values()
            .any(|identity| identity.credential.is_some() && identity.field("api_key").is_some())
}

/// The section that shows how keys are managed, as a line to paste.
pub(crate) fn section() -> String {
    "api_keys: { create: { post: /api-keys, json: { name: \"{{unique}}\", scope: \"{{scope}}\" } }, revoke: { delete: \"/api-keys/{{id}}\" }, \
     send: { header: { X-Api-Key: \"{{key}}\" } }, scope: write, limited: { scope: read, to: [\"GET /**\"] } }"
        .to_owned()
}

/// What is missing where the plan does not say how keys are made and revoked.
pub(crate) fn no_way() -> Missing {
    Missing {
        what: "the plan does not say how API keys are made and revoked".to_owned(),
        add: Some(section()),
    }
}

/// Makes a key as somebody. It is owed to the run that it is revoked, also where the check is broken off.
///
/// # Errors
/// Where it cannot be made, or the answer shows none.
pub(crate) async fn make(
    ctx: &Ctx<'_>,
    keys: &ApiKeys,
    by: &IdentityName,
    scope: Option<&str>,
) -> Result<MadeKey, Undecided> {
    let settle =
        "api_keys: { create: { post: /api-keys } }   # the request that makes a key, with what the server accepts";
    let template = keys.create.as_ref();
    let template = template.ok_or_else(|| Undecided::new(Cause::NoVerdict, "the plan makes no keys"))?;
    let bindings = Bindings {
        fixed: scope
            .map(|scope| ("scope".to_owned(), Value::from(scope)))
            .into_iter()
            .collect(),
        ..Bindings::default()
    };
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(by), &bindings);
    let request = Request::fill(template, &lookup).map_err(|error| {
        Undecided::new(
            Cause::ControlFailed,
            format!("`api_keys.create` cannot be sent: {error}"),
        )
        .settled_by(settle)
    })?;
    let mut outgoing = Outgoing::new(&Actor::identity(by), Purpose::Setup, request);
    outgoing.operation.clone_from(&keys.create_operation);
    // Where the run is killed, or no answer comes, the name is all by which it can be found.
    let name = lookup.unique();
    let named =
        outgoing.request.path.contains(name) || String::from_utf8_lossy(outgoing.request.body_bytes()).contains(name);
    let handle = named.then(|| name.to_owned());
    let noted = |id: Option<Value>| {
        let (owner, handle) = (by.to_string(), handle.clone());
        move |key| JournalEntry::ApiKey { key, owner, handle, id }
    };
    let debt = ctx.undo.note(noted(None));
    let exchange = ask(ctx, outgoing).await?;
    ctx.undo.answered(debt, &exchange);
    // Its answer holds the key, so that nothing of it is shown before the key is known.
    let key = extract(&keys.key, &exchange).and_then(|key| key.as_str().map(str::to_owned));
    if let Some(key) = &key {
        ctx.target.keep_secret(key);
    }
    let id = extract(&keys.id, &exchange);
    // A plan that takes the key for its id would have it written down.
    let is_key = |id: &Value| {
        key.as_ref()
            .is_some_and(|key| id.as_str().is_some_and(|id| id.contains(key)))
    };
    if let Some(id) = id.as_ref().filter(|id| !is_key(id)) {
        ctx.undo.note_again(debt, noted(Some(id.clone())));
    }
    if let Ok(revoke) = key_revocation(
        ctx.spec,
        ctx.canaries,
        keys,
        by,
        id.as_ref(),
        key.clone().map(Secret::new).as_ref(),
    ) {
        ctx.undo.taken_back_by(debt, revoke);
    }
    let failed = |detail: String| {
        Undecided::new(Cause::ControlFailed, detail)
            .settled_by(settle)
            .shown_by(ctx.target.evidence("make a key", &exchange, None))
    };
    if let Err(refused) = ClosingProof::answered(ctx, &exchange) {
        return Err(failed(format!("{by} could not make an API key: {}", refused.detail)));
    }
    let key = key.filter(|key| key.len() >= MIN_KEY).ok_or_else(|| {
        failed(format!(
            "the answer to {by} who makes an API key shows no key where the plan says"
        ))
    })?;
    Ok(MadeKey {
        key: Secret::new(key),
        id,
        debt,
    })
}

/// Revokes a key, and wants that to succeed.
///
/// # Errors
/// Where it does not.
pub(crate) async fn revoke(
    ctx: &Ctx<'_>,
    keys: &ApiKeys,
    by: &IdentityName,
    made: &MadeKey,
) -> Result<Exchange, Undecided> {
    let exchange = ask(ctx, revocation(ctx, keys, by, made)?).await?;
    match ClosingProof::answered(ctx, &exchange) {
        Ok(_) => {
            ctx.undo.settled(made.debt);
            Ok(exchange)
        }
        Err(refused) => Err(Undecided::new(
            Cause::ControlFailed,
            format!("{by} could not revoke an API key: {}", refused.detail),
        )
        .settled_by("api_keys: { revoke: { delete: \"/api-keys/{{id}}\" } }   # with what the server accepts")
        .shown_by(ctx.target.evidence("revoke", &exchange, None))),
    }
}

/// The request that revokes a key.
///
/// # Errors
/// Where a placeholder has no value.
fn revocation(ctx: &Ctx<'_>, keys: &ApiKeys, by: &IdentityName, made: &MadeKey) -> Result<Outgoing, Undecided> {
    key_revocation(ctx.spec, ctx.canaries, keys, by, made.id.as_ref(), Some(&made.key))
}

/// Whoever presents a key, and nothing else. `live` are the credentials of whoever made it.
pub(crate) fn presenting(live: &Credentials, slots: &[CredentialSlot], row: &str, what: &str, key: &str) -> Altered {
    let fill = |template: &gate_spec::Template| {
        let lookup = |name: &str| (name == "key").then(|| Value::from(key));
        template.fill(&lookup as &dyn Lookup).unwrap_or_default()
    };
    let authorization = |scheme: &str| Place::Header {
        name: "Authorization".to_owned(),
        scheme: Some(scheme.to_owned()),
    };
    let part = |slot: &CredentialSlot| {
        Some(match slot {
            CredentialSlot::Bearer(value) => (authorization("Bearer"), fill(value)),
            CredentialSlot::Basic { username, password } => {
                let pair = format!("{}:{}", fill(username), fill(password));
                (authorization("Basic"), STANDARD.encode(pair))
            }
            CredentialSlot::Header { name, value } => {
                let place = Place::Header {
                    name: name.clone(),
                    scheme: None,
                };
                (place, fill(value))
            }
            CredentialSlot::Query { name, value } => (Place::Query(name.clone()), fill(value)),
            CredentialSlot::Cookie { name, value } => (Place::Cookie(name.clone()), fill(value)),
            CredentialSlot::UnsafeHeader { .. } | CredentialSlot::Jar => return None,
        })
    };
    let parts: Vec<(Place, Secret<String>)> = slots
        .iter()
        .filter_map(part)
        .map(|(place, value)| (place, Secret::new(value)))
        .collect();
    let secrets: Vec<Secret<String>> = parts.iter().map(|(_, value)| value.clone()).collect();
    let mut altered = live.of_parts(row, what, parts);
    altered.secrets.extend(secrets);
    altered
}

/// Reads that need no object and that are fit to ask what a key may do, lists first.
pub(crate) fn plain_reads(spec: &Spec, fits: impl Fn(&OperationId) -> bool) -> Vec<&Operation> {
    let plain = |operation: &&Operation| {
        operation.method() == Method::Get
            && operation.skip.is_none()
            && matches!(operation.effect, Effect::List | Effect::ReadOther)
            && operation
                .params
                .iter()
                .all(|(_, source)| matches!(source, ParamSource::Tenant | ParamSource::Literal(_)))
            && fits(&operation.id)
    };
    let mut found: Vec<&Operation> = protected(spec).filter(plain).collect();
    found.sort_by_key(|operation| !(operation.effect == Effect::List && operation.resource.is_some()));
    found.truncate(MAX_READS);
    found
}

/// The first of these reads that is refused to nobody: what everybody is served shows nothing of a key.
///
/// # Errors
/// Where each of them is open, or no answer says.
pub(crate) async fn guarded<'s>(
    ctx: &Ctx<'_>,
    reads: Vec<&'s Operation>,
    of: &IdentityName,
) -> Result<&'s Operation, Undecided> {
    let mut last = None;
    for read in reads {
        match standing_of(ctx, read, of, &Actor::anonymous()).await {
            Ok(Standing::Refused(..)) => return Ok(read),
            Ok(Standing::Served(exchange)) => {
                last = Some(
                    Undecided::new(
                        Cause::ControlFailed,
                        "every read that a key could be tried on is answered without any credentials: see auth/anonymous",
                    )
                    .settled_by("denied: { json: { $.error: \"*\" } }   # if this answer is a refusal")
                    .shown_by(ctx.target.evidence("nobody", &exchange, None)),
                );
            }
            Err(reason) => last = Some(reason),
        }
    }
    Err(last.unwrap_or_else(|| Undecided::new(Cause::NoVerdict, "no read is there that a key could be tried on")))
}

/// Asks a read as somebody.
///
/// # Errors
/// Where it cannot be sent, or the answer is neither.
pub(crate) async fn standing_of(
    ctx: &Ctx<'_>,
    operation: &Operation,
    of: &IdentityName,
    actor: &Actor,
) -> Result<Standing, Undecided> {
    let bindings = Bindings {
        params: operation.params.clone(),
        ..Bindings::default()
    };
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(of), &bindings);
    let request = Request::fill(&operation.request, &lookup).map_err(|error| {
        Undecided::new(
            Cause::ControlFailed,
            format!("{} cannot be sent: {error}", operation.id),
        )
    })?;
    // A key acts for whoever made it, and may be shown what is that one's own.
    let mut actor = actor.clone();
    if actor.presented != Presented::Nothing {
        actor.identity = Some(of.clone());
    }
    standing_on(ctx, Outgoing::new(&actor, Purpose::Probe, request).of(&operation.id)).await
}

/// Wants a key to be served a read.
///
/// # Errors
/// [`Cause::ControlFailed`] where it is refused.
pub(crate) async fn served(
    ctx: &Ctx<'_>,
    operation: &Operation,
    of: &IdentityName,
    actor: &Actor,
) -> Result<Exchange, Undecided> {
    match standing_of(ctx, operation, of, actor).await? {
        Standing::Served(exchange) => Ok(exchange),
        Standing::Refused(said, exchange) => Err(Undecided::new(
            Cause::ControlFailed,
            format!("{actor} was {said} on {}, which it may read", operation.id),
        )
        .settled_by(
            "api_keys: { send: { header: { X-Api-Key: \"{{key}}\" } } }   # how a key is sent, and what it may do (`limited.to`)",
        )
        .shown_by(ctx.target.evidence("key", &exchange, None))),
    }
}

/// Whether a request is one of those that manage keys.
pub(crate) fn manages_keys(keys: &ApiKeys, operation: &OperationId) -> bool {
    let is = |request: &Option<RequestTemplate>, known: &Option<OperationId>| {
        known.as_ref() == Some(operation)
            || request.as_ref().is_some_and(|request| {
                request.method.as_str() == operation.method() && request.path.to_string() == operation.path()
            })
    };
    is(&keys.create, &keys.create_operation) || is(&keys.revoke, &keys.revoke_operation)
}
