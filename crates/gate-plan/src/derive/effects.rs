//! Operations that are told by their names: logins, logouts, changes of the caller, and what a test must not touch.

use gate_spec::{Effect, Method};

use super::fields;
use super::routes::Source;
use super::words::{squashed, words};

const LOGIN: [&str; 12] = [
    "login",
    "signin",
    "logon",
    "authenticate",
    "token",
    "otp",
    "mfa",
    "2fa",
    "totp",
    "sso",
    "magiclink",
    "refresh",
];
const SIGNUP: [&str; 5] = ["signup", "register", "registration", "forgotpassword", "passwordreset"];
const LOGOUT: [&str; 6] = ["logout", "signout", "logoff", "revoke", "logoutall", "invalidate"];
const DANGEROUS: [&str; 18] = [
    "reset",
    "resetdb",
    "resetdatabase",
    "seed",
    "wipe",
    "shutdown",
    "restart",
    "import",
    "restore",
    "truncate",
    "flush",
    "purge",
    "factoryreset",
    "drop",
    "erase",
    "terminate",
    "kill",
    "createdb",
];

/// What an operation does, as far as its name tells.
pub(super) fn by_name(source: &Source<'_>) -> Option<Effect> {
    let segments: Vec<String> = source
        .path
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.contains('{'))
        .map(squashed)
        .collect();
    let last = segments.last().map(String::as_str).unwrap_or_default();
    let last_is_static = source
        .path
        .rsplit('/')
        .find(|s| !s.is_empty())
        .is_some_and(|s| !s.contains('{'));
    let has = |word: &str| segments.iter().any(|segment| segment == word);
    let within_auth = [
        "auth",
        "oauth",
        "oauth2",
        "authentication",
        "identity",
        "iam",
        "openid",
        "accounts",
        "user",
        "users",
    ]
    .iter()
    .any(|word| has(word));
    let name = source
        .document
        .and_then(|operation| operation.operation_id.as_deref())
        .map(words)
        .unwrap_or_default();
    let called = |list: &[&str]| {
        name.first()
            .is_some_and(|first| list.contains(&first.as_str()) && name.len() <= 3)
    };
    let unsafe_method = !source.method.is_safe();

    if last_is_static && LOGOUT.contains(&last) || called(&["logout", "signout"]) {
        return Some(Effect::EndsSession);
    }
    let session = matches!(last, "session" | "sessions");
    if source.method == Method::Delete && (has("session") || has("sessions")) && (session || !last_is_static) {
        return Some(Effect::EndsSession);
    }
    if let Some(effect) = changes_caller(source, &segments, last, last_is_static) {
        return Some(effect);
    }
    if last_is_static && issues(last, &segments, within_auth, unsafe_method)
        || (unsafe_method && called(&["login", "signin"]))
    {
        return Some(Effect::IssuesCredentials);
    }
    if unsafe_method && session && last_is_static && fields::has_password(source) {
        return Some(Effect::IssuesCredentials);
    }
    let registers = source.method == Method::Post
        && matches!(last, "users" | "user" | "accounts" | "account")
        && fields::has_password(source)
        && (called(&["register", "signup"]) || openly(source));
    if registers {
        return Some(Effect::IssuesCredentials);
    }
    // On one object the same words are ordinary actions: an archived project is restored.
    if unsafe_method && !source.path.contains('{') && DANGEROUS.contains(&last) {
        return Some(Effect::Dangerous);
    }
    None
}

/// Whether the document says that nobody needs to log in.
fn openly(source: &Source<'_>) -> bool {
    source
        .document
        .is_some_and(|operation| operation.security == gate_openapi::Security::Public)
}

