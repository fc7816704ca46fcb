//! Who can log in to the demo, and every secret value that it knows from the start, so that tests can search for leaks.

use crate::{
    Tokens,
    tables::{Role, Tenant},
    tokens::signing_key,
};

/// A seeded user with the password that logs it in.
#[derive(Debug, Clone, Copy)]
pub struct Credential {
    /// First name, as used by the plan.
    pub name: &'static str,
    /// Login name.
    pub email: &'static str,
    /// Password, obviously fake and long enough to be found in a text without doubt.
    pub password: &'static str,
    /// The tenant that the user belongs to.
    pub tenant: Tenant,
    /// What the user may do there.
    pub role: Role,
}

const fn user(
    name: &'static str,
    email: &'static str,
    password: &'static str,
    tenant: Tenant,
    role: Role,
) -> Credential {
    Credential {
        name,
        email,
        password,
        tenant,
        role,
    }
}

/// All seeded users. The first one, alice, owns the tenant `acme`.
pub const CREDENTIALS: [Credential; 8] = [
    user(
        "alice",
        "alice@acme.test",
        "demo-alice-not-a-secret",
        Tenant::Acme,
        Role::Owner,
    ),
    user(
        "adam",
        "adam@acme.test",
        "demo-adam-not-a-secret",
        Tenant::Acme,
        Role::Admin,
    ),
    user(
        "bob",
        "bob@acme.test",
        "demo-bob-not-a-secret",
        Tenant::Acme,
        Role::Member,
    ),
    user(
        "vera",
        "vera@acme.test",
        "demo-vera-not-a-secret",
        Tenant::Acme,
        Role::Viewer,
    ),
    user(
        "mallory",
        "mallory@globex.test",
        "demo-mallory-not-a-secret",
        Tenant::Globex,
        Role::Owner,
    ),
    user(
        "gil",
        "gil@globex.test",
        "demo-gil-not-a-secret",
        Tenant::Globex,
        Role::Admin,
    ),
    user(
        "mia",
        "mia@globex.test",
        "demo-mia-not-a-secret",
        Tenant::Globex,
        Role::Member,
    ),
    user(
        "gus",
        "gus@globex.test",
        "demo-gus-not-a-secret",
        Tenant::Globex,
        Role::Viewer,
    ),
];

/// A reset token of gus that ran out long before the demo was started, for whoever tries old ones.
pub const OLD_RESET_TOKEN: &str = "demo-old-reset-token-not-a-secret";

/// Whose it is.
pub(crate) const OLD_RESET_OF: &str = "gus@globex.test";

/// An API key that is there from the start.
#[derive(Debug, Clone, Copy)]
pub struct SeededKey {
    /// The login name of whoever it acts for.
    pub of: &'static str,
    /// The key.
    pub value: &'static str,
    /// Whether it was revoked long ago.
    pub revoked: bool,
}

/// The API keys that every demo knows: one for the owner of each tenant, and one of alice's that was revoked.
pub const API_KEYS: [SeededKey; 3] = [
    SeededKey {
        of: "alice@acme.test",
        value: "demo-key-Acme-7Qw2-not-a-secret",
        revoked: false,
    },
    SeededKey {
        of: "mallory@globex.test",
        value: "demo-key-Globex-9Rt5-not-a-secret",
        revoked: false,
    },
    SeededKey {
        of: "alice@acme.test",
        value: "demo-key-Revoked-3Zx8-not-a-secret",
        revoked: true,
    },
];

/// What the sender of webhooks signs with.
pub const WEBHOOK_SECRET: &str = "demo-webhook-not-a-secret";

/// Every secret that the demo knows from the start: the passwords, the signing keys, and what others share with it.
#[must_use]
pub fn secrets() -> Vec<String> {
    let passwords = CREDENTIALS.iter().map(|credential| credential.password.to_owned());
    let keys = Tokens::ALL.into_iter().filter(|tokens| tokens.is_jwt());
    let shared = [OLD_RESET_TOKEN, WEBHOOK_SECRET].map(str::to_owned);
    let api_keys = API_KEYS.iter().map(|key| key.value.to_owned());
    let shared = shared.into_iter().chain(api_keys);
    passwords.chain(keys.filter_map(signing_key)).chain(shared).collect()
}
