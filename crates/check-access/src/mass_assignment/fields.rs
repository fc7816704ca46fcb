//! Which fields of an object are the server's to set, and what is sent in their place.
//!
//! A field is tried only where its name says that it decides who may do what, whose the object is, or what it is worth; text
//! that an API stores without harm is none of them.

use gate_model::ResourceName;
use gate_spec::Operation;
use serde_json::{Map, Value};

/// What a field decides, by its name; those that matter most come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meaning {
    /// The plan names it.
    Named,
    /// Which tenant the object belongs to.
    Tenant,
    /// Which user it belongs to, or who made it.
    Person,
    /// What somebody may do.
    Role,
    /// Which object of another kind it belongs to.
    Reference(ResourceName),
    /// What it is worth, or how much somebody gets.
    Worth,
    /// How far it came in a process: paid, approved, verified.
    State,
}

/// A field that is sent, with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Extra {
    pub(super) name: String,
    pub(super) meaning: Meaning,
    pub(super) value: Value,
}

/// What a name says that a field decides.
pub(crate) fn meaning(name: &str) -> Option<Meaning> {
    let name = squashed(name);
    let bare = name.strip_prefix("is").filter(|rest| rest.len() > 3).unwrap_or(&name);
    let owner = bare.strip_suffix("id").unwrap_or(bare);
    Some(match bare {
        "role" | "roles" | "permission" | "permissions" | "scopes" | "privileges" | "admin" | "administrator"
        | "staff" | "superuser" | "superadmin" | "root" | "accesslevel" | "userrole" | "usertype" => Meaning::Role,
        "price" | "amount" | "total" | "totalamount" | "subtotal" | "balance" | "credit" | "credits" | "discount"
        | "fee" | "cost" | "plan" | "tier" | "quota" | "unitprice" | "amountcents" | "pricecents" | "totalcents" => {
            Meaning::Worth
        }
        "status" | "state" | "verified" | "emailverified" | "approved" | "paid" | "confirmed" | "trusted"
        | "featured" | "premium" | "suspended" | "banned" | "blocked" | "locked" | "disabled" | "enabled"
        | "published" | "approvedby" | "verificationstatus" | "paymentstatus" | "kycstatus" => Meaning::State,
        _ => match owner {
            "tenant" | "org" | "organization" | "organisation" | "company" | "account" | "workspace" => Meaning::Tenant,
            "owner" | "user" | "createdby" | "creator" | "author" | "ownedby" | "owneruser" => Meaning::Person,
            _ => return None,
        },
    })
}

/// What is known of the objects that an operation makes or changes.
pub(super) struct Known<'k> {
    /// One of its maker's own.
    pub(super) own: &'k Map<String, Value>,
    /// One of another tenant's, where there is one.
    pub(super) others: Option<&'k Map<String, Value>>,
    /// The ids of objects of other kinds that belong to another tenant.
    pub(super) foreign: &'k [(ResourceName, Value)],
}

/// Whether a caller may send a field, as far as the document or the request says.
pub(super) fn takes(operation: &Operation, name: &str) -> bool {
    let name = squashed(name);
    if let Some(takes) = &operation.declared.takes
        && takes.contains(&name)
    {
        return true;
    }
    match &operation.request.body {
        gate_spec::Body::Json(json) => crate::bodies::scalars(json.raw())
            .iter()
            .flat_map(|(pointer, _)| pointer.split('/'))
            .any(|step| squashed(step) == name),
        gate_spec::Body::Form(fields) => fields.iter().any(|(known, _)| squashed(known) == name),
        gate_spec::Body::None | gate_spec::Body::Multipart(_) | gate_spec::Body::Text { .. } => false,
    }
}

/// The fields of an operation that are sent although nobody may, with their values; those that matter most first.
pub(super) fn extras(operation: &Operation, known: &Known<'_>, named: &[(String, Value)]) -> Vec<Extra> {
    let mut found: Vec<Extra> = named
        .iter()
        .map(|(name, value)| Extra {
            name: name.clone(),
            meaning: Meaning::Named,
            value: value.clone(),
        })
        .collect();
    for (name, now) in known.own {
        if takes(operation, name) || found.iter().any(|extra| extra.name == *name) {
            continue;
        }
        let declared = operation.declared.answers.iter().find(|answer| answer.name == *name);
        let choices = declared.map(|answer| answer.choices.as_slice()).unwrap_or_default();
        let reference = declared.and_then(|answer| answer.kind.clone()).map(Meaning::Reference);
        let Some(meaning) = meaning(name).or(reference) else {
            continue;
        };
        // Without a word of the document on what may be sent, a state or a price may be the caller's to set.
        let weak = operation.declared.takes.is_none();
        if weak && matches!(meaning, Meaning::Worth | Meaning::State) {
            continue;
        }
        let value = match &meaning {
            Meaning::Tenant | Meaning::Person => known.others.and_then(|others| others.get(name)).cloned(),
            Meaning::Reference(kind) => known
                .foreign
                .iter()
                .find(|(known, _)| known == kind)
                .map(|(_, id)| id.clone()),
            Meaning::Role => more(now, choices),
            Meaning::Worth | Meaning::State => other(now, choices),
            Meaning::Named => None,
        };
        if let Some(value) = value.filter(|value| is_sendable(value) && !alike(value, now)) {
            found.push(Extra {
                name: name.clone(),
                meaning,
                value,
            });
        }
    }
    found.sort_by(|left, right| left.meaning.cmp(&right.meaning));
    found
}

