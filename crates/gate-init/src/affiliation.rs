//! Which tenant and role a user has, as his own answer says.
//!
//! Two users of one tenant who are taken for strangers would make every object that they rightly share a finding, so that this is
//! looked at before the plan says anything. What the target says is foreign text: only plain words get into the plan.

use gate_exchange::user_places;
use serde_json::Value;

use crate::skeleton::plain;

/// Fields that name a tenant, squashed to lower-case letters; the surest first.
const TENANTS: [&str; 18] = [
    "tenantid",
    "tenant",
    "organizationid",
    "organisationid",
    "orgid",
    "organization",
    "organisation",
    "org",
    "companyid",
    "company",
    "workspaceid",
    "workspace",
    "teamid",
    "team",
    "accountid",
    "customerid",
    "tenantslug",
    "orgslug",
];

/// What an answer says about its user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Affiliation {
    /// The field that names the tenant, as the target writes it, and its value.
    pub(crate) tenant: Option<(String, String)>,
    /// The role.
    pub(crate) role: Option<String>,
}

impl Affiliation {
    /// Reads an answer.
    pub(crate) fn of(answer: &Value) -> Self {
        let places = user_places(answer);
        let tenant = TENANTS.iter().find_map(|wanted| {
            places.iter().find_map(|place| {
                let (name, value) = place.iter().find(|(name, _)| squashed(name) == *wanted)?;
                Some((name.clone(), identifier(value)?))
            })
        });
        let role = places.iter().find_map(|place| role(place));
        Self { tenant, role }
    }

    /// The same without what is secret.
    pub(crate) fn without(self, secret: &dyn Fn(&str) -> bool) -> Self {
        Self {
            tenant: self.tenant.filter(|(field, value)| !secret(field) && !secret(value)),
            role: self.role.filter(|role| !secret(role)),
        }
    }
}

/// How two users stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kinship {
    /// One tenant: the field, the value, and a name for the plan.
    Same(String, String, String),
    /// Two: the field, the values, and names for the plan.
    Apart(String, [String; 2], [String; 2]),
    /// The answers do not say.
    Unknown,
}

/// Compares two users.
pub(crate) fn kinship(one: &Affiliation, two: &Affiliation) -> Kinship {
    let (Some((field, a)), Some((other, b))) = (&one.tenant, &two.tenant) else {
        return Kinship::Unknown;
    };
    if field != other {
        return Kinship::Unknown;
    }
    let name = |value: &str| plain(value).or_else(|| plain(&format!("{}-{value}", stem(field))));
    match (name(a), name(b)) {
        (Some(name), _) if a == b => Kinship::Same(field.clone(), a.clone(), name),
        (Some(one), Some(two)) if one != two => Kinship::Apart(field.clone(), [a.clone(), b.clone()], [one, two]),
        (None, _) if a == b => Kinship::Same(field.clone(), a.clone(), "one".to_owned()),
        _ => Kinship::Apart(
            field.clone(),
            [a.clone(), b.clone()],
            ["one".to_owned(), "other".to_owned()],
        ),
    }
}

/// Whether a name of a path parameter is one of a tenant.
pub(crate) fn names_tenant(parameter: &str) -> bool {
    TENANTS.contains(&squashed(parameter).as_str())
}

/// A value that can be compared: a text, a number, or the id of an object.
fn identifier(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && text.len() <= 100 => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(fields) => ["id", "slug", "uuid", "name"].iter().find_map(|name| {
            fields
                .get(*name)
                .filter(|value| !value.is_object())
                .and_then(identifier)
        }),
        _ => None,
    }
}

fn role(place: &serde_json::Map<String, Value>) -> Option<String> {
    let value = place
        .iter()
        .find(|(name, _)| matches!(squashed(name).as_str(), "role" | "roles"))
        .map(|(_, value)| value)?;
    match value {
        Value::String(text) => plain(text),
        Value::Array(items) if items.len() == 1 => items[0].as_str().and_then(plain),
        _ => None,
    }
}

fn squashed(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// `org` of `org_id` and `orgId`.
fn stem(field: &str) -> String {
    let squashed = squashed(field);
    squashed.strip_suffix("id").unwrap_or(&squashed).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(answer: Value) -> Affiliation {
        Affiliation::of(&answer)
    }

    #[test]
    fn tenants_are_compared_by_the_same_field() {
        let one = of(json!({ "id": 1, "org_id": 10, "role": "admin" }));
        let two = of(json!({ "id": 3, "org_id": 20, "role": "admin" }));
        let mate = of(json!({ "user": { "id": 2, "org_id": 10, "roles": ["agent"] } }));
        assert_eq!(one.role.as_deref(), Some("admin"));
        assert_eq!(mate.role.as_deref(), Some("agent"));
        assert_eq!(
            kinship(&one, &two),
            Kinship::Apart(
                "org_id".into(),
                ["10".into(), "20".into()],
                ["org-10".into(), "org-20".into()]
            )
        );
        assert_eq!(
            kinship(&one, &mate),
            Kinship::Same("org_id".into(), "10".into(), "org-10".into())
        );
        assert_eq!(kinship(&one, &of(json!({ "id": 9 }))), Kinship::Unknown);
        assert_eq!(kinship(&one, &of(json!({ "tenant": "10" }))), Kinship::Unknown);
        let company = of(json!({ "company": { "id": "c0ffee", "name": "Acme" } }));
        assert_eq!(company.tenant, Some(("company".into(), "c0ffee".into())));
    }

    #[test]
    fn hostile_words_stay_out_of_the_plan() {
        let hostile = of(json!({ "tenant": "x }\nlogins: {", "role": "admin, as: { a: b }" }));
        assert_eq!(hostile.role, None);
        let Kinship::Apart(_, _, names) = kinship(&hostile, &of(json!({ "tenant": "acme" }))) else {
            panic!("two tenants");
        };
        assert_eq!(names, ["one", "other"]);
    }

    #[test]
    fn parameters_that_name_a_tenant_are_known() {
        assert!(names_tenant("orgId") && names_tenant("workspace_id") && names_tenant("tenant"));
        assert!(!names_tenant("id") && !names_tenant("project_id"));
    }
}