fn issues(last: &str, segments: &[String], within_auth: bool, unsafe_method: bool) -> bool {
    let clear = matches!(last, "login" | "signin" | "logon" | "authenticate") || SIGNUP.contains(&last);
    if clear {
        return true;
    }
    let reset = matches!(
        last,
        "resetpassword" | "forgot" | "recover" | "recovery" | "resendverification"
    ) || (last == "reset" && segments.iter().any(|segment| segment.contains("password")));
    let verify = within_auth
        && matches!(
            last,
            "verify" | "verifyotp" | "checkotp" | "callback" | "challenge" | "tokens"
        );
    // The steps of a recovery or of a second factor: `/auth/otp/request`, `/auth/password-reset/confirm`.
    let step = unsafe_method
        && within_auth
        && segments.iter().any(|segment| {
            matches!(
                segment.as_str(),
                "otp"
                    | "mfa"
                    | "2fa"
                    | "totp"
                    | "passwordreset"
                    | "resetpassword"
                    | "forgotpassword"
                    | "magiclink"
                    | "sso"
                    | "recovery"
            )
        });
    let auth_root = unsafe_method && matches!(last, "auth" | "authentication" | "oauth" | "token");
    reset || step || auth_root || (within_auth && unsafe_method && (verify || LOGIN.contains(&last)))
}

fn changes_caller(source: &Source<'_>, segments: &[String], last: &str, last_is_static: bool) -> Option<Effect> {
    if source.method.is_safe() {
        return None;
    }
    let own = ["me", "self", "myself", "profile", "whoami", "currentuser"];
    let caller = segments.iter().any(|segment| own.contains(&segment.as_str()))
        || (segments.len() <= 3 && matches!(last, "account" | "user") && last_is_static);
    let is_caller = last_is_static && (own.contains(&last) || matches!(last, "account" | "user"));
    let changes = last_is_static
        && matches!(
            last,
            "changepassword"
                | "changeemail"
                | "updatepassword"
                | "updateemail"
                | "password"
                | "credentials"
                | "deactivate"
                | "deleteaccount"
                | "changerole"
        );
    let own_part = caller
        && matches!(
            last,
            "role" | "roles" | "email" | "username" | "permissions" | "mfa" | "2fa"
        );
    if changes && !(last == "password" && source.path.contains('{')) || own_part {
        return Some(Effect::ChangesCaller);
    }
    if is_caller && source.method == Method::Delete {
        return Some(Effect::ChangesCaller);
    }
    if caller && is_caller && matches!(source.method, Method::Put | Method::Patch) && fields::names_caller(source) {
        return Some(Effect::ChangesCaller);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(text: &str) -> Option<Effect> {
        let (method, path) = text.split_once(' ').expect("a method and a path");
        by_name(&Source {
            method: method.parse().expect("a method"),
            path: path.to_owned(),
            document: None,
            request: None,
            location: None,
        })
    }

    #[test]
    fn names_tell() {
        for (text, expected) in [
            ("POST /auth/login", Some(Effect::IssuesCredentials)),
            ("GET /user/login", Some(Effect::IssuesCredentials)),
            ("POST /api/v1/auth/refresh", Some(Effect::IssuesCredentials)),
            ("POST /oauth/token", Some(Effect::IssuesCredentials)),
            ("POST /identity/api/auth/v3/check-otp", Some(Effect::IssuesCredentials)),
            ("POST /auth/password/reset", Some(Effect::IssuesCredentials)),
            ("POST /users/v1/register", Some(Effect::IssuesCredentials)),
            ("POST /logout", Some(Effect::EndsSession)),
            ("GET /user/logout", Some(Effect::EndsSession)),
            ("DELETE /sessions/{id}", Some(Effect::EndsSession)),
            ("DELETE /me", Some(Effect::ChangesCaller)),
            ("PUT /me/role", Some(Effect::ChangesCaller)),
            ("POST /auth/change-password", Some(Effect::ChangesCaller)),
            ("PUT /me/password", Some(Effect::ChangesCaller)),
            ("POST /admin/reset", Some(Effect::Dangerous)),
            ("POST /admin/seed", Some(Effect::Dangerous)),
            ("POST /auth/otp/request", Some(Effect::IssuesCredentials)),
            ("POST /auth/password-reset/confirm", Some(Effect::IssuesCredentials)),
            ("POST /projects/{id}/restore", None),
            ("GET /projects", None),
            ("POST /projects", None),
            ("DELETE /projects/{id}", None),
            ("POST /tokens", None),
            ("PUT /users/{id}/role", None),
            ("POST /orders/{id}/refresh", None),
            ("GET /me", None),
        ] {
            assert_eq!(effect(text), expected, "{text}");
        }
    }
}
