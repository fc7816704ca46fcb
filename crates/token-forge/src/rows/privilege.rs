//! What a token grants: roles, tenant and scopes, signed by the issuer's own key.
//!
//! A server may believe what its issuer signs, so that none of these is a hole alone: they say where the server takes its
//! decisions from, and what a leaked signing key is worth.

use serde_json::{Value, json};

use crate::forge::{Forged, Maker, Signer};
use crate::jws::{Jws, Members};
use crate::row::{Acceptance, Family, Group, Row};

/// Claims in which servers put roles, scopes and tenants. Names are compared without case and without the part of a namespace in
/// front of the last slash, as in `https://api.example/roles`.
const ROLES: [&str; 9] = [
    "role",
    "roles",
    "groups",
    "permissions",
    "authorities",
    "user_role",
    "is_admin",
    "isadmin",
    "admin",
];
const SCOPES: [&str; 3] = ["scope", "scp", "scopes"];
const TENANTS: [&str; 14] = [
    "tenant",
    "tenant_id",
    "tenantid",
    "tid",
    "org",
    "org_id",
    "orgid",
    "organization",
    "organization_id",
    "account_id",
    "company_id",
    "workspace",
    "workspace_id",
    "team_id",
];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "role-raised",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["ASVS 10.3.2", "ASVS 8.2.1", "RFC 9068 section 4", "CWE-269"],
        explanation: "The issuer's key signs the role of an administrator: a server that grants it takes roles from the token, so \
                      that a changed role counts only from the next token on.",
        maker: Maker::Signed(|_, token, signer| changed(token, signer, &ROLES, raised)),
    },
    Row {
        id: "scope-raised",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["ASVS 10.3.2", "RFC 9068 section 4", "RFC 6750 section 3.1", "CWE-269"],
        explanation: "The issuer's key signs a scope of an administrator beside the old ones: a server that grants it takes scopes \
                      from the token.",
        maker: Maker::Signed(|_, token, signer| changed(token, signer, &SCOPES, raised)),
    },
    Row {
        id: "scope-removed",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["ASVS 10.3.2", "RFC 9068 section 4", "RFC 6750 section 3.1", "CWE-862"],
        explanation: "The issuer's key signs an empty scope: an operation that asks for a scope must refuse; one that asks for none \
                      need not.",
        maker: Maker::Signed(|_, token, signer| changed(token, signer, &SCOPES, emptied)),
    },
    Row {
        id: "tenant-changed",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["ASVS 8.4.1", "ASVS 10.3.2", "CWE-639"],
        explanation: "The issuer's key signs another tenant for the same user: a server that serves that tenant's data takes the \
                      tenant from the token and does not ask whether the user belongs to it.",
        maker: Maker::Signed(|_, token, signer| changed(token, signer, &TENANTS, other)),
    },
];

/// What a claim grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grant {
    /// Roles and scopes.
    Role,
    /// The tenant.
    Tenant,
}

/// The claims of a token with what another token of the same issuer is granted; `None` where the other names no such thing, or the
/// same.
pub fn with_grants_of(token: &Jws, other: &Jws, grant: Grant) -> Option<Members> {
    let is_named = |name: &str| match grant {
        Grant::Role => named(name, &ROLES) || named(name, &SCOPES),
        Grant::Tenant => named(name, &TENANTS),
    };
    let mut claims = token.claims().clone();
    for (name, value) in other.claims() {
        if is_named(name) {
            claims.insert(name.clone(), value.clone());
        } else if let Value::Object(theirs) = value {
            for (inner, value) in theirs.iter().filter(|(inner, _)| is_named(inner)) {
                if let Some(Value::Object(own)) = claims.get_mut(name) {
                    own.insert(inner.clone(), value.clone());
                }
            }
        }
    }
    (claims != *token.claims()).then_some(claims)
}

/// Whether a claim is called so, whatever stands before the last slash or colon.
fn named(name: &str, names: &[&str]) -> bool {
    let last = name.rsplit(['/', ':']).next().unwrap_or(name);
    names.contains(&last.to_ascii_lowercase().as_str())
}

fn changed(token: &Jws, signer: &Signer, names: &[&str], change: fn(&Value) -> Option<Value>) -> Forged {
    let mut claims = token.claims().clone();
    if !change_named(&mut claims, names, change) {
        return Forged::not_applicable(format!("no claim of the token is named like {}", names[0]));
    }
    Forged::token(signer.sign_claims(token, &claims))
}

/// Changes every claim of a name, also one level down (`realm_access.roles`).
fn change_named(members: &mut Members, names: &[&str], change: fn(&Value) -> Option<Value>) -> bool {
    let is_named = |name: &str| named(name, names);
    let mut found = false;
    for (name, value) in members.iter_mut() {
        if is_named(name)
            && let Some(new) = change(value)
        {
            *value = new;
            found = true;
        } else if let Value::Object(inner) = value {
            for (_, value) in inner.iter_mut().filter(|(name, _)| is_named(name)) {
                if let Some(new) = change(value) {
                    *value = new;
                    found = true;
                }
            }
        }
    }
    found
}

fn raised(value: &Value) -> Option<Value> {
    match value {
        Value::String(old) if old.contains(' ') || old.contains(':') => Some(json!(format!("{old} admin"))),
        Value::String(_) => Some(json!("admin")),
        Value::Array(old) => Some(old.iter().cloned().chain([json!("admin")]).collect()),
        Value::Bool(_) => Some(json!(true)),
        Value::Null | Value::Number(_) | Value::Object(_) => None,
    }
}

fn emptied(value: &Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(json!("")),
        Value::Array(_) => Some(json!([])),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn other(value: &Value) -> Option<Value> {
    match value {
        Value::String(old) => Some(json!(if old == "other-tenant" {
            "another-tenant"
        } else {
            "other-tenant"
        })),
        Value::Number(old) => Some(json!(old.as_i64()?.checked_add(1)?)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn token(claims: &Value) -> Jws {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        Jws::parse(&format!("{}.{}.c2ln", part(&json!({"alg": "HS256"})), part(claims))).expect("a token")
    }

    #[test]
    fn what_another_is_granted_is_taken_over_and_nothing_else() {
        let own =
            token(&json!({"sub": "bob", "role": "member", "tid": 1, "realm_access": {"roles": ["user"], "x": 1}}));
        let other = token(
            &json!({"sub": "alice", "role": "owner", "tid": 2, "scope": "all", "realm_access": {"roles": ["boss"]}}),
        );
        let raised = with_grants_of(&own, &other, Grant::Role).expect("claims");
        assert_eq!(
            Value::Object(raised),
            json!({"sub": "bob", "role": "owner", "tid": 1, "realm_access": {"roles": ["boss"], "x": 1}, "scope": "all"})
        );
        let moved = with_grants_of(&own, &other, Grant::Tenant).expect("claims");
        assert_eq!(
            (moved["tid"].clone(), moved["role"].clone()),
            (json!(2), json!("member"))
        );
        assert_eq!(with_grants_of(&own, &own, Grant::Role), None);
        assert_eq!(
            with_grants_of(&own, &token(&json!({"sub": "alice"})), Grant::Tenant),
            None
        );
    }
}
