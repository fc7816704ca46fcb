//! Questions about the fields of a body.

use super::routes::Source;
use super::words::squashed;

/// Words under which a password travels.
pub(super) const PASSWORDS: [&str; 5] = ["password", "passwd", "pwd", "pass", "passphrase"];

/// Words under which a user is named.
pub(super) const USERS: [&str; 10] = [
    "email",
    "username",
    "login",
    "user",
    "emailaddress",
    "userid",
    "identifier",
    "name",
    "mail",
    "account",
];

/// Whether a field holds a password, by its name.
pub(crate) fn is_password(name: &str) -> bool {
    PASSWORDS.contains(&squashed(name).as_str())
}

/// Whether the body asks for a password.
pub(super) fn has_password(source: &Source<'_>) -> bool {
    any(source, |name| PASSWORDS.contains(&name))
}

/// Whether the body holds what the caller is told by: a change of it could lock him out.
pub(super) fn names_caller(source: &Source<'_>) -> bool {
    any(source, |name| {
        PASSWORDS.contains(&name)
            || matches!(
                name,
                "email" | "username" | "role" | "roles" | "login" | "tenant" | "tenantid"
            )
    })
}

fn any(source: &Source<'_>, test: impl Fn(&str) -> bool) -> bool {
    let Some(body) = source.document.and_then(|operation| operation.body.as_ref()) else {
        return false;
    };
    body.fields
        .iter()
        .filter_map(|field| field.name())
        .any(|name| test(squashed(name).as_str()))
}
