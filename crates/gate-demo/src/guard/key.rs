//! API keys: in the header `X-Api-Key`, compared whole, for as long as nobody revoked them, within their scope.

use uuid::Uuid;

use super::{Actor, Asked};
use crate::{Hole, problem::Problem, state::App, tables::KeyScope};

/// The header with the key.
const HEADER: &str = "x-api-key";
/// What a hole compares of a key.
const PREFIX: usize = 12;

/// The key of a request, where it brought one.
pub(super) fn sent(app: &App, asked: &Asked) -> Option<String> {
    let named = asked.header(HEADER).map(str::to_owned);
    // Addresses are logged and handed on, so that no key is taken from them (CWE-598).
    let in_query = || {
        let pairs = asked.query.split('&');
        let found = pairs.filter_map(|pair| pair.strip_prefix("api_key=")).next()?;
        Some(found.to_owned())
    };
    named.or_else(|| app.hole(Hole::KeyInQuery).then(in_query).flatten())
}

/// Whom a key acts for.
pub(super) fn actor(app: &App, asked: &Asked, sent: &str) -> Result<Actor, Problem> {
    let tables = app.tables();
    let key = tables.keys.values().find(|key| {
        let equal = if app.hole(Hole::KeyComparedByPrefix) {
            sent.len() >= PREFIX && key.value.get(..PREFIX) == sent.get(..PREFIX)
        } else {
            key.value == sent
        };
        equal && (!key.revoked || app.hole(Hole::RevokedKeyAccepted))
    });
    let key = key.ok_or_else(Problem::anonymous)?;
    let user = tables.users.iter().find(|user| user.id == key.created_by);
    let user = user
        .filter(|user| !user.disabled && !user.removed)
        .ok_or_else(Problem::anonymous)?;
    let everything = app.hole(Hole::KeyScopeIgnoredOnInvoices) && asked.is_under("/invoices");
    if key.scope == KeyScope::Read && asked.is_unsafe() && !everything {
        return Err(Problem::forbidden("this key may only read"));
    }
    Ok(Actor::of(user, Uuid::nil()))
}
