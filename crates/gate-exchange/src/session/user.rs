//! Who an answer says the session is, and whether two sessions are the same user.

use serde_json::{Map, Value};

use super::expiry::claims;
use super::words::Words;

/// Fields that tell users apart, and the objects that they may stand in.
const MARKS: [&str; 12] = [
    "id",
    "user_id",
    "userid",
    "uid",
    "uuid",
    "sub",
    "email",
    "username",
    "user_name",
    "login",
    "preferred_username",
    "_id",
];

/// Objects of a whoami answer that a user may stand in, in lower case without signs.
const HOLDERS: [&str; 9] = [
    "user",
    "data",
    "account",
    "profile",
    "me",
    "identity",
    "result",
    "currentuser",
    "attributes",
];

/// How deep such objects are looked for in each other: `{"data": {"attributes": {…}}}`.
const DEPTH: usize = 2;

/// The objects of a whoami answer that may be about its user, the outermost first.
pub fn user_places(answer: &Value) -> Vec<&Map<String, Value>> {
    let mut places: Vec<&Map<String, Value>> = answer.as_object().into_iter().collect();
    let mut begin = 0;
    for _ in 0..DEPTH {
        let end = places.len();
        for at in begin..end {
            let below = places[at]
                .iter()
                .filter(|(name, _)| {
                    let name = name.replace(['_', '-'], "").to_ascii_lowercase();
                    HOLDERS.contains(&name.as_str())
                })
                .filter_map(|(_, value)| value.as_object());
            let below: Vec<&Map<String, Value>> = below.collect();
            places.extend(below);
        }
        begin = end;
    }
    places
}

/// What a session was shown to be.
#[derive(Clone, Debug, Default)]
pub(super) struct User {
    /// Identifying fields of the whoami answer, names in lower case.
    marks: Vec<(String, String)>,
    /// The answer without what changes by itself, where it is known to show the user.
    body: Option<Value>,
    /// The words of the answer, where it ought to show the user and has no field that does.
    words: Option<Words>,
    /// Issuer and subject of a JWT.
    subject: Option<(String, String)>,
    /// The token.
    token: Option<String>,
}

impl User {
    /// Reads a whoami answer; `None` where it shows no user.
    pub(super) fn of(body: Option<&Value>, token: Option<String>) -> Self {
        let text = |claims: &Value, name: &str| claims.get(name).and_then(plain);
        let subject = token
            .as_deref()
            .and_then(claims)
            .and_then(|claims| Some((text(&claims, "iss").unwrap_or_default(), text(&claims, "sub")?)));
        Self {
            marks: body.map(marks).unwrap_or_default(),
            body: body.map(steady),
            words: None,
            subject,
            token,
        }
    }

    /// The same with what the answer says in words.
    pub(super) fn with_words(self, words: Words) -> Self {
        Self {
            words: Some(words),
            ..self
        }
    }

    /// The names of the identifying fields.
    pub(super) fn mark_names(&self) -> Vec<&str> {
        self.marks.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Why two sessions are the same user, if they are.
    pub(super) fn same_as(&self, other: &Self) -> Option<String> {
        if self.token.is_some() && self.token == other.token {
            return Some("both present the same token".to_owned());
        }
        if self.subject.is_some() && self.subject == other.subject {
            return Some("both tokens name the same subject".to_owned());
        }
        if (self.body.is_some() && self.body == other.body) || (self.words.is_some() && self.words == other.words) {
            return Some("both are answered the same".to_owned());
        }
        let shared: Vec<(&str, bool)> = self
            .marks
            .iter()
            .filter_map(|(name, value)| {
                let (_, theirs) = other.marks.iter().find(|(theirs, _)| theirs == name)?;
                Some((name.as_str(), theirs == value))
            })
            .collect();
        // Ids of different tenants may be counted apart: one difference makes them different users.
        if !shared.is_empty() && shared.iter().all(|(_, same)| *same) {
            return Some(format!("both are shown the same `{}`", shared[0].0));
        }
        None
    }
}

/// Identifying fields at the top or in an object of a usual name.
fn marks(body: &Value) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (key, value) in user_places(body).into_iter().flatten() {
        let key = key.to_ascii_lowercase();
        if MARKS.contains(&key.as_str())
            && let Some(text) = plain(value)
            && !found.iter().any(|(name, _)| *name == key)
        {
            found.push((key, text));
        }
    }
    found
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.to_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value without what changes between two looks: times, request ids, tokens.
pub(super) fn steady(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(key, _)| !changes(key))
                .map(|(key, value)| (key.clone(), steady(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(steady).collect()),
        other => other.clone(),
    }
}

fn changes(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let parts = [
        "time",
        "date",
        "expir",
        "nonce",
        "requestid",
        "request_id",
        "trace",
        "token",
        "csrf",
        "last_",
        "lastlogin",
        "lastseen",
    ];
    parts.iter().any(|part| lower.contains(part))
        || lower.ends_with("_at")
        || key.ends_with("At")
        || matches!(lower.as_str(), "iat" | "exp" | "now" | "uptime")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn same(one: &Value, two: &Value) -> bool {
        User::of(Some(one), None).same_as(&User::of(Some(two), None)).is_some()
    }

    #[test]
    fn users_are_told_apart_by_what_names_them() {
        assert!(same(
            &json!({"user": {"id": 7, "email": "A@x.test"}, "seen": 1}),
            &json!({"user": {"id": 7, "email": "a@x.test"}, "seen": 2})
        ));
        assert!(same(
            &json!({"a": 1, "served_at": "1"}),
            &json!({"a": 1, "served_at": "2"})
        ));
        assert!(!same(
            &json!({"id": 1, "email": "a@x.test"}),
            &json!({"id": 1, "email": "b@y.test"})
        ));
        assert!(!same(&json!({"id": 1}), &json!({"id": 2})));
        let wrapped = |email: &str| json!({"data": {"type": "users", "attributes": {"email": email}}});
        assert!(!same(&wrapped("a@x.test"), &wrapped("b@y.test")));
        let shown = User::of(Some(&wrapped("a@x.test")), None);
        assert_eq!(shown.mark_names(), ["email"]);
        // Deeper than that it may be somebody else.
        let deep = json!({"data": {"user": {"profile": {"email": "a@x.test"}}}});
        assert!(User::of(Some(&deep), None).mark_names().is_empty());
        assert!(!same(&json!({"name": "a"}), &json!({"name": "b"})));
    }

    #[test]
    fn a_shared_token_is_one_user() {
        let user = |token: &str| User::of(None, Some(token.to_owned()));
        assert!(user("opaque-1").same_as(&user("opaque-1")).is_some());
        assert!(user("opaque-1").same_as(&user("opaque-2")).is_none());
        let jwt = |sig: &str| format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.{sig}");
        assert!(user(&jwt("one")).same_as(&user(&jwt("two"))).is_some());
    }
}
