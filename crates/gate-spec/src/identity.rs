//! Test users.

use gate_model::{IdentityName, Location, OperationId, Secret, TenantName};

use crate::{CredentialSlot, RequestTemplate, Whoami};

/// A named test user.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its name in the plan.
    pub name: IdentityName,
    /// Its tenant; an identity without one is a tenant of its own, named after it.
    pub tenant: TenantName,
    /// The id under which the target knows the tenant, where [`crate::TenantSelector`] needs one; else the tenant's name.
    pub tenant_id: Option<String>,
    /// Its roles.
    pub roles: Vec<String>,
    /// The login recipe, by name; none for static credentials.
    pub login: Option<String>,
    /// Values for the recipe's placeholders: `email`, `password`, …
    pub fields: Vec<(String, Secret<String>)>,
    /// Credentials that need no login.
    pub credential: Option<StaticCredential>,
    /// A request that creates the user before its login.
    pub signup: Option<RequestTemplate>,
    /// Proves who the session is; overrides the recipe's.
    pub whoami: Option<Whoami>,
    /// What shows that it is served at all: a refusal of somebody who is refused everything proves nothing.
    pub served: ServedBy,
    /// May be locked, logged out or given a new password by a check.
    pub throw_away: bool,
    /// Environment variables that its credentials need and that are not set: its cases are skipped.
    pub unset: Vec<String>,
    /// Where it stands.
    pub source: Option<Location>,
}

/// What shows that an identity is served anything beside the answer to who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServedBy {
    /// Whatever the plan grants to it.
    #[default]
    Anything,
    /// This operation.
    Operation(OperationId),
    /// Nothing does: it may rightly do nothing.
    Nothing,
}

/// Credentials that need no login: where they go, with `{{token}}`, `{{username}}`, `{{password}}` from the fields.
#[derive(Clone, Debug)]
pub struct StaticCredential {
    /// Where they go.
    pub send: Vec<CredentialSlot>,
}

impl Identity {
    /// A field's value.
    pub fn field(&self, name: &str) -> Option<&Secret<String>> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }

    /// Its roles as relations name them: `viewer`, `billing+viewer`, or `none`.
    pub fn role_words(&self) -> String {
        if self.roles.is_empty() {
            return "none".to_owned();
        }
        let mut roles = self.roles.clone();
        roles.sort();
        roles.dedup();
        roles.join("+")
    }

    /// What the target calls its tenant.
    pub fn tenant_value(&self) -> &str {
        self.tenant_id.as_deref().unwrap_or(self.tenant.as_str())
    }
}
