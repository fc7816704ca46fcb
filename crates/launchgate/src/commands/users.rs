//! Users and keys that a killed run left changed: who is locked out, lost a role or a membership gets it again, and a key is revoked.
//!
//! A journal is a file that anybody may have written. It names whom something was done to, and by which action of the plan that is
//! taken back; who does that, with which role, and whether the plan gives that user away at all is read from the plan.

use gate_check::{Person, action_request, doer, key_maker, key_revocation};
use gate_exchange::{Actor, Client, Entry, Exchange, Outgoing, Purpose, SessionLife as _, Sessions as _, Target as _};
use gate_model::{Cause, IdentityName, Undecided};
use gate_objects::{Canaries, JournalEntry};
use gate_spec::{Action, ActionKind, RequestTemplate, Spec};

use super::sweep::fits_template;

/// The answer to who would make something what it is already (RFC 9110 section 15.5.10).
const CONFLICT: u16 = 409;

/// Takes back what was done to a user. The text says what was done, or what is to be done by hand.
pub(super) async fn take_back(
    client: &Client,
    spec: &Spec,
    entry: &JournalEntry,
    dry_run: bool,
) -> Result<String, String> {
    let JournalEntry::Action { action, user, id, .. } = entry else {
        return Ok(String::new());
    };
    let user = IdentityName::new(user);
    let identity = spec
        .identities
        .get(&user)
        .ok_or_else(|| format!("`{action}` of {user}: the plan no longer knows this identity"))?;
    let kind = [ActionKind::Enable, ActionKind::AddMember, ActionKind::SetRole]
        .into_iter()
        .find(|kind| kind.word() == action)
        .ok_or_else(|| format!("`{action}` of {user}: takes nothing back; left alone"))?;
    if !identity.throw_away {
        return Err(format!(
            "`{action}` of {user}: the plan does not give this identity away (`throw_away: true`); left alone"
        ));
    }
    let by_hand = match kind {
        ActionKind::Enable => format!("let {user} in again by hand"),
        ActionKind::AddMember => format!("make {user} a member of the tenant again by hand"),
        _ => format!("give {user} the role of the plan again by hand"),
    };
    let action = spec
        .settings
        .actions
        .get(kind)
        .ok_or_else(|| format!("the plan no longer says how `{}` is done; {by_hand}", kind.word()))?;
    let by = doer(spec, action, identity)
        .ok_or_else(|| format!("nobody of the plan could do `{}` to {user}; {by_hand}", kind.word()))?;
    let what = format!("`{}` of {user} as {}", kind.word(), by.name);
    if dry_run {
        return Ok(format!("would do {what}"));
    }
    let own = shown(client, &user)
        .await
        .map_err(|reason| format!("{what}: whether {user} logs in was not found out: {}", reason.detail))?;
    // Who is let in is asked; who is not may only be known by the note.
    let person = own.unwrap_or_else(|| Person {
        name: user.clone(),
        id: id.clone(),
    });
    let role = identity.roles.first().map(String::as_str).unwrap_or_default();
    let failed = |why: String| format!("{what}: {why}; {by_hand}");
    let exchange = send(client, spec, action, &Actor::identity(&by.name), &person, role)
        .await
        .map_err(&failed)?;
    let status = exchange.status;
    if status >= 400 && status != CONFLICT {
        return Err(failed(format!("answered {status}")));
    }
    match shown(client, &user).await {
        Ok(Some(_)) if status == CONFLICT => Ok(format!("{what}: it was so already ({status}), and {user} logs in")),
        Ok(Some(_)) => Ok(format!("{what}: done ({status}), and {user} logs in")),
        Ok(None) => Err(failed(format!("answered {status}, and {user} cannot log in"))),
        Err(reason) => Err(failed(format!(
            "answered {status}, and whether {user} logs in was not found out: {}",
            reason.detail
        ))),
    }
}

async fn send(
    client: &Client,
    spec: &Spec,
    action: &Action,
    by: &Actor,
    person: &Person,
    role: &str,
) -> Result<Exchange, String> {
    if let Some(name) = &by.identity {
        // What a login captures may stand in the request.
        client.alive(name).await.map_err(|reason| reason.detail)?;
    }
    let outgoing =
        action_request(spec, client, action, by, Some(person), &[("role", role)]).map_err(|reason| reason.detail)?;
    cleanup(client, &action.request, outgoing).await
}

/// The user as the user's own session shows it; `None` where the user cannot log in.
async fn shown(client: &Client, user: &IdentityName) -> Result<Option<Person>, Undecided> {
    let session = match client.enter(user, &Entry::default()).await {
        Ok(session) => session,
        Err(refused) if refused.cause == Cause::LoginFailed => return Ok(None),
        Err(reason) => return Err(reason),
    };
    let look = client.look(&session).await?;
    Ok(look.shown.is_ok().then(|| Person::shown(user, &look.exchange)))
}

/// Revokes a key. The text says what was done, or what is to be done by hand.
pub(super) async fn revoke_key(
    client: &Client,
    spec: &Spec,
    entry: &JournalEntry,
    dry_run: bool,
) -> Result<String, String> {
    let JournalEntry::ApiKey { owner, handle, id, .. } = entry else {
        return Ok(String::new());
    };
    let named = handle
        .as_ref()
        .map_or_else(String::new, |handle| format!(" that is called {handle}"));
    let what = format!("an API key of {owner}{named}");
    let by_hand = |why: &str| format!("{what} may be left, and {why}; revoke it by hand");
    let keys = spec.settings.api_keys.as_ref();
    let keys = keys.ok_or_else(|| by_hand("the plan says nothing of keys any more"))?;
    let by = key_maker(spec, keys).filter(|by| by.as_str() == owner);
    let by = by.ok_or_else(|| by_hand("that is nobody whom the plan has make keys"))?;
    let template = keys.revoke.as_ref();
    let template = template.ok_or_else(|| by_hand("the plan revokes no keys"))?;
    if id.is_none() {
        return Err(by_hand("its id is not known: the run was killed while it was made"));
    }
    let outgoing = key_revocation(spec, &Canaries::new(), keys, &by, id.as_ref(), None)
        .map_err(|reason| by_hand(&reason.detail))?;
    let line = format!("{} {}", outgoing.request.method, outgoing.request.path);
    if dry_run {
        return Ok(format!("would send {line} as {by}"));
    }
    match cleanup(client, template, outgoing).await {
        Ok(exchange) if exchange.status < 400 || matches!(exchange.status, 404 | 410) => {
            Ok(format!("{line} as {by}: revoked ({})", exchange.status))
        }
        Ok(exchange) => Err(format!(
            "{line} as {by}: answered {}; revoke {what} by hand",
            exchange.status
        )),
        Err(why) => Err(format!("{line} as {by}: {why}; revoke {what} by hand")),
    }
}

/// Sends what takes something back, where it goes where the plan says: an id of a foreign file may hold anything.
async fn cleanup(client: &Client, template: &RequestTemplate, outgoing: Outgoing) -> Result<Exchange, String> {
    if !fits_template(&template.path.to_string(), &outgoing.request.path) {
        return Err("the plan has no such request; left alone".to_owned());
    }
    let outgoing = Outgoing {
        purpose: Purpose::Cleanup,
        ..outgoing
    };
    client.send(outgoing).await.map_err(|reason| reason.detail)
}

#[cfg(test)]
mod tests;