/// More rights than now.
fn more(now: &Value, choices: &[Value]) -> Option<Value> {
    const MOST: [&str; 6] = ["superadmin", "owner", "admin", "administrator", "root", "manager"];
    match now {
        Value::Bool(now) => Some(Value::Bool(!now)),
        Value::String(_) | Value::Null => {
            let ranked = MOST.iter().find_map(|word| {
                choices
                    .iter()
                    .find(|choice| choice.as_str().is_some_and(|choice| choice.eq_ignore_ascii_case(word)))
            });
            let other = || choices.iter().find(|choice| !alike(choice, now)).cloned();
            ranked
                .cloned()
                .or_else(other)
                .or_else(|| choices.is_empty().then(|| Value::from("admin")))
        }
        Value::Array(_) => Some(Value::from(vec!["admin"])),
        Value::Number(_) | Value::Object(_) => None,
    }
}

/// Another value of the same kind.
fn other(now: &Value, choices: &[Value]) -> Option<Value> {
    if let Some(choice) = choices.iter().find(|choice| !alike(choice, now) && !choice.is_null()) {
        return Some(choice.clone());
    }
    match now {
        Value::Bool(now) => Some(Value::Bool(!now)),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Some(Value::from(number.saturating_add(77_713))),
            None => Some(Value::from(number.as_f64()? + 77_713.5)),
        },
        Value::String(text) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Some(Value::from(format!("{:.2}", number + 77_713.0))),
            _ => Some(Value::from("approved")),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether two values say the same, however a server writes numbers.
pub(super) fn alike(left: &Value, right: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse::<f64>().ok(),
        _ => None,
    };
    left == right
        || matches!((number(left), number(right)), (Some(left), Some(right)) if (left - right).abs() < 1e-6)
        || matches!((left, right), (Value::String(left), Value::String(right)) if left.eq_ignore_ascii_case(right))
}

/// Whether a value can stand in a body as it is: nothing of the server's is taken for a placeholder.
fn is_sendable(value: &Value) -> bool {
    !value.is_null() && !value.to_string().contains("{{")
}

/// The object of an answer that has this id, whatever wraps it; the answer itself where none has.
pub(super) fn object_of<'v>(json: &'v Value, id: &str) -> Option<&'v Map<String, Value>> {
    let mut level: Vec<&Value> = vec![json];
    for _ in 0..4 {
        let has = |value: &&&Value| {
            value
                .as_object()
                .is_some_and(|fields| fields.values().any(|field| crate::own_writes::text(field) == id))
        };
        if let Some(found) = level.iter().find(has) {
            return found.as_object();
        }
        level = level
            .into_iter()
            .flat_map(|value| match value {
                Value::Object(fields) => fields.values().collect::<Vec<_>>(),
                Value::Array(items) => items.iter().take(64).collect(),
                _ => Vec::new(),
            })
            .collect();
    }
    json.as_object()
}

fn squashed(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_say_what_is_the_servers_to_set() {
        for (name, meaning) in [
            ("tenant_id", Meaning::Tenant),
            ("organizationId", Meaning::Tenant),
            ("owner", Meaning::Person),
            ("created_by", Meaning::Person),
            ("isAdmin", Meaning::Role),
            ("is_superuser", Meaning::Role),
            ("total_amount", Meaning::Worth),
            ("paymentStatus", Meaning::State),
            ("email_verified", Meaning::State),
        ] {
            assert_eq!(self::meaning(name), Some(meaning), "{name}");
        }
        for name in [
            "description",
            "name",
            "note",
            "tags",
            "created_at",
            "island",
            "title",
            "email",
            "customer",
            "id",
        ] {
            assert_eq!(meaning(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_sent_differs_from_what_is_there() {
        let choices = [json!("viewer"), json!("admin"), json!("owner")];
        assert_eq!(more(&json!("viewer"), &choices), Some(json!("owner")));
        assert_eq!(more(&json!("user"), &[]), Some(json!("admin")));
        assert_eq!(more(&json!(false), &[]), Some(json!(true)));
        assert_eq!(
            other(&json!("open"), &[json!("open"), json!("paid")]),
            Some(json!("paid"))
        );
        assert_eq!(other(&json!("12.50"), &[]), Some(json!("77725.50")));
        assert_eq!(other(&json!(null), &[]), None);
        assert!(alike(&json!(3), &json!(3.0)) && alike(&json!("3.00"), &json!(3)) && !alike(&json!("a"), &json!("b")));
    }

    #[test]
    fn an_object_is_found_in_what_wraps_it() {
        let json = json!({ "ok": true, "data": { "id": 7, "role": "x", "owner": { "id": 9 } } });
        assert_eq!(
            object_of(&json, "7").and_then(|found| found.get("role")),
            Some(&json!("x"))
        );
        assert_eq!(object_of(&json, "9").map(Map::len), Some(1));
        assert_eq!(object_of(&json!([1]), "9"), None);
    }
}
