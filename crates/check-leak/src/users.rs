//! What is known of the plan's own users: what they log in with, and how they are reached.

use std::collections::HashMap;

use gate_model::{IdentityName, TenantName};
use gate_spec::Spec;

use crate::sensitive_fields::squashed;

/// Shorter values are in many an answer by chance.
const LEAST: usize = 8;

/// Passwords, tokens and addresses of the plan's users.
pub(crate) struct Users {
    credentials: HashMap<String, (IdentityName, bool)>,
    contacts: Vec<(String, IdentityName)>,
    tenants: HashMap<IdentityName, TenantName>,
}

impl Users {
    pub(crate) fn of(spec: &Spec) -> Self {
        let mut known = Self {
            credentials: HashMap::new(),
            contacts: Vec::new(),
            tenants: HashMap::new(),
        };
        for identity in spec.identities.values() {
            known.tenants.insert(identity.name.clone(), identity.tenant.clone());
            for (field, value) in &identity.fields {
                let value = value.expose().trim();
                let name = squashed(field);
                let is = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
                if value.len() < LEAST {
                    continue;
                }
                if is(&["password", "passwd", "passphrase", "pwd"]) {
                    known
                        .credentials
                        .insert(value.to_owned(), (identity.name.clone(), true));
                } else if is(&["token", "secret", "apikey"]) || name == "key" {
                    known
                        .credentials
                        .insert(value.to_owned(), (identity.name.clone(), false));
                } else if value.contains('@') || is(&["phone", "mobile"]) {
                    known.contacts.push((value.to_lowercase(), identity.name.clone()));
                }
            }
        }
        known
    }

    /// What a text is, if it is what one of them logs in with: a password for whoever reads it, a token for whoever else does.
    pub(crate) fn credential(&self, text: &str, reader: Option<&IdentityName>) -> Option<&'static str> {
        let (owner, is_password) = self.credentials.get(text)?;
        match (is_password, reader == Some(owner)) {
            (true, _) => Some("the password of a user, as it was typed"),
            (false, false) => Some("the token of another user"),
            (false, true) => None,
        }
    }

    /// Whether there is an address that this identity has no business with.
    pub(crate) fn has_strangers(&self, reader: &IdentityName) -> bool {
        let own = self.tenants.get(reader);
        self.contacts.iter().any(|(_, owner)| self.tenants.get(owner) != own)
    }

    /// Whose address a text is, where the reader is nobody or of another tenant.
    pub(crate) fn contact(&self, text: &str, reader: Option<&IdentityName>) -> Option<&IdentityName> {
        if !text.contains(['@', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
            return None;
        }
        let text = text.trim().to_lowercase();
        let (_, owner) = self.contacts.iter().find(|(contact, _)| *contact == text)?;
        let tenant = |name: &IdentityName| self.tenants.get(name);
        // An address that several users of the plan have is the reader's own too.
        let own = |name: &IdentityName| tenant(name) == reader.and_then(tenant);
        let shared = self
            .contacts
            .iter()
            .any(|(contact, name)| *contact == text && own(name));
        (reader.is_none() || !shared).then_some(owner)
    }
}

#[cfg(test)]
mod tests {
    use gate_check::testkit::FakeApi;
    use gate_model::Secret;

    use super::*;

    fn known() -> Users {
        let api = FakeApi::sound().with_plan(|spec| {
            for (name, field, value) in [
                ("alice", "email", "Alice@acme.test"),
                ("alice", "password", "alice-s3cret"),
                ("mallory", "token", "mallory-token-1"),
                ("eve", "password", "short"),
            ] {
                let identity = spec.identities.get_mut(name).expect("an identity");
                identity.fields.push((field.to_owned(), Secret::new(value.to_owned())));
            }
        });
        Users::of(api.spec())
    }

    #[test]
    fn a_password_is_for_nobody_and_a_token_for_its_owner() {
        let (known, alice, mallory) = (known(), "alice".into(), "mallory".into());
        assert!(known.credential("alice-s3cret", Some(&alice)).is_some());
        assert!(known.credential("mallory-token-1", Some(&alice)).is_some());
        assert!(known.credential("mallory-token-1", None).is_some());
        assert!(known.credential("mallory-token-1", Some(&mallory)).is_none());
        assert!(known.credential("short", Some(&alice)).is_none());
        assert!(known.credential("alice-s3cret and more", None).is_none());
    }

    #[test]
    fn an_address_is_for_the_own_tenant() {
        let (known, alice, mallory) = (known(), "alice".into(), "mallory".into());
        assert!(known.contact("alice@ACME.test", Some(&mallory)).is_some());
        assert!(known.contact("alice@acme.test", None).is_some());
        assert!(known.contact("alice@acme.test", Some(&alice)).is_none());
        assert!(known.contact("somebody@acme.test", Some(&mallory)).is_none());
    }
}
