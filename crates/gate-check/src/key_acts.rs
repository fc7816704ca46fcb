//! Who makes and revokes API keys by the plan's word, and the request that revokes one: of a check, and of `launchgate sweep` after a
//! run that was killed.

use gate_exchange::{Actor, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, Secret, Undecided};
use gate_objects::{Bindings, CallerLookup, Canaries};
use gate_spec::{ApiKeys, Lookup, Spec};
use serde_json::Value;

/// Who makes keys: whom the plan says, or whoever owns most.
pub fn key_maker(spec: &Spec, keys: &ApiKeys) -> Option<IdentityName> {
    let by = keys.by.clone();
    by.or_else(|| spec.owners().first().map(|identity| identity.name.clone()))
}

/// The request that revokes a key, by its id, or by the key itself where that is known and the plan asks for it.
///
/// # Errors
/// Where the plan revokes no keys, or a placeholder has no value.
pub fn key_revocation(
    spec: &Spec,
    canaries: &Canaries,
    keys: &ApiKeys,
    by: &IdentityName,
    id: Option<&Value>,
    key: Option<&Secret<String>>,
) -> Result<Outgoing, Undecided> {
    let template = keys.revoke.as_ref();
    let template = template.ok_or_else(|| Undecided::new(Cause::NoVerdict, "the plan revokes no keys"))?;
    let bindings = Bindings::default();
    let caller = CallerLookup::new(spec, canaries, Some(by), &bindings);
    // A name of the document in the path (`{keyId}`) is the id as well: a revocation names nothing else.
    let in_path: Vec<&str> = template.path.holes().collect();
    let lookup = |name: &str| match name {
        "id" | "key.id" => id.cloned(),
        "key" => key.map(|key| Value::from(key.expose().as_str())),
        _ => caller
            .get(name)
            .or_else(|| id.filter(|_| in_path.last() == Some(&name)).cloned()),
    };
    let request = Request::fill(template, &lookup as &dyn Lookup).map_err(|error| {
        Undecided::new(
            Cause::ControlFailed,
            format!("`api_keys.revoke` cannot be sent: {error}"),
        )
        .settled_by("api_keys: { id: $.id }   # where the id of a key is in the answer that makes it")
    })?;
    let mut outgoing = Outgoing::new(&Actor::identity(by), Purpose::Setup, request);
    outgoing.operation.clone_from(&keys.revoke_operation);
    Ok(outgoing)
}
